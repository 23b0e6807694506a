"""Drives the tasks of a study through an engine: what begins when, and what to do when something ends badly.

A task that fails is left, and so are those that need it; all others go on. A task whose process died is begun again, a
few times, since a machine that is short of memory kills what is largest. A signal to the driver, or the end of the time
it was given, asks every task to save. Nothing that the driver knows is not in the folder: another one goes on.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from rnnscope.errors import MachineError
from rnnscope.study import tasks
from rnnscope.study.engine import Engine, Event
from rnnscope.study.show import Board
from rnnscope.study.tasks import DONE, FAILED, LAST, RUNS, Record, Task
from rnnscope.train.signals import StopFlag

MOST_DEATHS = 3
LOOK_EVERY_SECONDS = 0.2


@dataclass
class Outcome:
    """How it ended.

    Args:
        failed: what went wrong, by name of the task.
        blocked: tasks that could not be done for that, each with the one that failed.
        unfinished: tasks that were left since the time was up.
        received: the signal that ended it, or None.
    """

    failed: dict[str, Mapping[str, str]] = field(default_factory=dict)
    blocked: dict[str, str] = field(default_factory=dict)
    unfinished: list[str] = field(default_factory=list)
    received: int | None = None


class Driver:
    """One process's attempt at a study.

    Args:
        study: the folder; the caller holds its lock.
        every: all tasks by name, each after those that it waits for.
        engine: what runs them.
        board: shows what happens.
        seconds: after which trainings pause, and what there is gets its table and report; None for no limit.
    """

    def __init__(
        self, study: Path, every: Mapping[str, Task], engine: Engine, board: Board, seconds: float | None = None
    ) -> None:
        self._study, self._every, self._engine, self._board = study, every, engine, board
        self._deadline = None if seconds is None else time.monotonic() + seconds
        self._out_of_time = False
        self._path = tasks.path_seconds(every)
        self._done = {name for name in every if self._is_done(name)}
        self._running: set[str] = set()
        self._deaths: dict[str, int] = {}
        self._outcome = Outcome()

    def run(self) -> Outcome:
        """Do everything that can be done."""
        self._board.begin(self._every, self._done)
        with StopFlag() as stop:
            while True:
                if stop.received is not None:
                    self._engine.stop()
                    self._outcome.received = stop.received
                    return self._outcome
                if self._deadline is not None and time.monotonic() > self._deadline:
                    self._deadline = None
                    self._end_of_time()
                self._start()
                if not self._running:
                    break
                for event in self._engine.events(LOOK_EVERY_SECONDS):
                    self._hear(event)
                self._board.draw()
        self._outcome.blocked = tasks.blocked(self._every, list(self._outcome.failed))
        return self._outcome

    def _is_done(self, name: str) -> bool:
        task = self._every[name]
        record = None if task.kind in LAST else tasks.read_record(self._study, task)
        return record is not None and record.state == DONE

    def _start(self) -> None:
        waiting = sorted(self._ready(), key=lambda name: (self._every[name].stage, -self._path[name], name))
        for name in waiting[: self._engine.jobs - len(self._running)]:
            self._running.add(name)
            self._board.started(self._every[name])
            self._engine.start(name, keep=not self._out_of_time)

    def _ready(self) -> Iterable[str]:
        blocked = tasks.blocked(self._every, list(self._outcome.failed))
        over = self._done | set(self._outcome.failed) | set(blocked) | set(self._outcome.unfinished)
        succeeded = self._done | set(self._outcome.unfinished)
        for name, task in self._every.items():
            free = name not in over and name not in self._running
            if free and all(each in succeeded for each in task.needs) and all(each in over for each in task.after):
                yield name

    def _end_of_time(self) -> None:
        """Leave trainings where they are, and every analysis; table and report are made of what there is."""
        self._board.say("the time is up: trainings save, then table and report are made of what there is")
        self._engine.stop()
        self._engine.close()
        self._running.clear()
        self._board.paused()
        self._out_of_time = True
        left = [name for name in self._every if name not in self._done and name not in self._outcome.failed]
        has_weights = {
            name for task in self._every.values() for name in task.models if os.path.isdir(self._study / RUNS / name)
        }
        for name in left:
            task = self._every[name]
            if task.kind in (*LAST, "ngram") or (task.kind == "prepare" and has_weights.issuperset(task.models)):
                continue
            self._outcome.unfinished.append(name)

    def _hear(self, event: Event) -> None:
        name = event["task"]
        if name not in self._running:
            return
        self._board.heard(self._every[name], event)
        match event["event"]:
            case "done":
                self._running.discard(name)
                self._done.add(name)
            case "failed":
                self._running.discard(name)
                self._outcome.failed[name] = event["failure"]
            case "stopped":  # by somebody else than this driver: as good as a process that died
                self._died(name, "it was asked to stop")
            case "died":
                self._died(name, event["why"])

    def _died(self, name: str, why: str) -> None:
        self._running.discard(name)
        self._deaths[name] = self._deaths.get(name, 0) + 1
        if self._deaths[name] < MOST_DEATHS:
            return  # it is ready again
        failure = {
            "kind": MachineError.__name__,
            "tried": f"do the task {name}",
            "given": str(self._study),
            "why": f"{why}, the {MOST_DEATHS}rd time",
            "todo": "Free some memory or use fewer --jobs, then start the study again.",
        }
        tasks.write_record(self._study, self._every[name], Record(FAILED, 0.0, failure))
        self._outcome.failed[name] = failure
        self._board.heard(self._every[name], {"event": "failed", "failure": failure})
