"""Scores within classes of (previous, current) symbol: what is left when the last two symbols are held fixed.

A cell that only answers to symbols is constant within a class, or varies without regard to the feature, and so scores
about 0 here; so does a cell whose feature is a matter of the last two symbols.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from rnnscope.analyse.cells.labels import LEAST_LABELS


class Within(NamedTuple):
    """What is left within classes.

    Args:
        scores: pooled over classes, [K]; NaN where no class has enough of either label.
        classes: how many counted.
        share: of the valid positions that lie in them.
    """

    scores: NDArray[np.float64]
    classes: int
    share: float


def symbol_classes(ids: NDArray[np.integer[Any]], positions: NDArray[np.int64]) -> NDArray[np.int64]:
    """The class of (previous, current) symbol of each position, [N]; position 0 has a previous symbol of its own."""
    symbols = int(ids.max()) + 1
    before_N = np.where(positions > 0, ids[positions - 1].astype(np.int64), symbols)
    return before_N * symbols + ids[positions].astype(np.int64)


def within_classes(
    values: NDArray[np.float32], feature: NDArray[Any], classes: NDArray[np.int64], *, graded: bool
) -> Within:
    """Scores within classes, pooled.

    A binary feature's differences of mean rank are weighted by n1 n0 / (n1 + n0), as a stratified comparison weights
    them (van Elteren 1960); rank correlations by n. A class is dropped with fewer than 50 positions of either label;
    for a graded feature, with fewer than 50 that have the class's commonest value, or 100 positions in all.

    Args:
        values: of K cells at valid positions, [K, n].
        feature: at the same positions, [n].
        classes: of the same positions, [n].
        graded: which score is meant.
    """
    _, class_n = np.unique(classes, return_inverse=True)
    kept_C = _kept(feature, class_n, graded)
    at_n = np.flatnonzero(kept_C[class_n])
    if not len(at_n):
        return Within(np.full(len(values), np.nan), 0, 0.0)
    # Classes are few: 16 bits make the stable sorts below radix sorts.
    renumbered_C = np.cumsum(kept_C) - 1
    class_n = renumbered_C[class_n[at_n]].astype(np.uint16 if kept_C.sum() < 1 << 16 else np.int64)
    sizes_C = np.bincount(class_n)
    feature_n = feature[at_n]
    scores_K = np.empty(len(values))
    other_n = ranks_within(feature_n, class_n) if graded else (feature_n != 0).astype(np.float64)
    for k, values_n in enumerate(values):
        ranks_n = ranks_within(values_n[at_n], class_n)
        products_C = np.bincount(class_n, ranks_n * other_n)
        if graded:
            squares_C = np.bincount(class_n, ranks_n**2) * np.bincount(class_n, other_n**2)
            each_C = products_C / np.sqrt(np.where(squares_C > 0, squares_C, 1))
            scores_K[k] = sizes_C @ each_C / sizes_C.sum()
        else:
            holds_C = np.bincount(class_n, other_n)
            scores_K[k] = 2 * products_C.sum() / np.sum(holds_C * (sizes_C - holds_C) / sizes_C)
    return Within(scores_K, len(sizes_C), len(at_n) / len(feature))


def _kept(feature_n: NDArray[Any], class_n: NDArray[np.int64], graded: bool) -> NDArray[np.bool_]:
    sizes_C = np.bincount(class_n)
    if not graded:
        holds_C = np.bincount(class_n, feature_n != 0, minlength=len(sizes_C))
        either_C: NDArray[np.bool_] = np.minimum(holds_C, sizes_C - holds_C) >= LEAST_LABELS
        return either_C
    _, value_n = np.unique(feature_n, return_inverse=True)
    pairs, counts = np.unique(class_n.astype(np.int64) * (value_n.max() + 1) + value_n, return_counts=True)
    commonest_C = np.zeros(len(sizes_C), np.int64)
    np.maximum.at(commonest_C, pairs // (value_n.max() + 1), counts)
    kept: NDArray[np.bool_] = (sizes_C - commonest_C >= LEAST_LABELS) & (sizes_C >= 2 * LEAST_LABELS)
    return kept


def ranks_within(values: NDArray[Any], classes: NDArray[Any]) -> NDArray[np.float64]:
    """Centred mid-ranks within each class, divided by its size: [n]."""
    order_n = np.argsort(values)
    order_n = order_n[np.argsort(classes[order_n], kind="stable")]
    ordered_n, class_n = values[order_n], classes[order_n]
    new_class_n = np.concatenate([[True], class_n[1:] != class_n[:-1]])
    new_value_n = new_class_n | np.concatenate([[True], ordered_n[1:] != ordered_n[:-1]])
    first_n, class_first_n = np.flatnonzero(new_value_n), np.flatnonzero(new_class_n)
    runs_n, sizes_n = np.diff(np.append(first_n, len(values))), np.diff(np.append(class_first_n, len(values)))
    middle_n = np.repeat(first_n + (runs_n + 1) / 2, runs_n)
    offset_n, size_n = np.repeat(class_first_n, sizes_n), np.repeat(sizes_n, sizes_n)
    ranks_n = np.empty(len(values))
    ranks_n[order_n] = (middle_n - offset_n - (size_n + 1) / 2) / size_n
    return ranks_n
