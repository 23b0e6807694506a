from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import rnnscope as rs
from rnnscope.artifacts import folder as model_folder
from rnnscope.cells.dispatch import choose
from rnnscope.config import RecurrentConfig
from rnnscope.corpus.planted import planted
from rnnscope.errors import DamagedArtifact, InputError
from rnnscope.native.network import paths
from rnnscope.train.start import start

OPTIONS: dict[str, Any] = {
    "layers": 1, "hidden": 4, "batch": 3, "steps": 11, "epochs": 1, "sample_length": 0, "fractions": (80.0, 10.0, 10.0),
}  # fmt: skip


@pytest.fixture
def text(tmp_path: Path) -> Path:
    path = tmp_path / "text"
    path.write_text(planted(seed=2, length=900).text, encoding="utf-8")
    return path


@pytest.mark.law
def test_a_run_names_what_it_was_made_from(text: Path, tmp_path: Path) -> None:
    """environment.json names text, hash, split, fold, seed, versions, threads, kernel, path, precision and reason."""
    run = start(str(text), tmp_path / "run", OPTIONS)
    facts = run.environment
    assert facts["text"]["source"] == str(text)
    assert len(facts["text"]["sha256"]) == 64
    assert facts["split"] == {
        "name": "contiguous", "fold": 0, "dropped": 0, "train": 720, "valid": 90, "test": 90,
    }  # fmt: skip
    assert {"python", "torch", "numpy", "rnnscope"} <= set(facts["versions"])
    choice = choose(RecurrentConfig(), 50, "auto")
    assert facts["kernel"] == {
        "name": choice.kernel, "path": choice.path, "precision": "float32", "reason": choice.reason,
    }  # fmt: skip
    assert facts["native_paths"] == list(paths())
    assert facts["seed"] == 1


@pytest.mark.law
@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"hidden": 5}, "--hidden 5.*begun with --hidden 4"),
        ({"cell": "gru"}, "--cell gru.*begun with --cell lstm"),
        ({"seed": 2}, "--seed 2.*begun with --seed 1"),
        ({"fractions": (70.0, 20.0, 10.0)}, "--fractions"),
        ({"symbols": "bytes"}, "--symbols bytes"),
        ({"optimiser": "adam"}, "--optimiser adam"),
        ({"kernel": "naive"}, "--kernel naive"),
        ({"precision": "bfloat16"}, "--precision bfloat16.*begun with --precision float32"),
        ({"threads": 2}, "--threads 2"),
        ({"hiden": 4}, "nearest is hidden"),
    ],
)
def test_another_setting_is_another_run(text: Path, tmp_path: Path, change: dict[str, Any], message: str) -> None:
    """Resuming with any other setting is refused, naming both values."""
    start(str(text), tmp_path / "run", OPTIONS)
    with pytest.raises(InputError, match=message):
        start(str(text), tmp_path / "run", OPTIONS | change, resume=True)


@pytest.mark.law
def test_runs_from_before_precisions_are_of_float32(
    text: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A folder whose settings name no precision opens, goes on, and is refused another precision."""
    written = model_folder._toml
    monkeypatch.setattr(model_folder, "_toml", lambda config: written(config).replace(b'precision = "float32"\n', b""))
    run = start(str(text), tmp_path / "run", OPTIONS)
    assert "precision" not in (run.path / "config.toml").read_text(encoding="utf-8")
    assert run.config.train.precision == "float32"
    assert start(str(text), tmp_path / "run", {"epochs": 2}, resume=True).status()["epochs"] == 2
    with pytest.raises(InputError, match=r"--precision bfloat16.*begun with --precision float32"):
        start(str(text), tmp_path / "run", {"precision": "bfloat16"}, resume=True)


@pytest.mark.law
@pytest.mark.skipif(not paths(), reason="needs the compiled library")
def test_any_machine_reads_what_another_trained(text: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run of a compiled path opens without the library, predicts the same, and cannot be trained on with it."""
    options = OPTIONS | {"kernel": f"fused:{paths()[0]}"}
    start(str(text), tmp_path / "run", options)
    sample = text.read_text(encoding="utf-8")[:200]
    here = rs.open(tmp_path / "run")
    assert here.network.kernel.path == paths()[0]
    expected = here.log_probs(sample)
    monkeypatch.setenv("RNNSCOPE_NATIVE", "0")
    there = rs.open(tmp_path / "run")
    assert there.network.kernel.kernel != "fused"
    np.testing.assert_allclose(there.log_probs(sample), expected, atol=1e-5)
    with pytest.raises(InputError, match=r"kernel fused.*switched off by RNNSCOPE_NATIVE=0"):
        start(str(text), tmp_path / "run", {"epochs": 2}, resume=True)


@pytest.mark.law
def test_another_text_is_another_run(text: Path, tmp_path: Path) -> None:
    """Resuming on a text that has changed is refused, naming both hashes."""
    start(str(text), tmp_path / "run", OPTIONS)
    text.write_text(text.read_text(encoding="utf-8").replace("a", "b", 1), encoding="utf-8")
    with pytest.raises(InputError, match=r"SHA-256 \w{16}\.\.\..*begun on a text with SHA-256"):
        start(str(text), tmp_path / "run", OPTIONS, resume=True)


@pytest.mark.law
def test_resuming_needs_no_options(text: Path, tmp_path: Path) -> None:
    """What is left out is as it was, and a finished run is left as it is."""
    run = start(str(text), tmp_path / "run", OPTIONS)
    before = {path: path.read_bytes() for path in run.path.rglob("*") if path.is_file()}
    again = start(str(text), tmp_path / "run", {}, resume=True)
    assert again.id == run.id
    assert {path: path.read_bytes() for path in run.path.rglob("*") if path.is_file()} == before


@pytest.mark.law
def test_resuming_a_finished_run_removes_what_a_kill_left(text: Path, tmp_path: Path) -> None:
    """Weights that a process killed at the very end did not come to remove are gone, and nothing else is."""
    run = start(str(text), tmp_path / "run", OPTIONS)
    kept = run.checkpoint_steps()
    last = run.read_checkpoint("last")
    run.write_checkpoint(3, last.tensors, last.facts)
    assert start(str(text), tmp_path / "run", {}, resume=True).checkpoint_steps() == kept
    assert 3 not in kept


@pytest.mark.law
def test_without_resume_an_existing_run_is_refused(text: Path, tmp_path: Path) -> None:
    """The message names --resume."""
    start(str(text), tmp_path / "run", OPTIONS)
    with pytest.raises(InputError, match=r"holds a run already.*--resume"):
        start(str(text), tmp_path / "run", OPTIONS)


@pytest.mark.law
def test_resume_begins_what_does_not_exist(text: Path, tmp_path: Path) -> None:
    """So that one command line can be repeated until it is done."""
    run = start(str(text), tmp_path / "run", OPTIONS, resume=True)
    assert run.status()["state"] == "complete"


@pytest.mark.law
def test_resume_refuses_a_damaged_training_state(text: Path, tmp_path: Path) -> None:
    """A flipped bit in the optimiser's state is named, and nothing is changed."""
    run = start(str(text), tmp_path / "run", OPTIONS)
    state = sorted(run.path.glob("resume/*/state.safetensors"))[-1]
    data = bytearray(state.read_bytes())
    data[-3] ^= 4
    state.write_bytes(bytes(data))
    with pytest.raises(DamagedArtifact, match=r"state\.safetensors"):
        start(str(text), tmp_path / "run", {"epochs": 2}, resume=True)


@pytest.mark.law
def test_standard_input_is_kept_with_the_run(text: Path, tmp_path: Path) -> None:
    """A text that cannot be read again is copied into the run folder, byte for byte."""
    data = text.read_bytes()
    run = start("-", tmp_path / "run", OPTIONS, stdin=io.BytesIO(data))
    assert run.text() == data
    assert start(str(text), tmp_path / "file", OPTIONS).text() is None
