"""What a study will do, as pure data: it can be printed, hashed and compared before anything runs.

A plan lists networks to train and n-gram models to count, with all their settings. It is made from a preset or from a
TOML file of the same form (`grid`), and kept in the study's folder, where workers find it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal, get_args

AUTO = "auto"
"""What stands for a setting that is left open."""

Analysis = Literal["gates", "memory", "cells"]
ANALYSES: tuple[Analysis, ...] = get_args(Analysis)
"""What can be measured of a trained network beside its losses, cheapest first."""


@dataclass(frozen=True)
class Training:
    """One network to train.

    Args:
        name: of its run folder.
        variant: what it is called without its seed; trainings of one variant differ in their seeds alone.
        question: what it is called without the settings that are to be chosen on the validation part. Of the variants
            of one question the table and the analyses take the one with the lowest validation loss.
        options: all its settings by flag name.
        analyses: what is measured of it when it is trained.
        pauses: epochs at which it makes room for others, ascending, all below its last.
    """

    name: str
    variant: str
    question: str
    options: Mapping[str, Any]
    analyses: tuple[str, ...] = ()
    pauses: tuple[int, ...] = ()


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
    """A study.

    Args:
        preset: its name, for people.
        trainings: networks, in the order of the table.
        countings: their rivals.
        analyses: settings of analyses that are not the usual ones, by name.
    """

    preset: str
    trainings: tuple[Training, ...]
    countings: tuple[Counting, ...] = ()
    analyses: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """The plan as plain values."""
        return asdict(self)

    @staticmethod
    def from_json(facts: Mapping[str, Any]) -> Plan:
        """The plan that `to_json` gave."""
        return Plan(
            preset=facts["preset"],
            trainings=tuple(
                Training(**{**row, "analyses": tuple(row["analyses"]), "pauses": tuple(row["pauses"])})
                for row in facts["trainings"]
            ),
            countings=tuple(Counting(**row) for row in facts["countings"]),
            analyses=facts["analyses"],
        )
