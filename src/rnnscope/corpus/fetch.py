"""The cache of downloaded texts, and the one place of corpus that opens a connection.

A file is kept under its plain name when its SHA-256 is the known one, else under its own hash, so that a changed
public file is never taken for the known text.
"""

from __future__ import annotations

import hashlib
import http.client
import os
import sys
import urllib.request
from pathlib import Path

from rnnscope.corpus import disk
from rnnscope.errors import DamagedArtifact, MachineError
from rnnscope.units import bytes_text

# Four times the longest known text: enough for any revision of it, and a bound on what a server can send.
LARGEST_BYTES = 32 * 1024 * 1024
_TIMEOUT_SECONDS = 30.0


def cache_folder() -> Path:
    """Give the folder for downloaded texts: rnnscope in the user's cache folder of this system."""
    if sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Caches"
    else:
        base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return base / "rnnscope"


def cached(name: str) -> tuple[Path, tuple[str, ...]] | None:
    """Find a text in the cache: the known one first, else one kept under its own hash.

    Returns:
        Its path and notes for the user; None if there is none.

    Raises:
        DamagedArtifact: a file kept under its hash no longer has that hash.
    """
    folder = cache_folder()
    if (path := folder / f"{name}.txt").is_file():
        return path, ()
    for path in sorted(folder.glob(f"{name}-*.txt")):
        found = hashlib.sha256(disk.read_file(path)).hexdigest()
        if path.stem != f"{name}-{found[:16]}":
            raise DamagedArtifact(
                tried=f"read the built-in text {name}",
                given=str(path),
                why=f"its SHA-256 begins with {found[:16]}, not with what its name says",
                todo="Delete it and use --download again.",
            )
        return path, (_other(name, found, path),)
    return None


def download(name: str, url: str, sha256: str) -> tuple[Path, tuple[str, ...]]:
    """Fetch a text from its public address into the cache.

    Args:
        name: built-in name.
        url: https address.
        sha256: of the known file.

    Returns:
        Where it was put, and notes for the user.

    Raises:
        MachineError: the address cannot be reached, sends too much, or the cache cannot be written.
    """
    try:
        with urllib.request.urlopen(url, timeout=_TIMEOUT_SECONDS) as answer:
            data: bytes = answer.read(LARGEST_BYTES + 1)
    except (OSError, http.client.HTTPException) as error:
        raise _failed(url, f"the download failed: {error}") from None
    if not 0 < len(data) <= LARGEST_BYTES:
        raise _failed(url, f"it sent {'nothing' if not data else f'more than {bytes_text(LARGEST_BYTES)}'}")
    found = hashlib.sha256(data).hexdigest()
    path = cache_folder() / (f"{name}.txt" if found == sha256 else f"{name}-{found[:16]}.txt")
    keep(path, data)
    return path, () if found == sha256 else (_other(name, found, path),)


def keep(path: Path, data: bytes) -> None:
    """Write a file whole or not at all: under another name first, then renamed.

    Raises:
        MachineError: the disk is full or may not be written.
    """
    draft = path.with_name(f".{path.name}.tmp-{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with open(draft, "xb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            os.replace(draft, path)
        finally:
            draft.unlink(missing_ok=True)
    except OSError as error:
        raise MachineError(
            tried="keep a text",
            given=repr(str(path)),
            why=error.strerror or str(error),
            todo="Make space or choose a folder that you may write to.",
        ) from None


def _other(name: str, found: str, path: Path) -> str:
    return f"{path} is not the known text {name}: its SHA-256 is {found}; numbers of the paper do not apply to it."


def _failed(url: str, why: str) -> MachineError:
    return MachineError(
        tried="download a text",
        given=url,
        why=why,
        todo="Try again later, or put the file into a folder and name the folder in RNNSCOPE_DATA.",
    )
