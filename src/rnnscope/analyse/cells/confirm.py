"""Confirmation of candidates on text that took no part in finding them. docs/claims.md says why each test is there.

A claim is confirmed that passes all of these on the second part:

- chance: its studentised score is beyond the family-wise 5 % of the largest under circular shifts;
- untrained: |score| exceeds the largest of any cell of the untrained networks by 0.05;
- size: |score| is at least 0.5;
- symbols: within classes of (previous, current) symbol the score has the same sign and is at least 0.2;
- echo, for features that claim memory: what 20 symbols do not explain linearly has the same sign and at least 0.2.

Everything is reported whether it passes or not.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rnnscope.analyse.cells.blocks import Array, Sums, block_sums, bootstrap
from rnnscope.analyse.cells.classes import symbol_classes, within_classes
from rnnscope.analyse.cells.discover import Candidate
from rnnscope.analyse.cells.echo import Echo, explain, recent_codes
from rnnscope.analyse.cells.labels import Labels, centred_ranks, correlation_length, placements, score
from rnnscope.analyse.cells.shifts import SHIFTS, Null, draw, null_of
from rnnscope.corpus.split import Segment

FAMILY_LEVEL = 0.05
LEAST_SCORE = 0.5
ABOVE_UNTRAINED = 0.05
LEAST_WITHIN = 0.2
LEAST_REST = 0.2
LEAST_BLOCKS = 5
"""Blocks that have either label; with fewer there is nothing to draw again."""

Interval = tuple[float, float]


@dataclass
class Figures:
    """Everything that was measured for one candidate on the second part. None: could not be measured.

    Args:
        column: of the cell. feature: its number. discovered: the score on the first part.
        score: on this part. interval: its ends are bounds of 99 % each. doubled: the same from blocks twice as long.
        block_symbols: mean length of the blocks of this feature. blocks: how many.
        studentised: score by its standard error. chance: family-wise probability of one as large under shifts.
        shifted: 99 % quantile of the largest |score| of all candidates under shifts.
        untrained: the largest |score| of any cell of the untrained networks; permuted: of permuted weights.
        within: score within symbol classes; within_classes, within_share: how much text that is.
        rest: score of what 20 symbols do not explain, times sqrt(1 - R^2); explained: that R^2.
        recent: |score| that the linear model of 20 symbols reaches for the feature itself.
        passes: test -> whether it was passed; a test that does not apply is not there.
    """

    column: int
    feature: int
    discovered: float
    score: float | None = None
    interval: Interval | None = None
    doubled: Interval | None = None
    block_symbols: int = 0
    blocks: int = 0
    studentised: float | None = None
    chance: float | None = None
    shifted: float | None = None
    untrained: float | None = None
    permuted: float | None = None
    within: float | None = None
    within_classes: int = 0
    within_share: float = 0.0
    rest: float | None = None
    explained: float | None = None
    recent: float | None = None
    passes: dict[str, bool] = field(default_factory=dict)

    @property
    def confirmed(self) -> bool:
        """Whether every test that applies was passed."""
        return bool(self.passes) and all(self.passes.values())

    @property
    def bound(self) -> float | None:
        """The lower 99 % bound of the score in the direction of its sign."""
        if self.interval is None or self.score is None:
            return None
        return self.interval[0] if self.score > 0 else -self.interval[1]

    @property
    def beyond_shifts(self) -> bool | None:
        """Whether that bound exceeds the family-wise 99 % quantile of the shifted scores; shown, not demanded."""
        return None if self.bound is None or self.shifted is None else self.bound > self.shifted

    @property
    def beyond_recent(self) -> bool | None:
        """Whether that bound exceeds what recent symbols alone reach; shown, not demanded."""
        return None if self.bound is None or self.recent is None else self.bound > self.recent


class Confirmation:
    """Tests of candidates on one part.

    Args:
        values: of the candidates' columns, [K, N], at the positions of `labels`.
        wanted: which columns these are, ascending, K of them.
        labels: features at the second part.
        blocks: the part's units, in the order of `labels.positions`.
        ids: the whole text.
        untrained: largest |score| of every untrained network for each feature, [M, F]; with M = 0
            nothing is confirmed.
        permuted: the same for networks with permuted weights; shown beside.
        shifts: how many; 19 or more.
        seed: of shifts and draws.
    """

    def __init__(
        self,
        values: NDArray[np.float32],
        wanted: Sequence[int],
        labels: Labels,
        blocks: Sequence[Segment],
        ids: NDArray[np.integer[Any]],
        *,
        untrained: Array,
        permuted: Array | None = None,
        shifts: int = SHIFTS,
        seed: int = 0,
    ) -> None:
        assert values.shape == (len(wanted), len(labels.positions))
        assert untrained.shape == (len(untrained), len(labels)), "one row of scores for each untrained network"
        self.values_KN, self.labels, self.ids = values, labels, ids
        self.untrained_MF, self.permuted_MF = untrained, permuted
        self.shifts, self.seed = shifts, seed
        self._row = {column: k for k, column in enumerate(wanted)}
        lengths = np.array([stop - start for start, stop in blocks])
        self._starts = np.cumsum(lengths) - lengths
        self._lengths = lengths

    def test(self, candidates: Sequence[Candidate]) -> list[Figures]:
        """Test all candidates together.

        Returns:
            One for each candidate, in their order.

        Raises:
            InputError: the part is too short for shifts.
        """
        by_feature: dict[int, list[Figures]] = {}
        figures = [Figures(c.column, c.feature, c.score) for c in candidates]
        for one in figures:
            by_feature.setdefault(one.feature, []).append(one)
        starts = {f: self._blocks_of(f) for f in by_feature}
        longest = max((np.diff(np.append(s, len(self.labels.positions))).max() for s in starts.values()), default=1)
        moved = draw(len(self.labels.positions), np.array([longest]), self.shifts, self.seed)
        nulls = {}
        for f, group in by_feature.items():
            if self._measurable(f, starts[f]):
                nulls[f] = self._measure(f, group, starts[f], moved)
        self._judge_chance(by_feature, nulls)
        self._measure_echoes({f: by_feature[f] for f in nulls if self.labels.features[f].memory})
        for one in figures:
            self._judge(one)
        return figures

    def _blocks_of(self, f: int) -> NDArray[np.int64]:
        """Units, joined to their neighbours where that is needed for twice the correlation length of the feature."""
        length = correlation_length(self.labels.values[f], self.labels.valid[f])
        each = max(1, -(-2 * length // int(np.median(self._lengths))))
        kept: NDArray[np.int64] = self._starts[np.arange(max(1, len(self._starts) // each)) * each]
        return kept

    def _measurable(self, f: int, starts_B: NDArray[np.int64]) -> bool:
        """Whether enough positions, and enough blocks, have either label."""
        if not self.labels.searched[f] or len(starts_B) < LEAST_BLOCKS:
            return False
        if self.labels.features[f].graded:
            return True
        valid_N = self.labels.valid[f]
        holds_N = _track(self.labels, f) > 0
        holds_B = np.add.reduceat(holds_N, starts_B, dtype=np.int64)
        fails_B = np.add.reduceat(valid_N & ~holds_N, starts_B, dtype=np.int64)
        return min(int(np.count_nonzero(holds_B)), int(np.count_nonzero(fails_B))) >= LEAST_BLOCKS

    def _measure(self, f: int, group: list[Figures], starts_B: NDArray[np.int64], moved: NDArray[np.int64]) -> Null:
        """Scores, intervals, shifts and symbol classes of the candidates of one feature."""
        labels, graded = self.labels, self.labels.features[f].graded
        valid_N = labels.valid[f]
        track_N = _track(labels, f)
        cells_KN = self.values_KN[[self._row[one.column] for one in group]]
        placed_KN = np.zeros(cells_KN.shape)
        placed_KN[:, valid_N] = [
            centred_ranks(row) if graded else placements(row, track_N[valid_N] > 0) for row in cells_KN[:, valid_N]
        ]
        sums = block_sums(placed_KN, track_N, valid_N.astype(np.float64), starts_B, graded=graded)
        doubled = bootstrap(sums.joined(2), seed=self.seed)
        self._write_scores(group, sums, doubled, len(labels.positions))
        classes = symbol_classes(self.ids, labels.positions[valid_N])
        within = within_classes(cells_KN[:, valid_N], labels.values[f][valid_N], classes, graded=graded)
        for one, found in zip(group, within.scores.tolist(), strict=True):
            one.within, one.within_classes, one.within_share = _known(found), within.classes, within.share
        ranks_KN = np.stack([centred_ranks(row) for row in cells_KN])
        return null_of(ranks_KN, track_N, valid_N.astype(np.float64), starts_B, moved, graded=graded)

    def _write_scores(
        self, group: list[Figures], sums: Sums, doubled: tuple[Array, Array] | None, positions: int
    ) -> None:
        ends = bootstrap(sums, seed=self.seed)
        blocks = sums.v.shape[-1]
        for k, (one, found) in enumerate(zip(group, sums.total().score().tolist(), strict=True)):
            one.score, one.blocks, one.block_symbols = _known(found), blocks, positions // blocks
            one.interval = None if ends is None else (float(ends[0][k]), float(ends[1][k]))
            one.doubled = None if doubled is None else (float(doubled[0][k]), float(doubled[1][k]))

    def _judge_chance(self, by_feature: dict[int, list[Figures]], nulls: dict[int, Null]) -> None:
        """Compare every candidate with the largest of all of them under each shift."""
        if not nulls:
            return
        largest_S = np.max([np.abs(null.shifted_studentised).max(axis=0) for null in nulls.values()], axis=0)
        scores_S = np.max([np.abs(null.shifted_scores).max(axis=0) for null in nulls.values()], axis=0)
        quantile = float(np.quantile(scores_S, 0.99))
        for f, null in nulls.items():
            for one, studentised in zip(by_feature[f], null.studentised.tolist(), strict=True):
                one.studentised, one.shifted = studentised, quantile
                one.chance = (1 + int(np.count_nonzero(largest_S >= abs(studentised)))) / (1 + len(largest_S))

    def _measure_echoes(self, by_feature: dict[int, list[Figures]]) -> None:
        """Take from every cell, and every feature, what recent symbols explain."""
        if not by_feature:
            return
        rows = sorted({self._row[one.column] for group in by_feature.values() for one in group})
        codes_Nl, symbols = recent_codes(self.ids, self.labels.positions)
        halves_N = np.repeat(np.arange(len(self._lengths)) % 2 == 1, self._lengths)
        tracks_FN = [_track(self.labels, f).astype(np.float32) for f in by_feature]
        echo: Echo = explain(np.concatenate([self.values_KN[rows], tracks_FN]), codes_Nl, symbols, halves_N)
        place = {row: k for k, row in enumerate(rows)}
        for at, (f, group) in enumerate(by_feature.items(), len(rows)):
            valid_N, graded = self.labels.valid[f], self.labels.features[f].graded
            track_n = self.labels.values[f][valid_N]
            recent = abs(score(echo.predicted[at][valid_N], track_n, graded=graded))
            for one in group:
                k = place[self._row[one.column]]
                left = np.sqrt(1 - echo.explained[k])
                one.explained, one.recent = float(echo.explained[k]), _known(recent)
                one.rest = _known(float(left * score(echo.rest[k][valid_N], track_n, graded=graded)))

    def _judge(self, one: Figures) -> None:
        """Hold the figures against what is demanded; what could not be measured is not passed."""
        one.untrained = _largest(self.untrained_MF, one.feature)
        one.permuted = None if self.permuted_MF is None else _largest(self.permuted_MF, one.feature)
        found = one.score or 0.0
        direction = np.sign(found)
        one.passes = {
            "chance": one.chance is not None and one.chance <= FAMILY_LEVEL,
            "untrained": one.untrained is not None and abs(found) > one.untrained + ABOVE_UNTRAINED,
            "size": abs(found) >= LEAST_SCORE,
            "symbols": one.within is not None and direction * one.within >= LEAST_WITHIN,
        }
        if self.labels.features[one.feature].memory:
            one.passes["echo"] = one.rest is not None and direction * one.rest >= LEAST_REST


def _track(labels: Labels, f: int) -> Array:
    """A feature as the sums need it: 0 or 1, or centred ranks, 0 where not valid."""
    valid_N, values_N = labels.valid[f], labels.values[f]
    track_N = np.zeros(len(valid_N))
    track_N[valid_N] = centred_ranks(values_N[valid_N]) if labels.features[f].graded else values_N[valid_N]
    return track_N


def _largest(scores_MF: Array, f: int) -> float | None:
    return _known(float(scores_MF[:, f].max())) if len(scores_MF) else None


def _known(number: float) -> float | None:
    return None if np.isnan(number) else number
