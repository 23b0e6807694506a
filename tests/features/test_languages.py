"""Which files there are, and what they are written in."""

from __future__ import annotations

from typing import get_args

import pytest

from rnnscope.corpus.text import FileSpan, Kind, Text, from_string
from rnnscope.features import Source
from rnnscope.features.languages import judge

C = b"#include <a.h>\n\nint f(void)\n{\n\treturn 1;\n}\n"
PYTHON = b"import a\n\ndef f(b):\n    if b:\n        return 1\n"
PROSE = b"He went home; if she came,\nnobody said: well.\nfor (all) we {know}\n"


@pytest.mark.golden
@pytest.mark.parametrize(
    ("data", "language"),
    [
        (C, "c"),
        (C.replace(b"\n", b"\r\n"), "c"),
        (PYTHON, "python"),
        (PYTHON.replace(b"\n", b"\r\n"), "python"),
        (PROSE, "prose"),
        (b"class A {\n  int f() {\n    return 1;\n  }\n}\n", "prose"),
        (b"\n", "prose"),
        (b"# include nothing\n# define nothing\n# if nothing\na\nb\nc\nd\ne\nf;\n", "prose"),
    ],
)
def test_languages_by_lines(data: bytes, language: str) -> None:
    """C and Python are told by their lines, and everything else is prose, other languages included."""
    assert judge(data) == language


@pytest.mark.golden
def test_languages_by_names() -> None:
    """File names decide where any has an ending that is known, and files of others are prose."""
    text = from_string(PROSE.decode() * 3)
    third = len(text) // 3
    files = tuple(FileSpan(name, k * third, (k + 1) * third) for k, name in enumerate(["a.h", "b.PY", "c.md"]))
    source = Source(Text("t", "t", "characters", "utf-8", text.codes_N, "", len(text), files))
    assert source.language_of_file == ["c", "python", "prose"]
    assert dict(source.languages) == {"c": third, "python": third, "prose": third}
    assert Source(from_string(PROSE.decode(), name="x.c")).language == "c"


@pytest.mark.golden
@pytest.mark.parametrize("kind", get_args(Kind))
def test_files_of_kernel_source(kind: Kind) -> None:
    """A text without known files is cut at licence lines, in characters and in bytes."""
    first, second = "// SPDX-License-Identifier: GPL-2.0\n// Жa\n", "/* SPDX-License-Identifier: MIT */\nint a;\n"
    source = Source(from_string(first + second, kind=kind))
    cut = len(first) if kind == "characters" else len(first.encode())
    assert source.spans == [(0, cut), (cut, len(source.text))]


@pytest.mark.golden
def test_one_file() -> None:
    """A text without known files or licence lines is one file."""
    assert Source(from_string("abc")).spans == [(0, 3)]
