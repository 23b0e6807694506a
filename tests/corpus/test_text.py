"""The text object."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest

from rnnscope.corpus.text import display, from_string
from rnnscope.errors import InputError


@pytest.mark.golden
def test_string_becomes_code_points() -> None:
    """A string's characters, its hash and its length in bytes are kept."""
    text = from_string("aЖ\U0001f600\r\n")
    assert text.codes_N.tolist() == [0x61, 0x416, 0x1F600, 13, 10]
    assert (len(text), text.byte_count, text.kind, text.encoding) == (5, 9, "characters", "utf-8")
    assert text.sha256 == hashlib.sha256("aЖ\U0001f600\r\n".encode()).hexdigest()
    assert text.slice(1, 3) == "Ж\U0001f600"


@pytest.mark.golden
def test_string_as_bytes() -> None:
    """As bytes a string is its UTF-8, shown readable where whole characters are cut out."""
    text = from_string("aЖ", kind="bytes")
    assert text.codes_N.tolist() == [0x61, 0xD0, 0x96]
    assert text.slice(0, 3) == "aЖ"
    assert text.slice(0, 2) == "a\\xd0"


@pytest.mark.golden
@pytest.mark.parametrize("kind", ["characters", "bytes"])
def test_codes_cannot_be_changed(kind: str) -> None:
    """What was read stays what was read."""
    text = from_string("abc", kind=kind)
    with pytest.raises(ValueError, match="read-only"):
        text.codes_N[0] = 1


@pytest.mark.golden
@pytest.mark.parametrize(("string", "why"), [("", "at least one symbol"), ("ab\udc80", r"character 2 .*U\+DC80")])
def test_strings_that_are_no_text(string: str, why: str) -> None:
    """An empty string and a lone surrogate are refused in words."""
    with pytest.raises(InputError, match=why):
        from_string(string)


@pytest.mark.golden
def test_display_of_undecodable_bytes() -> None:
    """Bytes that are no UTF-8 are shown as escapes, never as characters they do not stand for."""
    assert display(np.array([0xFF, 0x41, 0xE9], np.uint32), "bytes") == "\\xffA\\xe9"
