from __future__ import annotations

import numpy as np
import pytest

from rnnscope.analyse.errors.brackets import by_distance, match_brackets
from rnnscope.analyse.errors.matched import NOTHING_OPEN, indentation, surroundings
from rnnscope.analyse.errors.predictions import Predictions
from rnnscope.analyse.errors.watched import Watched, watch


def points(text: str) -> np.ndarray:
    return np.array([ord(symbol) for symbol in text], np.uint32)


@pytest.mark.golden
def test_indentation_grows_with_the_blanks_and_stays_for_the_line() -> None:
    """The second line is read after 0, 1 and 2 blanks; from its first letter on there are 2 and more has been read."""
    text = "ab\n\t c d\n\nx"
    blanks, begins = indentation(points(text), np.arange(len(text)))
    #                a  b \n \t  _  c  _  d \n \n  x
    assert blanks.tolist() == [0, 0, 0, 0, 1, 2, 2, 2, 2, 0, 0]
    assert begins.tolist() == [1, 0, 0, 1, 1, 1, 0, 0, 0, 1, 1]


@pytest.mark.golden
def test_positions_are_matched_by_depth_bucket_and_indentation() -> None:
    """Only what stands at a line's beginning, one tab deep and in the bucket, is compared with such a closer."""
    text = "{\n\ta;\n\tb\n}\n"
    at = np.arange(len(text))
    pairs = match_brackets(points(text), ["{}"])
    # The closer stands at 9, after no blank. Beginnings of lines without a blank read so far: 2 and 6, where tabs come.
    given = np.linspace(0.01, 0.13, len(text)).astype(np.float32)[None]
    found = surroundings(
        at, pairs.openers, pairs.closers, pairs.depths, points(text), Watched((125,), {"net": given}), ["net"], 4
    )
    assert found is not None
    assert (found.kinds == NOTHING_OPEN).tolist() == [True, *[False] * 9, True]
    one = found.matched(0, 20)
    assert (one.cases, one.covered, one.enough) == (2, 1.0, False)
    assert one.probs[0] == pytest.approx((given[0, 2] + given[0, 6]) / 2)
    assert found.matched(3, 20).probs[0] == pytest.approx(given[0, 6])  # 2 is too near to the opener
    assert found.matched(20, 40).cases == 0


@pytest.mark.golden
def test_combinations_count_as_often_as_closers_have_them() -> None:
    """Three closers in one combination and one in another weigh 3 to 1, however many positions each has."""
    text = "{a}{a}{a}" + "\n" + "{\n}" + "{bcd\n"
    where = points(text)
    pairs = match_brackets(where, ["{}"])
    given = np.zeros((1, len(text)), np.float32)
    given[0, [1, 4, 7]] = 0.4  # the letters in the first three: the line has begun at the first of them only
    given[0, 11] = 0.8  # the newline after the fourth opener
    found = surroundings(
        np.arange(len(text)), pairs.openers, pairs.closers, pairs.depths, where, Watched((125,), {"net": given}),
        ["net"], 5,
    )  # fmt: skip
    assert found is not None
    # Closers inside a line: 3, compared with the three letters and the newline; the one at a line's beginning has none.
    one = found.matched(0, 20)
    assert (one.cases, one.covered) == (4, 0.75)
    assert one.probs[0] == pytest.approx((3 * 0.4 + 0.8) / 4)


@pytest.mark.golden
def test_what_is_no_code_and_other_symbols_that_look_alike_match_nothing() -> None:
    """Positions in strings are left out; unwatched closers have no comparison."""
    text = '{"}"a}'
    ignored = np.array([0, 1, 1, 1, 0, 0], bool)
    pairs = match_brackets(points(text), ["{}"], ignored=ignored)
    given = Watched((125,), {"net": np.full((1, 6), 0.5, np.float32)})
    arguments = (np.arange(6), pairs.openers, pairs.closers, pairs.depths, points(text))
    found = surroundings(*arguments, given, ["net"], 5, ignored=ignored)
    assert found is not None
    assert (found.kinds != NOTHING_OPEN).tolist() == [False, False, False, False, True, True]
    assert surroundings(*arguments, Watched((41,), given.probs), ["net"], 5) is None


@pytest.mark.planted
def test_knowing_is_told_from_always_saying_so() -> None:
    """One predictor knows when the closer comes, one always says it: only the first is less sure elsewhere."""
    random = np.random.default_rng(3)
    lines = []
    for _ in range(300):
        lines += ["{", *["\tx;"] * int(random.integers(1, 6)), "}"]
    text = "\n".join(lines)
    pairs = match_brackets(points(text), ["{}"])
    closes = np.isin(np.arange(len(text)), pairs.closers)
    knowing, saying = np.where(closes, 0.9, 0.1), np.full(len(text), 0.6)
    rows = np.log(np.stack([knowing, saying]).astype(np.float32))
    both = Predictions(("knowing", "saying"), np.arange(len(text)), points(text).astype(np.int32), rows, 500)
    watched = Watched((125,), {"knowing": knowing[None].astype(np.float32), "saying": saying[None].astype(np.float32)})
    elsewhere = surroundings(
        both.positions, pairs.openers, pairs.closers, pairs.depths, points(text), watched, both.names, both.block
    )
    for bucket in by_distance(both, pairs, "{}", [0, 10, 20], elsewhere).buckets:
        assert bucket.matched is not None
        assert bucket.matched.enough
        assert bucket.matched.covered == 1
        assert bucket.probs == pytest.approx((0.9, 0.6), abs=1e-6)
        assert bucket.matched.probs == pytest.approx((0.1, 0.6), abs=1e-6)


@pytest.mark.law
def test_columns_are_kept_whatever_the_chunks() -> None:
    """Two symbols' probabilities are those of the distributions, though chunks come in no order."""
    random = np.random.default_rng(1)
    rows = random.dirichlet(np.ones(5), 30)
    positions = np.sort(random.choice(100, 30, replace=False))
    order = random.permutation(30)
    chunks = [(positions[some], np.log(rows[some]).astype(np.float32)) for some in np.array_split(order, 4)]
    np.testing.assert_allclose(watch(chunks, positions, [3, 0]), rows[:, [3, 0]].T, atol=1e-6)
