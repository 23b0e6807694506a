"""Intervals for means over a text, whose neighbouring symbols are not independent.

Symbols are drawn again in blocks (Kuensch 1989, without overlap): within a block everything that makes neighbours alike
is kept, and blocks are long enough to be nearly independent of each other. A bootstrap of single symbols would give
intervals that are too narrow.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

RESAMPLES = 1000
LEAST_BLOCK = 500
BLOCKS = 100


def block_length(positions: int, row: int | None = None) -> int:
    """Symbols per block: a row of the `streams` split, else a hundredth of the part, and at least 500.

    >>> block_length(330_000, row=3300), block_length(400_000), block_length(20_000)
    (3300, 4000, 500)
    """
    return row if row is not None else max(LEAST_BLOCK, positions // BLOCKS)


def block_bootstrap_mean(
    values: NDArray[np.floating[Any]], block: int, *, resamples: int = RESAMPLES, level: float = 0.95, seed: int = 0
) -> tuple[float, float] | None:
    """Interval of a mean by drawing whole blocks again.

    Args:
        values: in text order, [N]; a last block that is not full counts with the symbols it has.
        block: symbols per block, at least 1.
        resamples: how often the text is drawn again.
        level: share of the resampled means inside the interval, in (0, 1).
        seed: of the draws.

    Returns:
        Lower and upper end, or None where there are fewer than two blocks, so that nothing can be said.
    """
    starts = np.arange(0, len(values), block)
    if len(starts) < 2:
        return None
    sums_K = np.add.reduceat(values.astype(np.float64), starts)
    sizes_K = np.diff(np.append(starts, len(values)))
    drawn_RK = np.random.default_rng(seed).integers(0, len(starts), (resamples, len(starts)))
    means_R = sums_K[drawn_RK].sum(axis=1) / sizes_K[drawn_RK].sum(axis=1)
    low, high = np.quantile(means_R, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def block_bootstrap_ratio(
    numerators: NDArray[np.floating[Any]],
    denominators: NDArray[np.floating[Any]],
    block: int,
    *,
    resamples: int = RESAMPLES,
    level: float = 0.95,
    seed: int = 0,
) -> tuple[float, float] | None:
    """Interval of sum(numerators) / sum(denominators) by drawing whole blocks again.

    The mean over some of the positions is such a ratio: values that are 0 elsewhere, over ones that are 0 elsewhere.
    Two predictors are compared by giving the difference of their values: both are then drawn with the same blocks.

    Args:
        numerators, denominators: in text order, [N] each; denominators of at least 0.
        block, resamples, level, seed: as for `block_bootstrap_mean`.

    Returns:
        Lower and upper end, or None where fewer than two blocks hold anything of the denominator.
    """
    starts = np.arange(0, len(numerators), block)
    above_K = np.add.reduceat(np.asarray(numerators, np.float64), starts) if len(starts) else np.zeros(0)
    below_K = np.add.reduceat(np.asarray(denominators, np.float64), starts) if len(starts) else np.zeros(0)
    if (below_K > 0).sum() < 2:
        return None
    drawn_RK = np.random.default_rng(seed).integers(0, len(starts), (resamples, len(starts)))
    below_R = below_K[drawn_RK].sum(axis=1)
    ratios_R = above_K[drawn_RK].sum(axis=1)[below_R > 0] / below_R[below_R > 0]
    low, high = np.quantile(ratios_R, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def group_bootstrap_mean(
    values: NDArray[np.floating[Any]],
    groups: NDArray[np.integer[Any]],
    *,
    resamples: int = RESAMPLES,
    level: float = 0.95,
    seed: int = 0,
) -> tuple[float, float] | None:
    """Interval of a mean by drawing whole groups again, such as the files of a text.

    Args:
        values: [N].
        groups: which group each of them is in, [N], any integers.
        resamples, level, seed: as for `block_bootstrap_mean`.

    Returns:
        Lower and upper end, or None where there are fewer than two groups.
    """
    distinct, places_N = np.unique(groups, return_inverse=True)
    if len(distinct) < 2:
        return None
    sums_K, sizes_K = np.bincount(places_N, values.astype(np.float64)), np.bincount(places_N)
    drawn_RK = np.random.default_rng(seed).integers(0, len(distinct), (resamples, len(distinct)))
    means_R = sums_K[drawn_RK].sum(axis=1) / sizes_K[drawn_RK].sum(axis=1)
    low, high = np.quantile(means_R, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)
