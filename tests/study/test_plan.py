from __future__ import annotations

import json

import pytest

from rnnscope.config import RecurrentConfig, TrainConfig
from rnnscope.study.plan import PRESETS, plan

pytestmark = pytest.mark.law


@pytest.mark.parametrize("preset", PRESETS)
def test_a_plan_is_pure_data(preset: str) -> None:
    """The same request gives the same plan, which is plain JSON, holds what was asked for, and changes no argument."""
    options = {"fold": 2, "encoding": "cp1251"}
    one = plan(preset, seed=7, threads=2, options=options)
    assert one == plan(preset, seed=7, threads=2, options=options) != plan(preset, seed=8, threads=2, options=options)
    assert options == {"fold": 2, "encoding": "cp1251"}
    settings = [dict(one.shared) | dict(training.options) for training in one.trainings]
    assert json.loads(json.dumps(settings)) == settings
    for setting in settings:
        assert (setting["seed"], setting["threads"], setting["fold"]) == (7, 2, 2)
        assert (setting["batch"], setting["steps"], setting["epochs"]) == ("auto", "auto", "auto")


def test_what_is_asked_for_beats_the_plan() -> None:
    """Options of the user stand over what all networks of a study share."""
    assert plan("demo", seed=1, threads=1, options={"epochs": 3}).shared["epochs"] == 3


@pytest.mark.parametrize("preset", PRESETS)
def test_networks_of_a_plan_can_be_set_up(preset: str) -> None:
    """Names are different and can be folders anywhere; settings are ones that networks and training have."""
    trainings = plan(preset, seed=1, threads=1).trainings
    names = [training.name for training in trainings]
    assert len(set(names)) == len(names) > 1
    assert all(name.replace("-", "").isalnum() and name.islower() for name in names)
    for training in trainings:
        assert set(training.options) <= {*RecurrentConfig.model_fields, *TrainConfig.model_fields}
        RecurrentConfig(**{"hidden": 1} | dict(training.options))
