"""Reading from the disk without surprises: ordinary files only, never blocking, and whole or not at all.

Refuses FIFOs, devices and sockets before opening them, files that change while they are read, and files that cannot
fit in memory. What the user named wrongly is an `InputError`; what the machine forbids is a `MachineError`.
"""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

from rnnscope.errors import InputError, MachineError, RnnscopeError
from rnnscope.units import bytes_text

# Peak use while reading: the bytes, and four bytes for each symbol with some slack for growing.
MEMORY_PER_BYTE = 6

_SPECIAL = (
    (
        stat.S_ISFIFO,
        "it is a FIFO, which would block and cannot be read twice",
        "Feed it in: rnnscope COMMAND - < FIFO",
    ),
    (stat.S_ISCHR, "it is a device, not a file", "Copy what it gives to a file first"),
    (stat.S_ISBLK, "it is a device, not a file", "Copy what it gives to a file first"),
    (stat.S_ISSOCK, "it is a socket, not a file", "Copy what it gives to a file first"),
)


def status(path: Path) -> os.stat_result:
    """Look at what a path leads to, following links.

    Raises:
        InputError: nothing is there, links lead in a circle, or the name is impossible.
        MachineError: the machine does not let us look.
    """
    try:
        return path.stat()
    except (OSError, ValueError) as error:
        raise explain(error, path) from None


def read_file(path: Path) -> bytes:
    """Read an ordinary file whole.

    Raises:
        InputError: it is no ordinary file, or it changed while it was read.
        MachineError: no permission, a read error, or more bytes than fit in memory.
    """
    refuse_special(path, status(path))
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOCTTY", 0) | getattr(os, "O_BINARY", 0)
    try:
        with open(os.open(path, flags), "rb", buffering=0) as file:
            before = os.fstat(file.fileno())
            # Again on the open file: the path may have been given another meaning since.
            refuse_special(path, before)
            _refuse_huge(path, before.st_size)
            data = _read_up_to(file.fileno(), before.st_size + 1)
            after = os.fstat(file.fileno())
    except OSError as error:
        if isinstance(error, RnnscopeError):
            raise
        raise explain(error, path) from None
    if len(data) != before.st_size or (after.st_size, after.st_mtime_ns) != (before.st_size, before.st_mtime_ns):
        raise InputError(
            tried="read the text",
            given=repr(str(path)),
            why=f"its length was {before.st_size:,} bytes when opened and changed while it was read",
            todo="Wait until it is complete, or copy it to another file, and try again.",
        )
    return data


def refuse_special(path: Path, found: os.stat_result) -> None:
    """Raise `InputError` for a FIFO, device or socket."""
    for matches, why, todo in _SPECIAL:
        if matches(found.st_mode):
            raise _wrong_path(repr(str(path)), why, f"{todo}.")


def walk(folder: Path, prune: frozenset[str] = frozenset()) -> tuple[list[Path], dict[str, int]]:
    """List the ordinary, visible files below a folder.

    Links to folders are not followed, so a circle of links is no danger.

    Args:
        folder: where to begin.
        prune: names of folders to pass over without counting them.

    Returns:
        Files in sorted order of their paths relative to the folder, written with `/`; and for each reason for
        leaving something out ("hidden", "not ordinary files or broken links", "links to folders"), how many.

    Raises:
        MachineError: a folder may not be listed.
    """
    found: list[tuple[str, Path]] = []
    skipped = {"hidden": 0, "links to folders": 0, "not ordinary files or broken links": 0}
    waiting = [folder]
    while waiting:
        here = waiting.pop()
        try:
            entries = list(os.scandir(here))
        except OSError as error:
            raise explain(error, here) from None
        for entry in entries:
            path = here / entry.name
            if entry.name.startswith("."):
                skipped["hidden"] += 1
            elif entry.is_dir(follow_symlinks=False):
                if entry.name not in prune:
                    waiting.append(path)
            elif _is_kind(path, stat.S_ISDIR):
                skipped["links to folders"] += 1
            elif _is_kind(path, stat.S_ISREG):
                found.append((path.relative_to(folder).as_posix(), path))
            else:
                skipped["not ordinary files or broken links"] += 1
    return [path for _, path in sorted(found)], {why: number for why, number in skipped.items() if number}


def explain(error: OSError | ValueError, path: Path) -> RnnscopeError:
    """Turn what the system said about a path into a message of four parts."""
    shown = repr(str(path))
    if isinstance(error, ValueError):
        return _wrong_path(shown, "a path cannot hold a zero character", "Check the name.")
    if error.errno in (errno.ENOENT, errno.ENOTDIR):
        return _wrong_path(
            shown, "there is no such file or folder", "Check the path; built-in texts are listed in rnnscope corpus -h."
        )
    if error.errno == errno.ELOOP:
        return _wrong_path(shown, "its links lead in a circle", "Give the file that they were meant to reach.")
    if error.errno == errno.ENAMETOOLONG:
        return _wrong_path(shown[:80] + "...", "the name is too long for this system", "Check the path.")
    if error.errno in (errno.EACCES, errno.EPERM):
        return MachineError(
            tried="read the text",
            given=shown,
            why="permission denied",
            todo="Change its permissions (chmod +r), or run as a user who may read it.",
        )
    return MachineError(
        tried="read the text",
        given=shown,
        why=error.strerror or str(error),
        todo="Check the disk or the connection to it, and try again.",
    )


def _wrong_path(shown: str, why: str, todo: str) -> InputError:
    return InputError(tried="read the text", given=shown, why=why, todo=todo)


def _refuse_huge(path: Path, size: int) -> None:
    have = memory_bytes()
    if have and size * MEMORY_PER_BYTE > have:
        raise MachineError(
            tried="read the text",
            given=f"{path!s:.200}: {bytes_text(size)}",
            why=f"reading takes up to {bytes_text(size * MEMORY_PER_BYTE)} and this machine has {bytes_text(have)}",
            todo="Use a part of the text, or a machine with more memory.",
        )


def memory_bytes() -> int:
    """Give the machine's memory in bytes, 0 where it cannot be known."""
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):
        return 0


def _read_up_to(descriptor: int, limit: int) -> bytes:
    # One piece for almost any file: joining several takes their memory twice.
    pieces, left = [], limit
    while left and (piece := os.read(descriptor, min(left, 1 << 30))):
        pieces.append(piece)
        left -= len(piece)
    return b"".join(pieces)


def _is_kind(path: Path, matches: object) -> bool:
    try:
        mode = path.stat().st_mode
    except OSError:
        return False
    assert callable(matches)
    return bool(matches(mode))
