"""Which errors predictors share: an exact partition of the positions by who errs there (paper, Figure 4 left)."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from rnnscope.analyse.errors.predictions import THRESHOLD, Predictions
from rnnscope.analyse.stats import block_bootstrap_mean

MOST_PREDICTORS = 16
"""Beyond this the table of all subsets is no longer something to read."""


@dataclass(frozen=True)
class Region:
    """Positions at which exactly these predictors err, and no other.

    Args:
        predictors: who errs; nobody, for the region outside of all.
        errors: how many positions.
        share: of all positions, in [0, 1].
        interval: 95 % interval of the share; None where there are fewer than two blocks.
    """

    predictors: tuple[str, ...]
    errors: int
    share: float
    interval: tuple[float, float] | None


@dataclass(frozen=True)
class Overlap:
    """All regions that hold a position, the largest first; their counts sum to the number of positions."""

    names: tuple[str, ...]
    threshold: float
    chars: int
    totals: dict[str, int]
    """Errors of each predictor, whoever else errs."""
    regions: tuple[Region, ...]

    def count(self, *predictors: str) -> int:
        """Positions at which exactly these err."""
        wanted = set(predictors)
        return sum(region.errors for region in self.regions if set(region.predictors) == wanted)

    def to_dict(self) -> dict[str, Any]:
        """Everything as plain JSON values."""
        return asdict(self)


def overlap(predictions: Predictions, threshold: float = THRESHOLD) -> Overlap:
    """Count the positions of every region.

    Args:
        predictions: of at most 16 predictors.
        threshold: probability of the true symbol below which a predictor errs.
    """
    names, count = predictions.names, len(predictions.names)
    assert 1 <= count <= MOST_PREDICTORS, count
    wrong_KN = predictions.wrong(threshold)
    codes_N = (wrong_KN * (1 << np.arange(count))[:, None]).sum(axis=0)
    errors_C = np.bincount(codes_N, minlength=1 << count)
    regions = [
        Region(
            predictors=tuple(name for bit, name in enumerate(names) if code >> bit & 1),
            errors=int(errors_C[code]),
            share=float(errors_C[code] / max(len(predictions), 1)),
            interval=block_bootstrap_mean((codes_N == code).astype(np.float64), predictions.block),
        )
        for code in np.flatnonzero(errors_C).tolist()
    ]
    return Overlap(
        names=names,
        threshold=threshold,
        chars=len(predictions),
        totals={name: int(row_N.sum()) for name, row_N in zip(names, wrong_KN, strict=True)},
        regions=tuple(sorted(regions, key=lambda region: -region.errors)),
    )
