"""What runs tasks: the one interface that the driver of a study knows."""

from __future__ import annotations

from typing import Any, Protocol

Event = dict[str, Any]
"""What `work.do` tells, and "died" (with "why") where the process of a task ended without a word."""


class Engine(Protocol):
    """Runs tasks side by side, each in a process of its own, and passes on what they tell.

    A task is given by its name; everything else is in the study's folder, which all processes see under the same path.
    """

    jobs: int
    """Tasks at a time."""

    def start(self, task: str, *, keep: bool) -> None:
        """Begin a task; see `work.do`. At most `jobs` are begun and not over."""

    def events(self, seconds: float) -> list[Event]:
        """What was told since the last call; waits at most this long for the first."""

    def stop(self) -> None:
        """Ask every task to save and end, and wait until all have."""

    def close(self) -> None:
        """Let go of everything; no task is running, or none matters any more."""
