"""How far a cell holds a binary feature: score and effect by distance from where the feature began.

Training cuts gradients after some steps. A cell that still holds the feature after more symbols than that has learned a
rule, not a length (Karpathy, Johnson and Fei-Fei 2015 saw a quote cell hold 230 characters when trained on 100).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rnnscope.analyse.cells.labels import centred_ranks

TIMES_STEPS = 5
FEW = 50
HELD = 0.5
FRACTIONS = (0.0, 0.1, 0.25, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 4.0, 5.0)
"""Ends of buckets in training steps."""


def distances(holds: NDArray[np.bool_], starts: Sequence[int] = (0,)) -> NDArray[np.int64]:
    """Symbols since a binary feature began to hold: 0 at the opener, -1 where it does not hold.

    Measured on the whole text and cut afterwards, openers that lie before a part are known.

    Args:
        holds: in text order, [N].
        starts: where a new stretch of text begins; what holds there has no known opener and is -1 until it ends.
    """
    n = len(holds)
    at_N = np.arange(n)
    begins_N = holds & ~np.concatenate([[False], holds[:-1]])
    fresh_N = np.zeros(n, bool)
    fresh_N[np.asarray(starts, np.int64)] = True
    unknown_N = fresh_N & holds
    opener_N = np.maximum.accumulate(np.where(begins_N & ~fresh_N, at_N, -1))
    lost_N = np.maximum.accumulate(np.where(unknown_N, at_N, -1))
    known_N = holds & (opener_N > lost_N)
    found: NDArray[np.int64] = np.where(known_N, at_N - opener_N, -1)
    return found


@dataclass(frozen=True)
class Bucket:
    """One range of distances.

    Args:
        low, high: [low, high) symbols from the opener.
        cases: stretches that reach into it; positions: symbols in it.
        few: whether there are fewer than 50 cases; the figures are then not to be leaned on.
        score: 2 AUROC - 1 between these positions and all where the feature does not hold; None without positions.
        effect_bits: mean effect of interchanging the cell, in bits of log-odds, with how many moments.
    """

    low: int
    high: int
    cases: int
    positions: int
    few: bool
    score: float | None
    effect_bits: float | None
    moments: int


@dataclass(frozen=True)
class Reach:
    """How far a cell holds a feature; `steps` is what training looked back, `holds_to` where it stops.

    `holds_to` is the end of the last bucket, from the opener on without a gap, in which there are 50 cases and the
    score has the sign of the first and at least 0.5; 0 if there is none.
    """

    steps: int
    buckets: list[Bucket]
    holds_to: int


def reach(
    values: NDArray[np.floating[Any]],
    distance: NDArray[np.int64],
    valid: NDArray[np.bool_],
    steps: int,
    *,
    effects_bits: NDArray[np.float64] | None = None,
    effect_distances: NDArray[np.int64] | None = None,
) -> Reach:
    """Cut scores and effects by distance.

    Args:
        values: of the cell, in text order, [N].
        distance: of `distances`, [N].
        valid: where the feature is defined, [N].
        steps: symbols that training looked back.
        effects_bits: of interchanges, [E], positive as predicted. effect_distances: from the opener, [E].
    """
    ends = sorted({round(fraction * steps) for fraction in FRACTIONS})
    outside_n = values[valid & (distance < 0)]
    buckets = []
    for low, high in pairwise(ends):
        inside_N = valid & (distance >= low) & (distance < high)
        count = int(np.count_nonzero(inside_N))
        # A case is a stretch: it counts where it enters the bucket, or where the text begins inside it.
        enters_N = inside_N & ((distance == low) | ~np.concatenate([[False], inside_N[:-1]]))
        cases = int(np.count_nonzero(enters_N))
        effects_n = np.zeros(0)
        if effects_bits is not None and effect_distances is not None:
            effects_n = effects_bits[(effect_distances >= low) & (effect_distances < high)]
        buckets.append(
            Bucket(
                low, high, cases, count, cases < FEW, _score(values[inside_N], outside_n),
                float(effects_n.mean()) if len(effects_n) else None, len(effects_n),
            )
        )  # fmt: skip
    return Reach(steps, buckets, _holds_to(buckets))


def _score(inside_n: NDArray[Any], outside_n: NDArray[Any]) -> float | None:
    if not len(inside_n) or not len(outside_n):
        return None
    ranks_n = centred_ranks(np.concatenate([inside_n, outside_n]))
    return float(2 * (ranks_n[: len(inside_n)].mean() - ranks_n[len(inside_n) :].mean()))


def _holds_to(buckets: list[Bucket]) -> int:
    first = next((bucket.score for bucket in buckets if bucket.score is not None), None)
    held = 0
    for bucket in buckets:
        if first is None or bucket.few or bucket.score is None or np.sign(first) * bucket.score < HELD:
            break
        held = bucket.high
    return held
