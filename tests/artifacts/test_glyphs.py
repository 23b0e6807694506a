from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnnscope.artifacts.glyphs import BOX, glyphs


@pytest.mark.golden
@pytest.mark.parametrize(
    ("code", "text"),
    [
        (ord("a"), "a"),
        (ord("<"), "<"),
        (0x20, "·"),
        (0x09, "→"),
        (0x0A, "↵"),
        (0x0D, "␍"),
        (0x00, "␀"),
        (0x1B, "␛"),
        (0x7F, "␡"),
        (0x301, "◌\u0301"),
        (0xA0, "⍽"),
        (0x2028, BOX),
        (0x3000, BOX),
        (0x200B, BOX),
        (0x202E, BOX),
        (0xD800, BOX),
        (0x3164, BOX),
        (-1, BOX),
    ],
)
def test_every_symbol_has_a_visible_sign(code: int, text: str) -> None:
    """Blanks, controls, marks, format characters and the reserved symbol are drawn as signs that can be seen."""
    (glyph,) = glyphs([code], "characters")
    assert glyph.text == text


@pytest.mark.law
@given(st.lists(st.integers(-1, 0x10FFFF), max_size=30))
def test_nothing_invisible_is_ever_drawn(codes: list[int]) -> None:
    """No drawn sign is a control, a format character, a surrogate, a blank or unassigned."""
    for glyph in glyphs(codes, "characters"):
        assert glyph.text
        assert glyph.name
        for character in glyph.text:
            assert unicodedata.category(character)[0] not in "CZ"


@pytest.mark.law
@given(st.lists(st.integers(0, 255), max_size=40))
def test_glyphs_of_bytes_cover_each_byte_once(values: list[int]) -> None:
    """Whatever the bytes are, glyphs stand one after another without gap or overlap."""
    covered = [at for glyph in glyphs(values, "bytes") for at in range(glyph.start, glyph.start + glyph.count)]
    assert covered == list(range(len(values)))


@pytest.mark.law
@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=30))
def test_bytes_of_a_text_are_grouped_into_its_characters(text: str) -> None:
    """The UTF-8 bytes of a text show the same signs as its characters, each over all of its bytes."""
    grouped = glyphs(list(text.encode("utf-8")), "bytes")
    plain = glyphs([ord(character) for character in text], "characters")
    assert [glyph.text for glyph in grouped] == [glyph.text for glyph in plain]
    assert [glyph.count for glyph in grouped] == [len(character.encode("utf-8")) for character in text]


@pytest.mark.golden
def test_stray_bytes_stay_alone_and_are_named() -> None:
    """A byte that is no UTF-8 is one box with its value, and does not swallow its neighbours."""
    found = glyphs([0xFF, 0x61, 0xD0, 0x62], "bytes")
    assert [(glyph.text, glyph.name) for glyph in found] == [
        (BOX, "byte 0xFF"),
        ("a", "U+0061 LATIN SMALL LETTER A"),
        (BOX, "byte 0xD0"),
        ("b", "U+0062 LATIN SMALL LETTER B"),
    ]


@pytest.mark.golden
def test_wide_characters_take_two_columns() -> None:
    """East Asian wide characters and emoji have room for their shape; a line ends after a line feed only."""
    found = glyphs([ord(character) for character in "a漢\r\n"], "characters")
    assert [glyph.columns for glyph in found] == [1, 2, 1, 1]
    assert [glyph.ends_line for glyph in found] == [False, False, False, True]
