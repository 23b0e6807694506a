"""What a symbol looks like: a glyph to draw, a name to say, and text that can do nothing but be read.

Pictures and pages must tell a space from a tab from a no-break space, show a zero-width joiner that by nature has no
width, and never let a character of the text steer them (direction overrides, terminal controls). So a symbol is drawn
as a `Glyph` whose `kind` says how to style it. Bytes that spell one character in UTF-8 form a `Group`, so that the
character can be drawn once over all of them. Running text goes through `visible`, which replaces controls, format
characters and unassigned code points by their number in angle brackets.

What this module refuses: nothing. Every code point and every byte has a glyph.
Source of the categories: the Unicode Character Database that ships with Python (`unicodedata`).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from typing import Literal, NamedTuple

GlyphKind = Literal["plain", "blank", "break", "code", "mark", "byte"]

_SHOWN_BLANKS = {0x20: ("·", "space"), 0x09: ("→", "tab"), 0xA0: ("⍽", "no-break space")}
_BREAKS = {0x0A: ("↵", "line feed")}
_CONTROLS = (
    "NUL SOH STX ETX EOT ENQ ACK BEL BS HT LF VT FF CR SO SI DLE DC1 DC2 DC3 DC4 NAK SYN ETB CAN EM SUB ESC FS GS RS US"
)
_SHORT_CODES = {
    **dict(enumerate(_CONTROLS.split())),
    0x007F: "DEL",
    0x0085: "NEL",
    0x00AD: "SHY",
    0x200B: "ZWSP",
    0x200C: "ZWNJ",
    0x200D: "ZWJ",
    0x200E: "LRM",
    0x200F: "RLM",
    0x2028: "LS",
    0x2029: "PS",
    0x202A: "LRE",
    0x202B: "RLE",
    0x202C: "PDF",
    0x202D: "LRO",
    0x202E: "RLO",
    0x2060: "WJ",
    0x2066: "LRI",
    0x2067: "RLI",
    0x2068: "FSI",
    0x2069: "PDI",
    0xFEFF: "BOM",
}
# Letters and signs that fonts draw as nothing although their category does not say so: Hangul fillers, the empty
# braille pattern, Khmer inherent vowels, combining grapheme joiner, Mongolian and general variation selectors.
_LOOK_EMPTY = frozenset((0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x2800, 0x3164, 0xFFA0, 0x16FE4, 0x1D159)).union(
    range(0x180B, 0x1810), range(0xFE00, 0xFE10), range(0xE0100, 0xE01F0)
)
_NEVER_RAW = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
_CONTROL_PICTURES = 0x2400
_KEPT_IN_RUNNING_TEXT = "\n\t"


class Glyph(NamedTuple):
    """How one symbol is drawn.

    Args:
        text: what to draw; never a control, format or direction character.
        name: what to say about it, such as "U+0020 space" or "U+0436 CYRILLIC SMALL LETTER ZHE".
        kind: how to style it. "break" ends the line after the glyph; "blank", "code" and "byte" are drawn so that they
            cannot be taken for a plain character of the same shape.
    """

    text: str
    name: str
    kind: GlyphKind


class Group(NamedTuple):
    """Neighbouring symbols that are drawn as one glyph.

    Args:
        glyph: what is drawn.
        start: position of the first symbol.
        length: how many symbols; 2 to 4 for bytes that are one character in UTF-8, 1 for everything else.
    """

    glyph: Glyph
    start: int
    length: int


UNSEEN = Glyph("?", "any symbol outside the alphabet", "code")
"""Glyph of the id that an alphabet may reserve for what it has not seen."""


def groups(codes: Sequence[int], kind: str) -> list[Group]:
    """Cut symbols into what is drawn as one; each symbol belongs to exactly one group.

    Args:
        codes: code points ("characters") or byte values ("bytes"), [N]; -1 = the reserved symbol.
        kind: "characters" or "bytes".
    """
    found: list[Group] = []
    position = 0
    while position < len(codes):
        character = _spelled(codes, position) if kind == "bytes" else ""
        sign = character_glyph(ord(character)) if character else symbol_glyph(codes[position], kind)
        found.append(Group(sign, position, len(character.encode("utf-8")) or 1))
        position += found[-1].length
    return found


def symbol_glyph(code: int, kind: str) -> Glyph:
    """Glyph of one symbol: a code point ("characters"), a byte ("bytes"), or -1 for the reserved symbol."""
    if code < 0:
        return UNSEEN
    return byte_glyph(code) if kind == "bytes" else character_glyph(code)


def character_glyph(code: int) -> Glyph:
    """Glyph of a Unicode code point, 0 to 0x10FFFF.

    >>> character_glyph(0x20)
    Glyph(text='·', name='U+0020 space', kind='blank')
    """
    number = f"U+{code:04X}"
    if code in _BREAKS:
        return Glyph(_BREAKS[code][0], f"{number} {_BREAKS[code][1]}", "break")
    if code in _SHOWN_BLANKS:
        return Glyph(_SHOWN_BLANKS[code][0], f"{number} {_SHOWN_BLANKS[code][1]}", "blank")
    character = chr(code)
    category = unicodedata.category(character)
    name = f"{number} {unicodedata.name(character, _nameless(code, category))}"
    if category in _NEVER_RAW or category == "Zs" or code in _LOOK_EMPTY:
        return Glyph(_SHORT_CODES.get(code, number), name, "code")
    if category in ("Mn", "Me", "Mc"):
        return Glyph("\N{DOTTED CIRCLE}" + character, name, "mark")
    return Glyph(character, name, "plain")


def byte_glyph(value: int) -> Glyph:
    """Glyph of one byte, 0 to 255: ASCII as characters, the others as two hexadecimal digits."""
    if value < 0x80:
        glyph = character_glyph(value)
        return glyph._replace(name=f"byte 0x{value:02X} {glyph.name.split(' ', 1)[1]}")
    return Glyph(f"{value:02X}", f"byte 0x{value:02X}", "byte")


def visible(text: str) -> str:
    r"""Replace what cannot be seen, or could steer the page, by its number; newline and tab stay.

    >>> visible("a\u202eb\x1b[0m\n")
    'a⟨U+202E⟩b⟨U+001B⟩[0m\n'
    """
    return _SUSPECT.sub(_as_number, text)


def _spelled(codes: Sequence[int], position: int) -> str:
    """The character that two to four bytes from a position on spell in UTF-8; "" where they spell none."""
    for length, lowest, highest in ((2, 0xC2, 0xDF), (3, 0xE0, 0xEF), (4, 0xF0, 0xF4)):
        if lowest <= codes[position] <= highest:
            try:
                return bytes(codes[position : position + length]).decode("utf-8")
            except ValueError:  # no UTF-8, cut short, or a reserved symbol among them
                return ""
    return ""


def _nameless(code: int, category: str) -> str:
    """What to call a code point that Unicode gives no name: controls after the signs that picture them."""
    if category == "Cc":
        pictured = _CONTROL_PICTURES + code if code < 0x20 else 0x2421
        return "control" if code > 0x7F else unicodedata.name(chr(pictured)).removeprefix("SYMBOL FOR ").lower()
    return {"Co": "private use", "Cs": "surrogate", "Cn": "unassigned"}.get(category, "unnamed")


def _as_number(match: re.Match[str]) -> str:
    character = match.group()
    if character in _KEPT_IN_RUNNING_TEXT or unicodedata.category(character) not in _NEVER_RAW:
        return character
    return f"⟨U+{ord(character):04X}⟩"


# Anything but printable ASCII and newline is worth a look; the category decides.
_SUSPECT = re.compile(r"[^\n\x20-\x7e]")
