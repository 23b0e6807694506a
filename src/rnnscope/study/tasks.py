"""A plan cut into tasks: what each needs, what it costs, and the key that says whether it has been done.

A task is idempotent: it may be killed at any instant and done again, by whoever. Its key is the hash of all it depends
on: kind, settings, the text's SHA-256, the form of what it makes, and the keys of the tasks that it needs. When it is
done a record with that key is left in the study's folder; a record with another key means nothing.

    train -> prepare -> gates, memory, cells        one chain for each network; analyses of the best of its variants
    ngram
    errors, table, report                           wait for everything before them, and do with what there is
"""

from __future__ import annotations

import hashlib
import os
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rnnscope.artifacts import files, sealed
from rnnscope.artifacts.commit import commit_file
from rnnscope.study import cost
from rnnscope.study.cost import Sizes
from rnnscope.study.plan import Plan, Training

FORMAT = 1
"""Of what tasks make. Raised when a version makes something else of the same inputs, so that it is made anew."""
FOLDER, KIND = "tasks", "task"
RUNS = "runs"
DONE, FAILED = "done", "failed"
FIRST = -1000
"""Stage of what takes seconds and is compared with everything."""
LAST = ("errors", "table", "report")
"""Kinds of tasks that are about all models; whether they are up to date is theirs to know."""
_OF_ROWS = ("train", "prepare", "ngram")
"""Kinds of tasks that make what a row of the table holds. The table waits for them, and for no others."""

_WITHOUT_EFFECT = ("threads", "kernel")


@dataclass(frozen=True)
class Task:
    """One piece of work.

    Args:
        name: unique in a study; its record is called like it.
        kind: train, prepare, ngram, gates, memory, cells, errors, table or report.
        models: names of the folders that it is about; of several variants it takes the best.
        settings: what it is done with.
        needs: tasks that must have succeeded.
        after: tasks that must be over, one way or another.
        key: hash of all it depends on.
        stage: tasks of a lower stage come first.
        seconds: estimated, on one core.
    """

    name: str
    kind: str
    models: tuple[str, ...] = ()
    settings: Mapping[str, Any] | None = None
    needs: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    key: str = ""
    stage: int = 0
    seconds: float = 0.0


def cut(plan: Plan, text_sha256: str, sizes: Sizes, rate: float = cost.USUAL_RATE) -> dict[str, Task]:
    """All tasks of a plan by name, each after those that it waits for.

    Args:
        plan: what is wanted.
        text_sha256: of the text.
        sizes: of the text, for estimates.
        rate: operations a second, for estimates.
    """
    made: dict[str, Task] = {}

    def add(name: str, kind: str, **more: Any) -> str:
        task = Task(name, kind, **more)
        origin = {
            "kind": kind,
            "format": FORMAT,
            "text": text_sha256,
            "models": task.models,
            "settings": {k: v for k, v in (task.settings or {}).items() if k not in _WITHOUT_EFFECT},
            "needs": [made[other].key for other in task.needs],
        }
        key = hashlib.sha256(sealed.canonical(origin)).hexdigest()
        made[name] = Task(**{**vars(task), "key": key})
        return name

    for counting in plan.countings:
        seconds = cost.counting_seconds(sizes, rate)
        add(counting.name, "ngram", models=(counting.name,), settings=counting.options, stage=FIRST, seconds=seconds)
    pauses = sorted({pause for training in plan.trainings for pause in training.pauses})
    for training in plan.trainings:
        _train_and_prepare(add, training, pauses, sizes, rate)
    for training in plan.trainings:
        others = [each for each in plan.trainings if each.question == training.question]
        if not training.analyses or training is not next(each for each in others if each.analyses):
            continue
        variants = [each for each in others if each.analyses]
        for kind in training.analyses:
            add(
                f"{kind}-{training.question}",
                kind,
                models=tuple(each.name for each in variants),
                settings=plan.analyses.get(kind, {}),
                needs=tuple(f"prepare-{each.name}" for each in variants),
                stage=3,
                seconds=cost.analysis_seconds(kind, training, plan.analyses.get(kind, {}), sizes, rate),
            )
    models = (*(each.name for each in plan.trainings), *(each.name for each in plan.countings))
    scored = tuple(name for name, task in made.items() if task.kind in _OF_ROWS)
    seconds = 5 + len(models) * (sizes.test + sizes.valid) * 3e-6
    add("errors", "errors", models=models, after=scored, stage=4, seconds=seconds + sizes.test * 3e-4)
    add("table", "table", models=models, after=scored, stage=4, seconds=seconds)
    add("report", "report", models=models, after=tuple(made), stage=5, seconds=seconds)
    return made


def _train_and_prepare(add: Any, training: Training, pauses: Sequence[int], sizes: Sizes, rate: float) -> None:
    needs: tuple[str, ...] = ()
    passes = cost.epochs(training, sizes)
    done = 0
    for stop in (*training.pauses, passes):
        last = stop == passes
        settings = dict(training.options) | ({} if last else {"epochs": stop})
        name = f"train-{training.name}" + ("" if last else f"-to-{stop}")
        seconds = cost.training_seconds(training, stop - done, sizes, rate, first=not done)
        needs = (
            add(
                name,
                "train",
                models=(training.name,),
                settings=settings,
                needs=needs,
                stage=bisect_left(pauses, stop) - len(pauses),
                seconds=seconds,
            ),
        )
        done = stop
    seconds = 3 + cost.reading_seconds(training, sizes.test + sizes.valid, sizes, rate)
    add(f"prepare-{training.name}", "prepare", models=(training.name,), needs=needs, stage=1, seconds=seconds)


def path_seconds(tasks: Mapping[str, Task]) -> dict[str, float]:
    """For each task the estimated seconds until the last one that waits for it could be over: its critical path."""
    behind: dict[str, list[str]] = {name: [] for name in tasks}
    for task in tasks.values():
        for other in (*task.needs, *task.after):
            behind[other].append(task.name)
    found: dict[str, float] = {}
    for name in reversed(list(tasks)):
        found[name] = tasks[name].seconds + max((found[other] for other in behind[name]), default=0.0)
    return found


@dataclass(frozen=True)
class Record:
    """What is kept of a task that is over.

    Args:
        state: done or failed.
        seconds: that it took in the process that ended it.
        failure: the parts of the error, its "kind" and the "trace" of an unexpected one; empty if it is done.
    """

    state: str
    seconds: float
    failure: Mapping[str, str]


def read_record(study: Path, task: Task) -> Record | None:
    """What is known of a task with this very key; None if it is not over.

    Raises:
        DamagedArtifact: the record is not what was written.
    """
    path = study / FOLDER / f"{task.name}.json"
    if not os.path.lexists(path):
        return None
    kept = sealed.read(path, KIND)
    there = all(os.path.lexists(study / RUNS / name) for name in task.models)
    if kept.made_from.get("key") != task.key or (kept.facts["state"] == DONE and not there):
        return None
    return Record(kept.facts["state"], kept.facts["seconds"], kept.facts["failure"])


def write_record(study: Path, task: Task, record: Record) -> None:
    """Keep how a task ended, in the place of an older record."""
    facts = {"state": record.state, "seconds": round(record.seconds, 3), "failure": dict(record.failure)}
    commit_file(study / FOLDER / f"{task.name}.json", sealed.dump(KIND, {"key": task.key}, facts))


def remove_record(study: Path, task: Task) -> None:
    """Forget how a task ended, if that is known."""
    path = study / FOLDER / f"{task.name}.json"
    if os.path.lexists(path):
        files.remove(path)


def make_folder(study: Path) -> None:
    """Make the folder of records, where it is missing."""
    if not os.path.isdir(study / FOLDER):
        files.make_folder(study / FOLDER)


def failures(study: Path, tasks: Mapping[str, Task]) -> dict[str, Record]:
    """Tasks that make what rows of the table hold and have failed, by name.

    Others may be running while the table is made, and a record may be of an attempt that this one has put right.
    """
    found = {name: read_record(study, task) for name, task in tasks.items() if task.kind in _OF_ROWS}
    return {name: record for name, record in found.items() if record is not None and record.state == FAILED}


def blocked(tasks: Mapping[str, Task], failed: Sequence[str]) -> dict[str, str]:
    """Tasks that cannot be done since one that they need has failed, each with that one's name."""
    found: dict[str, str] = {}
    for name, task in tasks.items():
        for other in task.needs:
            if other in failed or other in found:
                found[name] = found.get(other, other)
    return found
