"""What parsers say, held against other parsers, and what happens where they fail."""

from __future__ import annotations

import ast
import bisect
import heapq
import io
import textwrap
import tokenize
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from rnnscope.corpus.text import FileSpan, Text, from_string
from rnnscope.features import FEATURES, Source, tracks


@pytest.mark.oracle
@pytest.mark.parametrize("module", [bisect, heapq, textwrap])
def test_python_as_python_reads_it(module: ModuleType) -> None:
    """Comments, strings and docstrings of library modules lie where Python's own tokenizer and parser put them."""
    string = Path(str(module.__file__)).read_text("utf-8")
    lines = [0, *np.cumsum([len(line) for line in string.splitlines(keepends=True)]).tolist()]
    expected = {name: np.zeros(len(string), bool) for name in ("comment", "string", "docstring")}
    docstrings = set()
    for node in ast.walk(ast.parse(string)):
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef)) and ast.get_docstring(node):
            docstrings.add((node.body[0].lineno, node.body[0].col_offset))
    for token in tokenize.generate_tokens(io.StringIO(string).readline):
        start, stop = lines[token.start[0] - 1] + token.start[1], lines[token.end[0] - 1] + token.end[1]
        if token.type == tokenize.COMMENT:
            expected["comment"][start:stop] = True
        elif token.type == tokenize.STRING:
            prefix = len(token.string) - len(token.string.lstrip("rbfuRBFU"))
            expected["string"][start + prefix : stop - 1] = True
            if token.string[prefix : prefix + 3] in ('"""', "'''"):
                expected["string"][start + prefix + 1] = False
            if token.start in docstrings:
                expected["docstring"][start:stop] = expected["string"][start:stop]
    found = tracks(from_string(string), list(expected), language="python")
    for track in found:
        assert track.valid_N.all()
        assert np.flatnonzero(track.values_N != expected[track.name]).tolist() == []
    assert set(found.tracks) | set(found.inapplicable) == set(expected)


@pytest.mark.oracle
def test_indentation_levels_are_those_of_the_tokenizer() -> None:
    """At the first sign of each statement the level is the number of open indentations of Python's tokenizer."""
    string = Path(str(textwrap.__file__)).read_text("utf-8")
    lines = [0, *np.cumsum([len(line) for line in string.splitlines(keepends=True)]).tolist()]
    source = Source(from_string(string), "python")
    level_N = FEATURES["indentation-level"].measure(source).values_N
    level, fresh, compared = 0, True, 0
    for token in tokenize.generate_tokens(io.StringIO(string).readline):
        if token.type in (tokenize.INDENT, tokenize.DEDENT):
            level += 1 if token.type == tokenize.INDENT else -1
        elif token.type == tokenize.NEWLINE:
            fresh = True
        elif fresh and token.type not in (tokenize.NL, tokenize.COMMENT, tokenize.ENDMARKER):
            assert level_N[lines[token.start[0] - 1] + token.start[1]] == level
            fresh, compared = False, compared + 1
    assert compared > 100


@pytest.mark.planted
def test_errors_are_excluded_and_counted() -> None:
    """What does not parse is excluded and counted; what stands around it keeps its features."""
    before, bad, after = "int a; /* b */\n", "int f( ] ;\n", "/* c */ int d;\n"
    source = Source(from_string(before + bad + after), "c")
    values_N, valid_N, excluded = FEATURES["comment"].measure(source)
    unknown = np.flatnonzero(~valid_N)
    assert excluded == {"not parsed": len(unknown)}
    assert len(before) <= unknown.min() <= unknown.max() < len(before) + len(bad)
    assert np.count_nonzero(values_N) == 2 * len("/* b */") - 4
    assert Source(from_string(before + after), "c").mask(frozenset({"c"}), code=True)[1] == {}


@pytest.mark.planted
def test_a_missing_token_excludes_its_statement() -> None:
    """A statement whose semicolon is missing is excluded, and the statements beside it are not."""
    string = "int f(void) {\n a();\n b()\n c();\n}\n"
    _, valid_N, excluded = FEATURES["identifier"].measure(Source(from_string(string), "c"))
    assert not valid_N[string.index("b(")]
    assert valid_N[string.index("a(")]
    assert sum(excluded.values()) < 10


@pytest.mark.planted
def test_a_file_that_fails_as_a_whole_is_read_in_pieces() -> None:
    """One function that no C parser can read costs itself and not its file."""
    good = "".join(f"static int f{k}(int a)\n{{\n\tif (a) {{\n\t\treturn {k}; /* x */\n\t}}\n}}\n\n" for k in range(60))
    bad = "#define M \\\n{ ( \nint g(void)\n{{ (((\n\tif (\n#else\n}\n\n"
    string = good + bad + good
    values_N, valid_N, excluded = FEATURES["comment"].measure(Source(from_string(string), "c"))
    assert excluded["not parsed"] < 5 * len(bad)
    assert np.count_nonzero(values_N & valid_N) > 0.9 * 120 * len("* x *")


@pytest.mark.planted
def test_other_languages_are_excluded_and_counted() -> None:
    """In a folder of C and Python a feature of C is unknown in Python, and one of both is known in both."""
    c, python = "#if 0\n/* a */\n#endif\n", "# b\nif c: d\n"
    text = from_string(c + python)
    files = (FileSpan("a.c", 0, len(c)), FileSpan("b.py", len(c), len(c + python)))
    both = Text("t", "t", "characters", "utf-8", text.codes_N, "", len(text), files)
    found = tracks(both, ["preprocessor", "comment", "sentence-words"])
    assert found["preprocessor"].excluded == {"other language": len(python)}
    assert not found["preprocessor"].valid_N[len(c) :].any()
    assert found["comment"].excluded == {}
    assert found["comment"].values_N[c.index("*") : c.index("*") + 4].all()
    assert found["comment"].values_N[len(c) : len(c) + 3].all()
    assert "prose" in found.inapplicable["sentence-words"]


@pytest.mark.planted
def test_deep_nesting() -> None:
    """A hundred thousand open brackets are parsed or excluded without harm."""
    for string in ("(" * 100_000, "f(" * 50_000 + ")" * 50_000 + ";"):
        for language in ("c", "python"):
            _, valid_N, excluded = FEATURES["expression-depth"].measure(Source(from_string(string), language))
            assert sum(excluded.values()) == np.count_nonzero(~valid_N)
