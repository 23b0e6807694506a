"""A text that has been read: symbols as numbers, where they came from, and where its files begin and end.

Nothing is normalised: newlines, byte-order marks and every other symbol stand exactly as in the source.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from rnnscope.errors import InputError

Kind = Literal["characters", "bytes"]


@dataclass(frozen=True)
class FileSpan:
    """One file inside a text: its name and its symbols [start, stop)."""

    name: str
    start: int
    stop: int


@dataclass(frozen=True, eq=False)
class Text:
    """N symbols and their origin.

    Args:
        name: short name for titles.
        source: what reads the same text again: an absolute path, a built-in name, or `-`.
        kind: whether a symbol is a Unicode code point or a byte.
        encoding: how the bytes were decoded; "" for bytes.
        codes_N: code points (uint32) or byte values (uint8), [N], read-only.
        sha256: of the bytes that were read, in hexadecimal; for a folder, of all files one after another.
        byte_count: bytes that were read.
        files: spans that cover the whole text in order; empty where boundaries are unknown.
        notes: sentences about what was skipped or looks odd, to be shown to the user.
        raw: the bytes read, kept only where the source cannot be read again (standard input).
    """

    name: str
    source: str
    kind: Kind
    encoding: str
    codes_N: NDArray[np.unsignedinteger[Any]]
    sha256: str
    byte_count: int
    files: tuple[FileSpan, ...] = ()
    notes: tuple[str, ...] = ()
    raw: bytes | None = None

    def __len__(self) -> int:
        return len(self.codes_N)

    def slice(self, start: int, stop: int) -> str:
        """Show symbols [start, stop) as a string; bytes that are not UTF-8 appear as \\x escapes."""
        return display(self.codes_N[start:stop], self.kind)


def display(codes: NDArray[np.unsignedinteger[Any]], kind: Kind) -> str:
    """Write codes as a string to look at.

    Args:
        codes: code points or byte values, [N].
        kind: what the codes are.

    Returns:
        For characters exactly the text; for bytes their UTF-8 reading, with \\x escapes where there is none.
    """
    if kind == "bytes":
        return codes.astype(np.uint8).tobytes().decode("utf-8", "backslashreplace")
    return codes.astype("<u4").tobytes().decode("utf-32-le")


def from_string(string: str, *, kind: Kind = "characters", name: str = "text") -> Text:
    """Make a text of a Python string.

    Args:
        string: any string without lone surrogates; as bytes it is taken in UTF-8.
        kind: what one symbol is.
        name: short name for titles.

    Raises:
        InputError: the string is empty or holds a lone surrogate, which no encoding can write.
    """
    try:
        data = string.encode("utf-8")
    except UnicodeEncodeError as error:
        raise InputError(
            tried="read the text",
            given=f"a string of {len(string):,} characters",
            why=f"character {error.start} is the lone surrogate U+{ord(string[error.start]):04X}",
            todo="Decode the text with errors='strict', or pass it as a file with --symbols bytes.",
        ) from None
    if not data:
        raise InputError(
            tried="read the text",
            given="an empty string",
            why="a text has at least one symbol",
            todo="Pass some text.",
        )
    codes: NDArray[np.unsignedinteger[Any]]
    if kind == "bytes":
        codes = np.frombuffer(data, np.uint8)
    else:
        codes = np.frombuffer(string.encode("utf-32-le"), "<u4").astype(np.uint32)
        codes.flags.writeable = False
    return Text(
        name=name,
        source=name,
        kind=kind,
        encoding="" if kind == "bytes" else "utf-8",
        codes_N=codes,
        sha256=hashlib.sha256(data).hexdigest(),
        byte_count=len(data),
    )
