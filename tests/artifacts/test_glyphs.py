"""Every symbol is visible, and none can steer a picture or a page."""

from __future__ import annotations

import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnnscope.artifacts.glyphs import UNSEEN, byte_glyph, character_glyph, groups, visible

NEVER_RAW = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


@pytest.mark.law
def test_blanks_are_told_apart() -> None:
    """All of Unicode's blanks, controls and format characters look different from each other and from every letter."""
    shown: dict[tuple[str, str], int] = {}
    for code in range(0x30000):
        category = unicodedata.category(chr(code))
        if category in ("Zs", "Zl", "Zp", "Cc", "Cf") or chr(code).isspace():
            glyph = character_glyph(code)
            assert glyph.kind != "plain"
            assert shown.setdefault((glyph.text, glyph.kind), code) == code
    assert len(shown) > 100


@pytest.mark.law
def test_no_glyph_is_invisible() -> None:
    """No code point is drawn with a control, format, unassigned or blank character alone."""
    for code in range(0, sys.maxunicode + 1, 7):
        text = character_glyph(code).text
        assert text.strip()
        assert not NEVER_RAW & {unicodedata.category(symbol) for symbol in text}


@pytest.mark.law
def test_bytes_are_told_apart() -> None:
    """All 256 bytes look different and name their value."""
    glyphs = [byte_glyph(value) for value in range(256)]
    assert len({(glyph.text, glyph.kind) for glyph in glyphs}) == 256
    assert all(glyph.name.startswith(f"byte 0x{value:02X}") for value, glyph in enumerate(glyphs))


@pytest.mark.golden
@pytest.mark.parametrize(
    ("code", "text", "kind"),
    [
        (0x0A, "↵", "break"),
        (0x0D, "CR", "code"),
        (0x09, "→", "blank"),
        (0x2192, "→", "plain"),
        (0x00, "NUL", "code"),
        (0x7F, "DEL", "code"),
        (0x85, "NEL", "code"),
        (0x200D, "ZWJ", "code"),
        (0x202E, "RLO", "code"),
        (0x301, "\u25cc\u0301", "mark"),
        (0xFE0F, "U+FE0F", "code"),
        (0x3000, "U+3000", "code"),
        (0xD800, "U+D800", "code"),
        (0x416, "Ж", "plain"),
    ],
)
def test_known_glyphs(code: int, text: str, kind: str) -> None:
    """Symbols that people ask about are drawn as documented."""
    glyph = character_glyph(code)
    assert (glyph.text, glyph.kind) == (text, kind)
    assert glyph.name.startswith(f"U+{code:04X} ")


@pytest.mark.law
@given(st.lists(st.integers(-1, 255), max_size=40))
def test_groups_of_bytes_cover_each_byte_once(values: list[int]) -> None:
    """Whatever the bytes are, groups stand one after another without gap or overlap."""
    covered = [at for group in groups(values, "bytes") for at in range(group.start, group.start + group.length)]
    assert covered == list(range(len(values)))


@pytest.mark.law
@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=30))
def test_bytes_of_a_text_are_grouped_into_its_characters(text: str) -> None:
    """The UTF-8 bytes of a text show the same signs as its characters, each over all of its bytes."""
    grouped = groups(list(text.encode("utf-8")), "bytes")
    plain = groups([ord(character) for character in text], "characters")
    assert [(group.glyph.text, group.glyph.kind) for group in grouped] == [
        (group.glyph.text, group.glyph.kind) for group in plain
    ]
    assert [group.length for group in grouped] == [len(character.encode("utf-8")) for character in text]
    assert {group.length for group in plain} <= {1}


@pytest.mark.golden
def test_stray_bytes_stay_alone_and_are_named() -> None:
    """A byte that is no UTF-8 is drawn alone with its value, and does not swallow its neighbours."""
    found = groups([0xFF, 0x61, 0xD0, 0x62, 0xC0, 0x80, 0xED, 0xA0, 0x80, -1, 0xD0], "bytes")
    assert [group.glyph.text for group in found] == ["FF", "a", "D0", "b", "C0", "80", "ED", "A0", "80", "?", "D0"]
    assert [group.glyph.name for group in found[:2]] == ["byte 0xFF", "byte 0x61 LATIN SMALL LETTER A"]


@pytest.mark.golden
@pytest.mark.parametrize("kind", ["characters", "bytes"])
def test_the_reserved_symbol_is_no_question_mark(kind: str) -> None:
    """The symbol that an alphabet reserves looks like no symbol of the text."""
    reserved, mark = groups([-1, ord("?")], kind)
    assert reserved.glyph == UNSEEN
    assert reserved.glyph.kind != mark.glyph.kind


@pytest.mark.law
@given(st.text(alphabet=st.characters(codec=None, exclude_categories=())))
def test_visible_text_holds_nothing_hidden(text: str) -> None:
    """Made visible, a text holds no control, format or private character but newline and tab; twice is idle."""
    shown = visible(text)
    assert not {s for s in shown if unicodedata.category(s) in NEVER_RAW} - {"\n", "\t"}
    assert visible(shown) == shown


@pytest.mark.law
def test_visible_text_keeps_letters() -> None:
    """Letters, marks, blanks and punctuation of any script stay as they are."""
    text = "Ünïcödé Ж 中文 שלום हिन्दी e\u0301 \u00a0 \u3000 ≠ \N{GRINNING FACE}\n\t"
    assert visible(text) == text
