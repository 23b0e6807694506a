from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from rnnscope.artifacts.run import RunFolder
from rnnscope.config import WindowConfig
from rnnscope.corpus.planted import planted
from rnnscope.errors import Diverged
from rnnscope.train import widths
from rnnscope.train.prepare import Prepared, prepare
from rnnscope.train.start import start
from rnnscope.train.watch import Watch

OPTIONS: dict[str, Any] = {
    "window": 2, "hidden": "auto", "batch": 10, "steps": 20, "epochs": 3, "sample_length": 0, "decay_after": 1,
    "learning_rate_decay": 0.3,
}  # fmt: skip


class Seen(Watch):
    """Remembers the widths that were tried."""

    def __init__(self) -> None:
        self.losses: dict[int, float] = {}

    def tried(self, hidden: int, valid_loss_nats: float) -> None:
        self.losses[hidden] = valid_loss_nats


@pytest.fixture(scope="module")
def text(tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("widths") / "text"
    path.write_text(planted(seed=4, length=12_000).text, encoding="utf-8")
    return str(path)


@pytest.mark.law
def test_the_best_on_validation_is_trained(text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every width is tried; that of least validation loss makes the run, which says so and goes on without a trial."""
    monkeypatch.setattr(widths, "WIDTHS", (1, 40, 3))
    seen = Seen()
    run = start(text, tmp_path / "run", OPTIONS, watch=seen)
    assert list(seen.losses) == [1, 40, 3]
    assert min(seen.losses, key=lambda hidden: seen.losses[hidden]) == 40
    assert isinstance(run.config.model, WindowConfig)
    assert run.config.model.hidden == 40
    (note,) = (note for note in run.environment["notes"] if "best on the validation part" in note)
    assert note.startswith("40 units were best on the validation part after 2 epochs each: 1 units ")
    assert all(f"{hidden} units {loss:.4f} nats" in note for hidden, loss in seen.losses.items())
    monkeypatch.setattr(widths, "WIDTHS", ())
    again = start(text, tmp_path / "run", OPTIONS | {"epochs": 4}, resume=True)
    assert again.status()["epoch"] == 4.0
    assert RunFolder.open(tmp_path / "run").config == run.config


@pytest.mark.oracle
def test_a_trial_is_a_short_training(text: str, tmp_path: Path) -> None:
    """With a rate that stays, a trial of a run of two epochs ends with the loss of that run, to the bit."""
    options = OPTIONS | {"hidden": 12, "epochs": 2, "learning_rate_decay": 1.0}
    run = start(text, tmp_path / "run", options)
    losses = [row["valid_loss_nats"] for row in run.read_log("metrics.jsonl") if row["valid_loss_nats"] is not None]
    assert widths.short_training(prepare(text, options)) == losses[-1]


@pytest.mark.law
def test_the_rate_goes_through_its_whole_course(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run of many epochs has its last rate at the end of a trial too."""
    rates: list[float] = []
    step = widths.Optimiser.step

    def noted(self: widths.Optimiser, rate: float, norm: float) -> None:
        rates.append(rate)
        step(self, rate, norm)

    monkeypatch.setattr(widths.Optimiser, "step", noted)
    widths.short_training(prepare(text, OPTIONS | {"hidden": 3, "epochs": 6}))
    assert len(rates) == 2 * -(-9_600 // 200)
    assert sorted(rates, reverse=True) == rates
    assert sorted(set(rates), reverse=True) == pytest.approx([2e-3 * 0.3**power for power in range(6)])


@pytest.mark.law
def test_widths_that_diverge_are_not_chosen(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """An infinite loss loses to any other, and where all are infinite nothing is trained."""
    prepared = prepare(text, OPTIONS)
    found = {1: math.inf, 2: 1.5, 3: 1.5}

    def short_training(prepared: Prepared) -> float:
        assert isinstance(prepared.config.model, WindowConfig)
        return found[prepared.config.model.hidden]

    monkeypatch.setattr(widths, "WIDTHS", (1, 2, 3))
    monkeypatch.setattr(widths, "short_training", short_training)
    chosen = widths.choose(prepared).config.model
    assert isinstance(chosen, WindowConfig)
    assert chosen.hidden == 2
    found.update({2: math.inf, 3: math.inf})
    with pytest.raises(Diverged, match="diverged with each of them"):
        widths.choose(replace(prepared, notes=()))
