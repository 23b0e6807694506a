"""Measuring window by window is measuring the whole text."""

from __future__ import annotations

from typing import get_args

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from rnnscope.corpus.text import Kind, Text
from rnnscope.features import FEATURES, Source
from rnnscope.features import windows as module
from rnnscope.features.windows import windows

from .test_laws import PROGRAMS, SCANNED, joined

SIGNS = "ab Zé\u0301Ж.,!\"'“”„«»([{<>}])\\*/:@—-09€\t\u2028"
lines = st.text(st.sampled_from(SIGNS), max_size=8)
breaks = st.sampled_from(
    ["\n", "\n\n", "\n\n\n", "\r\n", "\r\n\r\n", "\r\n\r\n\r\n", "\r", "\n\r\n\n", "\n \n\n", "\n\n\n\n"]
)
proses = st.lists(st.tuples(lines, breaks), min_size=1, max_size=12).map(lambda pairs: "".join(map("".join, pairs)))
files = st.lists(proses, min_size=1, max_size=4)


def assert_same(text: Text, language: str | None, symbols: int) -> int:
    """Every feature and every target of the windows is that of the whole; returns how many windows there are."""
    source = Source(text, language)  # type: ignore[arg-type]  # a literal, or none
    found = list(windows(source, symbols))
    assert [window.start for window in found] == [0, *(window.stop for window in found[:-1])]
    assert found[-1].stop == len(text)
    for feature in SCANNED if language == "prose" else FEATURES.values():
        whole = feature.measure(source)
        cut = [(feature.measure(window.source), window.inside) for window in found]
        for name in ("values_N", "valid_N"):
            joined_N = np.concatenate([getattr(measured, name)[inside] for measured, inside in cut])
            np.testing.assert_array_equal(joined_N, getattr(whole, name), err_msg=feature.name)
        for target in feature.targets.values():
            parts = [target.positions(window.source)[window.inside] for window in found]
            np.testing.assert_array_equal(np.concatenate(parts), target.positions(source), err_msg=feature.name)
    return len(found)


@pytest.mark.law
@given(files, st.integers(1, 30))
@example(["(a\n\n\n{b\n\n\nc}\n\n\n  d\n\n\n\n\ne"], 1)
@example(["a.\n\n\n \n\n\n«b\n\n\nc»\r\n\r\n\r\nd"], 1)
@example(["x" * 40 + "\n\ny", "z"], 5)
@example(["\n\n0\n0\n"], 1)
@settings(max_examples=150)
def test_windows_of_prose_are_the_whole(pieces: list[str], symbols: int) -> None:
    """Whatever is open, indented, quoted or repeated at a cut, values, masks and targets are those of the whole."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "LOOKED_AT", 2)  # so that what is around a cut is looked for again and again
        for kind in get_args(Kind):
            assert_same(joined(pieces, kind), "prose", symbols)


@pytest.mark.law
@pytest.mark.parametrize("kind", get_args(Kind))
def test_files_of_all_languages_are_measured_in_turn(kind: Kind) -> None:
    """Files of code and prose by turns: none of code is cut, and everything is as in the whole."""
    prose = "One (two\n\n\nthree. Four “five\n\n\n— Sechs.\n"
    text = joined([prose, PROGRAMS["c"], PROGRAMS["python"], prose, prose, PROGRAMS["c"]], kind)
    text = Text(text.name, "", kind, "", text.codes_N, "", 0, tuple(
        type(file)(name, file.start, file.stop)
        for file, name in zip(text.files, ("a.txt", "b.c", "c.py", "d.txt", "e.txt", "f.c"), strict=True)
    ))  # fmt: skip
    assert assert_same(text, None, 20) == 9
    assert assert_same(text, None, len(prose) * 2 + 5) >= 4
    assert assert_same(text, None, len(text)) == 1


@pytest.mark.law
def test_windows_are_small_where_paragraphs_are() -> None:
    """Windows of a long text of paragraphs hold about as many symbols as asked for; without paragraphs there is one."""
    text = joined(["Some words (and more\nwords.\n\n" * 400])
    sizes = [len(window.source.text) for window in windows(Source(text, "prose"), 1_000)]
    assert len(sizes) >= len(text) // 1_100
    assert max(sizes) < 1_000 + module.LOOKED_AT
    assert np.median(sizes) < 1_100
    assert len(list(windows(Source(joined(["{ " + "word\n\n" * 400]), "prose"), 100))) == 1
    assert len(list(windows(Source(joined(["word\n" * 400]), "prose"), 100))) == 1
