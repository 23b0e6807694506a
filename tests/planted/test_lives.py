"""Trackers followed through checkpoints and counted over networks, where the truth is known."""

from __future__ import annotations

import dataclasses
import shutil
from pathlib import Path

import pytest

from rnnscope import api
from rnnscope.artifacts.run import RunFolder
from rnnscope.corpus.planted_kinds import speech
from rnnscope.model.checkpoint import tensors

from .cases import CASES

WIRED = next(case for case in CASES if case.name == "quote: gru")
BARE = dataclasses.replace(WIRED, plan=lambda ids: ([], []))
"""The same random cells, and nothing planted among them."""


@pytest.fixture(scope="module")
def other(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Text of the same kind that no run was made from."""
    path = tmp_path_factory.mktemp("texts") / "other.txt"
    path.write_text(speech(22, 30_000).text)
    return path


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of the wired network's shape and alphabet; its weights are replaced."""
    folder = tmp_path_factory.mktemp("template")
    (folder / "planted.txt").write_text(WIRED.text)
    out = folder / "run"
    api.train(
        str(folder / "planted.txt"), out, cell=WIRED.cell, layers=WIRED.layers, hidden=WIRED.hidden, epochs=1,
        batch=100, steps=500, sample_length=10,
    )  # fmt: skip
    return out


def run_of(template: Path, out: Path, wired: dict[int, bool]) -> Path:
    """A run whose checkpoints at some steps hold the quote cell or do not; the last one is the best."""
    shutil.copytree(template, out)
    folder = RunFolder.open(out)
    logs = folder.read_checkpoint("last").facts["logs"]
    for step in folder.checkpoint_steps():
        if step not in wired:
            folder.drop_checkpoint(step)
    for step, planted in wired.items():
        network = (WIRED if planted else BARE).network()
        folder.write_checkpoint(step, tensors(network), {"logs": logs})
    folder.set_status(best_step=max(wired), last_step=max(wired), step=max(wired))
    return out


@pytest.mark.planted
def test_a_birth_is_at_the_checkpoint_that_first_holds_the_cell(template: Path, other: Path, tmp_path: Path) -> None:
    """The wired quote cell is born at the step from which on it is there, and tells nothing before."""
    run = run_of(template, tmp_path / "run", {100: False, 200: False, 300: True, 400: True})
    found = api.cells(run, other, features=["double-quotes"], along=True)
    (life,) = found["lives"]
    ((layer, cell),) = WIRED.carriers
    assert (life["feature"], life["layer"], life["cell"]) == ("double-quotes", layer + 1, cell + 1)
    assert life["steps"] == [100, 200, 300, 400]
    assert life["born"] == 300
    assert all(abs(score) < 0.5 for score in life["scores"][:2])
    assert all(abs(score) > 0.9 for score in life["scores"][2:])
    assert life["losses_nats"][1] - life["losses_nats"][2] == pytest.approx(life["drop_nats"])


@pytest.mark.planted
def test_two_of_three_networks_hold_the_cell(template: Path, other: Path, tmp_path: Path) -> None:
    """A census of three networks, of which two were wired, counts two, whichever of them is asked."""
    runs = [run_of(template, tmp_path / str(k), {100: planted}) for k, planted in enumerate((True, True, False))]
    for run in runs[1:]:
        api.cells(run, other, features=["double-quotes"])
    (count,) = api.cells(runs[0], other, features=["double-quotes"], beside=runs[1:])["census"]
    assert (count["feature"], count["networks"], count["found"]) == ("double-quotes", 3, 2)
    assert [score > 0.9 for score in count["scores"]] == [True, True, False]
    (count,) = api.cells(runs[2], other, features=["double-quotes"], beside=runs[:2])["census"]
    assert (count["networks"], count["found"]) == (3, 2)
