"""Scores of all cells for all features."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from rnnscope.analyse.cells.columns import Columns, Keep
from rnnscope.analyse.cells.discover import Scan
from rnnscope.analyse.cells.labels import Labels
from rnnscope.analyse.cells.ranks import Bins, Histogram
from rnnscope.api.search.states import States
from rnnscope.model.network import Network

SAMPLE = 16_384
"""Positions from which bins of equal size are found."""


def columns_of(network: Network) -> Columns:
    """All h and, for LSTM types, all c."""
    return Columns(tuple(network.spec.states), network.depth, network.hidden)


def score_all(states: States, columns: Columns, labels: Labels, *, seed: int, threads: int) -> NDArray[np.float64]:
    """Scores of every column for every feature, [C, F]; NaN for features with too few of either label."""
    random = np.random.default_rng(seed)
    drawn = random.choice(labels.count, min(SAMPLE, labels.count), replace=False)
    keep = Keep(columns, range(len(columns)), labels.text_positions(np.sort(drawn)))
    states.feed(keep)
    histogram = Histogram(columns, Bins(keep.result()), labels, threads=threads)
    states.feed(histogram)
    scan = Scan(histogram, labels, threads=threads)
    states.feed(scan)
    return scan.result()
