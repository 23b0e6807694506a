from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest
import torch

from rnnscope.config import TaskConfig
from rnnscope.errors import DamagedArtifact, InputError
from rnnscope.tasks.problems import Counting, problem
from rnnscope.tasks.starts import start_network
from rnnscope.tasks.sweep import name_of, plan, run_sweep
from rnnscope.tasks.trial import errors, run_trial
from rnnscope.train.optimiser import Optimiser

QUICK = {"hidden": 16, "optimiser": "adam", "learning_rate": 0.01}


@pytest.mark.planted
def test_what_is_easy_is_solved_and_what_cannot_be_is_not() -> None:
    """A short temporal order is learned; a network that may not change ends with its budget and three wrong in four."""
    easy = run_trial(
        TaskConfig(task="temporal-order", length=10, cell="gru", start="orthogonal", updates=3000, **QUICK)
    )
    assert (easy["solved"], easy["ended"]) == (True, "solved")
    assert easy["error"] < 0.01
    assert easy["updates"] < 3000
    assert easy["updates"] == easy["rows"][-1]["update"]
    fixed = run_trial(TaskConfig(task="temporal-order", length=10, hidden=4, learning_rate=1e-9, updates=5))
    assert (fixed["solved"], fixed["ended"], fixed["updates"], fixed["clipped"]) == (False, "budget", 5, 0)
    assert fixed["error"] == pytest.approx(0.75, abs=0.05)


@pytest.mark.planted
def test_errors_are_counted() -> None:
    """A network that always says b is wrong once in every a^n b^n, at the end, whatever n is."""
    network = start_network("rnn", "smart-tanh", 4, 3, 1)
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.zero_()
        network.output["bias"].copy_(torch.tensor([0.0, 1.0, 0.0]))
    random = np.random.default_rng(0)
    found = errors(network, Counting(), 10, 1500, random, longest=True)
    assert found == {"error": 1.0, "symbol_error": pytest.approx(1 / 5)}
    assert errors(network, Counting(), 2, 10, random) == {"error": 1.0, "symbol_error": 1.0}


@pytest.mark.law
def test_a_trial_depends_on_its_settings_alone() -> None:
    """Twice the same numbers; another seed gives others; clipping counts the updates that it shortened."""
    config = TaskConfig(task="memorisation", length=22, hidden=8, updates=60, clip=0.5, beyond=(30,))
    first, again = run_trial(config), run_trial(config)
    assert first == again
    assert first["rows"] != run_trial(config.model_copy(update={"seed": 2}))["rows"]
    assert set(first["beyond"]) == {"30"}
    tight = run_trial(config.model_copy(update={"clip": 1e-6}))
    assert (first["clipped"] < 60, tight["clipped"]) == (True, 60)
    assert run_trial(config.model_copy(update={"clip": 0.0}))["clipped"] == 0


@pytest.mark.planted
def test_a_gradient_that_is_not_finite_ends_a_trial(monkeypatch: pytest.MonkeyPatch) -> None:
    """The update is not made, the trial says how it ended, and nothing counts as solved."""
    norms = iter([1.0, 2.0, math.inf])
    monkeypatch.setattr(Optimiser, "gradient_norm", lambda self: next(norms))
    found = run_trial(TaskConfig(task="anbn", length=6, hidden=4, clip=1.5, updates=200))
    assert (found["ended"], found["solved"], found["updates"]) == ("not finite", False, 2)
    assert (found["clipped"], found["largest_norm"], found["rows"]) == (1, 2.0, [])


@pytest.mark.law
def test_a_sweep_goes_on_where_it_stopped(tmp_path: Path) -> None:
    """Trainings that are kept are not made again; other settings and damaged files are refused."""
    shared = {"hidden": 4, "updates": 2}
    trials = plan("anbn", lengths=(4, 6), clips=(1.0, 0.0), seeds=(1, 2), **shared)
    assert [name_of(trial).partition("smart-tanh_")[2] for trial in trials[:3]] == [
        "length-4_clip-1_seed-1", "length-4_clip-0_seed-1", "length-6_clip-1_seed-1"
    ]  # fmt: skip
    made: list[str] = []
    first = run_sweep(tmp_path / "sweep", trials[:3], made.append)
    assert sum(" of 3, " in line and ": " not in line for line in made) == 3
    made.clear()
    every = run_sweep(tmp_path / "sweep", trials, made.append)
    assert every[:3] == first
    assert sum(": " not in line for line in made) == 5
    with pytest.raises(InputError, match="other settings: updates 2"):
        run_sweep(tmp_path / "sweep", plan("anbn", lengths=(4,), hidden=4, updates=3))
    path = tmp_path / "sweep" / "trials" / f"{name_of(trials[0])}.json"
    document = json.loads(path.read_text())
    document["facts"]["solved"] = True
    path.write_text(json.dumps(document))
    with pytest.raises(DamagedArtifact):
        run_sweep(tmp_path / "sweep", trials)


@pytest.mark.law
@pytest.mark.parametrize(
    ("change", "match"),
    [
        ({"lengths": (8,)}, "at least 22"),
        ({"beyond": (5,)}, "at least 22"),
        ({"cells": ("gru",), "starts": ("sigmoid",)}, "simple network"),
        ({"cells": ("transformer",)}, "transformer"),
        ({"clips": (-1.0,)}, "clip"),
    ],
)
def test_impossible_sweeps_are_refused(change: dict[str, object], match: str) -> None:
    """Nothing is trained before everything fits."""
    with pytest.raises(InputError, match=match):
        plan("memorisation", **{"lengths": (30,), **change})  # type: ignore[arg-type]  # what a caller may type
    assert problem("memorisation").shortest == 22
