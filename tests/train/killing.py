"""Trains in processes of their own and kills them at random moments."""

from __future__ import annotations

import json
import multiprocessing
import random
import signal
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Any

from rnnscope.train.journal import CLOCK_FIELDS
from rnnscope.train.start import start

# Imported once in the fork server, which never runs a torch operation itself, so that forking it is safe.
_SERVER = multiprocessing.get_context("forkserver")
_SERVER.set_forkserver_preload(["rnnscope.train.start"])


def train_under_fire(source: Path, out: Path, options: dict[str, Any], *, kills: int) -> None:
    """Train with `resume`, SIGKILL the process `kills` times at random moments, then let it finish.

    Every process is killed before it can get far: at a random moment of its start, or shortly after its first save.
    So the training lasts long enough for all kills on a fast machine, and they fall into every phase.
    """
    moments = random.Random(kills)
    for number in range(kills):
        process = _start(source, out, options)
        if number % 2:
            _wait_for_a_save(process, out)
            process.join(moments.uniform(0, 0.03))
        else:
            process.join(moments.uniform(0, 0.15))
        process.kill()
        process.join()
        assert process.exitcode == -signal.SIGKILL, f"process {number} had ended before it was killed"
    process = _start(source, out, options)
    process.join()
    assert process.exitcode == 0


def _start(source: Path, out: Path, options: dict[str, Any]) -> ForkServerProcess:
    process = _SERVER.Process(target=start, args=(str(source), out, options), kwargs={"resume": True})
    process.start()
    return process


def _wait_for_a_save(process: ForkServerProcess, out: Path) -> None:
    before = _saves(out)
    while process.is_alive() and _saves(out) <= before:
        process.join(0.002)


def _saves(out: Path) -> int:
    """The newest step whose training state is on the disk."""
    return max((int(path.name[5:]) for path in out.glob("resume/step-*")), default=-1)


def without_clock(path: Path) -> list[dict[str, Any]]:
    """Rows of a log without what depends on the clock."""
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    return [{key: value for key, value in row.items() if key not in CLOCK_FIELDS} for row in rows]
