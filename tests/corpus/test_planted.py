"""The generated text and the truth about it."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rnnscope.corpus.planted import DEEPEST, LONGEST_COUNT, WIDTH, planted


def parse(text: str) -> dict[str, list[Any]]:
    """Find the tracks again from the symbols alone, one at a time, by the rules a reader would use."""
    tracks: dict[str, list[Any]] = {
        name: [] for name in ("quote", "comment", "round", "square", "curly", "column", "count")
    }
    quote = comment = False
    depth = {"round": 0, "square": 0, "curly": 0}
    column = count = 0
    lines = text.split("\n")
    for number, line in enumerate(lines):
        counting = re.fullmatch("a+b*", line) is not None
        for symbol in line + "\n" * (number < len(lines) - 1):
            column = 0 if symbol == "\n" else column + 1
            if comment:
                comment = symbol != "\n"
            elif symbol == '"':
                quote = not quote
            elif not quote:
                comment = symbol == "#"
                for name, (opening, closing) in {"round": "()", "square": "[]", "curly": "{}"}.items():
                    depth[name] += (symbol == opening) - (symbol == closing)
            count += counting * ((symbol == "a") - (symbol == "b"))
            row = {"quote": quote, "comment": comment, **depth, "column": column, "count": count}
            for name, value in row.items():
                tracks[name].append(value)
    return tracks


@pytest.mark.oracle
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_tracks_are_what_a_reader_finds(seed: int) -> None:
    """Reading the text by its rules, without knowing how it was made, gives every track at every symbol."""
    made = planted(seed, 60_000)
    for name, values in parse(made.text).items():
        assert made.tracks[name].tolist() == values, name
    assert np.array_equal(made.tracks["depth"], sum(made.tracks[name] for name in ("round", "square", "curly")))


@pytest.mark.law
@settings(max_examples=30)
@given(st.integers(0, 2**40), st.integers(1, 3000), st.integers(1, 3000))
def test_longer_texts_begin_with_shorter_ones(seed: int, one: int, other: int) -> None:
    """The text is a function of the seed, of exactly the asked length, and so are its tracks."""
    short, long = sorted((one, other))
    first, second = planted(seed, short), planted(seed, long)
    assert len(first.text) == short
    assert second.text.startswith(first.text)
    for name, values in first.tracks.items():
        assert np.array_equal(values, second.tracks[name][:short])


@pytest.mark.law
def test_everything_promised_occurs() -> None:
    """All states are visited, none leaves its range, quotes cross lines, and brackets and # lie inside quotes too."""
    made = planted(1, 200_000)
    tracks = made.tracks
    codes = np.frombuffer(made.text.encode("ascii"), np.uint8)
    assert {name: int(values.min()) for name, values in tracks.items()} == dict.fromkeys(tracks, 0)
    assert tracks["count"].max() == LONGEST_COUNT
    assert min(tracks[name].max() for name in ("round", "square", "curly")) == 3
    assert tracks["depth"].max() <= DEEPEST + 3
    assert all(0.02 < tracks[name].mean() < 0.5 for name in ("quote", "comment"))
    for sign in "([{}])#":
        assert (codes[tracks["quote"]] == ord(sign)).sum() > 20
    assert (codes[tracks["quote"]] == ord("\n")).sum() > 100
    assert max(map(len, re.findall(r"(?m)^[a-z][a-z ,.;\"(){}\[\]#]*$", made.text))) <= WIDTH + 12
    assert set(made.text) <= {chr(code) for code in range(32, 127)} | {"\n"}


@pytest.mark.golden
def test_the_text_of_a_seed_never_changes() -> None:
    """Results on planted text can be compared over versions: its beginning is fixed."""
    assert planted(1, 60).text == "that or the man, in the, her the she in the have morning\nthe"


@pytest.mark.law
def test_seeds_differ() -> None:
    """Different seeds give different texts."""
    assert len({planted(seed, 1000).text for seed in range(20)}) == 20
