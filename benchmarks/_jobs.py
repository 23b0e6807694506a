"""Runs trainings side by side, each in a process of its own, and stops them so that nothing is lost.

A training that is stopped by a signal saves and ends with 128 + the signal's number; started again with the same
command it goes on to the same bits. So a campaign can be stopped and started at any time, and its only memory is the
run folders. Trainings are started in sessions of their own: Ctrl-C reaches the campaign alone, which asks each of them
once, and waits.
"""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any

from rnnscope.artifacts.run import RunFolder
from rnnscope.errors import RnnscopeError

LOOK_EVERY_SECONDS = 0.5
SIGNALS = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]


@dataclass(frozen=True)
class Job:
    """A training, up to some epoch.

    Args:
        text: as for `rnnscope train`.
        folder: of the run; what it prints goes to `FOLDER.log`.
        options: settings by flag name; `epochs` is where training ends.
        pause: the epoch after which it makes room for others.
    """

    text: str
    folder: Path
    options: Mapping[str, Any]
    pause: float

    def words(self, *, threads: int = 1) -> list[str]:
        """The command line that starts the training and goes on with it."""
        flags = [word for name, value in self.options.items() for word in ("--" + name.replace("_", "-"), str(value))]
        return ["train", self.text, "-o", self.folder.as_posix(), "--resume", *flags, "--threads", str(threads)]

    def done(self) -> bool:
        """Whether its epoch is reached."""
        return epochs_reached(self.folder) >= self.pause


def epochs_reached(folder: Path) -> float:
    """Epochs that a run has seen by its last saved state; 0 where there is no run."""
    try:
        return float(RunFolder.open(folder).status()["epoch"])
    except RnnscopeError:
        return 0.0


@dataclass
class Outcome:
    """How a campaign ended.

    Attributes:
        received: the signal that ended it, or None.
        timed_out: whether its time was up before its work was done.
        failed: folders of trainings that could not go on, with their exit codes.
    """

    received: int | None = None
    timed_out: bool = False
    failed: dict[Path, int] = field(default_factory=dict)

    def exit_code(self) -> int:
        """128 + the signal, 1 for a failure, else 0."""
        return 128 + self.received if self.received is not None else int(bool(self.failed))


class Campaign:
    """Trainings in order, `at_once` of them at a time.

    Args:
        jobs: what to do; several may be about one folder, and then never run at the same time.
        at_once: processes.
        seconds: after which everything is stopped; None for no limit.
        ended: is told of each job that has ended, with its exit code; 0 also for one that has come to its pause.
    """

    def __init__(
        self, jobs: Sequence[Job], *, at_once: int, seconds: float | None, ended: Callable[[Job, int], None]
    ) -> None:
        self.waiting, self.at_once, self.ended = list(jobs), at_once, ended
        self.running: dict[Path, tuple[Job, subprocess.Popen[bytes]]] = {}
        self.deadline = None if seconds is None else time.monotonic() + seconds
        self.asked: set[Path] = set()
        self.outcome = Outcome()

    def run(self) -> Outcome:
        """Do everything, until it is done, a signal comes, or the time is up."""
        # What whoever started this had ignored (nohup, a shell's background) stays ignored.
        heeded = [number for number in SIGNALS if signal.getsignal(number) is not signal.SIG_IGN]
        before = {number: signal.signal(number, self._note) for number in heeded}
        try:
            while self.waiting or self.running:
                self._look_at_the_clock()
                self._start()
                self._pause()
                if not self._reap():
                    time.sleep(LOOK_EVERY_SECONDS)
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
            for folder in self.running:
                self._ask(folder)
        return self.outcome

    def _note(self, number: int, frame: FrameType | None) -> None:
        if self.outcome.received is not None:
            raise KeyboardInterrupt  # asked twice: what the trainings have been told to save they save without us
        self.outcome.received = number

    def _look_at_the_clock(self) -> None:
        if self.deadline is not None and time.monotonic() >= self.deadline:
            self.outcome.timed_out = True
        if self.outcome.timed_out or self.outcome.received is not None:
            self.waiting.clear()
            for folder in self.running:
                self._ask(folder)

    def _start(self) -> None:
        for job in list(self.waiting):
            if len(self.running) >= self.at_once:
                return
            if job.folder in self.running:
                continue
            self.waiting.remove(job)
            if job.folder in self.outcome.failed or job.done():
                continue
            job.folder.parent.mkdir(parents=True, exist_ok=True)
            with job.folder.with_name(job.folder.name + ".log").open("ab") as log:
                command = [sys.executable, "-m", "rnnscope", *job.words()]
                process = subprocess.Popen(
                    command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
                )
            self.running[job.folder] = job, process

    def _pause(self) -> None:
        for folder, (job, _) in self.running.items():
            if folder not in self.asked and job.pause < job.options["epochs"] and job.done():
                self._ask(folder)

    def _ask(self, folder: Path) -> None:
        """Ask a training to save and end; once, since a second signal would end it at once."""
        if folder not in self.asked:
            self.asked.add(folder)
            with suppress(ProcessLookupError):
                self.running[folder][1].terminate()

    def _reap(self) -> bool:
        over = [(job, code) for job, process in self.running.values() if (code := process.poll()) is not None]
        for job, code in over:
            del self.running[job.folder]
            stopped = job.folder in self.asked and code not in range(1, 128)
            self.asked.discard(job.folder)
            if code and not stopped:
                self.outcome.failed[job.folder] = code
            self.ended(job, 0 if stopped else code)
        return bool(over)
