"""A stand-in for the `os` module of `files`, on whose disk there is only so much room."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from rnnscope.artifacts import files, lock


class FullDisk:
    """Takes bytes until the room is used up, the last of them in part, as a disk does; reading and removing go on.

    What is removed gives no room back, so that the same study meets the end of the room at the same write.

    Args:
        room: bytes that may be written.
    """

    def __init__(self, room: float) -> None:
        self.room, self.written, self.refused = room, 0, 0

    def __getattr__(self, name: str) -> Any:
        return getattr(os, name)

    def write(self, file: int, data: memoryview) -> int:
        """Write what there is room for."""
        self._refuse_when_full()
        taken = os.write(file, data[: int(min(len(data), self.room))])
        self.room -= taken
        self.written += taken
        return taken

    def mkdir(self, path: Any) -> None:
        """Make a folder, which takes room too."""
        self._refuse_when_full()
        os.mkdir(path)

    def _refuse_when_full(self) -> None:
        if self.room < 1:
            self.refused += 1
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


@contextmanager
def disk(room: float) -> Iterator[FullDisk]:
    """Everything that the package writes goes to a disk with so many bytes of room."""
    full = FullDisk(room)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(files, "os", full)
        patch.setattr(lock, "os", full)
        yield full
