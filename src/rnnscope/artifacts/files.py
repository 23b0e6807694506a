"""Every system call that changes the disk, and the reads that trust nothing.

Nothing of a run, a trace, a picture or a report is written anywhere else; only `corpus.fetch` keeps its downloads by
itself. That keeps the list of things that can fail short, lets tests make each of them fail in turn, and gives one
place where a refusal of the machine becomes a message: `OSError` becomes `MachineError`. A file that should be there
and is not, or that is a link or a device, is a `DamagedArtifact` instead.
"""

from __future__ import annotations

import errno
import os
import re
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rnnscope.errors import DamagedArtifact, MachineError

_PLAIN = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0) | getattr(os, "O_NONBLOCK", 0)
"""Follow no link, translate no newline, never wait for the other end of a pipe."""
_LARGEST_READ_BYTES = 1 << 30

_ADVICE = {
    errno.ENOSPC: "Make room on this disk or choose another folder; what was saved before is intact.",
    errno.EDQUOT: "Make room within your quota or choose another folder; what was saved before is intact.",
    errno.EACCES: "Check the permissions of this path, or choose a folder that you may write to.",
    errno.EPERM: "Check the permissions of this path, or choose a folder that you may write to.",
    errno.EROFS: "This file system is read-only: choose a folder on another one.",
    errno.EIO: "The disk reports a fault: copy what matters elsewhere and check the disk.",
    errno.ENAMETOOLONG: "Choose a shorter name.",
    errno.ENOTDIR: "A part of this path is a file: choose another path.",
    errno.ENOENT: "It was removed while in use: make sure that nothing else changes this folder, then try again.",
}


def damaged(path: Path, why: str, todo: str = "") -> DamagedArtifact:
    """Word the refusal of a file that is not what was written.

    Args:
        path: the file or folder that is refused.
        why: what is wrong with it, as a clause.
        todo: what to do; without it, to restore the file or to make it again.
    """
    todo = todo or "Restore it from a copy, or make it again with the command that wrote it."
    return DamagedArtifact(tried="use a saved file", given=str(path), why=why, todo=todo)


LITTER = re.compile(r"\.(?P<name>.+)\.(?P<mark>tmp|old|del)-[0-9]+-[0-9a-f]{8}", re.ASCII | re.DOTALL)
"""Names that `commit` uses for what is not, or no longer, to be seen: `.NAME.tmp-PID-xxxxxxxx`."""


@contextmanager
def machine(tried: str, path: Path) -> Iterator[None]:
    """Turn any `OSError` of the block into a `MachineError` that names the file, the reason and what to do."""
    try:
        yield
    except OSError as error:
        why = f"{error.strerror or error} ({errno.errorcode.get(error.errno or 0, 'unknown error')})"
        todo = _ADVICE.get(error.errno or 0, "Check this path and the disk it is on, then try again.")
        raise MachineError(tried=tried, given=str(_meant(path)), why=why, todo=todo) from error


class NewFile:
    """A file that did not exist before: written front to back, safe on disk once `finish` has returned."""

    def __init__(self, path: Path) -> None:
        self.path = path
        with machine("create a file", path):
            self._file: int | None = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _PLAIN, 0o666)

    def write(self, data: bytes) -> None:
        """Write all of `data`, however many calls the system takes for it."""
        assert self._file is not None, "the file is finished"
        with machine("write a file", self.path):
            _write_all(self._file, data)

    def finish(self) -> None:
        """Wait until the content is on the disk, then close."""
        assert self._file is not None, "the file is finished"
        with machine("write a file", self.path):
            os.fsync(self._file)
            self._close()

    def abandon(self) -> None:
        """Close without any promise; harmless when the file is finished."""
        with machine("close a file", self.path):
            self._close()

    def _close(self) -> None:
        file, self._file = self._file, None
        if file is not None:
            os.close(file)


def append(path: Path, at: int, data: bytes) -> None:
    """Cut the file to `at` bytes and write `data` behind them; the file is made if it is missing.

    Naming the place makes an append that failed half-way harmless: the next one overwrites its remains.
    """
    with machine("append to a file", path):
        file = os.open(path, os.O_WRONLY | os.O_CREAT | _PLAIN, 0o666)
        try:
            os.ftruncate(file, at)
            os.lseek(file, at, os.SEEK_SET)
            _write_all(file, data)
        finally:
            os.close(file)


def sync(path: Path) -> None:
    """Wait until the content of an existing file is on the disk."""
    with machine("write a file", path):
        file = os.open(path, os.O_RDWR | _PLAIN)
        try:
            os.fsync(file)
        finally:
            os.close(file)


def sync_folder(path: Path) -> None:
    """Wait until the names in a folder are on the disk. Windows has no such call and does without."""
    if os.name == "nt":
        return
    with machine("write a folder", path):
        folder = os.open(path, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def make_folder(path: Path) -> None:
    """Make one folder that does not exist; its parent does."""
    with machine("make a folder", path):
        os.mkdir(path)


def rename(old: Path, new: Path) -> None:
    """Give a file or folder a name that is free. An empty folder counts as free."""
    with machine("rename a file", new):
        if os.name == "nt" and new.is_dir():
            os.rmdir(new)
        os.rename(old, new)


def replace(old: Path, new: Path) -> None:
    """Put a file in the place of another, in one step."""
    with machine("replace a file", new):
        os.replace(old, new)


def remove(path: Path) -> None:
    """Remove one file."""
    with machine("remove a file", path):
        os.unlink(path)


def remove_empty(path: Path) -> None:
    """Remove a folder that must be empty."""
    with machine("remove a folder", path):
        os.rmdir(path)


def remove_tree(path: Path) -> None:
    """Remove a folder and all below it. Links are removed, never followed."""
    with machine("remove a folder", path):
        for name in os.listdir(path):
            child = path / name
            if stat.S_ISDIR(os.lstat(child).st_mode):
                remove_tree(child)
            else:
                os.unlink(child)
        os.rmdir(path)


def open_lock(path: Path) -> int:
    """Open the file that a lock is held on, made if it is missing; returns its descriptor."""
    with machine("open a lock", path):
        return os.open(path, os.O_RDWR | os.O_CREAT | _PLAIN, 0o666)


def write_lock(file: int, note: bytes, path: Path) -> None:
    """Put a note into an open lock file in place of what it holds."""
    with machine("write a lock", path):
        os.ftruncate(file, 0)
        os.lseek(file, 0, os.SEEK_SET)
        _write_all(file, note)


def names(folder: Path) -> list[str]:
    """Names in a folder, sorted.

    Raises:
        DamagedArtifact: it is missing, or something else than a folder, or a link to one.
    """
    with machine("list a folder", folder):
        try:
            mode = os.lstat(folder).st_mode
        except FileNotFoundError:
            raise damaged(folder, "this folder is missing") from None
        if not stat.S_ISDIR(mode):
            raise damaged(folder, "this is not a folder")
        return sorted(os.listdir(folder))


def size(path: Path) -> int:
    """Length of a file in bytes.

    Raises:
        DamagedArtifact: it is missing, or something else than a plain file.
    """
    with machine("read a file", path):
        try:
            found = os.lstat(path)
        except FileNotFoundError:
            raise damaged(path, "this file is missing") from None
        if not stat.S_ISREG(found.st_mode):
            raise damaged(path, "this is not a plain file")
        return found.st_size


def read(path: Path, start: int, length: int) -> bytes:
    """Read exactly `length` bytes from `start` on. Call `size` first: it refuses what is no plain file.

    Raises:
        DamagedArtifact: the file has fewer bytes.
        MachineError: they cannot be read, or there is no memory for them.
    """
    pieces: list[bytes] = []
    with machine("read a file", path):
        file = os.open(path, os.O_RDONLY | _PLAIN)
        try:
            os.lseek(file, start, os.SEEK_SET)
            while length:
                piece = os.read(file, min(length, _LARGEST_READ_BYTES))
                if not piece:
                    raise damaged(path, f"it ends {length} bytes early")
                pieces.append(piece)
                length -= len(piece)
        except MemoryError:
            raise OSError(errno.ENOMEM, os.strerror(errno.ENOMEM)) from None
        finally:
            os.close(file)
    return b"".join(pieces)


def _meant(path: Path) -> Path:
    """The name that a person knows a file or folder under while it still has, or sits under, one of `LITTER`."""
    matches = map(LITTER.fullmatch, path.parts)
    return Path(*(match["name"] if match else part for match, part in zip(matches, path.parts, strict=True)))


def _write_all(file: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(file, view) :]
