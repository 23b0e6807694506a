"""The local engine: worker processes on this machine, each doing one task at a time with one thread.

Workers are started when there is work for them and kept for the next task, since importing PyTorch takes longer than a
small task. They live in sessions of their own, so that Ctrl-C reaches the driver alone, which asks them to save.
"""

from __future__ import annotations

import json
import os
import queue
import signal
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path

from rnnscope.study.engine import Event

ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")


class _Worker:
    """A process, and what it is doing."""

    def __init__(self, study: Path, log: Path, events: queue.Queue[Event]) -> None:
        with log.open("ab") as errors:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "rnnscope.study.worker", str(study)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                env=dict(os.environ) | ONE_THREAD,
                start_new_session=True,
            )
        self.task: str | None = None
        self._events = events
        self.listener = threading.Thread(target=self._listen, daemon=True)
        self.listener.start()

    def ask(self, task: str, keep: bool) -> None:
        """Give it a task; a process that has just died is found out by its listener."""
        self.task = task
        assert self.process.stdin is not None
        with suppress(OSError):
            self.process.stdin.write(json.dumps({"task": task, "keep": keep}).encode() + b"\n")
            self.process.stdin.flush()

    def _listen(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            with suppress(ValueError):  # a line that a kill cut
                self._events.put(json.loads(line) | {"worker": self})
        code = self.process.wait()
        self._events.put({"event": "died", "worker": self, "why": _ending(code)})

    def end(self) -> None:
        """Close both pipes of a process that is over."""
        for pipe in (self.process.stdin, self.process.stdout):
            with suppress(OSError):
                assert pipe is not None
                pipe.close()


def _ending(code: int) -> str:
    if code < 0:
        return f"its process was ended by {signal.Signals(-code).name}"
    return f"its process ended with code {code}"


class LocalEngine:
    """Processes on this machine.

    Args:
        study: the study's folder.
        jobs: processes at a time.
    """

    def __init__(self, study: Path, jobs: int) -> None:
        self.jobs = jobs
        self._study, self._log = study, study / "workers.log"
        self._events: queue.Queue[Event] = queue.Queue()
        self._workers: list[_Worker] = []

    def start(self, task: str, *, keep: bool) -> None:
        """Give a task to a worker that has none."""
        idle = [worker for worker in self._workers if worker.task is None and worker.process.poll() is None]
        if not idle:
            idle = [_Worker(self._study, self._log, self._events)]
            self._workers += idle
        idle[0].ask(task, keep)

    def events(self, seconds: float) -> list[Event]:
        """What workers told since the last call."""
        found: list[Event] = []
        try:
            found.append(self._events.get(timeout=seconds))
            while True:
                found.append(self._events.get_nowait())
        except queue.Empty:
            pass
        return [event for each in found for event in self._understood(each)]

    def _understood(self, event: Event) -> list[Event]:
        worker: _Worker = event.pop("worker")
        if event["event"] == "died":
            self._workers.remove(worker)
            worker.end()
            return [] if worker.task is None else [event | {"task": worker.task}]
        if event["event"] in ("done", "failed", "stopped"):
            worker.task = None
        return [event]

    def stop(self) -> None:
        """Ask each worker once to end, and wait."""
        for worker in self._workers:
            with suppress(ProcessLookupError):
                worker.process.terminate()
        for worker in self._workers:
            worker.process.wait()
            worker.listener.join()

    def close(self) -> None:
        """End idle workers, and those that are in the way of an error."""
        for worker in self._workers:
            if worker.task is None and worker.process.poll() is None:
                worker.process.kill()  # it holds nothing
            with suppress(OSError):
                assert worker.process.stdin is not None
                worker.process.stdin.close()
        for worker in self._workers:
            worker.process.wait()
            worker.listener.join()
            worker.end()
        self._workers.clear()
        self._events = queue.Queue()  # what they said last concerns nobody
