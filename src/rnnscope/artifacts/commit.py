"""The one way in which a folder of results comes to be: whole, or not at all.

All files are written under a name nobody looks for, `.NAME.tmp-PID-xxxxxxxx`, each is on the disk before the manifest
that lists it, and a rename makes the whole visible in one step. A kill at any instant leaves the old state or the new
one, and at most some litter, which `sweep` removes later. `verify` and `read` are the way back.
"""

from __future__ import annotations

import hashlib
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from rnnscope.artifacts import files, sealed
from rnnscope.artifacts.lock import NAME as LOCK
from rnnscope.artifacts.lock import exclusive
from rnnscope.artifacts.manifest import MANIFEST as MANIFEST
from rnnscope.artifacts.manifest import PLAIN_NAME
from rnnscope.artifacts.manifest import Manifest as Manifest
from rnnscope.artifacts.manifest import read as read
from rnnscope.artifacts.manifest import read_piece as read_piece
from rnnscope.artifacts.manifest import verify as verify
from rnnscope.errors import InputError, Locked, MachineError, RnnscopeError


class Stream:
    """A file of a draft that is written piece by piece; each piece can be read and verified alone."""

    def __init__(self, path: Path) -> None:
        self._file = files.NewFile(path)
        self.pieces: list[tuple[int, str]] = []

    def write(self, piece: bytes) -> None:
        """Write one piece."""
        self._file.write(piece)
        self.pieces.append((len(piece), hashlib.sha256(piece).hexdigest()))

    def finish(self) -> None:
        """Put it on the disk."""
        self._file.finish()

    def abandon(self) -> None:
        """Close it without any promise."""
        self._file.abandon()


class Draft:
    """A folder in the making. Put what is known about it into `facts`."""

    def __init__(self, folder: Path, kind: str, made_from: dict[str, str]) -> None:
        self.folder = folder
        self.facts: dict[str, Any] = {}
        self.sha256 = ""
        """The manifest's seal, once sealed."""
        self._kind, self._made_from = kind, made_from
        self._files: dict[str, list[tuple[int, str]]] = {}
        self._streams: list[Stream] = []

    def write(self, name: str, data: bytes) -> None:
        """Write one file. After `seal` the manifest does not list it: it may change later."""
        stream = self.stream(name)
        stream.write(data)
        stream.finish()
        self._streams.remove(stream)

    def stream(self, name: str) -> Stream:
        """Start a file that is written piece by piece; it is finished with the draft."""
        assert PLAIN_NAME.fullmatch(name), name
        assert name != MANIFEST, name
        stream = Stream(self.folder / name)
        self._streams.append(stream)
        if not self.sha256:
            self._files[name] = stream.pieces
        return stream

    def seal(self) -> str:
        """Finish all streams, write the manifest of all files so far and return its seal."""
        while self._streams:
            self._streams[-1].finish()
            self._streams.pop()
        listing = {"about": self.facts, "files": self._files}
        data = sealed.dump(self._kind, self._made_from, listing)
        _write_new(self.folder / MANIFEST, data)
        self.sha256 = sealed.load(data, self._kind, self.folder).sha256
        return self.sha256

    def abandon(self) -> None:
        """Close what is open; for a draft that will not be committed."""
        for stream in self._streams:
            with suppress(RnnscopeError):
                stream.abandon()


@contextmanager
def commit(
    folder: Path, *, kind: str, made_from: dict[str, str] | None = None, overwrite: bool = False
) -> Iterator[Draft]:
    """Write a folder that becomes visible, whole, when the block ends, and of which nothing is left if it fails.

    Parents that are missing are made. With `overwrite`, an older folder of that name makes room in two renames; until
    both are done, `current` and `sweep` know the older one as the valid one.

    Args:
        folder: the folder to be.
        kind: what it holds; `verify` asks for the same word.
        made_from: hashes of what it was made from, by name.
        overwrite: replace an existing folder instead of refusing.

    Raises:
        InputError: the folder exists (without `overwrite`), or its name belongs to a file.
        MachineError: the machine refused a step.
    """
    folder = Path(os.path.abspath(folder))
    _refuse_occupied(folder, overwrite)
    parents = _make_parents(folder.parent)
    draft = Draft(_beside(folder, "tmp"), kind, made_from or {})
    try:
        files.make_folder(draft.folder)
        yield draft
        if not draft.sha256:
            draft.seal()
        files.sync_folder(draft.folder)
        _publish(draft.folder, folder, overwrite)
    except BaseException:
        draft.abandon()
        with suppress(RnnscopeError):
            files.remove_tree(draft.folder)
        for parent in reversed(parents):
            with suppress(RnnscopeError):
                files.remove_empty(parent)
        raise


def commit_file(path: Path, data: bytes) -> None:
    """Write one file whole, or not at all, in the place of an older one."""
    draft = _beside(path, "tmp")
    try:
        _write_new(draft, data)
        files.replace(draft, path)
    except BaseException:
        with suppress(RnnscopeError):
            files.remove(draft)
        raise
    files.sync_folder(path.parent)


def discard(folder: Path) -> None:
    """Remove a committed folder: out of sight in one step, then off the disk."""
    unseen = _beside(folder, "del")  # never the target of a rename back, unlike a folder set aside
    files.rename(folder, unseen)
    files.remove_tree(unseen)


def current(folder: Path) -> Path:
    """Where the valid version of a folder is: in its place, or aside if a kill hit the middle of a replacement."""
    if not os.path.lexists(folder) and os.path.isdir(folder.parent):
        for name in files.names(folder.parent):
            match = files.LITTER.fullmatch(name)
            if match and match["mark"] == "old" and match["name"] == folder.name:
                return folder.with_name(name)
    return folder


def sweep(parent: Path, only: str = "") -> None:
    """Clear what killed writers left in a folder. The caller holds the lock that guards it.

    Removes our own `.NAME.tmp-*` and `.NAME.del-*`, puts a `.NAME.old-*` back if nothing took its place, and touches
    nothing else. Litter that holds a lock of its own (a run being made) is left to its owner.

    Args:
        parent: the folder to clear, not those below it.
        only: clear the litter of this name alone.
    """
    for name in files.names(parent):
        match = files.LITTER.fullmatch(name)
        path = parent / name
        if not match or (only and match["name"] != only) or os.path.islink(path) or _owned(path):
            continue
        if match["mark"] == "old" and not os.path.lexists(parent / match["name"]):
            files.rename(path, parent / match["name"])
        elif os.path.isdir(path):
            files.remove_tree(path)
        else:
            files.remove(path)


def _publish(draft: Path, folder: Path, overwrite: bool) -> None:
    aside = _beside(folder, "old") if overwrite and os.path.lexists(folder) else None
    if aside:
        files.rename(folder, aside)
    try:
        files.rename(draft, folder)
    except BaseException as error:
        if aside:
            files.rename(aside, folder)
        if isinstance(error, MachineError):
            _refuse_occupied(folder, overwrite)  # another process was faster
        raise
    files.sync_folder(folder.parent)
    if aside:
        discard(aside)


def _refuse_occupied(folder: Path, overwrite: bool) -> None:
    if not os.path.lexists(folder):
        return
    plain = os.path.isdir(folder) and not os.path.islink(folder)
    if plain and os.path.samefile(folder, os.curdir):
        why, todo = "this is the folder you are in", "Name a folder that does not exist yet."
    elif plain and (overwrite or not files.names(folder)):
        return
    else:
        why = "a folder that is not empty has this name" if plain else "a file or a link has this name"
        todo = "Choose another name, or remove what is there."
    raise InputError(tried="make a folder", given=str(folder), why=why, todo=todo)


def _make_parents(folder: Path) -> list[Path]:
    missing = [path for path in (folder, *folder.parents) if not os.path.lexists(path)]
    made: list[Path] = []
    try:
        for path in reversed(missing):
            files.make_folder(path)
            made.append(path)
            files.sync_folder(path.parent)
    except BaseException:
        for path in reversed(made):
            with suppress(RnnscopeError):
                files.remove_empty(path)
        raise
    return made


def _beside(path: Path, mark: str) -> Path:
    return path.with_name(f".{path.name}.{mark}-{os.getpid()}-{secrets.token_hex(4)}")


def _owned(path: Path) -> bool:
    if not os.path.lexists(path / LOCK):
        return False
    try:
        with exclusive(path):
            return False
    except Locked:
        return True


def _write_new(path: Path, data: bytes) -> None:
    file = files.NewFile(path)
    try:
        file.write(data)
        file.finish()
    except BaseException:
        with suppress(RnnscopeError):
            file.abandon()
        raise
