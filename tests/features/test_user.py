"""Features of the user's own."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from rnnscope.corpus.text import from_string
from rnnscope.errors import InputError
from rnnscope.features import Source, from_python, from_regex, from_spans, matching

TEXT = "year 1812, année 1813\n"


def shown(values: object) -> str:
    return "".join("x" if value else "." for value in values)  # type: ignore[attr-defined]  # an array


@pytest.mark.golden
def test_regex() -> None:
    """A feature of an expression is true inside its matches, empty ones excepted."""
    feature = from_regex("year=[0-9]{4}|x*")
    assert (feature.name, feature.kind, feature.causal, feature.family) == ("year", "binary", False, "user")
    measured = feature.measure(Source(from_string(TEXT), "prose"))
    assert shown(measured.values_N) == ".....xxxx........xxxx."
    assert measured.valid_N.all()


@pytest.mark.golden
def test_regex_of_bytes() -> None:
    """In bytes a match is found in characters; = may stand in the expression, and bytes that spell none do no harm."""
    source = Source(from_string("é=1, e=2", kind="bytes"), "prose")
    assert shown(from_regex("a=\\w=\\d").measure(source).values_N) == ".xxx..xxx"


@pytest.mark.planted
def test_regex_that_takes_for_ever_is_stopped() -> None:
    """A pattern of exponential time ends with a message at its limit."""
    feature = from_regex("slow=(a+)+b", seconds=0.5)
    with pytest.raises(InputError, match=r"slow=\(a\+\)\+b: the search in 64 characters took longer than 0.5 s"):
        feature.measure(Source(from_string("a" * 64), "prose"))


@pytest.mark.golden
@pytest.mark.parametrize(
    ("given", "why"),
    [
        ("year", "not a name and an expression"),
        ("year=", "not a name and an expression"),
        ("=x", "the name must be letters"),
        ("a b=x", "the name must be letters"),
        ("a=(", "the expression is not valid: missing \\), unterminated subpattern"),
        ("a=x{99999999999999}", "the expression is not valid"),
    ],
)
def test_regexes_that_are_none(given: str, why: str) -> None:
    """An option without name or valid expression is refused at once."""
    with pytest.raises(InputError, match=why) as error:
        from_regex(given)
    assert error.value.tried == "add a feature with --regex"


@pytest.mark.golden
def test_matching_answers() -> None:
    """The child process answers with places, or with why there are none."""
    assert matching.spans("b+|$", "abb\udc80b", 60) == [(1, 3), (4, 5)]
    with pytest.raises(matching.Refused, match="nothing to repeat"):
        matching.spans("+", "a", 60)
    assert matching.answer(b'{"pattern": "a", "text": "ba"}') == b'{"spans": [[1, 2]]}'


@pytest.mark.golden
def test_spans(tmp_path: Path) -> None:
    """A file of stretches is a binary feature, or a graded one if it has values."""
    path = tmp_path / "names.jsonl"
    path.write_text('{"start": 5, "stop": 9}\n\n{"start": 0, "stop": 2, "value": true}\n', "utf-8")
    feature = from_spans(str(path))
    assert (feature.name, feature.kind) == ("names", "binary")
    assert shown(feature.measure(Source(from_string(TEXT), "prose")).values_N) == "xx...xxxx............."
    path.write_text('{"start": 1, "stop": 3, "value": -2.5}', "utf-8")
    graded = from_spans(str(path))
    assert graded.kind == "graded"
    assert graded.measure(Source(from_string("abcd"), "prose")).values_N.tolist() == [0, -2.5, -2.5, 0]


@pytest.mark.golden
@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("", "it holds no stretch"),
        ("[1, 2]", r"line 1 is no stretch: \[1, 2\]"),
        ('\n{"start": 3, "stop": 3}', "line 2 is no stretch"),
        ('{"start": -1, "stop": 3}', "line 1 is no stretch"),
        ('{"start": true, "stop": 3}', "line 1 is no stretch"),
        ('{"start": 1, "stop": 3, "value": NaN}', "line 1 is no stretch"),
        ('{"start": 1, "stop": 3, "value": "x"}', "line 1 is no stretch"),
        ('{"start": 1, "stop": 3, "name": 1}', "line 1 is no stretch"),
        ("{" * 100_000, "line 1 is no stretch"),
        ('{"start": 1, "stop": 3}\n{"start": 2, "stop": 4}', "the stretches of lines 1 and 2 overlap"),
        ('{"start": 1, "stop": 30}', "line 1 ends at 30, and the text has 22 symbols"),
    ],
)
def test_spans_that_are_none(tmp_path: Path, content: str, why: str) -> None:
    """Whatever is not a list of stretches of this text is refused with its line."""
    path = tmp_path / "x.jsonl"
    path.write_text(content, "utf-8")
    with pytest.raises(InputError, match=why):
        from_spans(str(path)).measure(Source(from_string(TEXT), "prose"))


@pytest.mark.golden
def test_spans_that_cannot_be_read(tmp_path: Path) -> None:
    """A file that is missing, no text, or without a usable name is refused."""
    with pytest.raises(InputError, match="it cannot be read"):
        from_spans(str(tmp_path / "x.jsonl"))
    (tmp_path / "x.jsonl").write_bytes(b"\xff")
    with pytest.raises(InputError, match="it cannot be read"):
        from_spans(str(tmp_path / "x.jsonl"))
    with pytest.raises(InputError, match="the name must be"):
        from_spans("a b.jsonl")


def written(tmp_path: Path, source: str) -> str:
    path = tmp_path / "own.py"
    path.write_text("import numpy as np\n" + source, "utf-8")
    return f"{path}:f"


@pytest.mark.golden
def test_python(tmp_path: Path) -> None:
    """A function of the user gives a value for each character; NaN is unknown, excluded and counted."""
    feature = from_python(written(tmp_path, "def f(text): return [np.nan if c == ' ' else ord(c) - 97 for c in text]"))
    assert (feature.name, feature.kind, feature.causal) == ("f", "graded", False)
    values_N, valid_N, excluded = feature.measure(Source(from_string("bé c", kind="bytes"), "prose"))
    assert shown(valid_N) == "xxx.x"
    assert values_N[valid_N].tolist() == [1, 1, ord("é") - 97, 2]
    assert excluded == {"unknown": 1}


@pytest.mark.golden
@pytest.mark.parametrize(
    ("source", "why"),
    [
        ("def g(text): return 1", "own.py has no function f"),
        ("f = 3", "own.py has no function f"),
        ("def f(text): return [1]", r"it returned int64 of shape \(1,\), and the text has 22 characters"),
        ("def f(text): return list(text)", "it returned <U1"),
        ("def f(text): return [np.inf] * len(text)", "it returned an infinite value"),
        ("def f(text): return 1 / 0", "it failed with ZeroDivisionError: division by zero in line 2 of own.py"),
        ("def f(text): raise SystemExit(3)", "it failed with SystemExit: 3"),
        ("def f(text: return", "the file cannot be run: SyntaxError"),
        ("raise SystemExit", "the file cannot be run: SystemExit"),
    ],
)
def test_functions_that_are_none(tmp_path: Path, source: str, why: str) -> None:
    """A file that cannot be run, and a function that fails or returns something else, are refused in four parts."""
    with pytest.raises(InputError, match=why):
        from_python(written(tmp_path, source)).measure(Source(from_string(TEXT), "prose"))


@pytest.mark.golden
@pytest.mark.parametrize("given", ["own.py", "own.py:", ":f", "own.py:f g", "none.py:f"])
def test_functions_that_are_not_named(given: str) -> None:
    """An option that names no function in a file is refused at once."""
    with pytest.raises(InputError, match=re.escape(given)) as error:
        from_python(given)
    assert "FILE.py:FUNC" in error.value.todo
