"""Interventions on what was confirmed, on the third part: every test on the memory that a cell carries on.

A claim about h and one about c of the same cell are tested by the same change, since what is changed is the memory: c
of the LSTM types, h of the others. So what is tested, and counted for Holm's correction, are pairs of cell and feature.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from rnnscope.analyse.cells import effects
from rnnscope.analyse.cells.columns import Columns, Keep
from rnnscope.analyse.cells.labels import Labels
from rnnscope.analyse.cells.matched import matched_cells
from rnnscope.analyse.cells.reach import distances
from rnnscope.analyse.cells.verdict import Pair, Proof, prove, redundancy
from rnnscope.api.search.material import Aim, Material
from rnnscope.api.search.states import States, pieces_of
from rnnscope.model.char_rnn import CharRNN
from rnnscope.record.causal import ablated_pairs, clamped, donors, interchanged, turned
from rnnscope.record.intervene import log_odds, outgoing_weights
from rnnscope.record.moments import Moments, replay
from rnnscope.units import NATS_PER_BIT

MOMENTS = 200
"""Moments at target positions in either direction, and half as many elsewhere, drawn at random where there are more."""

VALUES = 20_000
"""Positions that values of cells are taken from."""


NO_CELL = -1
"""Stands in a test for a whole layer, which is turned instead of a cell."""


class Test(NamedTuple):
    """A cell of a layer, or none, and the feature it is said to track."""

    layer: int
    cell: int
    feature: int


@dataclass
class Shown:
    """What interventions on one cell showed.

    Args:
        proof: of the interchange; the verdict after Holm's correction over all tests.
        clamps: see `Claim.clamps`.
        distances: symbols from the opener at the moments where a binary feature is erased, and the effects there.
    """

    proof: Proof
    clamps: dict[str, dict[str, float | None]]
    distances: NDArray[np.int64]
    effects_bits: NDArray[np.float64]


@dataclass(frozen=True)
class _Events:
    """Moments for one feature: at targets, then elsewhere; numbers of positions of the part."""

    aim: Aim
    targets_P: NDArray[np.int64]
    elsewhere_P: NDArray[np.int64]


class Prover:
    """Interventions on the cells of one network in the third part.

    Args:
        network: is changed while it reads. material: text and features.
        excluded: (layer, feature) -> cells that are said to track the same: nothing to compare with.
        tests: what is tested.
        seed: of the choice of moments.
    """

    def __init__(
        self,
        network: CharRNN,
        material: Material,
        tests: Sequence[Test],
        excluded: dict[tuple[int, int], set[int]],
        *,
        seed: int,
    ) -> None:
        self.network, self.material, self.seed, self._excluded = network, material, seed, excluded
        segments = material.parts.intervene
        self._labels = material.labels(segments)
        self._starts = np.cumsum([0] + [stop - start for start, stop in segments])[:-1]
        random = np.random.default_rng(seed)
        self._events = {f: _events(self._labels, f, material, random) for f in dict.fromkeys(t.feature for t in tests)}
        # What cannot be tested for want of moments is left out, and said to be.
        self.tests = [test for test in dict.fromkeys(tests) if self._events[test.feature] is not None]
        if self.tests:
            self._read(random)

    def _read(self, random: np.random.Generator) -> None:
        """Read the part twice: for values of all memories, and for what enters the moments."""
        network, labels = self.network, self._labels
        count = len(labels.positions)
        self._sample_n = np.sort(random.choice(count, min(VALUES, count), replace=False))
        columns = Columns((network.spec.memory,), network.depth, network.hidden)
        keep = Keep(columns, range(len(columns)), labels.positions[self._sample_n])
        States(network, self.material.ids, self.material.parts.intervene, columns.quantities).feed(keep)
        self._values_LHn = keep.result().reshape(network.depth, network.hidden, -1)
        chosen = [np.concatenate([e.targets_P, e.elsewhere_P]) for e in self._events.values() if e is not None]
        positions = labels.positions[np.unique(np.concatenate(chosen))]
        self._moments = replay(network, self.material.ids, pieces_of(self.material.parts.intervene), positions)
        self._outgoing_LH = outgoing_weights(network)

    def prove(self, announce: Callable[[str], None]) -> dict[Test, Shown]:
        """Make all tests, and judge them together."""
        measured = []
        for number, test in enumerate(self.tests, 1):
            name = self._labels.names[test.feature]
            announce(f"changing cell {test.layer + 1}:{test.cell + 1} for {name} ({number} of {len(self.tests)})")
            measured.append(self._measure(test))
        proofs = prove([found for found, _, _ in measured], seed=self.seed)
        shown = {}
        for test, proof, (found, clamps, distance_P) in zip(self.tests, proofs, measured, strict=True):
            at_E = distance_P >= 0
            shown[test] = Shown(proof, clamps, distance_P[at_E], found.targets.mean(axis=0)[at_E] / NATS_PER_BIT)
        return shown

    def _measure(self, test: Test) -> tuple[effects.Effects, dict[str, dict[str, float | None]], NDArray[np.int64]]:
        """Interchange one cell and those that it is compared with, and clamp it."""
        events = self._of(test)
        quantity, symbols = self.network.spec.memory, events.aim.symbols
        values_Hn = self._values_LHn[test.layer]
        others = matched_cells(
            values_Hn.var(axis=1, dtype=np.float64),
            self._outgoing_LH[test.layer],
            test.cell,
            excluded=self._excluded.get((test.layer, test.feature), set()),
        )
        on_N, off_N = conditions(self._labels, test.feature)
        cells = [test.cell, *others]
        put_CDQ = donors(values_Hn[cells], on_N[self._sample_n], off_N[self._sample_n])
        made = []
        for at_P, count in ((events.targets_P, len(cells)), (events.elsewhere_P, 1)):
            moments, at_P = self._some(at_P)
            before_P = log_odds(self.network, moments, None, symbols)[0, 0]
            after = interchanged(self.network, moments, test.layer, quantity, cells[:count], put_CDQ[:count], symbols)
            made.append((effects.Moments(before_P, after, on_N[at_P], self._blocks(at_P)), moments, at_P))
        (targets, moments, at_P), (elsewhere, _, _) = made
        held = clamped(self.network, moments, test.layer, quantity, [test.cell], values_Hn[[test.cell]], symbols)
        changes = {name: (after_1P[0] - targets.before) / NATS_PER_BIT for name, after_1P in held.items()}
        clamps = {
            name: {"holds_bits": _mean(change_P[targets.holds]), "fails_bits": _mean(change_P[~targets.holds])}
            for name, change_P in changes.items()
        }
        return effects.Effects.of(targets, elsewhere, events.aim.sign), clamps, self._distances(test.feature)[at_P]

    def memories(self, layer: int) -> NDArray[np.float32]:
        """Values of the memory of a layer's cells at a sample of the part's positions, [H, n]."""
        values_Hn: NDArray[np.float32] = self._values_LHn[layer]
        return values_Hn

    def turned(self, test: Test, directions: NDArray[np.float64]) -> effects.Effects:
        """Interchange along directions in a layer, as cells are interchanged.

        Args:
            test: of a layer and a feature. directions: the one that is tested, then those to compare it with, [C, H].
        """
        events = self._of(test)
        on_N, off_N = conditions(self._labels, test.feature)
        projected_Cn = directions @ self._values_LHn[test.layer]
        put_CDQ = donors(projected_Cn, on_N[self._sample_n], off_N[self._sample_n])
        quantity, symbols = self.network.spec.memory, events.aim.symbols
        made = []
        for at_P, count in ((events.targets_P, len(directions)), (events.elsewhere_P, 1)):
            moments, at_P = self._some(at_P)
            before_P = log_odds(self.network, moments, None, symbols)[0, 0]
            after = turned(self.network, moments, test.layer, quantity, directions[:count], put_CDQ[:count], symbols)
            made.append(effects.Moments(before_P, after, on_N[at_P], self._blocks(at_P)))
        targets, elsewhere = made
        return effects.Effects.of(targets, elsewhere, events.aim.sign)

    def pairs(self, one: Test, other: Test) -> Pair | None:
        """Silence two cells of a layer, alone and together; None without moments where the feature holds."""
        events = self._of(one)
        on_N, _ = conditions(self._labels, one.feature)
        moments, at_P = self._some(events.targets_P[on_N[events.targets_P]])
        if not len(moments):
            return None
        symbols, sign = events.aim.symbols, events.aim.sign
        cells = [one.cell, other.cell]
        before_P = log_odds(self.network, moments, None, symbols)[0, 0]
        alone = clamped(
            self.network,
            moments,
            one.layer,
            self.network.spec.memory,
            cells,
            self._values_LHn[one.layer][cells],
            symbols,
        )["ablated"]
        (both_P,) = ablated_pairs(self.network, moments, one.layer, [(one.cell, other.cell)], symbols)
        one_P, other_P, both_P = (sign * (before_P - after_P) for after_P in (alone[0], alone[1], both_P))
        return redundancy(one_P, other_P, both_P, self._blocks(at_P), seed=self.seed)

    def _of(self, test: Test) -> _Events:
        events = self._events[test.feature]
        assert events is not None
        return events

    def _some(self, at_P: NDArray[np.int64]) -> tuple[Moments, NDArray[np.int64]]:
        """The replayed moments at some positions of the part; those without room in their lane were left out."""
        whole = self._moments
        asked = self._labels.positions[at_P]
        there = np.isin(asked, whole.positions)
        chosen = np.searchsorted(whole.positions, asked[there])
        entering = {name: values_LPH[:, chosen] for name, values_LPH in whole.entering.items()}
        return Moments(whole.positions[chosen], entering, whole.ids[:, chosen], whole.window), at_P[there]

    def _blocks(self, at_P: NDArray[np.int64]) -> NDArray[np.int64]:
        blocks: NDArray[np.int64] = np.searchsorted(self._starts, at_P, side="right")
        return blocks

    def _distances(self, f: int) -> NDArray[np.int64]:
        if self._labels.features[f].graded:
            return np.full(len(self._labels.positions), -1, np.int64)
        return distances(self._labels.values[f] & self._labels.valid[f], self._starts.tolist())


def conditions(labels: Labels, f: int) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Where a feature holds and where it does not, [N] each; of a graded one, the upper and the lower third."""
    values_N, valid_N = labels.values[f], labels.valid[f]
    if not labels.features[f].graded:
        holds_N = values_N != 0
        return holds_N & valid_N, ~holds_N & valid_N
    low, high = np.quantile(values_N[valid_N], (1 / 3, 2 / 3))
    if low < high:
        return valid_N & (values_N >= high), valid_N & (values_N <= low)
    # More than a third of all have one value: what is above it is high, or else it is high itself.
    if np.any(values_N[valid_N] > low):
        return valid_N & (values_N > low), valid_N & (values_N <= low)
    return valid_N & (values_N >= low), valid_N & (values_N < low)


def _events(labels: Labels, f: int, material: Material, random: np.random.Generator) -> _Events | None:
    """Draw moments at targets and elsewhere, equally many of either condition; None where there are none of one."""
    aim = material.aim(labels.names[f])
    if aim is None or not labels.searched[f]:
        return None
    drawn = []
    for where_N, count in ((aim.at, MOMENTS), (~aim.at, MOMENTS // 2)):
        found = [np.flatnonzero(where_N & condition_N) for condition_N in conditions(labels, f)]
        if not all(map(len, found)):
            return None
        drawn.append(np.sort(np.concatenate([random.permutation(at)[:count] for at in found])))
    return _Events(aim, drawn[0], drawn[1])


def _mean(bits: NDArray[Any]) -> float | None:
    return float(bits.mean()) if len(bits) else None
