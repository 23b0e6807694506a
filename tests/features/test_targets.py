"""Where the next symbol shows what a network believes."""

from __future__ import annotations

from typing import get_args

import numpy as np
import pytest

from rnnscope.corpus.text import FileSpan, Kind, Text, from_string
from rnnscope.features import FEATURES, LANGUAGES, Source, targets
from rnnscope.features.feature import Target
from rnnscope.features.targets import target

PLACES = {name: place for name, place in vars(targets).items() if name.isupper() and isinstance(place, tuple)}

MARKED = {
    "AFTER_SENTENCE_SIGN": ("Oh, no! (a) b?", "..x...x......."),
    "BEFORE_WHITE_SPACE": ("a, bc\r\nd. e", ".x..x...x.."),
    "AFTER_INK": ("a (b) c\n d", "x..xx.x..."),
    "AFTER_NAME": ("f(a_1) + b]c", "x.xxxx...xx."),
    "WHILE_LINE_IS_BLANK": ("a\n \tb\n\r\nc", ".xxx.xxx."),
    "AFTER_LINE": ("a\n\r\nb\n c", ".x.x.x.."),
    "AFTER_INKED_LINE": ("a\r\n\r\nb\n\nc", "..x...x.."),
    "AFTER_CODE_SIGN": ("f(a) { b;\n}\nc", "...x.x..x.x.."),
    "AFTER_STAR": ("/* a */ b", ".x...x..."),
    "AFTER_LETTER": ("aé1 b,", "xx..x."),
    "IN_INDENTATION": ("  a\n b c", "xx.xx..."),
}


@pytest.mark.golden
@pytest.mark.parametrize("name", MARKED)
def test_places(name: str) -> None:
    """Each place of a target is where it was marked by hand, never at the end of a file."""
    string, marks = MARKED[name]
    found_N = target("x", PLACES[name]).positions(Source(from_string(string), "prose"))
    assert "".join("x" if found else "." for found in found_N) == marks.replace(" ", ".")


@pytest.mark.law
def test_every_place_is_marked() -> None:
    """No place goes without a marked text."""
    assert set(MARKED) == set(PLACES)


def every_target() -> list[tuple[str, Target]]:
    return [(name, aim) for name, feature in FEATURES.items() for aim in feature.targets.values()]


@pytest.mark.law
@pytest.mark.parametrize("kind", get_args(Kind))
def test_targets_have_a_next_symbol(kind: Kind) -> None:
    """No target stands at the end of a file or within a character."""
    string = 'Он сказал: «Да». "Yes, (a [b] {\n c; /* d */ }\n\n'
    text = from_string(string, kind=kind)
    half = len(string[:20]) if kind == "characters" else len(string[:20].encode())
    files = (FileSpan("a", 0, half), FileSpan("b", half, len(text)))
    source = Source(Text("t", "t", kind, "", text.codes_N, "", len(text), files), "prose")
    ends = np.cumsum([1 if kind == "characters" else len(c.encode()) for c in string]) - 1
    for _, aim in every_target():
        found = np.flatnonzero(aim.positions(source))
        assert not {half - 1, len(text) - 1} & set(found.tolist())
        assert set(found.tolist()) <= set(ends.tolist())


@pytest.mark.golden
def test_targets_are_complete() -> None:
    """Every target has symbols, a sign and its place in words; most features that claim memory have one."""
    for _, aim in every_target():
        assert aim.symbols
        assert aim.sign in (1, -1)
        assert len(aim.words) > 5
    claiming = [feature for feature in FEATURES.values() if feature.memory]
    assert sum(bool(feature.targets) for feature in claiming) > 0.6 * len(claiming)
    assert all(set(feature.targets) <= {"", *LANGUAGES} for feature in FEATURES.values())


@pytest.mark.golden
def test_targets_in_bytes() -> None:
    """A target that is no single byte is no target in bytes, and a language has its own before the common one."""
    guillemets = FEATURES["guillemets"].target("prose")
    assert guillemets is not None
    assert (guillemets.codes("characters"), guillemets.codes("bytes")) == ((0xBB,), ())
    double = FEATURES["double-quotes"].target("prose")
    assert double is not None
    assert double.codes("bytes") == (0x22,)
    string, preprocessor = FEATURES["string"], FEATURES["preprocessor"]
    assert string.target("python") is string.targets["python"] is not string.targets["c"]
    assert preprocessor.target("c") is string.target("prose") is None
    assert FEATURES["expression-depth"].target("c") is FEATURES["expression-depth"].target("python")
