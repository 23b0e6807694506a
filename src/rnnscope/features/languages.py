"""Which files a text consists of, and which language each is written in.

File names decide where they say something. Else the lines do, and only C and Python are told from prose: C by its
preprocessor lines and by lines that end in ; { or }, Python by lines that open a block. What is neither is prose.
"""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rnnscope.corpus import builtin
from rnnscope.corpus.text import FileSpan, Text
from rnnscope.features.feature import Language

ENDINGS: dict[str, Language] = {".c": "c", ".h": "c", ".py": "python", ".pyi": "python"}

# Enough to judge by, from the beginning and from the middle of a text.
_LOOKED_AT = 200_000
_C_LINE = re.compile(rb"(?m)[;{}][ \t]*\r?$")
_C_DIRECTIVE = re.compile(rb"(?m)^[ \t]*#[ \t]*(?:include|define|ifdef|ifndef|if|endif)\b")
_PYTHON_LINE = re.compile(
    rb"(?m)^[ \t]*(?:(?:def|class|if|elif|for|while|with|except)\b.*|else|try|finally):[ \t]*(?:#.*)?\r?$"
)
_LINE = re.compile(rb"(?m)^.*\S.*$")


def files(text: Text) -> list[FileSpan]:
    """The files of a text: its own, else those that licence lines of kernel source begin, else one."""
    if text.files:
        return list(text.files)
    starts = builtin.source_files(utf8(text, 0, len(text)))
    if len(starts) < 2:
        return [FileSpan(text.name, 0, len(text))]
    offsets = np.array([start for _, start in starts], np.int64)
    if text.kind == "characters":
        offsets = symbol_at_byte(text.codes_N, offsets)
    stops = [*offsets[1:].tolist(), len(text)]
    return [FileSpan(name, low, high) for (name, _), low, high in zip(starts, offsets.tolist(), stops, strict=True)]


def detect(text: Text, spans: list[FileSpan]) -> list[Language]:
    """Tell the language of each file."""
    named = [ENDINGS.get(PurePosixPath(file.name).suffix.lower()) for file in spans]
    if any(named):
        return [language or "prose" for language in named]
    half = len(text) // 2
    pieces = [(0, min(half, _LOOKED_AT)), (half, min(len(text), half + _LOOKED_AT))]
    return [judge(b"\n".join(utf8(text, start, stop) for start, stop in pieces))] * len(spans)


def judge(data: bytes) -> Language:
    """Tell a language from lines."""
    lines = len(_LINE.findall(data))
    c_lines, directives = len(_C_LINE.findall(data)), len(_C_DIRECTIVE.findall(data))
    if directives and c_lines >= 0.25 * lines:
        return "c"
    return "python" if len(_PYTHON_LINE.findall(data)) >= max(2, 0.05 * lines) else "prose"


def symbol_at_byte(codes_N: NDArray[np.unsignedinteger[Any]], offsets: NDArray[np.int64]) -> NDArray[np.int64]:
    """Turn offsets into the UTF-8 of characters into positions of characters."""
    if int(codes_N.max()) < 0x80:
        return offsets
    sizes_N = 1 + (codes_N >= 0x80).astype(np.int64) + (codes_N >= 0x800) + (codes_N >= 0x10000)
    return np.searchsorted(np.cumsum(sizes_N), offsets, side="right")


def utf8(text: Text, start: int, stop: int) -> bytes:
    """Symbols [start, stop) as bytes: as they are, or the UTF-8 of characters."""
    codes_N = text.codes_N[start:stop]
    if text.kind == "bytes" or int(codes_N.max(initial=0)) < 0x80:
        return codes_N.astype(np.uint8).tobytes()
    return codes_N.astype("<u4").tobytes().decode("utf-32-le").encode("utf-8")
