"""What a study will do, as pure data: it can be printed, hashed and compared before anything runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rnnscope.config import CorpusConfig

PRESETS = ("demo",)


@dataclass(frozen=True)
class Training:
    """One network to train.

    Args:
        name: of its run folder.
        options: settings by flag name, beside those that all networks of the study share.
    """

    name: str
    options: Mapping[str, Any]


@dataclass(frozen=True)
class Counting:
    """One n-gram model to make.

    Args:
        name: of its folder.
        options: settings by flag name.
    """

    name: str
    options: Mapping[str, Any]


@dataclass(frozen=True)
class Plan:
    """A study: settings that all its networks share, the networks in the order they are trained, and their rivals."""

    preset: str
    shared: Mapping[str, Any]
    trainings: tuple[Training, ...]
    countings: tuple[Counting, ...] = ()


def plan(preset: str, *, seed: int, threads: int, options: Mapping[str, Any] | None = None) -> Plan:
    """Plan a study.

    Args:
        preset: `demo`: the default network and a vanilla RNN of the same width, in about 3 minutes on 2 cores, and an
            n-gram model of the same text, in a few seconds.
        seed: of all networks.
        threads: that each training uses.
        options: settings of the corpus that the user gave, by flag name.
    """
    assert preset in PRESETS, preset
    shared = {"batch": "auto", "steps": "auto", "epochs": "auto", "seed": seed, "threads": threads} | dict(
        options or {}
    )
    networks = (
        Training("lstm-2x128", {"cell": "lstm", "layers": 2, "hidden": 128}),
        Training("rnn-2x128", {"cell": "rnn", "layers": 2, "hidden": 128}),
    )
    about_the_text = {name: value for name, value in (options or {}).items() if name in CorpusConfig.model_fields}
    return Plan(preset, shared, networks, (Counting("ngram", {"threads": threads} | about_the_text),))
