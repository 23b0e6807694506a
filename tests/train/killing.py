"""Trains in processes of their own and kills them at random moments."""

from __future__ import annotations

import json
import multiprocessing
import random
import signal
from pathlib import Path
from typing import Any

from rnnscope.train.journal import CLOCK_FIELDS
from rnnscope.train.start import start

# Imported once in the fork server, which never runs a torch operation itself, so that forking it is safe.
_SERVER = multiprocessing.get_context("forkserver")
_SERVER.set_forkserver_preload(["rnnscope.train.start"])


def train_under_fire(source: Path, out: Path, options: dict[str, Any], *, kills: int, longest_seconds: float) -> int:
    """Train with `resume`, SIGKILL the process `kills` times at random moments, then let it finish.

    Returns:
        How many processes were really killed before they had finished.
    """
    moments = random.Random(kills)
    arguments = (str(source), out, options)
    killed = 0
    for _ in range(kills):
        process = _SERVER.Process(target=start, args=arguments, kwargs={"resume": True})
        process.start()
        process.join(moments.uniform(0, longest_seconds))
        process.kill()
        process.join()
        killed += process.exitcode == -signal.SIGKILL
    process = _SERVER.Process(target=start, args=arguments, kwargs={"resume": True})
    process.start()
    process.join()
    assert process.exitcode == 0
    return killed


def without_clock(path: Path) -> list[dict[str, Any]]:
    """Rows of a log without what depends on the clock."""
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    return [{key: value for key, value in row.items() if key not in CLOCK_FIELDS} for row in rows]
