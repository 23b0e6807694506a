"""Every cell against every feature: one product of ranks and weights per chunk, summed over the text.

The part is read twice, once to count (ranks.Histogram) and once to score (Scan); from a store the second reading is
cheap. A histogram of a sample saves the first reading and gives approximate ranks.
"""

from __future__ import annotations

from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from rnnscope.analyse.cells.columns import Columns, each_tile
from rnnscope.analyse.cells.labels import Labels
from rnnscope.analyse.cells.ranks import Histogram
from rnnscope.fold import Chunk

CANDIDATES = 500
"""Pairs of cell and feature that are confirmed on other text, at most."""

MOST_EACH = 25
"""Cells for one feature, at most, however few features there are."""


class Scan:
    """A fold whose result is the score of every column for every feature (labels.py says what a score is).

    Args:
        histogram: of the columns over the part that is scanned, or over a sample of it.
        labels: of the part; other positions are passed over.
        threads: that share the columns.
    """

    def __init__(self, histogram: Histogram, labels: Labels, *, threads: int = 1) -> None:
        assert len(histogram.counts) == len(labels.groups), "the histogram is of other features"
        self.histogram, self.labels, self.threads = histogram, labels, threads
        self._ranks = histogram.ranks()
        self._sums = [np.zeros((len(self.columns), len(group))) for group in labels.groups]

    @property
    def columns(self) -> Columns:
        """The order of columns."""
        return self.histogram.columns

    def fresh(self) -> Self:
        """An empty fold of the same settings."""
        return type(self)(self.histogram, self.labels, threads=self.threads)

    def update(self, chunk: Chunk) -> None:
        """Take a chunk in, in place."""
        at_n, part_n = self.labels.locate(chunk.positions)
        parts = []
        for group in self.labels.groups:
            valid_n = np.flatnonzero(self.labels.valid[group[0]][part_n])
            parts.append((valid_n, self.labels.weights(group, part_n[valid_n])))

        def add(tile: slice) -> None:
            bins_Tn, _ = self.histogram.bins.find(self.columns.values(chunk, tile, at_n), tile)
            for g, (valid_n, weights_nF) in enumerate(parts):
                ranks_Tn = np.empty((len(bins_Tn), len(valid_n)))
                for table_K, bins_n, ranks_n in zip(self._ranks[g][tile], bins_Tn, ranks_Tn, strict=True):
                    chosen_n = bins_n if len(valid_n) == len(bins_n) else bins_n[valid_n]
                    table_K.take(chosen_n, out=ranks_n, mode="clip")
                self._sums[g][tile] += ranks_Tn @ weights_nF

        each_tile(self.columns, self.threads, add)

    def merge(self, other: Self) -> None:
        """Take in whatever another fold of the same settings took in, in place."""
        for mine, theirs in zip(self._sums, other._sums, strict=True):
            mine += theirs

    def result(self) -> NDArray[np.float64]:
        """Scores within [-1, 1], [C, F]; NaN for features with too few of either label, 0 for constant cells."""
        scores_CF = np.full((len(self.columns), len(self.labels)), np.nan)
        for g, (group, sums_CF) in enumerate(zip(self.labels.groups, self._sums, strict=True)):
            squares_C = np.einsum("ck,ck->c", self.histogram.counts[g], self._ranks[g] ** 2)
            scale_C = np.sqrt(np.where(squares_C > 0, squares_C, 1))
            for column, f in enumerate(group):
                graded = self.labels.features[f].graded
                scores_CF[:, f] = sums_CF[:, column] / scale_C if graded else sums_CF[:, column]
        return scores_CF


class Candidate(NamedTuple):
    """A cell and a feature that belong together in the first part of the text."""

    column: int
    feature: int
    score: float


def candidates(scores: NDArray[np.float64], limit: int = CANDIDATES) -> list[Candidate]:
    """Choose for each feature the cells with the largest |score|, equally many for every feature.

    Args:
        scores: of all cells and features, [C, F]; features of NaN have no candidates.
        limit: candidates in all.

    Returns:
        By feature, the largest |score| first; equal ones in the order of columns.
    """
    searched_f = np.flatnonzero(~np.isnan(scores).any(axis=0))
    each = min(limit // max(len(searched_f), 1), MOST_EACH)
    assert each >= 1 or not len(searched_f), f"{len(searched_f)} features and at most {limit} candidates"
    chosen = []
    for f in searched_f.tolist():
        best = np.argsort(-np.abs(scores[:, f]), kind="stable")[:each]
        chosen += [Candidate(int(c), f, float(scores[c, f])) for c in best]
    return chosen


def best_of(scores: NDArray[np.float64]) -> NDArray[np.float64]:
    """The largest |score| of any cell, [C, F] -> [F]: what a network without training has to offer for each feature."""
    best_F: NDArray[np.float64] = np.max(np.abs(scores), axis=0, initial=0.0)
    return best_F
