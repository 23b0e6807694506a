"""Which encoding a text may be in that is not valid in the one given: a guess for the message, never applied by itself.

Each single-byte candidate decodes a sample, and the decoded letters are judged as handwriting would be: letters of one
script stand beside letters of the same script, capitals do not follow small letters inside a word, and controls and
box-drawing signs do not occur in words. cp1251 and koi8-r hold small and capital Cyrillic letters the other way round,
and Western text in either shows single Cyrillic letters inside Latin words.
"""

from __future__ import annotations

import codecs

_SAMPLE = 1 << 16
_SINGLE_BYTE = ("cp1251", "koi8-r", "latin-1", "cp1252")
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def candidates(data: bytes, offset: int = 0) -> list[str]:
    """List encodings in which the bytes make sense, most plausible first; never empty.

    Args:
        data: the whole text as bytes.
        offset: where decoding failed; the sample is taken around it.
    """
    found = [utf16] if (utf16 := wide(data)) else []
    if not found and _is_utf8(data):
        return ["utf-8"]  # text in another encoding is hardly ever valid UTF-8 by chance
    start = max(0, offset - _SAMPLE // 4)
    sample = data[start : start + _SAMPLE]
    scores = {name: _plausibility(sample, name) for name in _SINGLE_BYTE}
    ranked = sorted((name for name in scores if scores[name] is not None), key=lambda name: -(scores[name] or 0.0))
    # cp1252 differs from latin-1 only where latin-1 has control characters.
    if scores["cp1252"] is not None and scores["cp1252"] <= (scores["latin-1"] or 0.0):
        ranked.remove("cp1252")
    return found + ranked + ([] if found else ["utf-16"])


def wide(data: bytes) -> str | None:
    """Recognise UTF-16 and UTF-32 by their byte-order mark, or UTF-16 by zeros in every second byte."""
    for mark, name in _MARKS:
        if data.startswith(mark):
            return name
    sample = data[:_SAMPLE]
    half = len(sample) // 2
    if half < 2:
        return None
    even, odd = sample[0::2].count(0), sample[1::2].count(0)
    if odd > 0.4 * half and even < 0.05 * half:
        return "utf-16-le"
    if even > 0.4 * half and odd < 0.05 * half:
        return "utf-16-be"
    return None


def looks_binary(data: bytes) -> bool:
    """Tell whether more than one byte in ten of the beginning is a control that no text uses."""
    sample = data[:_SAMPLE]
    controls = sum(sample.count(byte) for byte in range(32) if byte not in b"\t\n\r\f\x1b")
    return controls > len(sample) / 10


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _plausibility(sample: bytes, encoding: str) -> float | None:
    """Score a decoding in [-1, 1]: the mean verdict over its non-ASCII characters; None if it does not decode."""
    try:
        string = sample.decode(encoding)
    except UnicodeDecodeError:
        return None
    verdicts = [
        _verdict(before, character, after)
        for before, character, after in zip(" " + string, string, string[1:] + " ", strict=False)
        if character > "\x7f"
    ]
    return sum(verdicts) / len(verdicts) if verdicts else 0.0


def _verdict(before: str, character: str, after: str) -> int:
    if not character.isalpha():
        return -1 if character < "\xa0" or (before.isalpha() and after.isalpha()) else 0
    cyrillic = character >= "\u0400"
    for neighbour in (before, after):
        if neighbour.isalpha() and (neighbour >= "\u0400") != cyrillic:
            return -1
    if before.isalpha() and character.isupper():
        return -1 if before.islower() else 0
    return 1
