"""Scores from some positions of a part: for networks without knowledge, of which only the best score is asked.

Positions are drawn each with a probability of its own, so that every label of every feature is met about as often as
any other, and rare ones always. Each then counts for the inverse of its probability (Horvitz and Thompson 1952), in
the ranks of the cells as in the sums over positions: nothing is moved by the choice, and the rest is noise, which
makes the best of many cells larger.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from rnnscope.analyse.cells.columns import TILE
from rnnscope.analyse.cells.labels import Labels

EACH_LABEL = 2_000
"""Positions of either label of a binary feature that are drawn, on average, where there are so many; of graded ones
as many in all."""


class Sample(NamedTuple):
    """Positions and how much each counts.

    Args:
        at: which positions of the part, ascending, [n].
        counts: for how many of the part each stands, [n], at least 1.
    """

    at: NDArray[np.int64]
    counts: NDArray[np.float64]


def draw(labels: Labels, *, each: int = EACH_LABEL, seed: int = 0) -> Sample:
    """Draw positions of a part; all of them where there are few.

    Args:
        labels: of the part. each: see `EACH_LABEL`. seed: of the drawing.
    """
    n = len(labels.positions)
    share_N = np.full(n, min(1.0, each / max(n, 1)))
    for f in np.flatnonzero(labels.searched).tolist():
        valid_N = labels.valid[f]
        if labels.features[f].graded:
            np.maximum(share_N, each / np.count_nonzero(valid_N), out=share_N, where=valid_N)
        else:
            holds_N = labels.values[f] != 0
            for label_N in (holds_N & valid_N, ~holds_N & valid_N):
                np.maximum(share_N, each / np.count_nonzero(label_N), out=share_N, where=label_N)
    share_N = np.minimum(share_N, 1.0)
    # A stream of its own: the same numbers may have made what is measured.
    at_n = np.flatnonzero(np.random.default_rng([seed, 0x5A]).random(n) < share_N)
    return Sample(at_n, 1 / share_N[at_n])


def scores(values: NDArray[np.float32], labels: Labels, sample: Sample) -> NDArray[np.float64]:
    """Score every column for every feature; exact where the sample is the whole part.

    Args:
        values: of C columns at the sampled positions, [C, n].
        labels: of the part. sample: from `draw`.

    Returns:
        Within [-1, 1], [C, F]; NaN for features with too few of either label, 0 for constant columns.
    """
    found_CF = np.full((len(values), len(labels)), np.nan)
    for group in labels.groups:
        valid_n = labels.valid[group[0]][sample.at]
        at_n, counts_n = sample.at[valid_n], sample.counts[valid_n]
        weights_nF, graded_F = _weights(labels, group, at_n, counts_n)
        for start in range(0, len(values), TILE):
            ranks_Tn = _weighted_ranks(values[start : start + TILE, valid_n], counts_n)
            sums_TF = ranks_Tn @ weights_nF
            spread_T1 = np.sqrt((ranks_Tn**2) @ counts_n)[:, None]
            scaled_TF = sums_TF / np.where(spread_T1 > 0, spread_T1, 1)
            found_CF[start : start + TILE, group] = np.where(graded_F, scaled_TF, sums_TF)
    return found_CF


def _weights(
    labels: Labels, group: NDArray[np.int64], at_n: NDArray[np.int64], counts_n: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Weights of centred ranks in the scores of a group, [n, F], and which of them are for graded features."""
    graded_F = np.array([labels.features[f].graded for f in group])
    weights_nF = labels.weights(group, at_n) * counts_n[:, None]
    for column, graded in enumerate(graded_F.tolist()):
        weights_n = weights_nF[:, column]
        if graded:  # squares that sum to 1, for those that were drawn
            weights_n -= counts_n * (weights_n.sum() / counts_n.sum())
            squares = np.sum(weights_n**2 / counts_n)
            weights_n /= np.sqrt(squares) if squares else 1.0
        else:  # the weights of either label sum to 2, as they do over the whole part
            for side_n in (weights_n > 0, weights_n < 0):
                weights_n[side_n] *= 2 / max(abs(weights_n[side_n].sum()), 1e-300)
    return weights_nF, graded_F


def _weighted_ranks(values_Tn: NDArray[np.float32], counts_n: NDArray[np.float64]) -> NDArray[np.float64]:
    """Centred mid-ranks when each value stands for several, divided by how many there are: [T, n]."""
    order_Tn = np.argsort(values_Tn, axis=1)
    ordered_Tn = np.take_along_axis(values_Tn, order_Tn, axis=1)
    upto_Tn = np.cumsum(counts_n[order_Tn], axis=1)
    new_Tn = np.ones(values_Tn.shape, bool)
    new_Tn[:, 1:] = ordered_Tn[:, 1:] != ordered_Tn[:, :-1]
    below_Tn = upto_Tn - counts_n[order_Tn]
    first_Tn = np.maximum.accumulate(np.where(new_Tn, below_Tn, 0.0), axis=1)
    last_Tn = np.roll(new_Tn, -1, axis=1)
    last_Tn[:, -1] = True
    most = upto_Tn[:, -1:]
    end_Tn = np.minimum.accumulate(np.where(last_Tn, upto_Tn, most)[:, ::-1], axis=1)[:, ::-1]
    ranks_Tn: NDArray[Any] = np.empty(values_Tn.shape)
    np.put_along_axis(ranks_Tn, order_Tn, (first_Tn + end_Tn) / (2 * most) - 0.5, axis=1)
    return ranks_Tn
