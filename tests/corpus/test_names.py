"""Names of symbols in tables."""

from __future__ import annotations

import unicodedata

import pytest

from rnnscope.corpus.names import name


@pytest.mark.law
def test_names_are_visible_and_distinct() -> None:
    """Over all of Unicode no name is blank, none holds a control, format or combining character, and none repeats."""
    points = [*range(0xD800), *range(0xE000, 0x110000)]
    found = [name(code, "characters") for code in points]
    assert len(set(found)) == len(found)
    assert all(text and text.isprintable() and not text.isspace() for text in found)
    assert not any(unicodedata.category(text).startswith("M") for text in found if len(text) == 1)


@pytest.mark.law
def test_byte_names_are_plain_and_distinct() -> None:
    """All 256 bytes have different names in printable ASCII."""
    found = [name(code, "bytes") for code in range(256)]
    assert len(set(found)) == 256
    assert all(text.isascii() and text.isprintable() for text in found)


@pytest.mark.golden
@pytest.mark.parametrize(
    ("code", "expected"),
    [
        *[(0x20, "space"), (0x0A, "\\n"), (0x0D, "\\r"), (0x09, "\\t"), (0, "U+0000"), (0xA0, "U+00A0")],
        *[(0x200B, "U+200B"), (0x202E, "U+202E"), (0x301, "U+0301"), (0xFEFF, "U+FEFF"), (0x3164, "U+3164")],
        *[(0x416, "Ж"), (0xE9, "é"), (0x1F600, "\U0001f600"), (0x2800, "U+2800"), (0x10FFFF, "U+10FFFF")],
        (0x1D159, "U+1D159"),
    ],
)
def test_names_of_known_characters(code: int, expected: str) -> None:
    """Blanks, marks and format characters get a code, letters and pictures stand for themselves."""
    assert name(code, "characters") == expected
