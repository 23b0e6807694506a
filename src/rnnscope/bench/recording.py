"""Reading a text: ours as `eval` and `record` do it, without and with every state and gate, and PyTorch's evaluation.

All sides read the same random symbols in the same lanes with the same warm-up. Recorded states and gates are handed
over chunk by chunk and dropped: what a disk takes for them is not measured.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rnnscope.bench import figures
from rnnscope.bench.check import network_of, refuse_wrong_scores
from rnnscope.bench.clock import interleave
from rnnscope.bench.options import Case, Job
from rnnscope.bench.peers import Reading
from rnnscope.bench.sampling import refuse_unknown_cells
from rnnscope.corpus.lanes import Piece, reading_lanes
from rnnscope.corpus.split import Segment
from rnnscope.errors import InputError
from rnnscope.model.build import use_threads
from rnnscope.model.read import LANES, read, score

SCORED, RECORDED, THEIRS = "eval", "record", "torch"


def measure(job: Job, announce: Callable[[str], None]) -> dict[str, Any]:
    """Measure every case of the job: `rows`, and `means` over those with the same cell.

    Raises:
        InputError: torch does not have the cell, or there are more lanes than are read side by side.
        MachineError: scores are wrong.
    """
    refuse_unknown_cells(job)
    for case in job.cases:
        if case.batch > LANES:
            raise InputError(
                tried="measure speed",
                given=f"bench record --batch {case.batch}",
                why=f"at most {LANES} lanes are read side by side",
                todo=f"Use --batch {LANES} or less.",
            )
    use_threads(job.threads)
    ids_N = np.random.default_rng(job.seed).integers(0, job.vocabulary, job.length)
    rows = []
    for number, case in enumerate(job.cases, 1):
        row = _measured(job, case, ids_N)
        rows.append(row)
        shown = f"{row[RECORDED]['chars_per_second']:,.0f} chars/s, {row['record_ratio']['median']:.1f}x"
        announce(f"{number}/{len(job.cases)} {case.cell} {case.layers} x {case.hidden}: {shown}")
    return {"rows": rows, "means": figures.means(rows, ("cell",), ("eval_ratio", "record_ratio"))}


def _measured(job: Job, case: Case, ids_N: NDArray[np.int64]) -> dict[str, Any]:
    network = network_of(case.cell, case.layers, case.hidden, job)
    pieces = reading_lanes([Segment(0, len(ids_N))], lanes=case.batch)
    peer = Reading(network, ids_N, pieces, job.steps)
    refuse_wrong_scores(score(network, ids_N, pieces, steps=job.steps), peer.score(), job)

    def record() -> None:
        for block in read(network, ids_N, pieces, steps=job.steps, quantities=network.spec.quantities):
            assert len(block.quantities) == len(network.spec.quantities)

    runs: dict[str, Callable[[], object]] = {
        SCORED: lambda: score(network, ids_N, pieces, steps=job.steps),
        RECORDED: record,
        THEIRS: peer.score,
    }
    measured = interleave(runs, repeats=job.repeats, seconds=job.seconds)
    row: dict[str, Any] = case.model_dump() | {"chars": len(ids_N), "read": _read(pieces), **measured.facts()}
    for name, seconds in measured.seconds.items():
        row[name] = figures.speed(seconds, len(ids_N))
        if name != THEIRS:
            row[f"{name}_ratio"] = figures.ratio(measured.seconds[THEIRS], seconds)
    return row


def _read(pieces: list[Piece]) -> int:
    """Symbols that are read, with the warm-up."""

    def lengths() -> Iterator[int]:
        for piece in pieces:
            yield piece.stop - piece.warm_start

    return sum(lengths())
