"""Does one task of a study, in whatever process an engine has given it.

All that a task is told is the study's folder and its own name; all that it gives back is in that folder. So an engine
may run it anywhere that sees the folder, and run it again when a process has died.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext, suppress
from pathlib import Path
from typing import Any

from rnnscope import api
from rnnscope.api.folders import Models
from rnnscope.artifacts.counts import CountFolder, open_folder
from rnnscope.artifacts.run import RunFolder
from rnnscope.errors import InputError, Locked, RnnscopeError, Stopped
from rnnscope.report.kept import errors_of
from rnnscope.study import book, failures, rows, table, tasks
from rnnscope.study.book import Book
from rnnscope.study.tasks import DONE, FAILED, LAST, RUNS, Record, Task
from rnnscope.train.watch import Plan as TrainingPlan
from rnnscope.train.watch import Watch

Tell = Callable[[dict[str, Any]], None]
"""Who hears what happens: "event" is said, planned, row, done, failed or stopped; "task" names the task."""

WAIT_SECONDS = 120.0
"""How long a task waits for a folder that a process of an earlier start is still saving to."""


def do(study: Path, name: str, tell: Tell, *, keep: bool = True) -> bool:
    """Do a task, tell how it ended, and keep that.

    Args:
        study: the study's folder.
        name: of the task.
        tell: hears of progress, and last of done, failed or stopped.
        keep: whether the record says that it is done; not for what is made of networks that are still to be trained.

    Returns:
        Whether the process may do another; not if a signal asked it to stop.
    """

    def said(event: str, **more: Any) -> None:
        tell({"task": name, "event": event, **more})

    found = book.read(study)
    assert found is not None, "a study writes down what it is about before any task"
    all_tasks = found.tasks()
    task, started = all_tasks[name], time.monotonic()
    try:
        _patiently(lambda: _HANDS[task.kind](study, found, task, all_tasks, said))
        record = Record(DONE, time.monotonic() - started, {})
        if task.kind in LAST:
            tasks.remove_record(study, task)  # that of an attempt that failed
        elif keep:
            tasks.write_record(study, task, record)
        said(DONE, seconds=record.seconds)
    except Stopped:
        said("stopped")
        return False
    except Exception as error:
        failure = failures.describe(error)
        # Whatever keeps the task from being done, a full disk for instance, may keep this from being noted down.
        with suppress(RnnscopeError):
            tasks.write_record(study, task, Record(FAILED, time.monotonic() - started, failure))
        said(FAILED, failure=failure)
    return True


def _patiently(work: Callable[[], None]) -> None:
    """Wait for a lock that a process of a driver that was killed holds until it has saved."""
    deadline = time.monotonic() + WAIT_SECONDS
    while True:
        try:
            return work()
        except Locked:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)


class _Teller(Watch):
    """Passes on what a training says."""

    def __init__(self, said: Callable[..., None]) -> None:
        self._said, self._last_step, self._valid = said, 0, None

    def tried(self, hidden: int, valid_loss_nats: float) -> None:
        self._said("said", line=f"tried {hidden:,} units")

    def planned(self, plan: TrainingPlan) -> None:
        self._last_step = plan.last_step
        self._said("planned", step=plan.step, last_step=plan.last_step, parameters=plan.parameters, kernel=plan.kernel)

    def row(self, row: dict[str, Any]) -> None:
        if row["valid_loss_nats"] is not None:
            self._valid = row["valid_loss_nats"]
        self._said(
            "row",
            step=row["step"],
            last_step=self._last_step,
            train_loss_nats=row["train_loss_nats"],
            valid_loss_nats=self._valid,
            chars_per_second=row["chars_per_second"],
        )


def _train(study: Path, found: Book, task: Task, every: Mapping[str, Task], said: Callable[..., None]) -> None:
    assert task.settings is not None
    (name,) = task.models
    if _has_passed(study / RUNS / name, task):
        return
    with _text(study, found) as stdin:
        run = api.train(
            found.source, study / RUNS / name, resume=True, stdin=stdin, watch=_Teller(said), **task.settings
        )
    _refuse_other_text(run.folder("train").environment, found)


def _has_passed(run: Path, task: Task) -> bool:
    """Whether a pause lies behind a training already: it was made a part of the plan after the training was there."""
    assert task.settings is not None
    if task.name == f"train-{run.name}" or not os.path.lexists(run):
        return False
    return bool(RunFolder.open(run).status()["epoch"] > task.settings["epochs"])


def _ngram(study: Path, found: Book, task: Task, every: Mapping[str, Task], said: Callable[..., None]) -> None:
    assert task.settings is not None
    (name,) = task.models
    with _text(study, found) as stdin:
        announce = _announce(said)
        model = api.ngram(
            found.source, study / RUNS / name, resume=True, stdin=stdin, announce=announce, **task.settings
        )
    _refuse_other_text(model.folder("count").environment, found)


def _text(study: Path, found: Book) -> Any:
    """Standard input of tasks: the study's own copy of what came through a pipe."""
    return open(study / book.TEXT, "rb") if found.source == "-" else nullcontext()


def _refuse_other_text(environment: Mapping[str, Any], found: Book) -> None:
    if environment["text"]["sha256"] != found.text_sha256:
        raise InputError(
            tried="use the text of a study",
            given=found.source,
            why="it has changed since the study was begun",
            todo="Restore it, or begin a study in another folder.",
        )


def _announce(said: Callable[..., None]) -> Callable[[str], None]:
    return lambda line: said("said", line=line)


def _prepare(study: Path, found: Book, task: Task, every: Mapping[str, Task], said: Callable[..., None]) -> None:
    api.prepare(api.open_run(study / RUNS / task.models[0]), announce=_announce(said))


def _measure(study: Path, found: Book, task: Task, every: Mapping[str, Task], said: Callable[..., None]) -> None:
    functions: dict[str, Callable[..., Any]] = {"gates": api.gates, "memory": api.memory, "cells": api.cells}
    run = study / RUNS / rows.best([RunFolder.open(study / RUNS / name) for name in task.models]).path.name
    functions[task.kind](run, announce=_announce(said), **(task.settings or {}))


def _errors(study: Path, found: Book, task: Task, every: Mapping[str, Task], said: Callable[..., None]) -> None:
    models = ready(study, task.models)
    networks = [model for model in models if isinstance(model, RunFolder)]
    # There is nothing to explain without a network or a test part.
    if networks and found.sizes.test and errors_of(study, models)[0] is None:
        api.explain_errors(study, announce=_announce(said))


def _table(study: Path, found: Book, task: Task, every: Mapping[str, Task], said: Callable[..., None]) -> None:
    table.write(study, found, ready(study, task.models), every)


def _report(study: Path, found: Book, task: Task, every: Mapping[str, Task], said: Callable[..., None]) -> None:
    if not ready(study, task.models):
        raise InputError(
            tried="write the report of a study",
            given=str(study),
            why="none of its models could be made",
            todo="See what the tasks say that have failed.",
        )
    api.report(study, study / "report.html", announce=_announce(said))


def ready(study: Path, names: Sequence[str]) -> list[RunFolder | CountFolder]:
    """Models that can be shown: n-grams, and networks whose weights were saved at least once."""
    return Models.of([open_folder(study / RUNS / name) for name in names if (study / RUNS / name).is_dir()]).ready


_HANDS: Mapping[str, Callable[..., None]] = {
    "train": _train,
    "ngram": _ngram,
    "prepare": _prepare,
    "gates": _measure,
    "memory": _measure,
    "cells": _measure,
    "errors": _errors,
    "table": _table,
    "report": _report,
}
