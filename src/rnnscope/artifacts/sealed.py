"""JSON that covers every one of its own bits.

A sealed document is one line of canonical JSON with five keys: `format` (1), `kind`, `made_from` (name -> hash),
`facts`, and `sha256` of the canonical form of the other four. Reading writes the document again and demands the same
bytes, so spaces, doubled keys, infinities or numbers written in another way are refused together with flipped bits.

A seal proves that a file is whole, not who made it.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rnnscope.artifacts import files

FORMAT = 1
"""Version of this form; a file with another one is refused."""
LIMIT_BYTES = 64 << 20
"""No sealed document is longer."""

_KEYS = {"facts", "format", "kind", "made_from", "sha256"}


@dataclass(frozen=True)
class Sealed:
    """A sealed document that was found whole."""

    kind: str
    made_from: dict[str, str]
    """Hashes of what it was made from, by name."""
    facts: dict[str, Any]
    sha256: str
    """The seal: the identity of the document."""


def canonical(value: Any) -> bytes:
    """The one way in which a JSON value is written: ASCII, sorted keys, no spaces, shortest exact numbers.

    >>> canonical({"b": 0.1, "a": ["é", None]})
    b'{"a":["\\\\u00e9",null],"b":0.1}'
    """
    text = json.dumps(value, sort_keys=True, ensure_ascii=True, allow_nan=False, separators=(",", ":"))
    return text.encode("ascii")


def dump(kind: str, made_from: dict[str, str], facts: dict[str, Any]) -> bytes:
    """Write a sealed document.

    Args:
        kind: what the document is about ("status", "checkpoint").
        made_from: hashes of what it was made from, by name.
        facts: anything JSON can hold; numbers finite.
    """
    body = {"facts": facts, "format": FORMAT, "kind": kind, "made_from": made_from}
    body = json.loads(canonical(body))  # keys that are not strings sort differently once they are
    data = canonical({**body, "sha256": _seal(body)}) + b"\n"
    assert len(data) <= LIMIT_BYTES, "facts this large belong into files"
    return data


def load(data: bytes, kind: str, where: Path) -> Sealed:
    """Read a sealed document from bytes.

    Args:
        data: all of the file.
        kind: what it must be about.
        where: the file, for messages.

    Raises:
        DamagedArtifact: any bit of it is not as written, or it is another kind or format.
    """
    try:
        document = json.loads(data)
    except (ValueError, RecursionError):
        raise files.damaged(where, "it is not JSON") from None
    if not isinstance(document, dict) or document.keys() != _KEYS:
        raise files.damaged(where, "it is not a sealed document")
    if document["format"] != FORMAT:
        todo = "Use the version of rnnscope that wrote it."
        raise files.damaged(where, f"its format is {document['format']!r:.40}, this version reads {FORMAT}", todo)
    try:
        whole = canonical(document) + b"\n" == data
    except (ValueError, RecursionError):
        whole = False
    seal = document.pop("sha256")
    if not whole or seal != _seal(document):
        raise files.damaged(where, "its content does not match its seal")
    if document["kind"] != kind:
        raise files.damaged(where, f"it is of the kind {document['kind']!r:.40}, not {kind!r}")
    made_from, facts = document["made_from"], document["facts"]
    if not isinstance(facts, dict) or not isinstance(made_from, dict):
        raise files.damaged(where, "its facts are not a table")
    if not all(isinstance(value, str) for value in made_from.values()):
        raise files.damaged(where, "its origins are not hashes")
    return Sealed(kind, made_from, facts, seal)


def read(path: Path, kind: str) -> Sealed:
    """Read a sealed document from a file; see `load`."""
    length = files.size(path)
    if length > LIMIT_BYTES:
        raise files.damaged(path, f"it has {length} bytes, more than any such file")
    return load(files.read(path, 0, length), kind, path)


def _seal(body: dict[str, Any]) -> str:
    return hashlib.sha256(canonical(body)).hexdigest()
