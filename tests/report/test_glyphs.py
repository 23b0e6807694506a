"""Every symbol is visible, and none can steer the page."""

from __future__ import annotations

import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnnscope.report.glyphs import byte_glyph, character_glyph, visible

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
