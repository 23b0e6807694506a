"""Scores of all cells for all features, and what networks that cannot have learned anything score."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from rnnscope.analyse.cells.columns import Columns, Keep
from rnnscope.analyse.cells.discover import Scan, best_of
from rnnscope.analyse.cells.labels import Labels
from rnnscope.analyse.cells.ranks import Bins, Histogram
from rnnscope.api.search.material import Material, some_units
from rnnscope.api.search.states import States
from rnnscope.corpus.split import Segment
from rnnscope.model.char_rnn import CharRNN
from rnnscope.model.network import Network
from rnnscope.record import nulls

SAMPLE = 16_384
"""Positions from which bins of equal size are found."""

NULL_SYMBOLS = 30_000
"""Symbols of the second part that every null network reads, in whole units: the best of many cells is larger on less
text, so the bar is higher than on the whole part, never lower on average."""

LEAST_LABELS = 200
"""More is read where a feature has fewer positions of either label than that in them."""


def columns_of(network: Network) -> Columns:
    """All h and, for LSTM types, all c."""
    return Columns(tuple(network.spec.states), network.depth, network.hidden)


def score_all(states: States, columns: Columns, labels: Labels, *, seed: int, threads: int) -> NDArray[np.float64]:
    """Scores of every column for every feature, [C, F]; NaN for features with too few of either label."""
    random = np.random.default_rng(seed)
    drawn = random.choice(labels.positions, min(SAMPLE, len(labels.positions)), replace=False)
    keep = Keep(columns, range(len(columns)), np.sort(drawn))
    states.feed(keep)
    histogram = Histogram(columns, Bins(keep.result()), labels, threads=threads)
    states.feed(histogram)
    scan = Scan(histogram, labels, threads=threads)
    states.feed(scan)
    return scan.result()


class Bars(NamedTuple):
    """What candidates have to exceed.

    Args:
        untrained: largest |score| of each untrained network for each feature, [M, F]. permuted: of permuted weights.
        symbols: of the second part that they read.
    """

    untrained: NDArray[np.float64]
    permuted: NDArray[np.float64]
    symbols: int


def bars(
    network: CharRNN,
    material: Material,
    *,
    untrained: Sequence[int],
    permuted: Sequence[int],
    seed: int,
    threads: int,
    announce: Callable[[str], None],
) -> Bars:
    """Score networks that cannot have learned anything on the second part.

    Args:
        network: whose likes are made. material: what they read.
        untrained, permuted: seeds of the networks of either kind.
        seed: of samples. threads: that share the columns.
        announce: is told how far it is.
    """
    chosen = _enough(material)
    labels = material.labels(chosen)
    found: dict[str, list[Any]] = {"untrained": [], "permuted": []}
    total = len(untrained) + len(permuted)
    for made in (nulls.untrained(network, untrained), nulls.permuted(network, permuted)):
        for null in made:
            done = sum(map(len, found.values())) + 1
            announce(
                f"network without knowledge {done} of {total} ({null.kind}) reads {len(labels.positions):,} symbols"
            )
            states = States(null.network, material.ids, chosen)
            scores = score_all(states, columns_of(network), labels, seed=seed, threads=threads)
            found[null.kind].append(best_of(scores))
    empty = np.zeros((0, len(labels)))
    return Bars(
        np.array(found["untrained"]).reshape(-1, len(labels)) if found["untrained"] else empty,
        np.array(found["permuted"]).reshape(-1, len(labels)) if found["permuted"] else empty,
        len(labels.positions),
    )


def _enough(material: Material) -> list[Segment]:
    """Units of the second part in which every feature that can be tested has enough of either label."""
    whole = material.parts.confirm
    all_F = material.labels(whole).either
    symbols = NULL_SYMBOLS
    while True:
        chosen = some_units(whole, symbols)
        if len(chosen) == len(whole):
            return chosen
        either_F = material.labels(chosen).either
        if np.all((either_F >= LEAST_LABELS) | (either_F >= all_F) | (all_F < LEAST_LABELS)):
            return chosen
        symbols *= 2
