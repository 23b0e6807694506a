"""The table of a study, and which differences between its rows are more than chance.

`table.json` depends on plan and text alone: two studies of the same give the same bytes, however often one of them was
stopped. What belongs to a machine, speed, is in `speed.json`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from rnnscope.artifacts import sealed
from rnnscope.artifacts.commit import commit_file
from rnnscope.artifacts.counts import CountFolder
from rnnscope.artifacts.run import RunFolder
from rnnscope.artifacts.scores import Scores
from rnnscope.config import RecurrentConfig
from rnnscope.study import compare, rows, tasks
from rnnscope.study.book import Book
from rnnscope.study.compare import Measured
from rnnscope.study.tasks import Task
from rnnscope.units import bits

FILE, KIND = "table.json", "table"
SPEED_FILE, SPEED_KIND = "speed.json", "speed"


def write(study: Path, found: Book, models: Sequence[RunFolder | CountFolder], every: Mapping[str, Task]) -> None:
    """Make table.json and speed.json.

    Args:
        study: the folder.
        found: what the study is about.
        models: that there is something to say of.
        every: the tasks of the study.
    """
    runs = [model for model in models if isinstance(model, RunFolder)]
    counts = [model for model in models if isinstance(model, CountFolder)]
    failed = tasks.failures(study, every)
    troubled = {name for task in (*failed, *tasks.blocked(every, list(failed))) for name in every[task].models}
    table = rows.make_rows(found, runs, counts, troubled)
    facts = {
        "rows": table,
        "differences": compare.differences(_measured(found, runs)),
        "rival": rows.rival_of(counts),
        "failed": sorted(failed),
    }
    made_from = {model.path.name: model.id for model in models}
    commit_file(study / FILE, sealed.dump(KIND, made_from, facts))
    commit_file(study / SPEED_FILE, sealed.dump(SPEED_KIND, made_from, {"rows": [_speed(run) for run in runs]}))


def read(study: Path) -> dict[str, Any]:
    """What table.json says."""
    return sealed.read(study / FILE, KIND).facts


def _measured(found: Book, runs: Sequence[RunFolder]) -> list[Measured]:
    """Losses over blocks of the test part, of the chosen variant of each question, its seeds together."""
    by_name = {run.path.name: run for run in runs}
    chosen = rows.chosen_variants(found, by_name)
    sums: dict[str, list[Any]] = {}
    groups: dict[str, str] = {}
    sizes: Any = None
    for training in found.plan.trainings:
        run = by_name.get(training.name)
        if run is None or training.variant not in chosen or not rows.fresh(run, "eval", "test"):
            continue
        result = run.read_result("eval", "test")
        scores = Scores.read(result.folder, result.manifest)
        order = np.argsort(scores.positions, kind="stable")
        sums_K, sizes = compare.blocks(-scores.log_probs[order], result.facts["block"])
        sums.setdefault(training.question, []).append(sums_K)
        model = run.config.model
        budget = model.budget if isinstance(model, RecurrentConfig) else None
        kind = "networks" if isinstance(model, RecurrentConfig) else "windows"
        groups[training.question] = kind if budget is None else f"budget {budget}"
    return [Measured(name, np.stack(each), sizes, groups[name]) for name, each in sums.items()]


def _speed(run: RunFolder) -> dict[str, Any]:
    """How fast a network was trained, over all the time that steps took."""
    timed = [row for row in run.read_log("metrics.jsonl") if row["chars_per_second"]]
    rates = sorted(row["chars_per_second"] for row in timed)
    return {
        "run": run.path.name,
        "chars_per_second": rates[len(rates) // 2] if rates else None,
        "seconds": timed[-1]["seconds"] if timed else None,
        "kernel": run.environment["kernel"],
        "processor": run.environment["processor"],
        "threads": run.environment["threads"],
    }


def to_text(facts: Mapping[str, Any]) -> str:
    """The table for a terminal."""
    table = facts["rows"]
    wide = max((len(row["run"]) for row in table), default=5)
    beside = any(row["paper_nats"] is not None for row in table)
    head = (
        f"{'model':<{wide}}  {'cell':<13} {'layers':>6} {'hidden':>6} {'parameters':>10} {'test nats':>9} {'bits':>6}"
    )
    head += f"{'  paper' if beside else ''}  {'- n-gram':>8}  95 % interval"
    lines = [head, *(_line(row, wide, beside) for row in table), *compare.summary(facts["differences"])]
    return "\n".join(lines)


def _line(row: Mapping[str, Any], wide: int, beside: bool) -> str:
    loss, interval = row["loss_nats"], row["interval_nats"]
    losses = f"{loss:9.4f} {bits(loss):6.3f}" if loss is not None else f"{'-':>9} {'-':>6}"
    if beside:
        losses += f"  {row['paper_nats']:5.3f}" if row["paper_nats"] is not None else f"  {'-':>5}"
    above = row["above_ngram_nats"]
    losses += f"  {above:+8.4f}" if above is not None else f"  {'-':>8}"
    between = f"{interval[0]:.4f} to {interval[1]:.4f}" if interval else "too short to say"
    sizes = f"{_size(row['layers']):>6} {_size(row['hidden']):>6} {_size(row['parameters']):>10}"
    mark = "" if row["state"] in ("complete", "early-stopped") else f"  {row['state'].upper()}"
    return f"{row['run']:<{wide}}  {row['cell']:<13} {sizes} {losses}  {between}{mark}"


def _size(number: int | None) -> str:
    return "-" if number is None else f"{number:,}"
