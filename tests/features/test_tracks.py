"""Features of a text as arrays."""

from __future__ import annotations

from typing import get_args

import numpy as np
import pytest

from rnnscope.corpus import builtin, planted
from rnnscope.corpus.text import FileSpan, Kind, Text, from_string
from rnnscope.errors import InputError
from rnnscope.features import FEATURES, Feature, Measured, Source, from_regex, measure, tracks, windows

PROSE = 'He said "yes (or\nno)" to 12 of them.\n\n'


@pytest.mark.golden
def test_what_applies_and_what_does_not() -> None:
    """Every registered feature is either a track or inapplicable with its reason, and both are counted."""
    found = tracks(from_string(PROSE))
    assert found.searched == len(FEATURES) == len(found) + len(found.inapplicable)
    assert dict(found.languages) == {"prose": len(PROSE)}
    assert found.inapplicable["comment"] == "the text is prose, and it is about C and Python"
    assert found.inapplicable["guillemets"] == "never so in this text"
    assert found.inapplicable["square-depth"] == "it is 0 everywhere in this text"
    assert {"double-quotes", "about-to-wrap", "sentence-position"} <= set(found.tracks)
    assert [track.name for track in found] == [name for name in FEATURES if name in found.tracks]


@pytest.mark.golden
def test_there_are_many_features() -> None:
    """More than 50 features are registered under names in kebab case, with definitions and ranges in words."""
    assert len(FEATURES) > 50
    for name, feature in FEATURES.items():
        assert name == feature.name == name.lower().replace("_", "-").replace(" ", "-")
        assert len(feature.words) > 8
        assert feature.range == "0, 1" if feature.kind == "binary" else feature.unit in feature.range


@pytest.mark.law
def test_types_and_memory() -> None:
    """Binary tracks are bool and a bit a symbol, graded ones float32 and a byte; masks are shared and read-only."""
    text = from_string(PROSE * 800)
    found = tracks(text)
    binary = [track for track in found if track.feature.kind == "binary"]
    assert {track.values_N.dtype.name for track in binary} == {"bool"}
    assert {track.values_N.dtype.name for track in found if track not in binary} == {"float32"}
    assert {track.compact.stored.nbytes for track in binary} == {len(text) // 8}
    assert max(track.compact.stored.nbytes for track in found) == len(text)
    assert found["in-word"].valid_N is found["in-parentheses"].valid_N
    masks = {id(track.valid_N) for track in found}
    assert found.nbytes == sum(track.compact.nbytes for track in found) + len(text) * len(masks)
    with pytest.raises(ValueError, match="read-only"):
        found["in-word"].valid_N[0] = False
    assert found.values_FN().shape == found.valid_FN().shape == (len(found), len(text))


@pytest.mark.law
@pytest.mark.parametrize("keep", [None, [(30, 200), (250, 700)], [(400, 700), (0, 90), (90, 91)]])
def test_windows_change_nothing(keep: list[tuple[int, int]] | None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Tracks, targets, what is excluded and what does not apply are those of one window, whatever is kept."""
    prose = b"He (said \xffyes\n\n\n  \xc2\xabno\xc2\xbb\n\n\nto 12 of them.\n\n\n" * 8
    code = b"/* a */ int f(int x)\n{\n\treturn x + $ 2;\n}\n#define A(x) x\n" * 6
    stops = [len(prose), len(prose) + len(code), len(prose) + len(code) + 40]
    files = tuple(
        FileSpan(name, start, stop)
        for name, start, stop in zip(("a.txt", "b.c", "c.txt"), [0, *stops[:2]], stops, strict=True)
    )
    codes_N = np.frombuffer(prose + code + prose[:40], np.uint8)
    text = Text("t", "t", "bytes", "", codes_N, "", len(codes_N), files)
    own = [from_regex("own=no.*\n\n+to"), from_regex("other=qqq")]
    whole = tracks(text, extra=own, keep=keep)
    monkeypatch.setattr(windows, "SYMBOLS", 50)
    assert len(list(windows.windows(Source(text), windows.SYMBOLS))) > 8
    found = tracks(text, extra=own, keep=keep)
    assert list(found.tracks) == list(whole.tracks)
    assert dict(found.inapplicable) == dict(whole.inapplicable)
    assert {"own", "comment", "double-quotes", "guillemets"} - set(found.tracks) == {"double-quotes"}
    assert any(len(track.excluded) > 1 for track in whole)
    for track, other in zip(found, whole, strict=True):
        np.testing.assert_array_equal(track.values_N, other.values_N)
        np.testing.assert_array_equal(track.valid_N, other.valid_N)
        assert dict(track.excluded) == dict(other.excluded)
        assert (track.aim is None) == (other.aim is None) == (track.feature.target("prose") is None)
        if track.aim is not None and other.aim is not None:
            np.testing.assert_array_equal(track.aim.values(), other.aim.values())


@pytest.mark.law
def test_features_are_measured_before_they_are_cut() -> None:
    """Stretches that are kept have the values they have in the whole text, joined in the order given."""
    text = from_string(PROSE)
    whole, kept = tracks(text), tracks(text, keep=[(20, 30), (5, 12)])
    assert set(whole.tracks) == set(kept.tracks)
    for track in kept:
        expected = np.concatenate([whole[track.name].values_N[20:30], whole[track.name].values_N[5:12]])
        assert track.values_N.tolist() == expected.tolist()
        assert len(track.valid_N) == 17
    assert kept["in-word"].valid_N is kept["in-parentheses"].valid_N


@pytest.mark.golden
def test_some_features() -> None:
    """Named features come in the order of the registry, and a single one can be measured alone."""
    found = tracks(from_string(PROSE), ["double-quotes", "line-position"])
    assert list(found.tracks) == ["line-position", "double-quotes"]
    alone, why = measure(found.source, FEATURES["double-quotes"])
    assert alone is not None
    assert alone.values_N.tolist() == found["double-quotes"].values_N.tolist()
    assert why == ""


@pytest.mark.golden
def test_names_that_are_none() -> None:
    """An unknown name is refused with the nearest ones, and so are an empty list and a name taken twice."""
    text = from_string(PROSE)
    with pytest.raises(InputError, match=r"'double-quote': .*Did you mean double-quotes"):
        tracks(text, ["double-quote"])
    with pytest.raises(InputError, match="nothing would be looked for"):
        tracks(text, [])
    with pytest.raises(InputError, match="'comment': there is a feature of this name already"):
        tracks(text, extra=[from_regex("comment=#")])


@pytest.mark.golden
def test_nothing_known() -> None:
    """A feature that is known nowhere is inapplicable and says what was excluded."""

    def nothing(source: Source) -> Measured:
        n = len(source.text)
        return Measured(np.zeros(n), np.zeros(n, np.bool_), {"unknown": n})

    found = tracks(from_string("abc"), ["x"], extra=[Feature("x", "user", "nothing", "graded", nothing)])
    assert dict(found.inapplicable) == {"x": "it is known nowhere (unknown 3)"}


@pytest.mark.oracle
def test_planted_columns() -> None:
    """The position in the line of a generated text is the one it was generated with."""
    text = planted.planted(3, 20_000)
    source = Source(from_string(text.text), "prose")
    assert FEATURES["line-position"].measure(source).values_N.tolist() == text.tracks["column"].tolist()


@pytest.mark.golden
@pytest.mark.parametrize("kind", get_args(Kind))
def test_the_standard_library_is_python(kind: Kind) -> None:
    """The built-in text of Python source has features of Python, its files are known, and errors are few."""
    text = builtin.load("stdlib", kind)
    stop = text.files[8].start
    part = type(text)(
        text.name, text.source, kind, text.encoding, text.codes_N[:stop], "", stop, text.files[:8], text.notes
    )
    found = tracks(part)
    assert list(found.languages) == ["python"]
    names = {"comment", "string", "docstring", "if-body", "block-depth", "decorator", "function-body", "double-quotes"}
    assert names <= set(found.tracks)
    assert np.mean(found["string"].valid_N) > 0.95
    assert found.inapplicable["preprocessor"] == "the text is Python, and it is about C"
    assert found.inapplicable["sentence-position"] == "the text is Python, and it is about prose"
