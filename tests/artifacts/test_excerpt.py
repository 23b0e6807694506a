from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnnscope.artifacts.excerpt import excerpt, thin
from rnnscope.artifacts.run import RunFolder
from rnnscope.artifacts.verify import verify_run
from rnnscope.errors import DamagedArtifact, InputError

from .cases import create, save, weights

pytestmark = [pytest.mark.law, pytest.mark.usefixtures("quick_disk")]


def trained(path: Path, state: str = "complete") -> RunFolder:
    """A run of three steps whose second is the best."""
    run = create(path)
    for step in (3, 6):
        save(run, step)
    best = run.status()
    save(run, 9, state)
    run.set_status(best_step=6, epoch=1.0)
    assert best["last_step"] == 6
    return run


@given(st.lists(st.booleans(), max_size=60), st.integers(0, 20))
def test_thinning_keeps_validations_order_and_the_end(validated: list[bool], limit: int) -> None:
    """Every validated row stays, at most `limit` others do, in order, and the last row of all is among the kept."""
    rows = [{"step": step, "valid_loss_nats": 1.0 if valid else None} for step, valid in enumerate(validated)]
    kept = thin(rows, limit)
    steps = [row["step"] for row in kept]
    assert steps == sorted(set(steps))
    assert all(row == rows[row["step"]] for row in kept)
    assert [row for row in kept if row["valid_loss_nats"]] == [row for row in rows if row["valid_loss_nats"]]
    assert len(kept) - sum(validated) == min(limit, validated.count(False))
    if rows and limit:
        assert kept[-1] == rows[-1]


def test_thinning_spreads_evenly() -> None:
    """No gap between kept rows is more than one row longer than another."""
    rows: list[dict[str, Any]] = [{"step": step, "valid_loss_nats": None} for step in range(103)]
    steps = [row["step"] for row in thin(rows, 10)]
    gaps = {after - before for before, after in pairwise(steps)}
    assert max(gaps) - min(gaps) <= 1


@pytest.mark.parametrize(("state", "said"), [("complete", "complete"), ("running", "interrupted")])
def test_an_excerpt_is_a_sound_run_with_the_best_weights_alone(tmp_path: Path, state: str, said: str) -> None:
    """It verifies, keeps the id, settings and best weights byte for byte, and holds no training state."""
    run = trained(tmp_path / "run", state)
    small = excerpt(run, tmp_path / "small")
    verify_run(small.path)
    assert (small.id, small.config, small.text()) == (run.id, run.config, b"abba")
    assert (small.alphabet, small.environment) == (run.alphabet, run.environment)
    assert small.checkpoint_steps() == [6]
    assert small.read_checkpoint("best").tensors["b"].tolist() == weights(6)["b"].tolist()
    name = "checkpoints/step-000006/weights.safetensors"
    assert (small.path / name).read_bytes() == (run.path / name).read_bytes()
    assert small.newest_resume() is None
    assert small.status() == run.status() | {"state": said, "last_step": 6}
    assert [row["step"] for row in small.read_log("metrics.jsonl")] == [3, 6, 9]
    assert [row["step"] for row in small.read_log("samples.jsonl")] == [3, 6, 9]
    assert sorted(path.name for path in small.path.iterdir()) == [
        "alphabet.json", "checkpoints", "config.toml", "environment.json", "manifest.json", "metrics.jsonl",
        "samples.jsonl", "status.json", "text.bin",
    ]  # fmt: skip


def test_an_excerpt_takes_the_place_of_an_older_one_only_when_asked(tmp_path: Path) -> None:
    """Without `overwrite` the older one stays as it is; with it, the new one is there alone."""
    run = create(tmp_path / "run")
    with pytest.raises(InputError, match="not saved any"):
        excerpt(run, tmp_path / "small")
    assert not (tmp_path / "small").exists()
    save(run, 3)
    excerpt(run, tmp_path / "small")
    save(run, 6)
    with pytest.raises(InputError, match="not empty"):
        excerpt(run, tmp_path / "small")
    assert RunFolder.open(tmp_path / "small").checkpoint_steps() == [3]
    assert excerpt(run, tmp_path / "small", overwrite=True).checkpoint_steps() == [6]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["run", "small"]


@pytest.mark.planted
@pytest.mark.parametrize("name", ["checkpoints/step-000006/weights.safetensors", "metrics.jsonl", "alphabet.json"])
def test_a_damaged_run_gives_no_excerpt(tmp_path: Path, name: str) -> None:
    """A flipped byte in whatever would be copied is found, and nothing is left behind."""
    run = trained(tmp_path / "run")
    data = bytearray((run.path / name).read_bytes())
    data[len(data) // 2] ^= 1
    (run.path / name).write_bytes(data)
    with pytest.raises(DamagedArtifact):
        excerpt(run, tmp_path / "small")
    assert [path.name for path in tmp_path.iterdir()] == ["run"]
