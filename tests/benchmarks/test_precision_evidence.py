from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import precision_evidence as evidence
import pytest
from precision_evidence import Pair
from scipy import stats

from rnnscope.artifacts.run import RunFolder
from rnnscope.config import CorpusConfig, RecurrentConfig, RunConfig, TrainConfig


def pairs(seeds: int, mean: dict[str, float], spread: float = 0.001) -> list[Pair]:
    """Pairs whose best losses differ by about `mean` of their cell; the final ones by a nat, which decides nothing."""
    rng = np.random.default_rng(1)
    return [
        Pair(cell, seed, (1.3, 1.3 + mean[cell] + spread * float(rng.normal())), (1.4, 2.4), ("fused", "fused"))
        for seed in range(1, seeds + 1)
        for cell in evidence.CELLS
    ]


def write_run(folder: Path, cell: Any, precision: Any, curve: list[float], epoch: float = 2.0) -> None:
    """A run that was trained, as far as evidence goes."""
    config = RunConfig(
        corpus=CorpusConfig(text="text"),
        model=RecurrentConfig(cell=cell, hidden=2),
        train=TrainConfig(epochs=2, precision=precision),
    )
    environment = {"kernel": {"name": "fused", "path": "avx2"} if precision == "bfloat16" else {"name": "naive"}}
    run = RunFolder.create(folder, config=config, alphabet={}, environment=environment)
    rows = [{"step": step, "valid_loss_nats": loss} for step, loss in enumerate(curve)]
    run.append_log("metrics.jsonl", [*rows, {"step": 99, "valid_loss_nats": None}])
    run.write_checkpoint(5, {"a": np.zeros(1, np.float32)}, {"logs": run.log_prefix()})
    run.set_status(state="complete", step=99, epoch=epoch, last_step=5, best_step=5)


@pytest.mark.oracle
@pytest.mark.parametrize("n", [2, 3, 10, 20])
def test_interval(n: int) -> None:
    """Mean and ends are those of scipy's one-sample t test, and its p value is 5 % for a mean at either end."""
    values = np.random.default_rng(n).normal(0.002, 0.003, n)
    found = evidence.interval(values)
    theirs = stats.ttest_1samp(values, 0.0).confidence_interval(0.95)
    assert (found.pairs, found.mean) == (n, pytest.approx(values.mean(), rel=1e-12))
    assert (found.low, found.high) == (pytest.approx(theirs.low, rel=1e-9), pytest.approx(theirs.high, rel=1e-9))
    for end in (found.low, found.high):
        assert stats.ttest_1samp(values, end).pvalue == pytest.approx(0.05, rel=1e-6)


@pytest.mark.law
def test_too_few_pairs_say_nothing() -> None:
    """One pair has no interval, none has no mean."""
    assert evidence.interval([0.1]) == evidence.Interval(1, 0.1, -math.inf, math.inf)
    assert math.isnan(evidence.interval([]).mean)


@pytest.mark.planted
@pytest.mark.parametrize(
    ("mean", "spread", "said"),
    [
        ({"lstm": 0.000, "gru": 0.000}, 0.001, "bfloat16 may be chosen"),
        ({"lstm": -0.02, "gru": -0.02}, 0.001, "bfloat16 may be chosen"),
        ({"lstm": 0.000, "gru": 0.006}, 0.001, "float32 stays"),
        ({"lstm": 0.006, "gru": 0.000}, 0.001, "float32 stays"),
        ({"lstm": 0.000, "gru": 0.000}, 0.050, "float32 stays"),
    ],
)
def test_decision(mean: dict[str, float], spread: float, said: str) -> None:
    """Neither a cell that gets worse hides behind the other, nor noise behind its mean; getting better is allowed."""
    assert evidence.decision(pairs(10, mean, spread)).startswith(said)


@pytest.mark.law
def test_no_decision_before_the_end() -> None:
    """With a pair missing nothing is decided, however clear it looks."""
    found = pairs(10, {"lstm": -0.1, "gru": -0.1})
    assert evidence.decision(found[:-1]) == "not decided: 19 of 20 pairs are done"


@pytest.mark.law
def test_plan() -> None:
    """Twenty pairs; the two of a pair stand side by side, differ by precision alone, and have folders of their own."""
    options = evidence.parse(["--", "--kernel", "fused"])
    jobs = evidence.plan(options)
    assert len(jobs) == len({job.folder for job in jobs}) == 40
    assert {job.pause for job in jobs} == {10}
    for before, after in zip(jobs[::2], jobs[1::2], strict=True):
        assert before.options | {"precision": "bfloat16"} == after.options
        assert before.options["precision"] == "float32"
        assert (before.options["layers"], before.options["budget"], before.options["kernel"]) == (2, 128, "fused")
    assert [(job.options["cell"], job.options["seed"]) for job in jobs[:6:2]] == [("lstm", 1), ("gru", 1), ("lstm", 2)]


@pytest.mark.law
@pytest.mark.usefixtures("quick_disk")
def test_gathering(tmp_path: Path) -> None:
    """Best and final losses come from the log; a pair counts once both of its trainings are done."""
    for cell, curve in (("lstm", [4.0, 1.5, 1.4]), ("gru", [4.0, 1.3, 1.6])):
        write_run(tmp_path / f"{cell}-1-float32", cell, "float32", curve)
    write_run(tmp_path / "lstm-1-bfloat16", "lstm", "bfloat16", [4.0, 1.2, 1.7])
    write_run(tmp_path / "gru-1-bfloat16", "gru", "bfloat16", [4.0, 1.2], epoch=1.9)
    found = evidence.gather(tmp_path, seeds=2, epochs=2)
    assert found == [Pair("lstm", 1, (1.4, 1.2), (1.4, 1.7), ("naive", "fused:avx2"))]
    options = evidence.parse(
        ["--runs", str(tmp_path), "--seeds", "1", "--epochs", "2", "--out", str(tmp_path / "out"), "--collect"]
    )
    path = evidence.write(options)
    assert path is not None
    page = path.read_text("utf-8")
    assert "| lstm | 1 | 1.40000 | 1.20000 | -0.20000 | 1.40000 | 1.70000 | +0.30000 |" in page
    assert "**not decided: 1 of 20 pairs are done.**" in page
    assert "| all | 1 | -0.20000 | - | +0.30000 | - |" in page


@pytest.mark.planted
@pytest.mark.usefixtures("quick_disk")
def test_pairs_with_different_starts_are_refused(tmp_path: Path) -> None:
    """Trainings that did not start from the same weights are no pair."""
    write_run(tmp_path / "gru-1-float32", "gru", "float32", [4.0, 1.3])
    write_run(tmp_path / "gru-1-bfloat16", "gru", "bfloat16", [4.001, 1.3])
    with pytest.raises(AssertionError, match="same weights"):
        evidence.gather(tmp_path, seeds=1, epochs=2)
