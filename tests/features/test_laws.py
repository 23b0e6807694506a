"""What holds for every feature and every text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import product
from typing import get_args

import numpy as np
import pytest
import tree_sitter
from hypothesis import example, given, settings
from hypothesis import strategies as st

from rnnscope.corpus.text import FileSpan, Kind, Text, from_string
from rnnscope.features import FEATURES, Language, Measured, Source
from rnnscope.features.syntax import GRAMMARS

SCANNED = [feature for feature in FEATURES.values() if feature.family != "code"]
CAUSAL = [feature for feature in SCANNED if feature.causal]
CODE = [feature for feature in FEATURES.values() if feature.family == "code"]

# Whatever some feature looks at, and letters of one to four bytes.
SIGNS = "ab Zé\u0301Ж\U0001d400.,!?;:-—–\"'“”„‘’«»()[]{}<>/\\*#=@_0٣€…\n\n\r\t\u00a0\u2028"
strings = st.text(st.sampled_from(SIGNS), min_size=1, max_size=60)
texts = st.lists(strings, min_size=1, max_size=4)


def joined(pieces: list[str], kind: Kind = "characters") -> Text:
    """A text of files."""
    text = from_string("".join(pieces), kind=kind)
    sizes = [len(piece.encode()) if kind == "bytes" else len(piece) for piece in pieces]
    stops = np.cumsum(sizes).tolist()
    files = tuple(FileSpan(f"{i}", b - a, b) for i, (a, b) in enumerate(zip(sizes, stops, strict=True)))
    return Text(text.name, text.source, kind, text.encoding, text.codes_N, text.sha256, text.byte_count, files)


def beginning(text: Text, n: int) -> Text:
    """The first n symbols of a text."""
    files = tuple(FileSpan(file.name, file.start, min(file.stop, n)) for file in text.files if file.start < n)
    return Text(text.name, text.source, text.kind, text.encoding, text.codes_N[:n], "", n, files)


def known(measured: Measured) -> list[float | None]:
    return [float(v) if valid else None for v, valid in zip(measured.values_N, measured.valid_N, strict=True)]


@pytest.mark.law
@given(texts, st.data())
@example(['a "b. C\n\n“d” - e\r\n\r\n— f'], None)
@settings(max_examples=60)
def test_causal_features_know_nothing_of_what_follows(pieces: list[str], data: st.DataObject | None) -> None:
    """A causal feature of the beginning of a text is the beginning of the feature of the whole text."""
    for kind in get_args(Kind):
        text = joined(pieces, kind)
        n = data.draw(st.integers(1, len(text))) if data else len(text) // 2
        whole, part = Source(text, "prose"), Source(beginning(text, n), "prose")
        for feature in CAUSAL:
            before = known(feature.measure(part))
            after = known(feature.measure(whole))[:n]
            # The beginning may end within a character; its bytes are then unknown.
            same = [a == b for a, b in zip(before, after, strict=True) if a is not None]
            assert all(same), feature.name


@pytest.mark.planted
def test_features_that_look_ahead_are_caught() -> None:
    """The law above fails for the features that do look ahead, and would fail for more of them."""
    text = joined(["one two\nthree\n"])
    for name, n in (("line-end-next", 7), ("about-to-wrap", 5)):
        whole = known(FEATURES[name].measure(Source(text, "prose")))
        part = known(FEATURES[name].measure(Source(beginning(text, n), "prose")))
        assert part != whole[:n]


@pytest.mark.law
@given(texts)
@settings(max_examples=40)
def test_bytes_are_as_their_characters(pieces: list[str]) -> None:
    """In bytes the last byte of a character has its value, and those before it that of the file's character before."""
    by_character, by_byte = Source(joined(pieces), "prose"), Source(joined(pieces, "bytes"), "prose")
    firsts = {start for start, _ in by_character.spans}
    sizes = [len(character.encode()) for piece in pieces for character in piece]
    ends = np.cumsum(sizes) - 1
    for feature in SCANNED:
        characters, symbols = feature.measure(by_character), feature.measure(by_byte)
        assert symbols.valid_N.all()
        assert symbols.values_N[ends].tolist() == characters.values_N.tolist(), feature.name
        inner = np.setdiff1d(np.arange(int(ends[-1]) + 1), ends)
        held = [0 if k in firsts else characters.values_N[k - 1] for k in np.searchsorted(ends, inner).tolist()]
        assert symbols.values_N[inner].tolist() == held, feature.name


PROGRAMS: dict[Language, str] = {
    "c": (
        '#include "a.h"\n#define B(x) \\\n  (x)\nstruct s { int a[2]; };\nenum { E };\n/* f "g" */\n'
        'static int f(int a, char *b)\n{\n\tint x[] = { 1, (2) };\n\n\tif (a && (b || *b)) {\n\t\tg(h(a), "i)\\"");\n'
        "\t} else if (a)\n\t\tfor (a = 0; a < 2; a++)\n\t\t\tif (b) c; else d;\n\telse\n\t\treturn 'x'; // y \"z\"\n"
        "\tdo { a--; } while (a / 2);\n\twhile (1) lab: if (a) b;\n\tswitch (a) { case 1: break; }\n}\n"
    ),
    "python": (
        '"""a\n"b" """\nimport os  # c\n\n@d(1)\nclass A(B):\n    """e"""\n\n    def f(self, x=(1, [2])) -> int:\n'
        "        if x[1:]:\n            return {1: f\"{x['a']!r}\"}\n        # g\n        elif not x: pass\n    # h\n"
        "        else:\n            for i in g(j for j in x):\n                while (k := ''): print(r'l')\n\n"
        "            else: i = lambda y: \"\"\n    z = '''m''' + \"\\\"\"\nwith a as b: c\n"
        "try:\n  d\nfinally: e\nf = [1]\n"
    ),
}


def completions(program: str, n: int, language: Language) -> Iterator[str]:
    """Other programs without errors that begin with the first n characters of one."""
    beginning = program[:n]
    parser = tree_sitter.Parser(tree_sitter.Language(GRAMMARS[language]()))
    noise = r'"(?:\\.|[^"\\])*"?|\'(?:\\.|[^\'\\])*\'?|/\*.*?(?:\*/|$)|//.*|\\\n' if language == "c" else r"#.*"
    brackets = re.sub(noise, "", beginning, flags=re.DOTALL if language == "c" else 0)
    while brackets != (brackets := re.sub(r"[^][(){}]|\(\)|\[\]|\{\}", "", brackets)):
        pass
    closing = [{"(": ")", "[": "]", "{": "}"}.get(sign, "") for sign in reversed(brackets)]
    lexical = ("", '"', "'", '"""', "'''", "*/", "\n", "/ 1", "* */", " ")
    middles = ("", "x", "; x", "x;", ";", "1", "(x)", "(x) y;", "e y;", ": pass", "x: pass", " pass", " in x: pass")
    for start, middle, glue, end in product(
        lexical, middles, ("", ";"), ("", ";", "\n", ": pass", " {}", "\n#endif\n")
    ):
        tail = "".join(glue * (sign == "}") + sign for sign in closing)
        candidate = beginning + start + middle + tail + end
        if candidate[:n] == beginning and not parser.parse(candidate.encode()).root_node.has_error:
            yield candidate


@pytest.mark.law
@pytest.mark.parametrize("language", ["c", "python"])
def test_causal_features_of_code_know_nothing_of_what_follows(language: Language) -> None:
    """Programs without errors that begin alike have causal features that begin alike."""
    program = PROGRAMS[language]
    causal = [feature for feature in CODE if feature.causal and language in (feature.languages or ())]
    whole = {feature.name: known(feature.measure(Source(from_string(program), language))) for feature in causal}
    compared = 0
    for n in range(2, len(program), 3):
        for other, _ in zip(completions(program, n, language), range(2), strict=False):
            source = Source(from_string(other), language)
            for feature in causal:
                pairs = zip(whole[feature.name][:n], known(feature.measure(source))[:n], strict=True)
                differing = [i for i, (a, b) in enumerate(pairs) if a is not None and b is not None and a != b]
                assert differing == [], (feature.name, program[:n], other[n:])
            compared += 1
    assert compared > len(program) // 3


@pytest.mark.law
@pytest.mark.parametrize("language", ["c", "python"])
def test_code_is_the_same_in_bytes_and_behind_wide_characters(language: Language) -> None:
    """Code has the same features as bytes and as characters, after a comment in Russian too."""
    comment = {"c": "// Проверка €\n", "python": "# Проверка €\n"}[language]
    plain = Source(from_string(PROGRAMS[language]), language)
    plain_bytes = Source(from_string(PROGRAMS[language], kind="bytes"), language)
    wide = Source(from_string(comment + PROGRAMS[language]), language)
    wide_bytes = Source(from_string(comment + PROGRAMS[language], kind="bytes"), language)
    for feature in CODE:
        if language in (feature.languages or ()) and feature.name != "docstring":
            expected = known(feature.measure(plain))
            assert known(feature.measure(plain_bytes)) == expected
            assert known(feature.measure(wide))[len(comment) :] == expected
            assert known(feature.measure(wide_bytes))[len(comment.encode()) :] == expected


@pytest.mark.law
@given(texts)
@settings(max_examples=15)
def test_files_do_not_see_each_other(pieces: list[str]) -> None:
    """Inside a file every feature is the same in whatever order files are joined."""
    pieces = [*pieces, PROGRAMS["c"]]
    order = np.roll(np.arange(len(pieces)), 1)
    for language in get_args(Language):
        first = Source(joined(pieces), language)
        second = Source(joined([pieces[k] for k in order]), language)
        for feature in FEATURES.values():
            if feature.languages is None or language in feature.languages:
                before, after = known(feature.measure(first)), known(feature.measure(second))
                cut = [before[file.start : file.stop] for file in first.files]
                assert [cut[k] for k in order] == [after[f.start : f.stop] for f in second.files], feature.name


@pytest.mark.golden
def test_counts_begin_anew_with_a_file() -> None:
    """A run, a word and a line that end one file do not go on in the next."""
    source = Source(joined(["aa", "aa"]), "prose")
    for name in ("run-length", "word-length", "line-position"):
        assert known(FEATURES[name].measure(source)) == [1, 2, 1, 2]


@pytest.mark.law
@given(
    st.one_of(strings, st.text(st.characters(exclude_categories=["Cs"]), min_size=1)), st.sampled_from(["c", "python"])
)
@example("\x00", "c")
@example('"', "python")
@example('""" ', "python")
@example("if (a", "c")
@example("class A:", "python")
@example("\n", "c")
@settings(max_examples=40)
def test_any_text_has_features(string: str, language: Language) -> None:
    """Every feature of every text is an array of its length, in range, with all that is unknown accounted for."""
    for kind, spoken in product(get_args(Kind), (language, "prose")):
        source = Source(from_string(string, kind=kind), spoken)
        for feature in FEATURES.values():
            if feature.languages is None or spoken in feature.languages:
                values_N, valid_N, excluded = feature.measure(source)
                assert values_N.shape == valid_N.shape == (len(source.text),)
                assert (values_N.dtype == np.bool_) == (feature.kind == "binary")
                assert not valid_N.any() or values_N[valid_N].min() >= 0
                assert sum(excluded.values()) == np.count_nonzero(~valid_N)


@pytest.mark.law
@given(st.binary(min_size=1, max_size=80))
@settings(max_examples=40)
def test_any_bytes_have_features(data: bytes) -> None:
    """Bytes that spell no characters are excluded and counted, and everything else has its features."""
    codes_N = np.frombuffer(data, np.uint8)
    source = Source(Text("t", "t", "bytes", "", codes_N, "", len(data)), "prose")
    bad = len(data) - len(data.decode("utf-8", "ignore").encode())
    for feature in SCANNED:
        values_N, valid_N, excluded = feature.measure(source)
        assert len(values_N) == len(data)
        assert excluded == ({"undecodable": bad} if bad else {})
        assert np.count_nonzero(~valid_N) == bad


@pytest.mark.law
def test_time_is_linear() -> None:
    """Texts made to be slow, nothing but brackets or marks, are measured; squares of their length could not be."""
    for piece in ("(", "<a;", "{<a\n", "([", "{(\n\n", "'", '"', "-", ".\n\n"):
        text = from_string(piece * (100_000 // len(piece)))
        source = Source(text, "prose")
        for feature in SCANNED:
            assert len(feature.measure(source).values_N) == len(text)
