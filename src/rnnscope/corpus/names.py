"""Names of symbols for tables, axes and messages: always printable, never blank, different for different symbols."""

from __future__ import annotations

import unicodedata

from rnnscope.corpus.text import Kind

_SHORT = {0x09: "\\t", 0x0A: "\\n", 0x0D: "\\r", 0x20: "space"}

# Letters and signs by category that nevertheless draw nothing: Hangul fillers, blank Braille pattern, null notehead.
_BLANK = frozenset({0x115F, 0x1160, 0x2800, 0x3164, 0xFFA0, 0x1D159})


def name(code: int, kind: Kind) -> str:
    """Name one symbol.

    A visible character is its own name. Blanks, controls, format and bidirectional marks, combining marks and
    unassigned code points get `U+XXXX`, bytes outside printable ASCII `0xXX`.

    >>> name(0x61, "characters"), name(0x20, "characters"), name(0x301, "characters"), name(0xE9, "bytes")
    ('a', 'space', 'U+0301', '0xE9')
    """
    if code in _SHORT:
        return _SHORT[code]
    if kind == "bytes":
        return chr(code) if 0x20 < code < 0x7F else f"0x{code:02X}"
    character = chr(code)
    visible = character.isprintable() and not unicodedata.category(character).startswith("M") and code not in _BLANK
    return character if visible else f"U+{code:04X}"


def printable(string: str) -> str:
    """Write a string on one line with every character that is not visible, blanks excepted, as an escape.

    >>> printable("notes\\n.txt")
    'notes\\\\n.txt'
    """
    return "".join(
        character if character.isprintable() else character.encode("unicode_escape").decode("ascii")
        for character in string
    )
