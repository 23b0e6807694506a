"""A log that grows by rows of JSON and is only ever read up to a point that something committed vouches for.

Rows are appended as they come; `prefix` puts them on the disk and says how many bytes there are and what their SHA-256
is. A checkpoint keeps that pin. What stands behind the last pin may be half a row after a kill: it is never read as
sound, and cut off before the log goes on.
"""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from typing import Any

from rnnscope.artifacts import files, sealed

Pin = dict[str, Any]
"""`bytes` and `sha256` of the beginning of a log."""

NOTHING: Pin = {"bytes": 0, "sha256": hashlib.sha256().hexdigest()}


class Log:
    """The writing end of one log. Its owner holds the folder's lock."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._length = 0
        self._hash = hashlib.sha256()
        self._placed = not os.path.lexists(path)

    def append(self, rows: list[dict[str, Any]]) -> None:
        """Add rows behind what is there; numbers must be finite."""
        assert self._placed, "truncate a log that exists before going on with it"
        data = b"".join(sealed.canonical(row) + b"\n" for row in rows)
        if self._length and files.size(self.path) < self._length:
            raise files.damaged(self.path, "it was cut while it was being written")
        files.append(self.path, self._length, data)
        self._length += len(data)
        self._hash.update(data)

    def prefix(self) -> Pin:
        """Make sure that all rows are on the disk, and pin them."""
        assert self._placed, "truncate a log that exists before going on with it"
        if self._length:
            files.sync(self.path)
            files.sync_folder(self.path.parent)
        return {"bytes": self._length, "sha256": self._hash.hexdigest()}

    def truncate(self, pin: Pin) -> None:
        """Verify the pinned beginning and cut off what stands behind it."""
        data = _pinned(self.path, pin)
        if os.path.lexists(self.path):
            files.append(self.path, len(data), b"")
        self._length, self._hash, self._placed = len(data), hashlib.sha256(data), True


def read(path: Path, pin: Pin, *, whole: bool = False) -> list[dict[str, Any]]:
    """Read the pinned rows.

    Args:
        path: the log.
        pin: what a committed folder says of its beginning.
        whole: refuse a log with anything behind the pin.

    Raises:
        DamagedArtifact: the beginning is not what was pinned.
    """
    data = _pinned(path, pin)
    if whole and os.path.lexists(path) and files.size(path) != len(data):
        raise files.damaged(path, "it has bytes that its run does not vouch for")
    try:
        rows = [json.loads(line) for line in data.splitlines()]
        sound = all(isinstance(row, dict) for row in rows)
    except (ValueError, RecursionError):
        sound = False
    if not sound:
        raise files.damaged(path, "a row is not a JSON object")
    return rows


def _pinned(path: Path, pin: Pin) -> bytes:
    try:
        length, sha256 = int(pin["bytes"]), str(pin["sha256"])
    except (KeyError, TypeError, ValueError):
        raise files.damaged(path, "its pin is malformed") from None
    if length == 0 and not os.path.lexists(path):
        data = b""
    elif files.size(path) < length or length < 0:
        raise files.damaged(path, f"it is shorter than the {length} bytes that were saved")
    else:
        data = files.read(path, 0, length)
    if hashlib.sha256(data).hexdigest() != sha256:
        raise files.damaged(path, "its content does not match the SHA-256 that was saved")
    return data


def pin_of(facts: dict[str, Any], name: str, where: Path) -> Pin:
    """The pin of a log among the facts of something committed."""
    logs = facts.get("logs")
    if not isinstance(logs, dict) or not isinstance(logs.get(name), dict):
        raise files.damaged(where, f"it does not pin {name}")
    pin: Pin = logs[name]
    return pin
