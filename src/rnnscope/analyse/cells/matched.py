"""Cells to compare an intervention with: of the same layer, alike in how much they vary and how much they send out."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
from numpy.typing import NDArray

MATCHED = 50


def matched_cells(
    variance: NDArray[np.float64],
    outgoing: NDArray[np.float64],
    cell: int,
    *,
    excluded: Collection[int] = (),
    count: int = MATCHED,
) -> list[int]:
    """Choose the cells nearest in the logarithms of variance and outgoing weight, each in units of its spread.

    Args:
        variance: of every cell of the layer over the text, [H], at least 0.
        outgoing: norm of every cell's outgoing weights, [H], at least 0.
        cell: the one to compare with.
        excluded: others that were found to track the same feature: they would have the same effect.
        count: how many are wanted.

    Returns:
        Nearest first; fewer where the layer has fewer, which a verdict of causal does not accept.
    """
    facts_2H = np.log(np.maximum([variance, outgoing], 1e-30))
    spread_2 = facts_2H.std(axis=1)
    units_2H = facts_2H / np.where(spread_2 > 0, spread_2, 1)[:, None]
    distance_H = np.hypot(*(units_2H - units_2H[:, cell : cell + 1]))
    order = np.argsort(distance_H, kind="stable").tolist()
    return [other for other in order if other != cell and other not in excluded][:count]
