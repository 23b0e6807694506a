"""Several implementations timed in turn, so that whatever else happens on the machine happens to all of them.

A repeat gives every implementation one turn, in an order that rotates from repeat to repeat. A turn begins with a pause
in which the threads of the one before stop waiting, then a run that is not timed brings its own data into the caches,
then runs are timed for at least `TURN_SECONDS`; their median is the time of the turn. A repeat during which other
processes used more than `OTHERS_SHARE` of a processor is measured again.
"""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

PAUSE_SECONDS = 0.02
"""PyTorch's threads go on spinning for about 10 ms after their last product."""
TURN_SECONDS = 0.1
UNTIMED_BELOW_SECONDS = 0.1
"""Longer runs fill the caches many times over by themselves."""
OTHERS_SHARE = 0.06
LEAST = 3
"""Repeats that are made even when the time is up."""
ATTEMPTS = 3
"""For each repeat asked for, how many may be tried."""

STAT = Path("/proc/stat")


@dataclass(frozen=True)
class Measured:
    """What the repeats gave.

    Attributes:
        seconds: implementation -> time of a run in each repeat that counts.
        discarded: repeats that were not counted because other processes were busy.
        noisy: whether so few were left that disturbed ones had to be counted too.
    """

    seconds: dict[str, list[float]]
    discarded: int
    noisy: bool

    def facts(self) -> dict[str, int | bool]:
        """How the times were come by, for a row of the result."""
        repeats = len(next(iter(self.seconds.values())))
        return {"repeats": repeats, "discarded": self.discarded, "noisy": self.noisy}


class Others:
    """How much processor time other processes use from now on; None where the system does not tell."""

    def __init__(self, stat: Path = STAT) -> None:
        self._stat = stat
        self._began = time.perf_counter()
        self._busy, self._own = self._read()

    def share(self) -> float | None:
        """Processors kept busy by others since the start, 1 = one whole processor; exact to about a tick each."""
        busy, own = self._read()
        if busy is None or self._busy is None:
            return None
        tick = (os.cpu_count() or 1) / os.sysconf("SC_CLK_TCK")
        others = (busy - self._busy) - (own - self._own)
        return max(0.0, others - tick) / max(time.perf_counter() - self._began, 1e-9)

    def _read(self) -> tuple[float | None, float]:
        times = os.times()
        own = times.user + times.system
        try:
            fields = self._stat.read_text("ascii").split("\n", 1)[0].split()
            user, nice, system, _idle, _wait, interrupt, soft, stolen = map(int, fields[1:9])
        except (OSError, ValueError):
            return None, own
        return (user + nice + system + interrupt + soft + stolen) / os.sysconf("SC_CLK_TCK"), own


def interleave(
    runs: Mapping[str, Callable[[], object]],
    *,
    repeats: int,
    seconds: float,
    pause_seconds: float = PAUSE_SECONDS,
    turn_seconds: float = TURN_SECONDS,
    others: Callable[[], Others] = Others,
) -> Measured:
    """Time every run in turn.

    Args:
        runs: name -> what is timed; called again and again.
        repeats: how many undisturbed repeats are wanted.
        seconds: when to stop with fewer; `LEAST` are made in any case.
        pause_seconds, turn_seconds: see above.
        others: makes the watch over other processes.
    """
    began = time.perf_counter()
    lengths = {name: _length(run, turn_seconds) for name, run in runs.items()}
    order = list(runs)
    quiet: list[dict[str, float]] = []
    disturbed: list[dict[str, float]] = []
    while len(quiet) < repeats and len(quiet) + len(disturbed) < ATTEMPTS * repeats:
        if len(quiet) + len(disturbed) >= LEAST and time.perf_counter() - began > seconds:
            break
        watch = others()
        times = {name: _turn(runs[name], *lengths[name], pause_seconds) for name in order}
        share = watch.share()
        (disturbed if share is not None and share > OTHERS_SHARE else quiet).append(times)
        order = [*order[1:], order[0]]
    noisy = len(quiet) < min(LEAST, repeats)
    counted = quiet + disturbed if noisy else quiet
    return Measured({name: [times[name] for times in counted] for name in runs}, 0 if noisy else len(disturbed), noisy)


def _length(run: Callable[[], object], turn_seconds: float) -> tuple[int, bool]:
    """How many runs fill a turn, and whether one that is not timed comes first."""
    run()
    took = min(_timed(run), _timed(run))
    return max(1, round(turn_seconds / max(took, 1e-9))), took < UNTIMED_BELOW_SECONDS


def _turn(run: Callable[[], object], count: int, untimed: bool, pause_seconds: float) -> float:
    time.sleep(pause_seconds)
    if untimed:
        run()
    return statistics.median(_timed(run) for _ in range(count))


def _timed(run: Callable[[], object]) -> float:
    began = time.perf_counter()
    run()
    return time.perf_counter() - began
