"""From run folders to what a page shows, and what is refused on the way."""

from __future__ import annotations

import math
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import rnnscope as rs
from rnnscope import api
from rnnscope.api import folders
from rnnscope.artifacts.run import RunFolder
from rnnscope.errors import InputError
from rnnscope.report.build import build_page
from rnnscope.report.collect import collect
from rnnscope.report.inputs import ReportInput

TEXT = "".join(f"if (a{n % 7} > {n}) {{ return f(n); }}\n" for n in range(400))
TINY: dict[str, Any] = {"hidden": 4, "layers": 1, "epochs": 1, "batch": 5, "steps": 20, "sample_length": 30}


def made(folder: Path, name: str = "run", *, ready: bool = True, text: str = TEXT, **options: Any) -> Path:
    """A tiny run below a folder, made ready for its report."""
    (folder / "text.c").write_text(text, encoding="utf-8")
    settings = {key: value for key, value in (TINY | options).items() if value is not None}
    run = rs.train(str(folder / "text.c"), folder / name, **settings)
    if ready:
        api.prepare(run)
    return folder / name


def collected(*paths: Path) -> ReportInput:
    return collect([RunFolder.open(path) for path in paths])


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run that is ready; tests that change it take a copy."""
    return made(tmp_path_factory.mktemp("collect"))


@pytest.mark.oracle
def test_numbers_are_those_of_the_run(run: Path) -> None:
    """Sizes, losses, references, parameters and curves on the page are what the run itself says."""
    found, opened = collected(run), rs.open(run)
    [network] = found.runs
    assert found.corpus.symbols == len(TEXT)
    assert found.corpus.distinct == len(set(TEXT))
    assert [name for name, _ in found.corpus.parts] == ["training", "validation", "test"]
    assert sum(size for _, size in found.corpus.parts) == len(TEXT)
    assert found.references[0][:2] == ("blind guess", math.log(len(set(TEXT))))
    for (name, loss, symbols), part in zip(network.losses, ("valid", "test"), strict=True):
        evaluation = opened.eval(part)
        assert loss == pytest.approx(evaluation.loss_nats, abs=1e-6)
        assert (name, symbols) == ({"valid": "validation", "test": "test"}[part], evaluation.chars)
    assert set(network.intervals) == {"validation", "test"}
    assert network.parameters == sum(parameter.numel() for parameter in opened.network.parameters())
    assert [row["step"] for row in network.metrics] == [
        row["step"] for row in RunFolder.open(run).read_log("metrics.jsonl")
    ]
    assert [sample.temperature for sample in network.temperatures] == [0.0, 0.5, 1.0, 1.2]
    assert found.warnings == []


@pytest.mark.law
def test_the_page_names_its_origins(run: Path) -> None:
    """Hash of the text, seed, kernel with its reason, threads and versions stand in the provenance, the run beside."""
    found, folder = collected(run), RunFolder.open(run)
    facts = dict(found.provenance)
    assert facts["text SHA-256"] == folder.environment["text"]["sha256"] == found.corpus.sha256
    assert (facts["seed"], facts["threads"], facts["split"]) == ("1", "1", "contiguous, fold 0, 80/10/10")
    assert facts["kernel"] == str(rs.open(run).network.kernel)
    assert facts["version of torch"]
    assert list(found.made_from) == [("run", folder.id)]
    assert found.commands[0].startswith("rnnscope train ")


@pytest.mark.law
def test_the_passage_has_its_place(run: Path) -> None:
    """A passage says where it is from, and its symbols are those of the text at that place."""
    [passage] = collected(run).runs[0].passages
    assert passage.name == "test part"
    start = int(passage.where.rsplit("positions ", 1)[1].split(" to ")[0].replace(",", ""))
    shown = "".join(chr(passage.codes[symbol]) for symbol in passage.ids)
    assert shown == TEXT[start : start + len(shown)]
    assert passage.quantities["c"].shape == (1, len(shown), 4)
    assert np.isfinite(passage.log_probs).all()


@pytest.mark.golden
def test_a_run_that_is_not_ready_is_refused(tmp_path: Path) -> None:
    """Without results the message names the run and the command that makes them."""
    path = made(tmp_path, ready=False)
    with pytest.raises(InputError, match=rf"not been made yet\. Run `rnnscope report {path}`"):
        collected(path)


@pytest.mark.golden
@pytest.mark.parametrize("result", ["eval/test", "eval/valid", "report/passage", "report/about"])
def test_a_missing_result_is_refused(run: Path, tmp_path: Path, result: str) -> None:
    """Whichever result is missing, the command that makes it is named, and it makes it."""
    copy = tmp_path / "copy"
    shutil.copytree(run, copy)
    shutil.rmtree(copy / result)
    with pytest.raises(InputError, match=rf"{result}: it has not been made yet\. Run `rnnscope report {copy}`"):
        collected(copy)
    api.report(copy, tmp_path / "x.html")
    assert collected(copy).runs


@pytest.mark.golden
def test_stale_results_are_refused(run: Path, tmp_path: Path) -> None:
    """After more training what was computed from the old weights is not shown: the command that renews it is named."""
    copy = tmp_path / "copy"
    shutil.copytree(run, copy)
    rs.train(str(run.parent / "text.c"), copy, resume=True, epochs=2)
    assert rs.open(copy).made_from["checkpoint"] != rs.open(run).made_from["checkpoint"]
    with pytest.raises(InputError, match=rf"stale: checkpoint has changed .* Run `rnnscope report {copy}`"):
        collected(copy)


@pytest.mark.law
def test_runs_without_a_test_part(tmp_path: Path) -> None:
    """There is no loss on the test part and no sentence about it; the passage is from the validation part."""
    found = collected(made(tmp_path, fractions=(90, 10, 0)))
    assert [name for name, _, _ in found.runs[0].losses] == ["validation"]
    assert [name for name, _, _ in found.references] == ["blind guess"]
    assert found.runs[0].passages[0].name == "validation part"
    assert len(build_page(found, version="1").meta.summary) == 1


@pytest.mark.law
def test_runs_with_a_training_part_only(tmp_path: Path) -> None:
    """A run that holds nothing out has no losses at all, and still a page."""
    found = collected(made(tmp_path, fractions=(100, 0, 0)))
    assert found.runs[0].losses == []
    assert found.runs[0].passages[0].name == "training part"
    assert build_page(found, version="1").runs[0].losses == []


@pytest.mark.law
def test_several_runs_of_a_study(tmp_path: Path) -> None:
    """All runs of a folder are shown in the order of their names, a window network without passage among them."""
    (tmp_path / "runs").mkdir()
    made(tmp_path / "runs", "b-lstm")
    made(tmp_path / "runs", "a-window", window=3, layers=None)
    made(tmp_path / "runs", "c-gru", cell="gru")
    (tmp_path / "runs" / "text.c").rename(tmp_path / "text.c")
    found = collected(*(folder.path for folder in folders.find(tmp_path).ready))
    assert [run.name for run in found.runs] == ["a-window", "b-lstm", "c-gru"]
    assert [run.cell for run in found.runs] == ["window", "lstm", "gru"]
    assert [run.window for run in found.runs] == [3, None, None]
    assert [len(run.passages) for run in found.runs] == [0, 1, 1]
    assert len(found.commands) == len(found.made_from) == 3


@pytest.mark.law
def test_bytes_keep_their_values(tmp_path: Path) -> None:
    """In byte mode the unit is bytes everywhere, and the passage's bytes are those of the file."""
    text = "Зима 漢字 🙂\r\n" * 400
    found = collected(made(tmp_path, text=text, symbols="bytes"))
    [passage] = found.runs[0].passages
    assert found.corpus.unit == passage.unit == "bytes"
    shown = bytes(passage.codes[symbol] for symbol in passage.ids)
    assert shown in text.encode()
    assert build_page(found, version="1").runs[0].passages[0].groups


@pytest.mark.golden
def test_an_unfinished_run_is_said_to_be_one(run: Path, tmp_path: Path) -> None:
    """A run that was stopped carries a warning with its name and state."""
    copy = tmp_path / "copy"
    shutil.copytree(run, copy)
    RunFolder.open(copy).set_status(state="interrupted")
    assert collected(copy).warnings == ["copy is not finished (interrupted): what is shown is what was saved last."]
