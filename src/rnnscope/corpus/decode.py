"""Bytes to code points, strictly: every byte is accounted for or the text is refused at a named offset."""

from __future__ import annotations

import codecs
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rnnscope.corpus import encodings
from rnnscope.corpus.text import Kind
from rnnscope.errors import InputError

_BLOCK = 1 << 20

# Text encodings by Python's book, but notations for programs and host names: they do not describe files of text.
_NOTATIONS = frozenset({"unicode_escape", "raw_unicode_escape", "idna", "punycode", "undefined", "mbcs", "oem"})


def check_encoding(encoding: str) -> str:
    """Give the canonical name of an encoding.

    Raises:
        InputError: there is no such text encoding.
    """
    try:
        found = codecs.lookup(encoding).name
        b"a".decode(encoding)
    except UnicodeDecodeError:
        pass  # One byte is no UTF-16; what matters is that the name stands for a text encoding.
    except (LookupError, ValueError):
        found = ""
    if not found or found.replace("-", "_") in _NOTATIONS:
        raise InputError(
            tried="read the text",
            given=f"--encoding {encoding!r}",
            why="there is no such text encoding",
            todo="Use a name such as utf-8, utf-16, cp1251, koi8-r or latin-1, or --symbols bytes.",
        )
    return found


def codes(data: bytes, kind: Kind, encoding: str, where: str) -> NDArray[np.unsignedinteger[Any]]:
    """Turn bytes into symbols.

    Args:
        data: the bytes of one file.
        kind: characters or bytes; bytes are taken as they are.
        encoding: how to decode characters, as `check_encoding` gave it.
        where: the file, for the message.

    Returns:
        Code points (uint32) or byte values (uint8), [N], read-only.

    Raises:
        InputError: the bytes are not valid in this encoding; names the offset and likely encodings.
    """
    if kind == "bytes":
        return np.frombuffer(data, np.uint8)
    decoder = codecs.getincrementaldecoder(encoding)("strict")
    wide = bytearray()
    try:
        # Block by block: a single character outside the basic plane would otherwise cost 4 bytes for every other one.
        for start in range(0, len(data), _BLOCK):
            wide += decoder.decode(data[start : start + _BLOCK], start + _BLOCK >= len(data)).encode("utf-32-le")
    except UnicodeError as error:
        raise _undecodable(data, encoding, where, error) from None
    found = np.frombuffer(wide, "<u4").astype(np.uint32, copy=False)
    found.flags.writeable = False
    return found


def odd_looking(data: bytes, encoding: str) -> str:
    """Give a warning about bytes that decode but were hardly meant so, or ""."""
    guess = encodings.wide(data)
    if guess and not encoding.startswith(("utf-16", "utf-32")):
        return f"Every second byte is 0, as in UTF-16; if it is that, read it with --encoding {guess}."
    return ""


def _undecodable(data: bytes, encoding: str, where: str, block_error: UnicodeError) -> InputError:
    # The decoder's error counts from its own block; decoding once more in one go gives the offset in the file.
    try:
        data.decode(encoding)
        offset, reason = 0, str(block_error)
    except UnicodeDecodeError as error:
        offset, reason = error.start, error.reason
    except UnicodeError as error:
        offset, reason = 0, str(error)
    guesses = [name for name in encodings.candidates(data, offset) if name != encoding]
    if encoding == "utf-8" and offset >= len(data) - 3 and reason == "unexpected end of data":
        advice = "The last character is cut off: complete the file, or read it with --symbols bytes."
    elif encodings.looks_binary(data) and not encodings.wide(data):
        advice = f"It looks like a binary file: read it with --symbols bytes. (Encodings to try: {', '.join(guesses)}.)"
    else:
        advice = (
            f"Try --encoding {guesses[0]} (likely, best first: {', '.join(guesses)}), or --symbols bytes, which reads "
            "any file."
        )
    return InputError(
        tried="read the text",
        given=where,
        why=f"byte {offset} (0x{data[offset]:02X}) is not valid {encoding}: {reason}",
        todo=advice,
    )
