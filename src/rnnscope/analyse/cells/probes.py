"""One neuron or a distributed code: the best cell, the best k, and all of them, as linear readings of a feature.

Readings are ridge regressions, solved from the second moments of the first part and scored on the second part as cells
are scored, so that all figures can be set side by side. The k cells are chosen by forward selection: the next one is
that which explains most of what is left. Next to each reading stands the same reading trained on a control task: labels
that are drawn at random for every (previous, current) pair of symbols (Hewitt and Liang 2019). A reading that does well
on these as well is strong by its size, not by what the network knows; selectivity is the difference.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from rnnscope.analyse.cells.blocks import Array
from rnnscope.analyse.cells.classes import symbol_classes
from rnnscope.analyse.cells.columns import Columns, locate
from rnnscope.analyse.cells.labels import Labels, centred_ranks, score
from rnnscope.fold import Chunk

SIZES = (1, 2, 4, 8, 16, 32)
RIDGE = 1e-3
"""Penalty as a share of a cell's variance."""

STEP = 4096


def control_values(
    labels: Labels, ids: NDArray[np.integer[Any]], text_symbols: int, *, seed: int = 0
) -> list[NDArray[Any]]:
    """Values of control tasks for the whole text: one for each feature, [text_symbols].

    Every class of (previous, current) symbol is given the value of a random valid position of the feature, so that the
    control task has about the feature's distribution and nothing to do with the text beyond two symbols.
    """
    random = np.random.default_rng(seed)
    classes = symbol_classes(ids, np.arange(text_symbols))
    _, class_n = np.unique(classes, return_inverse=True)
    controls = []
    for f, values_N in enumerate(labels.values):
        pool_n = values_N[labels.valid[f]]
        drawn_C = random.choice(pool_n, int(class_n.max()) + 1) if len(pool_n) else np.zeros(int(class_n.max()) + 1)
        controls.append(drawn_C[class_n])
    return controls


def targets_of(labels: Labels) -> NDArray[np.float32]:
    """What readings are fitted to: 0 or 1, or centred ranks, less their mean and 0 where not valid, [N, F]."""
    targets_NF = np.zeros((len(labels.positions), len(labels)), np.float32)
    for f, values_N in enumerate(labels.values):
        found_n = values_N[labels.valid[f]]
        if len(found_n):
            graded = labels.features[f].graded
            numbers_n = centred_ranks(found_n) if graded else found_n - np.mean(found_n)
            targets_NF[labels.valid[f], f] = numbers_n
    return targets_NF


class Moments:
    """A fold over the first part: second moments of cells among themselves and with targets.

    Cells are centred with their means over all positions; where a target is not valid it stands at its mean, 0.

    Args:
        columns: all columns in order; the quantities to read from, H x L x quantities of them, or D.
        positions: of the part, ascending, [N].
        targets: at these positions, [N, F].
    """

    def __init__(self, columns: Columns, positions: NDArray[np.int64], targets: NDArray[np.float32]) -> None:
        self.columns, self.positions, self.targets_NF = columns, positions, targets
        self._count = 0
        self._sums_D = np.zeros(len(columns))
        self._products_DD = np.zeros((len(columns), len(columns)))
        self._with_targets_DF = np.zeros((len(columns), targets.shape[1]))
        self._targets_F = np.zeros(targets.shape[1])

    def fresh(self) -> Self:
        """An empty fold of the same settings."""
        return type(self)(self.columns, self.positions, self.targets_NF)

    def update(self, chunk: Chunk) -> None:
        """Take a chunk in, in place."""
        at_n, part_n = locate(self.positions, chunk.positions)
        for values_nD, targets_nF in _rows(self.columns, chunk, at_n, self.targets_NF[part_n]):
            self._count += len(values_nD)
            self._sums_D += values_nD.sum(axis=0)
            self._products_DD += values_nD.T @ values_nD
            self._with_targets_DF += values_nD.T @ targets_nF
            self._targets_F += targets_nF.sum(axis=0)

    def merge(self, other: Self) -> None:
        """Take in whatever another fold of the same settings took in, in place."""
        self._count += other._count
        self._sums_D += other._sums_D
        self._products_DD += other._products_DD
        self._with_targets_DF += other._with_targets_DF
        self._targets_F += other._targets_F

    def result(self) -> tuple[Array, Array]:
        """Covariance of the cells, [D, D], and of cells with targets, [D, F]; at least one position must have come."""
        assert self._count, "no position was read"
        means_D = self._sums_D / self._count
        covariance_DD = self._products_DD / self._count - np.outer(means_D, means_D)
        with_targets_DF = self._with_targets_DF / self._count - np.outer(means_D, self._targets_F / self._count)
        return covariance_DD, with_targets_DF


def _rows(
    columns: Columns, chunk: Chunk, at_n: NDArray[np.int64] | slice, targets_nF: NDArray[np.float32]
) -> Iterator[tuple[Array, Array]]:
    """Positions of a chunk in steps, all columns side by side in float64: ([n, D], [n, F])."""
    for start in range(0, len(targets_nF), STEP):
        step = slice(start, start + STEP)
        chosen = step if isinstance(at_n, slice) else at_n[step]
        values_nD = np.concatenate(
            [
                chunk.quantities[quantity][layer][chosen]
                for quantity in columns.quantities
                for layer in range(columns.layers)
            ],
            axis=1,
            dtype=np.float64,
        )
        yield values_nD, targets_nF[step].astype(np.float64)


@dataclass(frozen=True)
class Reading:
    """A linear reading of one feature: which columns, with which weights; `cells` is None for all of them."""

    feature: int
    cells: int | None
    columns: NDArray[np.int64]
    weights: Array


def fit(covariance: Array, with_targets: Array, sizes: Sequence[int] = SIZES) -> list[Reading]:
    """Readings of every target: the best k columns for every size, and all columns.

    Args:
        covariance: of the columns, [D, D]. with_targets: with each target, [D, F].
        sizes: k, ascending; those beyond D are left out.
    """
    variance_D = np.diag(covariance)
    floor = 1e-12 * float(variance_D.max(initial=0.0)) + 1e-30
    penalised_DD = covariance.copy()
    penalised_DD[np.diag_indices_from(covariance)] += RIDGE * variance_D + floor
    whole_DF = np.linalg.solve(penalised_DD, with_targets).astype(np.float64)
    kept = [size for size in sizes if size <= len(covariance)]
    readings = []
    for f in range(with_targets.shape[1]):
        chosen = _forward(penalised_DD, with_targets[:, f], max(kept, default=0))
        for size in kept:
            columns = np.array(chosen[:size])
            weights = np.linalg.solve(penalised_DD[np.ix_(columns, columns)], with_targets[columns, f])
            readings.append(Reading(f, size, columns, weights.astype(np.float64)))
        readings.append(Reading(f, None, np.arange(len(covariance)), whole_DF[:, f]))
    return readings


def _forward(covariance_DD: Array, with_target_D: Array, count: int) -> list[int]:
    """Choose columns one after another, each explaining most of what is left (a pivoted Cholesky factorisation)."""
    left_D, spread_D = with_target_D.copy(), np.diag(covariance_DD).copy()
    floor_D = 1e-9 * spread_D
    factors_kD = np.zeros((count, len(left_D)))
    chosen: list[int] = []
    for k in range(count):
        gain_D = left_D**2 / np.maximum(spread_D, floor_D)
        gain_D[chosen] = -1
        best = int(np.argmax(gain_D))
        root = np.sqrt(max(spread_D[best], floor_D[best]))
        factor_D = (covariance_DD[best] - factors_kD[:k, best] @ factors_kD[:k]) / root
        left_D -= factor_D * (left_D[best] / root)
        spread_D -= factor_D**2
        factors_kD[k] = factor_D
        chosen.append(best)
    return chosen


class Readout:
    """A fold over the second part: what every reading says at every position.

    Args:
        columns: those the readings were fitted on.
        positions: of the part, ascending, [N].
        readings: P of them; memory is P x N x 4 bytes.
    """

    def __init__(self, columns: Columns, positions: NDArray[np.int64], readings: Sequence[Reading]) -> None:
        self.columns, self.positions, self.readings = columns, positions, readings
        self._weights_DP = np.zeros((len(columns), len(readings)))
        for p, reading in enumerate(readings):
            self._weights_DP[reading.columns, p] = reading.weights
        self._said_PN = np.zeros((len(readings), len(positions)), np.float32)
        self._seen_N = np.zeros(len(positions), bool)

    def fresh(self) -> Self:
        """An empty fold of the same settings."""
        return type(self)(self.columns, self.positions, self.readings)

    def update(self, chunk: Chunk) -> None:
        """Take a chunk in, in place."""
        at_n, part_n = locate(self.positions, chunk.positions)
        nothing_n0 = np.zeros((len(part_n), 0), np.float32)
        for k, (values_nD, _) in enumerate(_rows(self.columns, chunk, at_n, nothing_n0)):
            self._said_PN[:, part_n[k * STEP : (k + 1) * STEP]] = (values_nD @ self._weights_DP).T
        self._seen_N[part_n] = True

    def merge(self, other: Self) -> None:
        """Take in whatever another fold of the same settings took in, in place."""
        self._said_PN[:, other._seen_N] = other._said_PN[:, other._seen_N]
        self._seen_N |= other._seen_N

    def result(self) -> NDArray[np.float32]:
        """What the readings say, [P, N]; all positions must have come by."""
        assert self._seen_N.all(), "positions were not read"
        return self._said_PN


@dataclass(frozen=True)
class Probe:
    """How well a feature can be read from k cells (None: from all), on text that the reading was not fitted on.

    Args:
        feature: its name. cells: k. columns: which, best first; empty for all.
        score: 2 AUROC - 1 or Spearman's rho. control: the same of the control task's reading for its own labels.
    """

    feature: str
    cells: int | None
    columns: list[int]
    score: float
    control: float

    @property
    def selectivity(self) -> float:
        """What the reading knows of the feature beyond what one of its size can learn about symbols."""
        return abs(self.score) - abs(self.control)


def measure(readings: Sequence[Reading], said: NDArray[np.float32], labels: Labels, controls: Labels) -> list[Probe]:
    """Score readings and those of the control tasks.

    Args:
        readings: of the F features, then the same of the F control tasks; `feature` counts to 2 F. said: [P, N].
        labels: of the second part. controls: the control tasks there, the same F features.
    """
    count = len(labels)
    found: dict[tuple[int, int | None], float] = {}
    for reading, said_N in zip(readings, said, strict=True):
        task = labels if reading.feature < count else controls
        f = reading.feature % count
        valid_N = task.valid[f]
        values_n = task.values[f][valid_N]
        graded = task.features[f].graded
        found[reading.feature, reading.cells] = (
            score(said_N[valid_N], values_n, graded=graded) if len(values_n) else np.nan
        )
    return [
        Probe(
            labels.features[reading.feature].name, reading.cells,
            [] if reading.cells is None else reading.columns.tolist(),
            found[reading.feature, reading.cells], found[reading.feature + count, reading.cells],
        )
        for reading in readings if reading.feature < count
    ]  # fmt: skip
