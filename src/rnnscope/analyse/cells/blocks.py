"""Scores from sums over blocks of text: their spread, their intervals, and what chance gives when features are shifted.

With r a cell's centred ranks, s a feature and v whether it is valid, a score is a function of sums of v, vs, vs^2, vr,
vr^2 and vrs. Sums are kept for each block. To leave a block out (jackknife), to draw blocks again (bootstrap; Kuensch
1989, without overlap) or to join neighbours into longer blocks is then arithmetic on a few numbers.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

RESAMPLES = 1_000
LEVEL = 0.98
"""Of two-sided intervals: each end alone is a bound of 99 %."""

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Sums:
    """Sums over blocks; every array has the blocks in its last axis and any axes before it.

    Args:
        v: valid positions. s: of the feature over them. ss: of its squares. These have no axis for cells.
        r: of the cell's ranks over them. rr: of their squares. rs: of ranks times feature.
        graded: which score the sums are for.
    """

    v: Array
    s: Array
    ss: Array
    r: Array
    rr: Array
    rs: Array
    graded: bool

    def map(self, change: Any) -> Sums:
        """The same sums with every array changed alike."""
        v, s, ss, r, rr, rs = (change(array) for array in (self.v, self.s, self.ss, self.r, self.rr, self.rs))
        return Sums(v, s, ss, r, rr, rs, self.graded)

    def total(self) -> Sums:
        """Sums over all blocks."""
        return self.map(lambda array: array.sum(axis=-1))

    def without_each(self) -> Sums:
        """Sums over all blocks but one, for each one."""
        return self.map(lambda array: array.sum(axis=-1, keepdims=True) - array)

    def drawn(self, times_RB: Array) -> Sums:
        """Sums over blocks that were drawn so many times: [..., B] -> [..., R]."""
        return self.map(lambda array: array @ times_RB.T)

    def joined(self, each: int) -> Sums:
        """Longer blocks, `each` neighbours in one; the last takes what is left over."""
        starts = np.arange(max(1, self.v.shape[-1] // each)) * each
        return self.map(lambda array: np.add.reduceat(array, starts, axis=-1))

    def score(self) -> Array:
        """The score that the sums stand for; NaN where one of the labels is missing, 0 where nothing varies."""
        with np.errstate(divide="ignore", invalid="ignore"):
            if not self.graded:
                rest = np.where(self.v - self.s > 0.5, self.v - self.s, np.nan)
                holds = np.where(self.s > 0.5, self.s, np.nan)
                found: Array = 2 * (self.rs / holds - (self.r - self.rs) / rest)
                return found
            spread_s, spread_r = self.ss - self.s**2 / self.v, self.rr - self.r**2 / self.v
            # Rounding leaves a little of what is 0.
            varies = (spread_s > 1e-9 * self.ss) & (spread_r > 1e-9 * self.rr)
            products: Array = self.rs - self.r * self.s / self.v
            return np.where(varies, products / np.sqrt(np.where(varies, spread_s * spread_r, 1.0)), 0.0)


def block_sums(ranks: Array, feature: Array, valid: Array, starts: NDArray[np.int64], *, graded: bool) -> Sums:
    """Sums of one feature with some cells.

    Args:
        ranks: centred ranks of K cells, or their placements, [K, N].
        feature: 0 or 1, or centred ranks, [N].
        valid: 0 or 1, [N].
        starts: where each block starts, [B].
        graded: which score is meant.

    Returns:
        Sums of [B] without cells and [K, B] with them.
    """

    def add(array: Array) -> Array:
        sums: Array = np.add.reduceat(array, starts, axis=-1)
        return sums

    held = valid * feature
    return Sums(
        add(valid), add(held), add(held * feature), add(ranks * valid), add(ranks**2 * valid), add(ranks * held), graded
    )


def studentised(sums: Sums) -> Array:
    """Scores divided by their jackknife standard errors over blocks (Efron and Stein 1981).

    Infinite where a score does not vary at all; 0 where it is undefined with or without some block.
    """
    score = sums.total().score()
    without_B = sums.without_each().score()
    blocks = without_B.shape[-1]
    spread = without_B - without_B.mean(axis=-1, keepdims=True)
    error = np.sqrt((blocks - 1) / blocks * np.sum(spread**2, axis=-1))
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio: Array = score / error
    return np.where(np.isnan(ratio), 0.0, ratio)


def bootstrap(sums: Sums, *, resamples: int = RESAMPLES, seed: int = 0) -> tuple[Array, Array] | None:
    """Interval of every score by drawing whole blocks again; None with fewer than five blocks.

    Returns:
        Lower and upper ends; each alone is a bound of 99 %. Draws without one of the labels are left out.
    """
    blocks = sums.v.shape[-1]
    if blocks < 5:
        return None
    drawn_RB = np.random.default_rng(seed).multinomial(blocks, np.full(blocks, 1 / blocks), resamples)
    scores = np.clip(sums.drawn(drawn_RB.astype(np.float64)).score(), -1, 1)
    low, high = np.nanquantile(scores, [(1 - LEVEL) / 2, (1 + LEVEL) / 2], axis=-1)
    return low, high
