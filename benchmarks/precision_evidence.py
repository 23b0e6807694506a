"""Whether training in bfloat16 costs anything: paired trainings in both precisions, and a rule fixed beforehand.

    python3 dev.py bench precision_evidence --hours 3

Pairs share seed, start and order, so that their difference is the precision's alone; validation reads in float32 for
both. bfloat16 may be chosen by `--precision auto` if, for each cell and for all pairs together, the upper end of the
two-sided 95 % t interval of the mean difference in best validation loss (bfloat16 - float32) is under 0.005 nats, with
all pairs done. The best loss decides since the best weights are what every later stage reads; the final one is
reported beside it. Stop it at any time and start it again: it goes on. Words behind `--` are further options of
`rnnscope train`.
"""

from __future__ import annotations

import argparse
import math
import platform
import re
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from _collect import kernel_name
from _jobs import Campaign, Job, epochs_reached
from _networks import pairs as further
from _networks import say
from scipy import stats

from rnnscope import environment
from rnnscope.artifacts.commit import commit_file
from rnnscope.artifacts.files import make_folder
from rnnscope.artifacts.run import RunFolder
from rnnscope.errors import RnnscopeError

CELLS, PRECISIONS, SEEDS = ("lstm", "gru"), ("float32", "bfloat16"), 10
LIMIT_NATS = 0.005
LEVEL = 0.95


@dataclass(frozen=True)
class Pair:
    """Two trainings that differ by precision alone; losses on the validation part in nats, float32 first.

    Attributes:
        cell, seed: which pair.
        best, final: the lowest loss of each, and the one after the last epoch.
        kernels: who computed each.
    """

    cell: str
    seed: int
    best: tuple[float, float]
    final: tuple[float, float]
    kernels: tuple[str, str]


@dataclass(frozen=True)
class Interval:
    """A mean over pairs and its t interval; infinite where fewer than two pairs say nothing."""

    pairs: int
    mean: float
    low: float
    high: float


def interval(differences: Iterable[float]) -> Interval:
    """Mean of independent differences with its two-sided 95 % t interval."""
    values = np.array(list(differences), np.float64)
    n = len(values)
    if n < 2:
        return Interval(n, float(values.mean()) if n else math.nan, -math.inf, math.inf)
    half = float(stats.t.ppf((1 + LEVEL) / 2, n - 1) * values.std(ddof=1) / math.sqrt(n))
    mean = float(values.mean())
    return Interval(n, mean, mean - half, mean + half)


def intervals(found: Sequence[Pair], measure: str) -> dict[str, Interval]:
    """Intervals of bfloat16 - float32 for each cell and for all pairs; `measure` is `best` or `final`."""
    groups = {cell: [pair for pair in found if pair.cell == cell] for cell in CELLS} | {"all": list(found)}
    return {
        name: interval(after - before for before, after in (getattr(pair, measure) for pair in group))
        for name, group in groups.items()
    }


def decision(found: Sequence[Pair]) -> str:
    """The rule, applied: what `auto` may choose, or that it is too early to say."""
    wanted = len(CELLS) * SEEDS
    if len(found) < wanted:
        return f"not decided: {len(found)} of {wanted} pairs are done"
    highest = max(part.high for part in intervals(found, "best").values())
    if highest < LIMIT_NATS:
        return f"bfloat16 may be chosen: the highest upper end is {highest:+.5f} nats, under {LIMIT_NATS}"
    return f"float32 stays: the highest upper end is {highest:+.5f} nats, not under {LIMIT_NATS}"


def plan(options: argparse.Namespace) -> list[Job]:
    """All trainings, seed by seed, the two of a pair side by side, so that what is done are whole pairs."""
    shared = {
        "symbols": "bytes", "split": "streams", "layers": 2, "budget": options.budget, "epochs": options.epochs,
        "sample_length": 0,
    }  # fmt: skip
    return [
        Job(
            options.text,
            folder(options.runs, cell, seed, precision),
            shared | options.further | {"cell": cell, "seed": seed, "precision": precision},
            options.epochs,
        )
        for seed in range(1, options.seeds + 1)
        for cell in CELLS
        for precision in PRECISIONS
    ]


def folder(runs: Path, cell: str, seed: int, precision: str) -> Path:
    return runs / f"{cell}-{seed}-{precision}"


def gather(runs: Path, seeds: int, epochs: int) -> list[Pair]:
    """Pairs of which both trainings are done.

    Raises:
        DamagedArtifact: a run is not what was written.
    """
    found = []
    for seed in range(1, seeds + 1):
        for cell in CELLS:
            places = [folder(runs, cell, seed, precision) for precision in PRECISIONS]
            if all(epochs_reached(place) >= epochs for place in places):
                found.append(_pair(cell, seed, [RunFolder.open(place) for place in places]))
    return found


def _pair(cell: str, seed: int, runs: Sequence[RunFolder]) -> Pair:
    curves = [
        [row["valid_loss_nats"] for row in run.read_log("metrics.jsonl") if row["valid_loss_nats"] is not None]
        for run in runs
    ]
    assert tuple(run.config.train.precision for run in runs) == PRECISIONS
    started = math.isclose(curves[0][0], curves[1][0], rel_tol=1e-5)  # two paths of the library may round differently
    assert started, f"{cell}, seed {seed}: the two trainings did not start from the same weights"
    before, after = (min(curve) for curve in curves)
    kernels = [kernel_name(run) for run in runs]
    return Pair(cell, seed, (before, after), (curves[0][-1], curves[1][-1]), (kernels[0], kernels[1]))


def page(found: Sequence[Pair], options: Mapping[str, Any], machine: Mapping[str, Any]) -> str:
    """The evidence for a person: every pair, the intervals, the decision."""
    lines = [
        "# Training in bfloat16 against float32",
        "",
        f"    python3 dev.py bench precision_evidence --text {options['text']} --epochs {options['epochs']} "
        f"--seeds {options['seeds']} --budget {options['budget']}",
        "",
        f"{machine['processor']}, vector instructions {' '.join(machine['vector_sets'])}, torch "
        f"{machine['versions']['torch']}, Python {platform.python_version()}.",
        f"{options['text']} as bytes, stream split, two layers of budget {options['budget']}, "
        f"{options['epochs']} epochs, one thread,",
        "otherwise the defaults of `rnnscope train`. The two of a pair start from the same weights (their first",
        "validation losses are equal) and read in the same order. Losses are in nats per symbol on the validation",
        "part, which is read in float32.",
        "",
        "| cell | seed | best float32 | best bfloat16 | difference | final float32 | final bfloat16 | difference | "
        "kernels |",
        "|---|--:|--:|--:|--:|--:|--:|--:|---|",
        *(_row(pair) for pair in found),
        "",
        f"| pairs of | how many | mean difference of best | {LEVEL:.0%} interval | of final | {LEVEL:.0%} interval |",
        "|---|--:|--:|---|--:|---|",
    ]
    best, final = intervals(found, "best"), intervals(found, "final")
    lines += [
        f"| {name} | {best[name].pairs} | {best[name].mean:+.5f} | {_ends(best[name])} | {final[name].mean:+.5f} | "
        f"{_ends(final[name])} |"
        for name in best
    ]
    lines += [
        "",
        f"The rule, fixed before any training: bfloat16 may be chosen if the upper end for the best loss is under "
        f"{LIMIT_NATS} nats for each cell and for all pairs together, all pairs done.",
        "",
        f"**{decision(found)}.**",
        "",
    ]
    return "\n".join(lines)


def _row(pair: Pair) -> str:
    losses = [
        f"{pair.best[0]:.5f}", f"{pair.best[1]:.5f}", f"{pair.best[1] - pair.best[0]:+.5f}",
        f"{pair.final[0]:.5f}", f"{pair.final[1]:.5f}", f"{pair.final[1] - pair.final[0]:+.5f}",
    ]  # fmt: skip
    return f"| {pair.cell} | {pair.seed} | {' | '.join(losses)} | {', '.join(dict.fromkeys(pair.kernels))} |"


def _ends(part: Interval) -> str:
    return f"{part.low:+.5f} to {part.high:+.5f}" if part.pairs > 1 else "-"


def write(options: argparse.Namespace) -> Path | None:
    """Write the page of all pairs that are done; None where there is none yet."""
    found = gather(options.runs, options.seeds, options.epochs)
    if not found:
        return None
    machine = environment.describe()
    name = re.sub("[^a-z0-9]+", "-", machine["processor"].lower()).strip("-")
    if not options.out.is_dir():
        make_folder(options.out)
    path: Path = options.out / f"precision_{name}_{time.strftime('%Y-%m-%d')}.md"
    commit_file(path, page(found, vars(options), machine).encode())
    return path


def main(words: Sequence[str]) -> int:
    options = parse(list(words))

    def tell(job: Job, code: int) -> None:
        said = f"epoch {epochs_reached(job.folder):.1f}" if not code else f"code {code}, see {job.folder}.log"
        say(f"{job.folder.name}: {said}")

    try:
        jobs = [] if options.collect else plan(options)
        seconds = None if options.hours is None else options.hours * 3600
        outcome = Campaign(jobs, at_once=options.jobs, seconds=seconds, ended=tell).run()
        path = write(options)
        decided = decision(gather(options.runs, options.seeds, options.epochs))
    except RnnscopeError as error:
        print(f"precision_evidence: {error}", file=sys.stderr)
        return error.exit_code
    print(decided if path is None else f"{decided}\n{path}")
    return outcome.exit_code()


def parse(words: list[str]) -> argparse.Namespace:
    cut = words.index("--") if "--" in words else len(words)
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--text", default="warpeace")
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--seeds", type=int, default=SEEDS, help="pairs of each cell")
    parser.add_argument("--budget", type=int, default=128)
    parser.add_argument("--jobs", type=int, default=2, help="trainings at a time, of one thread each")
    parser.add_argument("--hours", type=float, help="stop everything after this time")
    parser.add_argument("--collect", action="store_true", help="only write the page of what is done")
    parser.add_argument("--runs", type=Path, default=Path("runs/precision"))
    parser.add_argument("--out", type=Path, default=Path("benchmarks/results"), help="folder of the page")
    options = parser.parse_args(words[:cut])
    options.further = further(words[cut + 1 :])
    return options


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
