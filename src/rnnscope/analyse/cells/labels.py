"""Features of one part of a text, as the statistics need them: cut out, checked, ranked, with their scores' weights.

A score is linear in the ranks of a cell. With R the mid-ranks of the cell among the valid positions, divided by their
number, and less 1/2,

    2 AUROC - 1   = 2 (mean of R where the feature holds - mean of R where it does not)
    Spearman's rho = sum of R S / sqrt(sum of R^2 sum of S^2)       S: centred mid-ranks of the feature

so both are one weighted sum over positions, with weights that depend on the feature alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, overload

import numpy as np
from numpy.typing import NDArray

from rnnscope.compact import Compact
from rnnscope.corpus.split import Segment

LEAST_LABELS = 50
"""A feature is searched for where at least so many positions have either label."""


def mid_ranks(values: NDArray[Any]) -> NDArray[np.float64]:
    """Ranks from 1 to n, equal values sharing their mean rank.

    >>> mid_ranks(np.array([3.0, 1.0, 3.0, 2.0])).tolist()
    [3.5, 1.0, 3.5, 2.0]
    """
    order_n = np.argsort(values)  # of equal values any may come first
    ordered_n = values[order_n]
    first_n = np.flatnonzero(np.concatenate([[True], ordered_n[1:] != ordered_n[:-1]]))
    sizes_n = np.diff(np.append(first_n, len(values)))
    ranks_n = np.empty(len(values))
    ranks_n[order_n] = np.repeat(first_n + (sizes_n + 1) / 2, sizes_n)
    return ranks_n


def centred_ranks(values: NDArray[Any]) -> NDArray[np.float64]:
    """Mid-ranks divided by their number, less their mean: within (-1/2, 1/2), with sum 0."""
    return (mid_ranks(values) - (len(values) + 1) / 2) / len(values)


def placements(values: NDArray[Any], holds: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Where each value stands among those of the other label; twice the difference of their means is 2 AUROC - 1.

    Ranks among all values change when the share of either label does, as it does from draw to draw of a bootstrap;
    placements are what the AUROC depends on to first order (DeLong, DeLong and Clarke-Pearson 1988).

    Args:
        values: of the cell, [n]. holds: whether the feature holds, [n]; both labels are there.

    Returns:
        [n]: for each value the share of the other label's values below it, equal ones counting half, moved by a
        constant for either label.
    """
    ranks_n = mid_ranks(values)
    below_n = ranks_n.copy()
    for label_n in (holds, ~holds):
        below_n[label_n] -= mid_ranks(values[label_n])
        below_n[label_n] /= np.count_nonzero(~label_n)
    shift = (0.5 - below_n[holds].mean()) / 2
    below_n += np.where(holds, shift, -shift)
    return below_n


def part_positions(segments: Sequence[Segment]) -> NDArray[np.int64]:
    """All positions of some segments, in their order: [N]."""
    if not segments:
        return np.zeros(0, np.int64)
    return np.concatenate([np.arange(start, stop, dtype=np.int64) for start, stop in segments])


@dataclass(frozen=True)
class Feature:
    """What the statistics know of a hypothesis.

    Args:
        name: as the reader knows it.
        graded: numbers to be ranked; otherwise it holds or does not.
        memory: whether tracking it is said to need more than the last symbols, so that echoes have to be ruled out.
        targets: whether its definition names target positions and the sign of the effect there.
    """

    name: str
    graded: bool = False
    memory: bool = False
    targets: bool = False


class Values(Sequence[NDArray[Any]]):
    """F features at N positions, kept compactly; each is an array when it is asked for."""

    def __init__(self, compact: Sequence[Compact]) -> None:
        self.compact = tuple(compact)

    def __len__(self) -> int:
        return len(self.compact)

    @overload
    def __getitem__(self, f: int) -> NDArray[Any]: ...

    @overload
    def __getitem__(self, f: slice) -> list[NDArray[Any]]: ...

    def __getitem__(self, f: int | slice) -> NDArray[Any] | list[NDArray[Any]]:
        if isinstance(f, slice):
            return [one.values() for one in self.compact[f]]
        return self.compact[f].values()


class Labels:
    """Features at the positions of one part.

    Args:
        features: F hypotheses.
        values: of the whole text, F rows of [text]: not 0 where a binary feature holds, numbers for a graded one.
        valid: of the whole text, F rows of [text]: where the feature is defined; rows may be shared.
        segments: the part, in text order.
        known: text positions that values and valid are of, ascending, where they are not of the whole text.

    Attributes:
        count: N, positions of the part.
        values: F rows of [N]: bool for binary features, float32 for graded ones.
        valid: F rows of [N].
    """

    def __init__(
        self,
        features: Sequence[Feature],
        values: Sequence[NDArray[Any] | Compact] | NDArray[Any],
        valid: Sequence[NDArray[np.bool_]] | NDArray[np.bool_],
        segments: Sequence[Segment],
        known: NDArray[np.int64] | None = None,
    ) -> None:
        assert len(features) == len(values) == len(valid)
        self.features = tuple(features)
        self._segments = list(segments)
        self._starts_S, self._stops_S = np.array(self._segments, np.int64).reshape(-1, 2).T
        assert (self._starts_S[1:] >= self._stops_S[:-1]).all(), "segments are not in text order"
        # What a position of a segment has to be moved by to be its place in the part.
        self._shifts_S = np.cumsum(np.append(0, self._stops_S - self._starts_S))[:-1] - self._starts_S
        self.count = int((self._stops_S - self._starts_S).sum())
        rows = list(valid)
        at_N = None  # 8 bytes a symbol, which are not needed where rows are of the part already
        if any(len(row) != self.count for row in (*rows, *values)):
            at_N = self.positions if known is None else np.searchsorted(known, self.positions)
        masks = {id(row): _at(row, at_N) for row in rows}
        self.valid = [masks[id(row)] for row in rows]
        self.values = Values([_kept(*one, at_N) for one in zip(self.features, values, strict=True)])

    def __len__(self) -> int:
        return len(self.features)

    @cached_property
    def positions(self) -> NDArray[np.int64]:
        """Text positions of the part, [N]; made when they are first asked for."""
        return part_positions(self._segments)

    def text_positions(self, places: NDArray[np.int64]) -> NDArray[np.int64]:
        """Text positions of some places of the part, [n]."""
        return places - self._shifts_S[np.searchsorted(self._starts_S + self._shifts_S, places, side="right") - 1]

    def locate(self, asked: NDArray[np.int64]) -> tuple[NDArray[np.int64] | slice, NDArray[np.int64]]:
        """Find text positions in the part.

        Returns:
            Which of those asked for are in it (a whole slice where all are), and which places of the part these are.
        """
        segment_n = np.searchsorted(self._stops_S, asked, side="right")
        inside_n = segment_n < len(self._stops_S)
        inside_n[inside_n] = asked[inside_n] >= self._starts_S[segment_n[inside_n]]
        if inside_n.all():
            return slice(None), asked + self._shifts_S[segment_n]
        at_n = np.flatnonzero(inside_n)
        return at_n, asked[at_n] + self._shifts_S[segment_n[at_n]]

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the features, F of them."""
        return tuple(feature.name for feature in self.features)

    @cached_property
    def either(self) -> NDArray[np.int64]:
        """How many positions have the rarer label, [F]; for a graded feature, any but its commonest value."""
        counts = [row.counts(valid_N) for row, valid_N in zip(self.values.compact, self.valid, strict=True)]
        return np.array([counts_D.sum() - counts_D.max(initial=0) for counts_D in counts], np.int64)

    @property
    def searched(self) -> NDArray[np.bool_]:
        """Which features have enough of either label in this part, [F]."""
        return self.either >= LEAST_LABELS

    @cached_property
    def groups(self) -> list[NDArray[np.int64]]:
        """Numbers of the searched features, gathered by equal validity; cells are ranked once for each group."""
        found: dict[bytes, list[int]] = {}
        for f in np.flatnonzero(self.searched).tolist():
            found.setdefault(np.packbits(self.valid[f]).tobytes(), []).append(f)
        return [np.array(group) for group in found.values()]

    def weights(self, group: NDArray[np.int64], at: NDArray[np.int64]) -> NDArray[np.float64]:
        """Weights of a cell's centred ranks in the scores of features of equal validity, at some valid positions.

        For a graded feature the weighted sum still has to be divided by the root of the sum of the squared ranks.

        Args:
            group: one of `groups`.
            at: which positions of the part, [n].

        Returns:
            [n, features of the group].
        """
        weights_nF = np.empty((len(at), len(group)))
        for column, f in enumerate(group):
            weights_nF[:, column] = self._weights[f][self.values.compact[f].codes(at)]
        return weights_nF

    @cached_property
    def _weights(self) -> dict[int, NDArray[np.float64]]:
        """What a rank weighs beside each distinct value of a searched feature, [D].

        Where a feature is graded, its centred mid-ranks among the valid positions, with squares that sum to 1; else
        weights of either label that sum to 2 and -2.
        """
        found: dict[int, NDArray[np.float64]] = {}
        for f in np.flatnonzero(self.searched).tolist():
            row = self.values.compact[f]
            counts_D = row.counts(self.valid[f])
            total = counts_D.sum()
            if self.features[f].graded:
                ranks_D = (np.cumsum(counts_D) - (counts_D - 1) / 2 - (total + 1) / 2) / total
                found[f] = ranks_D / np.sqrt(np.sum(counts_D * ranks_D**2))
            else:
                found[f] = np.where(row.distinct, 2, -2) / np.maximum(counts_D, 1)
        return found


def _kept(feature: Feature, row: NDArray[Any] | Compact, at: NDArray[np.int64] | None) -> Compact:
    if isinstance(row, Compact):
        return row if at is None or len(row) == len(at) else row.take(at)
    values_N = _at(np.asarray(row), at)
    return Compact.of(values_N.astype(np.float32) if feature.graded else values_N != 0)


def _at(row: NDArray[Any], at: NDArray[np.int64] | None) -> NDArray[Any]:
    """Some positions of a row, ascending and distinct; the row itself where these are all."""
    return row if at is None or len(row) == len(at) else row[at]


def score(values: NDArray[Any], feature: NDArray[Any], *, graded: bool) -> float:
    """The exact score of one cell: 2 AUROC - 1 for a binary feature, Spearman's rho for a graded one.

    Args:
        values: of the cell, [n].
        feature: at the same positions, all valid, [n].
        graded: which of the two scores.

    Returns:
        0 where nothing varies; NaN for a binary feature with one label only.
    """
    ranks_n = centred_ranks(values)
    if graded:
        other_n = centred_ranks(feature)
        scale = np.sqrt(np.sum(ranks_n**2) * np.sum(other_n**2))
        return float(ranks_n @ other_n / scale) if scale else 0.0
    holds_n = feature != 0
    if holds_n.all() or not holds_n.any():
        return float("nan")
    return float(2 * (ranks_n[holds_n].mean() - ranks_n[~holds_n].mean()))


def correlation_length(values: NDArray[Any], valid: NDArray[np.bool_]) -> int:
    """The lag, in symbols, at which the autocorrelation of a feature first falls below 1/e; at least 1.

    Args:
        values: in text order, [N].
        valid: where they count, [N]; elsewhere the mean stands in.

    Returns:
        N if it never falls; 1 for a constant.
    """
    n = len(values)
    if not valid.any():
        return 1
    numbers_N = values.astype(np.float64)
    centred_N = np.where(valid, numbers_N - numbers_N[valid].mean(), 0.0)
    spectrum = np.fft.rfft(centred_N, 1 << (2 * n - 1).bit_length())
    products_N = np.fft.irfft(np.abs(spectrum) ** 2)[:n]
    if products_N[0] <= 1e-12 * n:
        return 1
    below = np.flatnonzero(products_N < products_N[0] / np.e)
    return max(1, int(below[0])) if len(below) else n
