from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rnnscope.analyse.errors.brackets import by_distance, match_brackets, match_spans
from rnnscope.analyse.errors.predictions import Predictions
from rnnscope.corpus.text import FileSpan


def points(text: str) -> np.ndarray:
    return np.array([ord(symbol) for symbol in text], np.uint32)


@pytest.mark.golden
def test_a_stack_by_hand() -> None:
    """Nested pairs, an unmatched closer, and an opener that a closer further out leaves behind."""
    #        0123456789
    text = "{a(b)}]{(}"
    found = match_brackets(points(text), ["{}", "()", "[]"])
    assert list(zip(found.openers.tolist(), found.closers.tolist(), found.depths.tolist(), strict=True)) == [
        (2, 4, 1),
        (0, 5, 0),
        (7, 9, 0),
    ]
    assert found.unmatched == 2
    assert found.distances.tolist() == [2, 5, 2]


@pytest.mark.golden
def test_what_is_no_code_is_left_out_and_files_close_the_stack() -> None:
    """A bracket in a string is none; an opener of one file has no closer in the next."""
    text = '{"}"}{a' + "b}{}"
    ignored = np.array([symbol in '"' for symbol in text])
    ignored[2] = True
    files = [FileSpan("a", 0, 7), FileSpan("b", 7, 11)]
    found = match_brackets(points(text), ["{}"], ignored=ignored, files=files)
    assert list(zip(found.openers.tolist(), found.closers.tolist(), strict=True)) == [(0, 4), (9, 10)]
    assert found.unmatched == 2
    naive = match_brackets(points(text), ["{}"])
    assert naive.closers.tolist() == [2, 8, 10]


@pytest.mark.golden
def test_spans_are_their_own_pairs() -> None:
    """Every run gives the symbol that begins it and the one after it; one that ends otherwise or never is unmatched."""
    text = "a<bc>d<e|<f"
    inside = np.array([0, 1, 1, 1, 0, 0, 1, 1, 0, 1, 1], bool)
    found = match_spans(inside, points(text), ">")
    assert (found.openers.tolist(), found.closers.tolist(), found.unmatched) == ([1], [4], 2)
    assert match_spans(inside, points(text)).closers.tolist() == [4, 8]


@pytest.mark.oracle
@settings(max_examples=100, deadline=None)
@given(st.text("()[]x", max_size=60))
def test_one_kind_is_matched_as_by_counting_depths(text: str) -> None:
    """For a single kind, the partner of a closer is the nearest opener before it at the same depth."""
    found = match_brackets(points(text), ["()"])
    wanted, depth_of, depth = [], {}, 0
    for at, symbol in enumerate(text):
        if symbol == "(":
            depth_of[depth] = at
            depth += 1
        elif symbol == ")" and depth:
            depth -= 1
            wanted.append((depth_of[depth], at))
    assert list(zip(found.openers.tolist(), found.closers.tolist(), strict=True)) == wanted
    assert found.unmatched == text.count("(") + text.count(")") - 2 * len(wanted)


@pytest.mark.law
def test_deep_and_unclosed_texts_take_linear_work() -> None:
    """A hundred thousand openers of one kind and closers of another are matched without a search in the stack."""
    text = "(" * 100_000 + "]" * 100_000
    found = match_brackets(points(text), ["()", "[]"])
    assert found.unmatched == 200_000


@pytest.mark.planted
def test_mean_probability_by_distance() -> None:
    """A predictor that knows near closers only shows it in the buckets; buckets with few cases say so."""
    random = np.random.default_rng(3)
    text, parts = [], []
    for _ in range(400):
        inner = int(random.integers(5, 80))
        parts.append(inner + 1)
        text += ["{", *("x" * inner), "}"]
    found = match_brackets(points("".join(text)), ["{}"])
    assert found.distances.tolist() == parts
    near = np.where(np.isin(np.arange(len(text)), found.closers[found.distances <= 40]), 0.9, 0.2)
    flat = np.full(len(text), 0.2)
    both = np.log(np.stack([near, flat]).astype(np.float32))
    ids = points("".join(text)).astype(np.int32)
    predictions = Predictions(("near", "flat"), np.arange(len(text)), ids, both, 500)
    result = by_distance(predictions, found, "braces", [0, 5, 40, 100, 200])
    few, middle, far, none = result.buckets
    assert (few.cases, few.enough) == (0, False)
    assert middle.probs == pytest.approx((0.9, 0.2), abs=1e-6)
    assert middle.differences == pytest.approx((0.7, 0.0), abs=1e-6)
    assert far.probs == pytest.approx((0.2, 0.2), abs=1e-6)
    assert (none.cases, none.intervals[0]) == (0, None)
    assert middle.cases + far.cases == result.scored == 400
