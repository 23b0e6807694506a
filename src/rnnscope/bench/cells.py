"""Scores of every cell for every feature of a text: time and memory, and what other ways to score cells would take.

The search is measured whole, recording included, in processes that do nothing else: once over a text, once over one
that is longer, to see what memory depends on. The others score stored states of some of the cells, spread evenly:

- ranks by `scipy.stats.rankdata` and one product with the same weights, the fastest exact way that is known; beside it,
  in turn, ours on the same stored states of the same cells;
- a logistic regression (scikit-learn) for each pair of a cell and a binary feature. A few are fitted; the time of all
  pairs is that of one times their number.

Scores of ours and exact ones are compared before any of this is timed.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from itertools import product
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from rnnscope.analyse.cells.columns import Columns, Keep
from rnnscope.analyse.cells.discover import Scan
from rnnscope.analyse.cells.labels import Labels
from rnnscope.analyse.cells.ranks import Bins, Histogram
from rnnscope.api.search.scan import SAMPLE, columns_of
from rnnscope.api.search.states import States
from rnnscope.artifacts.store import CHUNK_POSITIONS
from rnnscope.bench import figures, scanning
from rnnscope.bench.check import wrong
from rnnscope.bench.clock import interleave
from rnnscope.bench.options import Case, Job
from rnnscope.errors import MachineError
from rnnscope.fold import Chunk, feed
from rnnscope.model.build import use_threads

COMPARED = 128
"""Cells whose states are stored for the other ways."""

REGRESSIONS = 9
"""Pairs of a cell and a feature that a regression is fitted for."""

SCORE_LIMIT = 1e-3
"""Ranks come from bins, so a score may be that far from the exact one."""

Announce = Callable[[str], None]


class Stored(NamedTuple):
    """States of some cells.

    Attributes:
        columns: as those of a network of one layer.
        values: [cells, N] float32.
        labels: features at the same positions.
    """

    columns: Columns
    values: NDArray[np.float32]
    labels: Labels

    def chunks(self) -> Iterator[Chunk]:
        """As a store gives them: [1, n, cells] in text order."""
        for start in range(0, self.values.shape[1], CHUNK_POSITIONS):
            part_nH = np.ascontiguousarray(self.values[:, start : start + CHUNK_POSITIONS].T)
            yield Chunk(np.arange(start, start + len(part_nH)), {"h": part_nH[None]}, None)


def measure(job: Job, announce: Announce) -> dict[str, Any]:
    """Measure every network of the job on every text: `rows`.

    Raises:
        InputError: a text is not on this machine, or too short.
        MachineError: scores are wrong, or a process ended without an answer.
    """
    use_threads(job.threads)
    return {"rows": [_measured(job, text, case, announce) for text, case in product(job.texts, job.cases)]}


def _measured(job: Job, text: str, case: Case, announce: Announce) -> dict[str, Any]:
    asked = {
        "text": text, "length": job.length, "cell": case.cell, "layers": case.layers, "hidden": case.hidden,
        "kernel": f"fused:{job.path}", "threads": job.threads, "seed": job.seed,
    }  # fmt: skip
    name = f"{text}, {case.cell} {case.layers} x {case.hidden}"
    stored = _stored(scanning.prepare(asked))
    row: dict[str, Any] = {"text": text} | case.model_dump(exclude={"batch"})
    row["difference"] = compare(stored)
    row["scan"] = run(asked)
    announce(f"{name}: {row['scan']['columns']:,} x {row['scan']['features']} in {_taken(row['scan'])}")
    row |= beside_ranks(job, stored)
    announce(f"{name}: ranks by scipy take {row['scipy_ratio']['median']:.1f} times as long")
    row["regression"] = regressions(stored, row["scan"])
    announce(f"{name}: regressions would take {row['regression']['all_seconds'] / 3600:.1f} hours")
    if job.longer > 1:
        row["longer"] = run(asked | {"length": job.length * job.longer})
        announce(f"{name}: {row['longer']['chars']:,} symbols in {_taken(row['longer'])}")
    return row


def _taken(found: dict[str, float]) -> str:
    """The time of a search, with what tells whether the machine was quiet."""
    return (
        f"{found['seconds']:.1f} s by the clock, {found['processor_seconds']:.1f} of the processor,"
        f" {found['threads']} threads, load {found['load']:.1f}"
    )


def run(asked: dict[str, Any]) -> dict[str, float]:
    """Search in a new process; see scanning.py."""
    command = [sys.executable, "-m", "rnnscope.bench.scanning"]
    done = subprocess.run(command, input=json.dumps(asked), stdout=subprocess.PIPE, text=True, env=os.environ | ALONE)
    if done.returncode:
        raise MachineError(
            tried="measure speed",
            given=f"{asked['length']:,} symbols of {asked['text']}",
            why=f"the process that searches ended with code {done.returncode}",
            todo="What it printed above may say why; a smaller --length or --longer 1 needs less.",
        )
    found: dict[str, float] = json.loads(done.stdout)
    return found


ALONE = {"OMP_WAIT_POLICY": "PASSIVE"}
"""What the program sets for itself."""


def _stored(given: scanning.Given) -> Stored:
    """Read once and keep the states of some cells."""
    columns = columns_of(given.network)
    chosen = np.unique(np.linspace(0, len(columns) - 1, min(COMPARED, len(columns))).astype(int)).tolist()
    keep = Keep(columns, chosen, np.arange(len(given.ids)))
    States(given.network, given.ids, given.segments).feed(keep)
    return Stored(Columns(("h",), 1, len(chosen)), keep.result(), given.labels)


def ours(stored: Stored) -> NDArray[np.float64]:
    """Scores by bins of equal size, [cells, F]; bins are found from a sample as large as that of a search."""
    random, count = np.random.default_rng(1), stored.values.shape[1]
    drawn = np.sort(random.choice(count, min(SAMPLE, count), replace=False))
    histogram = Histogram(stored.columns, Bins(stored.values[:, drawn]), stored.labels)
    feed(stored.chunks(), [histogram])
    scan = Scan(histogram, stored.labels)
    feed(stored.chunks(), [scan])
    return scan.result()


def exact(stored: Stored) -> NDArray[np.float64]:
    """Exact scores by ranking every column whole, [cells, F]."""
    from scipy.stats import rankdata

    scores_CF = np.full((len(stored.columns), len(stored.labels)), np.nan)
    for group in stored.labels.groups:
        valid_n = np.flatnonzero(stored.labels.valid[group[0]])
        ranks_Cn = rankdata(stored.values[:, valid_n], axis=1) / len(valid_n)
        ranks_Cn -= ranks_Cn.mean(axis=1, keepdims=True)
        scores_Cf = ranks_Cn @ stored.labels.weights(group, valid_n)
        scale_C = np.sqrt(np.einsum("cn,cn->c", ranks_Cn, ranks_Cn))
        graded_f = np.array([stored.labels.features[f].graded for f in group])
        scores_CF[:, group] = scores_Cf / np.where(graded_f, np.where(scale_C > 0, scale_C, 1)[:, None], 1)
    return scores_CF


def compare(stored: Stored) -> float:
    """Largest difference of a score from the exact one.

    Raises:
        MachineError: it is too large.
    """
    worst = float(np.nanmax(np.abs(ours(stored) - exact(stored))))
    if not worst <= SCORE_LIMIT:
        raise wrong("scores of cells", f"one differs from the exact one by {worst:.2g}, {SCORE_LIMIT:g} is allowed")
    return worst


def beside_ranks(job: Job, stored: Stored) -> dict[str, Any]:
    """Both ways on the same stored states, one thread each."""
    runs: dict[str, Callable[[], object]] = {"ours": lambda: ours(stored), "scipy": lambda: exact(stored)}
    measured = interleave(runs, repeats=job.repeats, seconds=job.seconds)
    count = stored.values.size
    row: dict[str, Any] = {name: figures.speed(seconds, count) for name, seconds in measured.seconds.items()}
    row["scipy_ratio"] = figures.ratio(measured.seconds["scipy"], measured.seconds["ours"])
    return row | {"compared": len(stored.columns), **measured.facts()}


def regressions(stored: Stored, scan: dict[str, float]) -> dict[str, float]:
    """Fit a few, spread over cells and binary features; time of all pairs, and how often the search fits into it."""
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import LogisticRegression

    searched = [f for group in stored.labels.groups for f in group.tolist()]
    binary = [f for f in searched if not stored.labels.features[f].graded]
    seconds = []
    for k in range(REGRESSIONS):
        f = binary[k * len(binary) // REGRESSIONS]
        valid_N = stored.labels.valid[f]
        values_N = stored.values[k * len(stored.columns) // REGRESSIONS]
        began = time.perf_counter()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)  # its time counts all the same
            LogisticRegression().fit(values_N[valid_N, None], stored.labels.values[f][valid_N])
        seconds.append(time.perf_counter() - began)
    pairs = int(scan["columns"]) * len(binary)
    each = float(np.mean(seconds))
    return {
        "fitted": len(seconds), "each_seconds": each, "pairs": pairs, "all_seconds": each * pairs,
        "ratio": each * pairs / scan["seconds"],
    }  # fmt: skip
