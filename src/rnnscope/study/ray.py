"""The Ray engine: the same tasks in the same worker processes, on any node of a Ray cluster.

Each place for a task is an actor that takes one processor of a node and holds a local engine with one worker in it. So
a task runs as it does without Ray, with one thread and the same signals, and what it makes is the same. A node that is
lost takes its places with it, and their tasks are begun again; but a study may then wait for a place that never comes:
stop it and start it again, nothing is lost. If the driver is lost, Ray ends its actors; their workers find their
standard input closed and save.

All nodes must see the study's folder, and the text, under the same path.
"""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

import rnnscope
from rnnscope.errors import InputError, MachineError
from rnnscope.study import book
from rnnscope.study.engine import Event
from rnnscope.study.local import LocalEngine

LISTEN_SECONDS = 5.0
"""How long a place is asked for news before it is asked again; news come at once."""
_CALLS_AT_A_TIME = 3
"""Of one place: something may be started, or stopped, while it is listened to."""


class Place(LocalEngine):
    """What lives on a node: a local engine for one task at a time.

    Args:
        study: the study's folder.
        version: of the program that the driver runs.
    """

    def __init__(self, study: Path, version: str) -> None:
        super().__init__(study, jobs=1)
        self._version = version

    def begin(self, task: str, *, keep: bool) -> None:
        """Start a task, if this node has the same program and sees the same folder."""
        if rnnscope.__version__ != self._version:
            raise InputError(
                tried="use a node of a Ray cluster",
                given=f"{os.uname().nodename} with rnnscope {rnnscope.__version__}",
                why=f"the study is driven by {self._version}",
                todo="Install the same version on all nodes.",
            )
        if not os.path.lexists(self._study / book.FILE):
            raise InputError(
                tried="use a node of a Ray cluster",
                given=f"{os.uname().nodename}, {self._study}",
                why="this node does not see the study's folder",
                todo="Put the study on a disk that all nodes share, under the same path.",
            )
        self.start(task, keep=keep)


class _Held:
    """A place as the driver knows it: the actor, the task that it does, and the call that brings its news."""

    def __init__(self, actor: Any) -> None:
        self.actor = actor
        self.task: str | None = None
        self.news: Any = None
        self.begun: Any = None


class RayEngine:
    """Processes on the nodes of a Ray cluster.

    Args:
        study: the study's folder.
        jobs: tasks at a time; None for as many as the cluster has processors.
        address: of the cluster, `auto` for the one that this machine belongs to; None starts one on this machine unless
            the environment variable RAY_ADDRESS names one.

    Raises:
        InputError: Ray is not installed.
        MachineError: the cluster cannot be reached.
    """

    def __init__(self, study: Path, jobs: int | None, address: str | None) -> None:
        self._study, self._address, self._connected = study.absolute(), address, False
        self._places: list[_Held] = []
        self._ray = _ray()
        self._connect()
        self.jobs = jobs or max(1, int(self._ray.cluster_resources().get("CPU", 1)))

    def _connect(self) -> None:
        if self._ray.is_initialized():
            return
        try:
            self._ray.init(address=self._address, log_to_driver=False, logging_level="ERROR", include_dashboard=False)
        except (ConnectionError, RuntimeError, ValueError, TimeoutError) as error:
            raise MachineError(
                tried="reach a Ray cluster",
                given=self._address or "this machine",
                why=_first_line(error),
                todo="Start one with `ray start --head`, and give the --address that it tells.",
            ) from None
        self._connected = True

    def start(self, task: str, *, keep: bool) -> None:
        """Give a task to a place that has none; it waits there until the cluster has a processor for a new place."""
        self._connect()
        idle = [place for place in self._places if place.task is None]
        if not idle:
            # A lost place is not made again by Ray: its task may have to wait for others.
            options = {"num_cpus": 1, "max_concurrency": _CALLS_AT_A_TIME, "max_restarts": 0}
            idle = [_Held(self._ray.remote(**options)(Place).remote(self._study, rnnscope.__version__))]
            self._places += idle
        place = idle[0]
        place.task = task
        place.begun = place.actor.begin.remote(task, keep=keep)

    def events(self, seconds: float) -> list[Event]:
        """What places told since the last call."""
        asked: dict[Any, _Held] = {}
        for place in self._places:
            if place.task is None:
                continue
            if place.begun is None and place.news is None:
                place.news = place.actor.events.remote(LISTEN_SECONDS)
            asked[place.begun if place.begun is not None else place.news] = place
        if not asked:
            time.sleep(seconds)
            return []
        ready, _ = self._ray.wait(list(asked), num_returns=1, timeout=seconds)
        if ready:
            ready, _ = self._ray.wait(list(asked), num_returns=len(asked), timeout=0)
        return [event for call in ready for event in self._heard(asked[call], call)]

    def _heard(self, place: _Held, call: Any) -> list[Event]:
        if call is place.begun:
            place.begun = None
        else:
            place.news = None
        try:
            told: list[Event] = self._ray.get(call) or []
        except self._ray.exceptions.RayActorError as error:
            self._places.remove(place)
            return [{"event": "died", "task": place.task, "why": f"its place was lost: {_first_line(error)}"}]
        except self._ray.exceptions.RayTaskError as error:
            raise error.cause from None
        if any(event["event"] in ("done", "failed", "stopped", "died") for event in told):
            place.task = None
        return told

    def stop(self) -> None:
        """Ask each place to have its task saved, and wait."""
        self._all("stop")

    def close(self) -> None:
        """End the workers, give the processors back, and leave the cluster, unless it was entered by somebody else."""
        if not self._ray.is_initialized():
            return
        self._all("close")
        for place in self._places:
            self._ray.kill(place.actor)
        self._places.clear()
        if self._connected:
            self._ray.shutdown()
            self._connected = False

    def _all(self, what: str) -> None:
        """Call a method of all places; one that still waits for a processor, or is lost, has nothing to end."""
        there = [place for place in self._places if place.begun is None or self._ray.wait([place.begun], timeout=0)[0]]
        calls = [getattr(place.actor, what).remote() for place in there]
        for call in calls:
            try:
                self._ray.get(call)
            except self._ray.exceptions.RayActorError:
                continue


def _ray() -> Any:
    """The library, which is not installed unless it is asked for."""
    # It reports its use to its makers unless told otherwise.
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    try:
        import ray
    except ImportError:
        raise InputError(
            tried="run a study with --engine ray",
            given="an installation without Ray",
            why="the package ray cannot be imported",
            todo="Install it with `pip install 'rnnscope[ray]'`, or use --engine local.",
        ) from None
    return ray


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
