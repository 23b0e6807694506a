"""SIGINT, SIGTERM and SIGHUP set a flag; the loop looks at it once a step. A second signal acts at once."""

from __future__ import annotations

import signal
import threading
from types import FrameType, TracebackType
from typing import Self

from rnnscope.errors import Stopped

# SIGHUP does not exist on Windows.
HANDLED = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))


class StopFlag:
    """Catches the signals that ask a process to end, inside a `with` block of the main thread."""

    def __init__(self) -> None:
        self.received: int | None = None
        self._previous: dict[int, object] = {}

    def __enter__(self) -> Self:
        # Python allows handlers in the main thread only; elsewhere (a notebook's worker) signals keep their meaning.
        if threading.current_thread() is threading.main_thread():
            for number in HANDLED:
                self._previous[number] = signal.signal(number, self._note)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._restore()

    def _note(self, number: int, frame: FrameType | None) -> None:
        self.received = number
        self._restore()

    def _restore(self) -> None:
        while self._previous:
            number, handler = self._previous.popitem()
            signal.signal(number, handler)  # type: ignore[arg-type]  # exactly what signal.signal returned

    def stopped(self, step: int, path: str) -> Stopped:
        """The error that ends the run once everything is saved."""
        assert self.received is not None
        name = signal.Signals(self.received).name
        return Stopped(
            signal_number=self.received,
            tried="finish training",
            given=f"{name} at step {step}",
            why="the process was asked to stop; the step was finished and everything is saved",
            todo=f"Continue with the same command and --resume; the run is in {path}.",
        )
