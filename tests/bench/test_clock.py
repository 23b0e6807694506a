"""Turns, repeats and the watch over other processes. No duration is asserted."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from rnnscope.bench import clock
from rnnscope.bench.clock import Others, interleave

pytestmark = pytest.mark.law


class Shares(Others):
    """Says what it was told instead of what the system says."""

    def __init__(self, shares: list[float | None]) -> None:
        self.shares = shares

    def share(self) -> float | None:
        return self.shares.pop(0)


def measured(shares: list[float | None], repeats: int, seconds: float = 1e9) -> tuple[clock.Measured, list[str]]:
    calls: list[str] = []
    runs = {name: lambda name=name: calls.append(name) for name in "abc"}
    found = interleave(
        runs, repeats=repeats, seconds=seconds, pause_seconds=0, turn_seconds=0, others=lambda: Shares(shares)
    )
    return found, calls


def test_everybody_has_a_turn_in_every_repeat() -> None:
    """After three runs each to learn how long they take, turns of an untimed and a timed run, the order rotating."""
    found, calls = measured([0.0] * 3, repeats=3)
    assert "".join(calls) == "aaabbbccc" + "aabbcc" + "bbccaa" + "ccaabb"
    assert {name: len(seconds) for name, seconds in found.seconds.items()} == {"a": 3, "b": 3, "c": 3}
    assert found.facts() == {"repeats": 3, "discarded": 0, "noisy": False}


def test_disturbed_repeats_are_made_again() -> None:
    """Repeats during which others were busy do not count; a system that does not tell counts as quiet."""
    found, _ = measured([0.5, 0.0, 0.07, None, 0.06, 0.01], repeats=4)
    assert found.facts() == {"repeats": 4, "discarded": 2, "noisy": False}


def test_a_machine_that_is_never_quiet_is_named() -> None:
    """After three attempts for each repeat wanted, all are counted and the row is marked."""
    found, _ = measured([0.9, 0.0, *[0.9] * 7], repeats=3)
    assert found.facts() == {"repeats": 9, "discarded": 0, "noisy": True}


def test_time_that_is_up_ends_with_three_repeats() -> None:
    """No budget is too small for the least number of repeats."""
    found, _ = measured([0.0] * 9, repeats=9, seconds=0)
    assert found.facts() == {"repeats": clock.LEAST, "discarded": 0, "noisy": False}


@pytest.mark.skipif(not hasattr(os, "sysconf"), reason="ticks are counted on Unix")
def test_the_share_of_others_is_what_is_busy_less_our_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two seconds in which the machine was busy for 1.5 s and we for 0.5 s: others had half a processor."""
    ticks = os.sysconf("SC_CLK_TCK")
    stat, now, own = tmp_path / "stat", [0.0], [0.0]
    monkeypatch.setattr(clock.time, "perf_counter", lambda: now[0])
    monkeypatch.setattr(clock.os, "times", lambda: os.times_result((own[0], 0.0, 0.0, 0.0, 0.0)))
    monkeypatch.setattr(clock.os, "cpu_count", lambda: 1)

    def busy(seconds: float) -> None:
        # user, nice, system, idle, wait, interrupts, soft interrupts, stolen
        tenth = int(seconds * ticks / 10)
        stat.write_text(f"cpu  {4 * tenth} {tenth} {tenth} 12345 678 {tenth} {tenth} {2 * tenth} 0 0\ncpu0 1 2\n")

    busy(10)
    watch = Others(stat)
    busy(11.5)
    now[0], own[0] = 2.0, 0.5
    assert watch.share() == pytest.approx(0.5, abs=2 / ticks)
    own[0] = 3.0
    assert watch.share() == 0


@pytest.mark.parametrize("content", [None, "", "cpu 1 2\n", "cpu a b c d e f g h\n"])
def test_a_system_that_does_not_tell(content: str | None, tmp_path: Path) -> None:
    """Where the counters are absent or of another form, nothing is known and nothing is discarded."""
    if content is not None:
        (tmp_path / "stat").write_text(content)
    assert Others(tmp_path / "stat").share() is None


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc/stat")
def test_this_system_tells() -> None:
    """On Linux the share is a number that is not negative."""
    share = Others().share()
    assert share is not None
    assert share >= 0
