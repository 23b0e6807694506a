"""Small studies: plans whose networks train in a moment, and ways to start them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

from rnnscope.artifacts import sealed
from rnnscope.study import run as study_run
from rnnscope.study import work
from rnnscope.study.engine import Event
from rnnscope.study.grid import Asked
from rnnscope.study.run import Request
from rnnscope.terminal import QUIET

SHARED = """
[shared]
layers = 1
batch = 4
steps = 16
epochs = 2
sample_length = 10
[ngram]
contexts = "1-3,6"
"""

TINY = f"""
about = "two networks and an n-gram model"
{SHARED}
[[networks]]
name = "lstm"
cell = "lstm"
hidden = 8
analyses = ["gates"]
[[networks]]
name = "rnn"
cell = "rnn"
budget = 8
"""


MANY = f"""
about = "more than twenty tasks, each of which takes a moment"
{SHARED}
[[networks]]
cell = ["rnn", "lstm", "gru", "lstm-coupled", "lstm-peephole", "gru-torch"]
hidden = 6
seeds = 2
"""


class Here:
    """An engine without processes: a task is done when it is started."""

    jobs = 1

    def __init__(self, study: Path) -> None:
        self.study, self.told = study, list[Event]()

    def start(self, task: str, *, keep: bool) -> None:
        work.do(self.study, task, self.told.append, keep=keep)

    def events(self, seconds: float) -> list[Event]:
        told, self.told = self.told, []
        return told

    def stop(self) -> None:
        """Nothing is running."""

    def close(self) -> None:
        """There is nothing to let go of."""


def plan_file(folder: Path, plan: str = TINY) -> Path:
    """A plan in a file."""
    path = folder / "tiny.toml"
    path.write_text(plan, encoding="utf-8")
    return path


def study(text: Path | str, out: Path, plan: Path, jobs: int = 1, **asked: Any) -> study_run.Study:
    """A study that says nothing."""
    request = Request(str(text), out, plan_file=plan, jobs=jobs, asked=Asked(**asked))
    return study_run.study(request, verbosity=QUIET)


def process(text: Path, out: Path, plan: Path, *more: str) -> subprocess.Popen[bytes]:
    """A study in a process of its own; what it says goes to a file beside it."""
    words = [sys.executable, "-m", "rnnscope", "study", str(text), "-o", str(out), "--plan", str(plan), *more]
    with out.with_name(out.name + ".log").open("ab") as log:
        return subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=dict(os.environ))


def table(out: Path) -> bytes:
    """The table of a study, which must be whole."""
    sealed.read(out / "table.json", "table")
    return (out / "table.json").read_bytes()


class Kills(NamedTuple):
    """How many processes that were alive were sent SIGKILL."""

    drivers: int
    workers: int


def kill_until_done(text: Path, out: Path, plan: Path, *, kills: int, seed: int) -> Kills:
    """Start a study again and again, killing its driver or a worker after a random while, until it is done.

    Args:
        text: the text.
        out: the study's folder.
        plan: the plan's file.
        kills: at most; after so many nobody disturbs it any more.
        seed: of moments and victims.
    """
    random, drivers, workers = Random(seed), 0, 0
    while True:
        driver = process(text, out, plan, "--jobs", "2", "-q")
        while drivers + workers < kills:
            try:
                driver.wait(random.uniform(0.2, 3.0))
                break
            except subprocess.TimeoutExpired:
                pass
            children = Path(f"/proc/{driver.pid}/task/{driver.pid}/children").read_text().split()
            victims = [int(child) for child in children]
            if random.random() < 0.5 or not victims:
                driver.kill()
                drivers += driver.wait() == -signal.SIGKILL  # it may have ended just before
                break
            with suppress(ProcessLookupError):
                os.kill(random.choice(victims), signal.SIGKILL)
                workers += 1
        if driver.wait() == 0:
            return Kills(drivers, workers)
