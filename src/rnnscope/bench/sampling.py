"""Drawing text symbol by symbol: ours as `sample` does it, PyTorch in a Python loop.

Both sides are given the same network. PyTorch is measured with one thread and with all, and the faster of the two in
the row is what the ratio is against: for small networks its threads cost more than they give.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from rnnscope.bench import figures
from rnnscope.bench.check import network_of, refuse_wrong_draws
from rnnscope.bench.clock import interleave
from rnnscope.bench.options import Case, Job
from rnnscope.bench.peers import MODULES, Sampling
from rnnscope.environment import available_threads
from rnnscope.errors import InputError
from rnnscope.model.build import use_threads
from rnnscope.model.char_rnn import CharRNN
from rnnscope.model.predictor import NetworkPredictor
from rnnscope.sample import samples

PEER_SYMBOLS = 50
"""Symbols that the loop draws at a time; its state is carried on, so their number does not change its speed."""

CHECKED = 200


def refuse_unknown_cells(job: Job) -> None:
    """Refuse cells that torch does not have: nothing could be compared.

    Raises:
        InputError: naming the first.
    """
    for case in job.cases:
        if case.cell not in MODULES:
            raise InputError(
                tried="measure speed",
                given=f"bench {job.what} --cell {case.cell}",
                why="PyTorch has no such cell to compare with",
                todo=f"Use some of {', '.join(MODULES)}.",
            )


def measure(job: Job, announce: Callable[[str], None]) -> dict[str, Any]:
    """Measure every case of the job: `rows`, and `means` over those with the same cell and number of texts.

    Raises:
        InputError: torch does not have the cell.
        MachineError: draws are wrong.
    """
    refuse_unknown_cells(job)
    rows = []
    for number, case in enumerate(job.cases, 1):
        row = _measured(job, case)
        rows.append(row)
        shown = f"{row['ours']['chars_per_second']:,.0f} chars/s, {row['torch_ratio']['median']:.1f}x"
        announce(f"{number}/{len(job.cases)} {case.cell} {case.layers} x {case.hidden}: {shown}")
    return {"rows": rows, "means": figures.means(rows, ("cell", "batch"), ("torch_ratio",))}


def _measured(job: Job, case: Case) -> dict[str, Any]:
    use_threads(job.threads)
    network = network_of(case.cell, case.layers, case.hidden, job)
    _check(network, job)

    def draw() -> None:
        use_threads(job.threads)
        for _ in samples(
            NetworkPredictor(network), job.vocabulary, np.empty(0, np.int64), job.length,
            seed=job.seed, indices=range(case.batch),
        ):  # fmt: skip
            pass

    peers = {threads: Sampling(network, case.batch, threads) for threads in sorted({1, available_threads()})}
    runs: dict[str, Callable[[], object]] = {"ours": draw}
    for threads, peer in peers.items():
        runs[f"torch {threads}"] = partial(peer.draw, PEER_SYMBOLS)
    measured = interleave(runs, repeats=job.repeats, seconds=job.seconds)

    chars = {name: (job.length if name == "ours" else PEER_SYMBOLS) * case.batch for name in runs}
    speeds = {name: figures.speed(seconds, chars[name]) for name, seconds in measured.seconds.items()}
    fastest = max(peers, key=lambda threads: speeds[f"torch {threads}"]["chars_per_second"])
    per_char = {name: [time / chars[name] for time in times] for name, times in measured.seconds.items()}
    return case.model_dump() | {
        **measured.facts(),
        "ours": speeds["ours"],
        "torch": speeds[f"torch {fastest}"] | {"threads": fastest},
        "torch_by_threads": {str(threads): speeds[f"torch {threads}"]["chars_per_second"] for threads in peers},
        "torch_ratio": figures.ratio(per_char[f"torch {fastest}"], per_char["ours"]),
    }


def _check(network: CharRNN, job: Job) -> None:
    drawn = samples(NetworkPredictor(network), job.vocabulary, np.empty(0, np.int64), CHECKED, seed=job.seed)
    ids_N = np.concatenate([block_NB[:, 0] for block_NB in drawn])
    refuse_wrong_draws(network, ids_N, np.random.default_rng([job.seed, 0]).random(CHECKED), job)
