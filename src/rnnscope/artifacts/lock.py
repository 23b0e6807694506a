"""One writer per folder, kept by the kernel.

The lock is on an open file, `.lock`, not on the file's existence: the kernel frees it when its holder ends, however it
ends, so there is no stale lock and nothing to clean up. Readers never take it. What the file says (process and host) is
for messages only. POSIX uses `flock`, Windows `msvcrt.locking`. Network file systems that do not support locks are
refused by the error they give.
"""

from __future__ import annotations

import os
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from rnnscope.artifacts import files
from rnnscope.errors import Locked, MachineError

NAME = ".lock"

if sys.platform == "win32":
    import msvcrt

    def _try(file: int) -> bool:
        os.lseek(file, 1 << 30, os.SEEK_SET)  # a byte far behind the text, which must stay readable
        try:
            msvcrt.locking(file, msvcrt.LK_NBLCK, 1)
        except PermissionError:
            return False
        return True
else:
    import fcntl

    def _try(file: int) -> bool:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True


@contextmanager
def exclusive(folder: Path) -> Iterator[None]:
    """Be the only writer of a folder for the length of the block.

    Raises:
        Locked: another process is; the message names it.
        MachineError: the lock file cannot be opened, or the file system has no locks.
    """
    path = folder / NAME
    file = files.open_lock(path)
    try:
        with files.machine("lock a folder", path):
            taken = _try(file)
        if not taken:
            raise Locked(
                tried="write to a run folder",
                given=str(folder),
                why=f"{_holder(path)} is writing to it",
                todo="Wait until it is done, stop it, or write to another folder.",
            )
        files.write_lock(file, f"{os.getpid()} {socket.gethostname()}\n".encode(), path)
        try:
            yield
        finally:
            with suppress(MachineError):  # the note is for messages only
                files.write_lock(file, b"", path)
    finally:
        with files.machine("close a lock", path):
            os.close(file)


def _holder(path: Path) -> str:
    """Who holds the lock; the holder may need a moment to write it down."""
    for _ in range(50):
        pid, _, host = path.read_text(encoding="utf-8", errors="replace").strip().partition(" ")
        if pid.isdigit() and host:
            return f"process {pid} on {host}"
        time.sleep(0.02)
    return "another process"
