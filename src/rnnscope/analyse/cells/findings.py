"""Findings as plain JSON: claims with every figure they rest on, and how much was searched for them.

Keys that other programs may rely on: `claims` with `layer`, `cell`, `quantity`, `feature`, `verdict`, `score`,
`interval`, `null` and `effect_bits`, and `searched` with `cells` and `features`. Layers and cells count from 1 there,
as wherever people name them; in arrays they count from 0.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from rnnscope.analyse.cells.columns import Cell
from rnnscope.analyse.cells.confirm import Figures
from rnnscope.analyse.cells.reach import Reach
from rnnscope.analyse.cells.verdict import Pair, Proof, Verdict, verdict

ORDER = ("causal", "confirmed", "observed")


@dataclass
class Claim:
    """A cell and a feature, with all the evidence there is.

    Args:
        cell: quantity, layer and number. feature: its name.
        figures: of the confirmation. proof: of the interventions; None where none were made.
        clamps: what the cell was held at -> mean change of the log-odds at targets in bits, where the feature holds
            and where it does not.
        pairs: partner -> what ablating both showed. reach: by distance from the opener, for binary features.
        notes: sentences for the reader, such as why no intervention was made.
    """

    cell: Cell
    feature: str
    figures: Figures
    proof: Proof | None = None
    clamps: dict[str, dict[str, float | None]] = field(default_factory=dict)
    pairs: list[tuple[Cell, Pair]] = field(default_factory=list)
    reach: Reach | None = None
    notes: list[str] = field(default_factory=list)

    @property
    def verdict(self) -> Verdict:
        """Observed, confirmed or causal."""
        return verdict(confirmed=self.figures.confirmed, proof=self.proof)

    def to_json(self) -> dict[str, Any]:
        """The claim with its fixed keys first; `null` is the score that chance and untrained networks reach."""
        figures = self.figures
        nulls = [null for null in (figures.shifted, figures.untrained) if null is not None]
        confirmation = _plain(figures) | {
            "bound": figures.bound,
            "beyond_shifts": figures.beyond_shifts,
            "beyond_recent": figures.beyond_recent,
        }
        for name in ("column", "feature"):
            del confirmation[name]
        redundant = [_named(partner) for partner, pair in self.pairs if pair.redundant]
        return {
            "layer": self.cell.layer + 1,
            "cell": self.cell.cell + 1,
            "quantity": self.cell.quantity,
            "feature": self.feature,
            "verdict": self.verdict,
            "score": _plain(figures.score),
            "interval": _plain(figures.interval),
            "null": max(nulls) if nulls else None,
            "effect_bits": None if self.proof is None else _plain(self.proof.effect_bits),
            "discovered": _plain(figures.discovered),
            "confirmation": confirmation,
            "intervention": None if self.proof is None else _plain(self.proof),
            "clamps": _plain(self.clamps),
            "redundant_with": redundant,
            "pairs": [
                _named(partner) | _plain(pair) | {"redundant": pair.redundant, "backup": pair.backup}
                for partner, pair in self.pairs
            ],
            "reach": None if self.reach is None else _plain(self.reach),
            "notes": list(self.notes),
        }


@dataclass
class Findings:
    """Everything a search found, and how wide it was.

    Args:
        claims: of all candidates. cells: columns that were searched. features: hypotheses, the inapplicable ones too.
        inapplicable: feature -> why it says nothing about this text.
        facts: parts, seeds, networks that served as nulls, probes: whatever else a reader needs.
    """

    claims: list[Claim]
    cells: int
    features: int
    inapplicable: Mapping[str, str] = field(default_factory=dict)
    facts: Mapping[str, Any] = field(default_factory=dict)

    def trackers(self) -> list[Claim]:
        """Claims that may be called trackers: at least confirmed."""
        return [claim for claim in self.sorted() if claim.verdict != "observed"]

    def sorted(self) -> Sequence[Claim]:
        """By verdict, then by |score|, the strongest first."""
        return sorted(self.claims, key=lambda one: (ORDER.index(one.verdict), -abs(one.figures.score or 0.0)))

    def to_json(self) -> dict[str, Any]:
        """The whole as JSON values, claims by strength."""
        return {
            "claims": [claim.to_json() for claim in self.sorted()],
            "searched": {"cells": self.cells, "features": self.features, "inapplicable": dict(self.inapplicable)},
            **_plain(dict(self.facts)),
        }


def _named(cell: Cell) -> dict[str, Any]:
    return {"layer": cell.layer + 1, "cell": cell.cell + 1, "quantity": cell.quantity}


def _plain(value: Any) -> Any:
    """Dataclasses, arrays and numbers of NumPy as JSON values; what is not finite is None."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {one.name: _plain(getattr(value, one.name)) for one in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {str(key): _plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    if isinstance(value, np.ndarray | np.generic):
        return _plain(value.tolist())
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value
