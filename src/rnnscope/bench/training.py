"""Whole training steps: ours as `train` makes them, PyTorch's in float32, and PyTorch's with `torch.autocast`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from rnnscope.bench import figures
from rnnscope.bench.check import network_of, refuse_wrong_gradients
from rnnscope.bench.clock import Measured, interleave
from rnnscope.bench.limit import large_products, limits
from rnnscope.bench.options import Case, Job
from rnnscope.bench.peers import MODULES, Training
from rnnscope.cells.spec import SPECS
from rnnscope.config import CellName, TrainConfig
from rnnscope.errors import Diverged
from rnnscope.model.budget import parameters
from rnnscope.model.build import use_threads
from rnnscope.model.char_rnn import CharRNN
from rnnscope.train.optimiser import Optimiser

CHUNKS = 4
"""Different chunks that are read in turn."""

PLAIN: dict[CellName, CellName] = {"lstm-peephole": "lstm", "lstm-coupled": "lstm", "gru": "gru-torch"}
"""For cells that torch does not have: the nearest one that it has."""

OURS, THEIRS, NEAREST, AUTOCAST = "ours", "torch", "plain", "autocast"
RATIOS = (f"{THEIRS}_ratio", f"{AUTOCAST}_ratio", f"{NEAREST}_ratio")

Chunks = list[tuple[Tensor, Tensor]]


class Step:
    """The training step of `train`, on chunks that are taken in turn.

    Args:
        network: what learns.
        config: of the update.
        chunks: inputs and targets, [T, B].
    """

    def __init__(self, network: CharRNN, config: TrainConfig, chunks: Chunks) -> None:
        self.network, self.config, self.chunks = network, config, chunks
        self.optimiser = Optimiser(list(network.named_parameters()), config, network.kernel.path)
        self.state = network.initial_state(chunks[0][0].shape[1])
        self.steps = 0

    def __call__(self) -> float:
        """Make one step and return its loss in nats."""
        inputs_TB, targets_TB = self.chunks[self.steps % len(self.chunks)]
        self.steps += 1
        loss_nats_sum, count, self.state = self.network.gradients(inputs_TB, targets_TB, self.state)
        self.optimiser.step(self.config.learning_rate, self.optimiser.gradient_norm())
        return loss_nats_sum / count


def measure(job: Job, announce: Callable[[str], None]) -> dict[str, Any]:
    """Measure every case of the job.

    Returns:
        `rows`, one for each case and precision; `means`, geometric means over them, with the least share of the limit
        among the wide ones; `limit` in GFLOP/s and the `products` it was taken from; `formula`, what is counted as an
        operation.

    Raises:
        MachineError: gradients are wrong, or a network needs more memory than there is.
        Diverged: a loss is not finite.
    """
    use_threads(job.threads)
    announce("comparing gradients")
    refuse_wrong_gradients(job)
    products = []
    if job.matrix:
        announce(f"multiplying matrices of side {job.matrix:,}")
        products.append(large_products(job))
    rows: list[dict[str, Any]] = []
    for number, case in enumerate(job.cases, 1):
        rows += _measured(job, case)
        done = ", ".join(
            f"{row['precision']} {row[OURS]['milliseconds']:.2f} ms" for row in rows[-len(job.precisions) :]
        )
        announce(f"{number}/{len(job.cases)} {case.cell} {case.layers} x {case.hidden}: {done}")
    groups = figures.means(rows, ("cell", "precision"), RATIOS)
    limit = {}
    if job.matrix:
        products.append(large_products(job))
        limit = limits(products)
        for row in rows:
            row["of_limit"] = row[OURS]["gflops"] / limit[row["precision"]]
        for group in groups:
            alike = [row for row in rows if all(row[name] == group[name] for name in ("cell", "precision"))]
            fractions = [row["of_limit"] for row in alike if row["hidden"] >= figures.LARGE_WIDTH]
            group |= {"of_limit": min(fractions)} if fractions else {}
    return {"rows": rows, "means": groups, "limit": limit, "products": products, "formula": figures.FORMULA}


def _measured(job: Job, case: Case) -> list[dict[str, Any]]:
    config = TrainConfig()
    random = torch.Generator().manual_seed(job.seed)
    shape = (job.steps, case.batch)
    chunks = [
        (
            torch.randint(job.vocabulary, shape, generator=random),
            torch.randint(job.vocabulary, shape, generator=random),
        )
        for _ in range(CHUNKS)
    ]
    runs: dict[str, Callable[[], float]] = {}
    for precision in job.precisions:
        for name, cell in ((OURS, case.cell), (NEAREST, PLAIN.get(case.cell))):
            if cell:
                network = network_of(cell, case.layers, case.hidden, job, precision)
                runs[f"{name} {precision}"] = Step(network, config, chunks)
    if case.cell in MODULES:
        start = network_of(case.cell, case.layers, case.hidden, job)
        runs[THEIRS] = Training(start, config, chunks, autocast=False).step
        if job.instructions == "all":
            runs[AUTOCAST] = Training(start, config, chunks, autocast=True).step
    measured = interleave(runs, repeats=job.repeats, seconds=job.seconds)
    for name, run in runs.items():
        refuse_divergence(run(), f"{name}, {case.cell} {case.layers} x {case.hidden}")
    return [_row(job, case, precision, measured) for precision in job.precisions]


def _row(job: Job, case: Case, precision: str, measured: Measured) -> dict[str, Any]:
    cell, layers, hidden = case.cell, case.layers, case.hidden
    chars = case.batch * job.steps
    ours = measured.seconds[f"{OURS} {precision}"]

    def speed(name: str, of: CellName) -> dict[str, float]:
        flops = figures.training_flops(SPECS[of], layers, hidden, job.vocabulary, case.batch, job.steps)
        return figures.speed(measured.seconds[name], chars, flops)

    row: dict[str, Any] = case.model_dump() | {
        "precision": precision,
        "parameters": parameters(cell, layers, hidden, job.vocabulary),
        **measured.facts(),
        OURS: speed(f"{OURS} {precision}", cell),
    }
    for name in (THEIRS, AUTOCAST):
        if name in measured.seconds:
            row[name] = speed(name, cell)
            row[f"{name}_ratio"] = figures.ratio(measured.seconds[name], ours)
    if cell in PLAIN:
        plain = f"{NEAREST} {precision}"
        row[NEAREST] = speed(plain, PLAIN[cell]) | {"cell": PLAIN[cell]}
        row[f"{NEAREST}_ratio"] = figures.ratio(ours, measured.seconds[plain])
    return row


def refuse_divergence(loss_nats: float, given: str) -> None:
    """Refuse to report the speed of a training whose loss is not finite: arithmetic on NaN is not what is asked.

    Raises:
        Diverged: it is not.
    """
    if not abs(loss_nats) < float("inf"):
        raise Diverged(
            tried="measure speed",
            given=given,
            why=f"its loss is {loss_nats} after the measured steps",
            todo="Use another --seed, and report this with the output of rnnscope doctor.",
        )
