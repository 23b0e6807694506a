"""Which of two networks is better: differences of test losses with what text and seed leave open.

Two things vary: the text that happened to be held out, and the seed. The text is drawn again in blocks, the same blocks
for both networks (`analyse.stats`). The seeds' spread is pooled over all networks that were trained with several, so it
has as many degrees of freedom as there are further seeds; the mean of n seeds is taken to lie s t / sqrt(n) off, t from
Student's distribution. Draws of both are added. Where no network has a second seed, nothing is known of that
spread, and no order is claimed.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rnnscope.analyse.stats import RESAMPLES

LEVEL = 0.95
LEAST_BLOCKS = 2


@dataclass(frozen=True)
class Measured:
    """The test losses of one network, for each of its seeds.

    Args:
        name: of the network.
        sums_SK: nats in each block of the test part, [S, K]; S seeds, K blocks.
        sizes_K: symbols in each block, [K].
        group: networks of one group are compared with each other.
    """

    name: str
    sums_SK: NDArray[np.float64]
    sizes_K: NDArray[np.int64]
    group: str = ""

    @property
    def losses_S(self) -> NDArray[np.float64]:
        """Mean loss in nats of each seed, [S]."""
        losses: NDArray[np.float64] = self.sums_SK.sum(axis=1) / self.sizes_K.sum()
        return losses


def blocks(values_N: NDArray[np.floating[Any]], block: int) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Sums over blocks of a text, [K], and how many values each has, [K]; the last may be shorter."""
    starts = np.arange(0, len(values_N), block)
    sums_K = np.add.reduceat(values_N.astype(np.float64), starts)
    return sums_K, np.diff(np.append(starts, len(values_N)))


def seed_deviation(measured: Sequence[Measured]) -> tuple[float, int] | None:
    """Standard deviation in nats over seeds, pooled over networks, and its degrees of freedom.

    >>> two = Measured("a", np.array([[1.0], [3.0]]), np.array([1]))
    >>> seed_deviation([two])
    (1.4142135623730951, 1)
    """
    freedom = sum(len(each.losses_S) - 1 for each in measured)
    if not freedom:
        return None
    squares = sum(float(((each.losses_S - each.losses_S.mean()) ** 2).sum()) for each in measured)
    return float(np.sqrt(squares / freedom)), freedom


def difference(
    one: Measured, other: Measured, deviation: tuple[float, int] | None, *, resamples: int = RESAMPLES, seed: int = 0
) -> dict[str, Any]:
    """Loss of one network minus that of another, over the same blocks of text.

    Args:
        one, other: with the same blocks.
        deviation: of `seed_deviation`.
        resamples: how often text and seeds are drawn again.
        seed: of the draws.

    Returns:
        "a", "b", "difference_nats" (of the means over seeds), "interval_nats" (95 %, or null with one block),
        "seeds" of each, "lower": the name of the one whose loss is lower beyond the interval, or null.
    """
    assert np.array_equal(one.sizes_K, other.sizes_K), "not the same blocks"
    gap_K = one.sums_SK.mean(axis=0) - other.sums_SK.mean(axis=0)
    gap = float(gap_K.sum() / one.sizes_K.sum())
    interval = None
    if len(gap_K) >= LEAST_BLOCKS:
        random = np.random.default_rng(seed)
        drawn_RK = random.integers(0, len(gap_K), (resamples, len(gap_K)))
        gaps_R = gap_K[drawn_RK].sum(axis=1) / one.sizes_K[drawn_RK].sum(axis=1)
        if deviation is not None:
            spread, freedom = deviation
            per_seed = np.sqrt(1 / len(one.sums_SK) + 1 / len(other.sums_SK))
            gaps_R = gaps_R + spread * per_seed * random.standard_t(freedom, resamples)
        interval = [float(end) for end in np.quantile(gaps_R, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])]
    lower = None
    if interval is not None and deviation is not None and interval[0] * interval[1] > 0:
        lower = one.name if gap < 0 else other.name
    return {
        "a": one.name,
        "b": other.name,
        "difference_nats": gap,
        "interval_nats": interval,
        "seeds": [len(one.sums_SK), len(other.sums_SK)],
        "lower": lower,
    }


def differences(measured: Sequence[Measured]) -> dict[str, Any]:
    """All pairs of each group.

    Returns:
        "seed_deviation_nats" and "degrees_of_freedom" (null and 0 where every network has one seed), and "pairs".
    """
    deviation = seed_deviation(measured)
    groups: dict[str, list[Measured]] = {}
    for each in measured:
        groups.setdefault(each.group, []).append(each)
    pairs = [
        {"group": group, **difference(one, other, deviation)}
        for group, members in groups.items()
        for one, other in itertools.combinations(members, 2)
    ]
    return {
        "seed_deviation_nats": None if deviation is None else deviation[0],
        "degrees_of_freedom": 0 if deviation is None else deviation[1],
        "pairs": pairs,
    }


def summary(found: Mapping[str, Any]) -> list[str]:
    """What may be said of each group, in words."""
    lines = []
    groups: dict[str, list[Mapping[str, Any]]] = {}
    for pair in found["pairs"]:
        groups.setdefault(pair["group"], []).append(pair)
    for group, pairs in groups.items():
        claimed = [pair for pair in pairs if pair["lower"] is not None]
        lines.append(f"{group}: {len(claimed)} of {len(pairs)} differences are beyond what text and seed leave open")
    return lines
