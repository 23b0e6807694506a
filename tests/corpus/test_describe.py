"""What is said about a text."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rnnscope.config import CorpusConfig
from rnnscope.corpus.describe import describe
from rnnscope.corpus.read import load
from rnnscope.corpus.text import from_string

ANALYSES = ["training", "n-gram of 20 symbols", "cells", "gates", "memory", "errors", "brackets"]


@pytest.mark.golden
def test_facts_of_a_small_text() -> None:
    """Symbols, lines, classes and the most frequent symbols are counted."""
    found = describe(from_string("aab, Ж1\n\nlonger line"))
    assert (found.symbols, found.alphabet_size, found.lines, found.longest_line) == (20, 14, 3, 11)
    assert found.once == 8
    assert [tuple(row) for row in found.most_frequent[:3]] == [("\\n", 2, 0.1), ("space", 2, 0.1), ("a", 2, 0.1)]
    assert found.classes == {
        "letters": 14 / 20,
        "blanks and newlines": 4 / 20,
        "punctuation": 1 / 20,
        "digits": 1 / 20,
    }
    assert sum(found.parts.values()) == 20
    assert found.parts == {"train": 16, "valid": 2, "test": 2}


@pytest.mark.golden
def test_lines_of_awkward_texts() -> None:
    """Newlines alone, a missing last newline and a text without any are counted as a reader would."""
    counted = {
        string: (describe(from_string(string)).lines, describe(from_string(string)).longest_line)
        for string in ["\n", "\n\n\n", "a", "a\nbcd", "ab\nc\n"]
    }
    assert counted == {"\n": (1, 0), "\n\n\n": (3, 0), "a": (1, 1), "a\nbcd": (2, 3), "ab\nc\n": (2, 2)}


@pytest.mark.law
@settings(max_examples=150)
@given(st.binary(min_size=1, max_size=300), st.sampled_from(["contiguous", "streams", "files"]))
def test_any_text_can_be_described(data: bytes, split: str) -> None:
    """Any bytes, cut in any way or too small for it, give a description that is plain JSON with no blank name."""
    text = load("-", symbols="bytes", stdin=io.BytesIO(data))
    found = describe(text, CorpusConfig(text="-", split=split))
    plain = json.loads(json.dumps(found.to_dict(), allow_nan=False))
    assert [row["name"] for row in plain["analyses"]] == ANALYSES
    assert sum(plain["classes"].values()) == pytest.approx(1)
    assert bool(found.refused) == (found.settings is None) == (found.parts == {})
    assert not any(row["enough"] for row in plain["analyses"])
    assert all(row["name"].strip() for row in plain["most_frequent"])
    assert all(line.isprintable() for line in found.to_text().split("\n"))


@pytest.mark.golden
def test_20_kb_trains_and_concludes_little() -> None:
    """A text of 20 KB gets settings, and each analysis it is too small for says so with two numbers."""
    found = describe(from_string("Some words, again and again. " * 700))
    assert found.settings is not None
    assert [row.enough for row in found.analyses] == [False] * 7
    assert found.analyses[0].why.startswith("16,240 symbols in the train part, at least 100,000 wanted: ")
    assert found.analyses[-1].why.startswith("0 closing brackets in the test part, at least 200 wanted: ")


@pytest.mark.golden
def test_a_large_text_is_enough_for_all() -> None:
    """The generated text of a million symbols suffices for every analysis."""
    assert [row.enough for row in describe(load("planted")).analyses] == [True] * 7


@pytest.mark.golden
def test_one_symbol_leaves_nothing_to_analyse() -> None:
    """However long, a text of one symbol is described as having nothing to predict, and can be trained on."""
    found = describe(from_string("a" * 1_000_000))
    assert found.alphabet_size == 1
    assert {row.why for row in found.analyses} == {"the text has one symbol: nothing is left to predict"}
    assert found.settings is not None


@pytest.mark.golden
def test_split_is_told() -> None:
    """What a split drops, and why one cannot be made, is part of the description."""
    text = from_string("ab" * 50_500)
    found = describe(text, CorpusConfig(text="text", split="streams"))
    assert (found.dropped, found.parts["test"]) == (1_000, 10_000)
    assert "1,000" in found.split_notes[0]
    assert "no known file boundaries" in describe(text, CorpusConfig(text="text", split="files")).refused
    as_bytes = describe(from_string("é", kind="bytes"))
    assert as_bytes.classes == {"bytes above 127": 1.0}


@pytest.mark.golden
def test_description_for_people(tmp_path: Path) -> None:
    """The text form holds each fact on a line of its own, and a newline in a name stays an escape."""
    path = tmp_path / "odd\nname"
    path.write_text('x = f("Ж")\n' * 2_000, "utf-8")
    lines = describe(load(path)).to_text().split("\n")
    assert lines[0] == "odd\\nname: 22,000 characters (utf-8), 24,000 bytes"
    assert "  alphabet  9 symbols, 0 of them occur once" in lines
    assert "  contiguous: train 17,600, valid 2,200, test 2,200, in no part 0" in lines
    assert sum(line.startswith("  auto: --") for line in lines) == 3
    assert next(line for line in lines if "for brackets" in line).startswith("  enough for brackets: 200 closing")
    assert "cannot split the text" in describe(from_string("a")).to_text()
