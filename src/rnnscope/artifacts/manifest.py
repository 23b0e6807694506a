"""What a committed folder says of itself, and the way to read from it.

`manifest.json` is a sealed document that lists every file as pieces of known length and SHA-256. Length and hash are
checked before anything looks at the bytes; a file is never parsed first. No name in a manifest is trusted to be
anything but a plain file name in a fixed pattern, so nothing outside the folder can be read through it.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from typing import Any

from rnnscope.artifacts import files, sealed

MANIFEST = "manifest.json"
PLAIN_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}(\.[a-z0-9]{1,16})?", re.ASCII)
"""What files of a committed folder may be called."""

_HASH = re.compile(r"[0-9a-f]{64}", re.ASCII)


@dataclass(frozen=True)
class Piece:
    """A stretch of a file with its own hash. Most files are one piece."""

    start: int
    length: int
    sha256: str


@dataclass(frozen=True)
class Manifest:
    """What a committed folder says of itself, found whole."""

    kind: str
    made_from: dict[str, str]
    facts: dict[str, Any]
    files: dict[str, tuple[Piece, ...]]
    sha256: str
    """The manifest's seal: the identity of the folder."""


def verify(folder: Path, kind: str, *, exact: bool = True) -> Manifest:
    """Read a committed folder's manifest and check that its files are there, plain and of the right length.

    Args:
        folder: the folder.
        kind: what it must hold.
        exact: refuse files that the manifest does not list.

    Raises:
        DamagedArtifact: it is not what was committed; the message names the file.
    """
    present = files.names(folder)
    found = sealed.read(folder / MANIFEST, kind)
    listing = found.facts.get("files")
    about = found.facts.get("about")
    if not isinstance(listing, dict) or not isinstance(about, dict) or not all(map(PLAIN_NAME.fullmatch, listing)):
        raise files.damaged(folder / MANIFEST, "its list of files is malformed")
    manifest = Manifest(kind, found.made_from, about, _pieces(listing, folder), found.sha256)
    for name, pieces in manifest.files.items():
        length = sum(piece.length for piece in pieces)
        if files.size(folder / name) != length:
            raise files.damaged(folder / name, f"it does not have the {length} bytes that were written")
    for name in present:
        if exact and name != MANIFEST and name not in manifest.files:
            raise files.damaged(folder / name, "it does not belong to this folder", "Move it elsewhere.")
    return manifest


def read(folder: Path, manifest: Manifest, name: str) -> bytes:
    """Read a listed file whole, verified."""
    return b"".join(read_piece(folder, manifest, name, index) for index in range(len(listed(folder, manifest, name))))


def read_piece(folder: Path, manifest: Manifest, name: str, index: int) -> bytes:
    """Read one piece of a listed file, verified; nothing else of the file is touched."""
    piece = listed(folder, manifest, name)[index]
    data = files.read(folder / name, piece.start, piece.length)
    if hashlib.sha256(data).hexdigest() != piece.sha256:
        raise files.damaged(folder / name, "its content does not match its SHA-256")
    return data


def listed(folder: Path, manifest: Manifest, name: str) -> tuple[Piece, ...]:
    """The pieces of a file that the manifest must list."""
    if name not in manifest.files:
        raise files.damaged(folder / MANIFEST, f"it lists no file {name!r}")
    return manifest.files[name]


def _pieces(listing: dict[str, Any], folder: Path) -> dict[str, tuple[Piece, ...]]:
    try:
        table = {name: [(int(length), str(sha256)) for length, sha256 in rows] for name, rows in listing.items()}
    except (TypeError, ValueError):
        raise files.damaged(folder / MANIFEST, "its list of files is malformed") from None
    if not all(length >= 0 and _HASH.fullmatch(sha256) for rows in table.values() for length, sha256 in rows):
        raise files.damaged(folder / MANIFEST, "its list of files is malformed")
    return {
        name: tuple(
            Piece(end - length, length, sha256)
            for (length, sha256), end in zip(rows, accumulate(length for length, _ in rows), strict=True)
        )
        for name, rows in table.items()
    }
