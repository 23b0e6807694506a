"""How fast are all cells scored for all features, beside scipy's ranks and one product, on the same stored states?

    python benchmarks/against_scipy_cells.py --positions 300000 --layers 3 --hidden 512 --features 40

The peer ranks every column with `scipy.stats.rankdata` and multiplies the ranks with the same weights: the fastest
exact way that is known. It is timed on some of the columns, spread evenly, and its time is multiplied up. Ours is timed
whole: the sample for the bins, the count, the scores; states are made chunk by chunk and making them is not timed.
Scores of the peer's columns must agree to 0.001. States are smooth noise through tanh (h) and without it (c), features
thresholds and numbers of mixtures of them; three in ten features are valid at two thirds of the positions. The ratio is
one of processor seconds, all threads together, since the clock on the wall depends on who else is working.
"""

from __future__ import annotations

import argparse
import json
import resource
import time
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

from rnnscope.analyse.cells.columns import Columns
from rnnscope.analyse.cells.discover import Scan
from rnnscope.analyse.cells.labels import Feature, Labels
from rnnscope.analyse.cells.ranks import Bins, Histogram
from rnnscope.corpus.split import Segment
from rnnscope.fold import Chunk

CHUNK = 8192
TOLERANCE = 1e-3


class Recording:
    """States as a reproducible function of the chunk, so that a long recording needs no memory."""

    def __init__(self, positions: int, layers: int, hidden: int) -> None:
        self.positions, self.layers, self.hidden = positions, layers, hidden

    def chunks(self) -> Iterator[Chunk]:
        """All chunks in text order."""
        for number, start in enumerate(range(0, self.positions, CHUNK)):
            yield self.chunk(number, min(CHUNK, self.positions - start))

    def chunk(self, number: int, size: int) -> Chunk:
        """One chunk: a slow and a fast part in every cell, some cells saturated."""
        random = np.random.default_rng(number)
        noise = random.standard_normal((self.layers, size, self.hidden), np.float32)
        slow = np.sin(
            np.arange(size, dtype=np.float32)[:, None] * np.linspace(0.001, 0.3, self.hidden, dtype=np.float32)
        )
        c = (noise + slow) * np.linspace(0.2, 4, self.hidden, dtype=np.float32)
        positions = np.arange(number * CHUNK, number * CHUNK + size)
        return Chunk(positions, {"h": np.tanh(c), "c": c}, None)


def labels_of(recording: Recording, features: int) -> Labels:
    """Features made from some cells and noise: half binary, rare ones among them, half graded."""
    random = np.random.default_rng(1)
    mixed = np.concatenate([c.quantities["c"][0, :, :features] for c in recording.chunks()]).T.astype(np.float64)
    mixed += random.standard_normal(mixed.shape)
    hypotheses, values = [], []
    for f, row in enumerate(mixed):
        graded = f % 2 == 1
        hypotheses.append(Feature(f"f{f}", graded=graded))
        values.append(np.round(row, 1) if graded else row > np.quantile(row, (0.5, 0.9, 0.99)[f // 2 % 3]))
    everywhere = np.ones(recording.positions, bool)
    somewhere = random.random(recording.positions) < 2 / 3
    valid = [somewhere if f % 10 in (2, 5, 8) else everywhere for f in range(features)]
    return Labels(hypotheses, values, valid, [Segment(0, recording.positions)])


def _now() -> NDArray[np.float64]:
    """The clock on the wall, and processor seconds of all threads."""
    return np.array([time.perf_counter(), time.process_time()])


def ours(recording: Recording, labels: Labels, threads: int) -> tuple[NDArray[np.float64], dict[str, Any]]:
    """Scores of all columns, and the seconds of each step."""
    columns = Columns(("h", "c"), recording.layers, recording.hidden)
    # Two chunks are a sample of the right size; a real one is spread over the part.
    sample = [chunk for number, chunk in enumerate(recording.chunks()) if number in (0, 20)]
    began = _now()
    bins = Bins(
        np.concatenate([np.concatenate([columns.values(c, t) for t in columns.tiles()]) for c in sample], axis=1)
    )
    seconds = {"bins": _now() - began}
    histogram = Histogram(columns, bins, labels, threads=threads)
    seconds["count"] = _feed(histogram, recording)
    scan = Scan(histogram, labels, threads=threads)
    seconds["score"] = _feed(scan, recording)
    return scan.result(), seconds


def _feed(fold: Any, recording: Recording) -> NDArray[np.float64]:
    seconds = np.zeros(2)
    for chunk in recording.chunks():
        began = _now()
        fold.update(chunk)
        seconds += _now() - began
    return seconds


def theirs(recording: Recording, labels: Labels, chosen: list[int]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Exact scores of some columns, and the seconds they took."""
    columns = Columns(("h", "c"), recording.layers, recording.hidden)
    cells = [columns[column] for column in chosen]
    states = np.concatenate(
        [
            np.stack([c.quantities[cell.quantity][cell.layer][:, cell.cell] for cell in cells])
            for c in recording.chunks()
        ],
        axis=1,
    )
    began = _now()
    scores = np.full((len(chosen), len(labels)), np.nan)
    for group in labels.groups:
        valid = np.flatnonzero(labels.valid[group[0]])
        weights = labels.weights(group, valid)
        ranks = rankdata(states[:, valid], axis=1) / len(valid)
        ranks -= ranks.mean(axis=1, keepdims=True)
        products = ranks @ weights
        scale = np.sqrt(np.sum(ranks**2, axis=1))
        for column, f in enumerate(group):
            scores[:, f] = products[:, column] / (scale if labels.features[f].graded else 1)
    return scores, _now() - began


def measure(positions: int, layers: int, hidden: int, features: int, threads: int, peer_columns: int) -> dict[str, Any]:
    """Both sides on the same states; refuses to report a speed where scores differ."""
    recording = Recording(positions, layers, hidden)
    labels = labels_of(recording, features)
    total = 2 * layers * hidden
    chosen = np.unique(np.linspace(0, total - 1, peer_columns).astype(int)).tolist()
    exact, peer_seconds = theirs(recording, labels, chosen)
    scores, seconds = ours(recording, labels, threads)
    difference = float(np.nanmax(np.abs(scores[chosen] - exact)))
    assert difference < TOLERANCE, f"scores differ by {difference}"
    whole, peer_whole = sum(seconds.values()), peer_seconds * total / len(chosen)
    return {
        "positions": positions, "columns": total, "features": features, "threads": threads,
        "seconds": float(whole[0]), "processor_seconds": float(whole[1]),
        "steps_processor_seconds": {name: float(step[1]) for name, step in seconds.items()},
        "peer_processor_seconds": float(peer_whole[1]), "peer_columns_measured": len(chosen),
        "ratio": float(peer_whole[1] / whole[1]), "largest_difference": difference,
        "peak_bytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
    }  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--positions", type=int, default=300_000)
    parser.add_argument("--layers", type=int, default=3)
    parser.add_argument("--hidden", type=int, default=512)
    parser.add_argument("--features", type=int, default=40)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--peer-columns", type=int, default=64)
    options = parser.parse_args()
    print(json.dumps(measure(**vars(options)), indent=2))


if __name__ == "__main__":
    main()
