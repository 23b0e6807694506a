"""A stand-in for the `os` module of `files`, in which the n-th system call fails."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

CALLS = {
    *("open", "write", "fsync", "close", "ftruncate", "mkdir", "rename", "replace", "unlink", "rmdir"),
    *("lstat", "listdir", "read"),
}


class Died(BaseException):
    """The process is gone: nothing after this call happens."""


class FaultyOs:
    """Counts system calls and makes some of them fail.

    Args:
        at: which call fails, counted from 1; 0 for none.
        fault: the error number it fails with; `short` to write half of what is given, then to run out of space; `die`
            to end there, once before the call has an effect and once after.
        lasting: all calls from then on fail too.
    """

    def __init__(self, at: int = 0, fault: int | str = 0, lasting: bool = False) -> None:
        self.at, self.fault, self.lasting = at, fault, lasting
        self.names: list[str] = []
        self.dead = False
        self.struck = False
        self._open: set[int] = set()

    def __getattr__(self, name: str) -> Any:
        real = getattr(os, name)
        return self._watched(name, real) if name in CALLS else real

    def _watched(self, name: str, real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any) -> Any:
            if self.dead:
                raise Died
            self.names.append(name)
            now = len(self.names) == self.at or (self.lasting and self.struck)
            if not now:
                return self._do(name, real, arguments)
            self.struck = True
            if self.fault == "die":
                self.dead = True
                raise Died
            if self.fault == "die after":
                self._do(name, real, arguments)
                self.dead = True
                raise Died
            if self.fault == "short":
                if name != "write" or len(self.names) > self.at:
                    return self._do(name, real, arguments)
                file, data = arguments
                return os.write(file, data[: len(data) // 2])
            if name == "close":
                self._do(name, real, arguments)  # a failing close still closes
            assert isinstance(self.fault, int)
            raise OSError(self.fault, os.strerror(self.fault))

        return call

    def _do(self, name: str, real: Callable[..., Any], arguments: tuple[Any, ...]) -> Any:
        result = real(*arguments)
        if name == "open":
            self._open.add(result)
        elif name == "close":
            self._open.discard(arguments[0])
        return result

    def leaked(self) -> int:
        """Close what is still open, as the end of a process does, and count it."""
        count = len(self._open)
        for file in self._open:
            os.close(file)
        self._open.clear()
        return count
