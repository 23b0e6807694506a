"""What a symbol looks like in a picture: every symbol visible, one box each, nothing that could act as markup or XML.

Spaces, tabs, line ends and control characters get signs of their own; a combining mark stands on a dotted circle; what
has no shape (format characters, surrogates, unassigned code points) is an empty box, whose name the hover text gives.
Bytes that spell one UTF-8 character are grouped, so that the character can be drawn once over all its boxes.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

BOX = "\u25af"
# Letters and signs that draw nothing although their category does not say so: fillers, the empty braille pattern.
_LOOK_EMPTY = frozenset({0x115F, 0x1160, 0x2800, 0x3164, 0xFFA0})
_SIGNS = {0x20: "\u00b7", 0x09: "\u2192", 0x0A: "\u21b5", 0x0D: "\u240d", 0x7F: "\u2421", 0xA0: "\u237d"}


@dataclass(frozen=True)
class Glyph:
    """One drawn sign and the symbols it covers.

    Args:
        text: what is drawn; never a control character, never empty.
        name: what the symbols are, for hover texts ("U+0041 LATIN CAPITAL LETTER A").
        start: position of the first symbol.
        count: how many symbols it covers; above 1 only for bytes of one character.
        columns: boxes of the grid per symbol, 2 for East Asian wide characters.
        special: drawn in place of something invisible.
        ends_line: whether the line ends after it.
    """

    text: str
    name: str
    start: int
    count: int
    columns: int
    special: bool
    ends_line: bool


def glyphs(codes: Sequence[int], kind: str) -> list[Glyph]:
    """Turn symbols into signs.

    Args:
        codes: code points ("characters") or byte values ("bytes"), [N]; -1 = a reserved, unknown symbol.
        kind: "characters" or "bytes".
    """
    if kind == "characters":
        return [_character(code, position, 1) for position, code in enumerate(codes)]
    signs: list[Glyph] = []
    position = 0
    while position < len(codes):
        length = _utf8_length(codes, position)
        if length:
            code = ord(bytes(codes[position : position + length]).decode("utf-8"))
            signs.append(_character(code, position, length))
        else:
            name = f"byte 0x{codes[position]:02X}" if codes[position] >= 0 else "unknown byte"
            signs.append(Glyph(BOX, name, position, 1, 1, special=True, ends_line=False))
        position += max(1, length)
    return signs


def _character(code: int, position: int, count: int) -> Glyph:
    if code < 0:
        return Glyph(BOX, "unknown symbol", position, count, 1, special=True, ends_line=False)
    character = chr(code)
    name = f"U+{code:04X} {unicodedata.name(character, '')}".rstrip()
    category = unicodedata.category(character)
    special = True
    if code in _SIGNS:
        text = _SIGNS[code]
    elif code < 0x20:
        text = chr(0x2400 + code)
    elif category.startswith("M"):
        text, special = "\u25cc" + character, False
    elif category.startswith(("C", "Z")) or code in _LOOK_EMPTY:
        text = BOX
    else:
        text, special = character, False
    wide = not special and count == 1 and unicodedata.east_asian_width(character) in "WF"
    return Glyph(text, name, position, count, 2 if wide else 1, special, ends_line=code == 0x0A)


def _utf8_length(codes: Sequence[int], position: int) -> int:
    """Bytes of the UTF-8 character that starts at a position; 0 where none does."""
    if codes[position] < 0:
        return 0
    for length in (1, 2, 3, 4):
        piece = codes[position : position + length]
        if len(piece) < length or min(piece) < 0:
            return 0
        try:
            bytes(piece).decode("utf-8")
        except UnicodeDecodeError:
            continue
        return length
    return 0
