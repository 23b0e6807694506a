from __future__ import annotations

import numpy as np
import pytest

from rnnscope.analyse.errors.adapted import adaptation, reduction
from rnnscope.analyse.errors.battery import Options
from rnnscope.analyse.errors.predictions import Predictions
from rnnscope.corpus.split import Segment
from rnnscope.corpus.text import from_string


def predictions(**probs: list[float]) -> Predictions:
    rows_KN = np.log(np.array(list(probs.values()))).astype(np.float32)
    count = rows_KN.shape[1]
    return Predictions(tuple(probs), np.arange(count), np.zeros(count, np.int32), rows_KN, block=4)


@pytest.mark.golden
def test_a_reduction_is_mended_less_new() -> None:
    """Five errors, three mended, one new: two fifths; without errors there is no share; few cases say so."""
    before, after = (np.array([mark == "x" for mark in marks]) for marks in ("xxxxx...", "xx...x.."))
    found = reduction(before, after, 2)
    assert {key: found[key] for key in ("before", "after", "mended", "new", "reduction", "enough")} == {
        "before": 5, "after": 3, "mended": 3, "new": 1, "reduction": 0.4, "enough": False,
    }  # fmt: skip
    low, high = found["interval"]
    assert low <= 0.4 <= high
    nothing = reduction(~before & False, after, 2)
    assert (nothing["reduction"], nothing["interval"], nothing["new"]) == (None, None, 3)


@pytest.mark.golden
def test_a_mended_word_leaves_the_memory_class() -> None:
    """Of 'abcd abcd' only the second word's b, c, d are memory; help that knows b and c leaves one of three there."""
    text = from_string("abcd abcd")
    low, mended = [0.1] * 9, [0.1] * 6 + [0.9, 0.9, 0.1]
    found = adaptation(
        predictions(base=low, helped=mended), "base", ["helped"], {}, text, [Segment(0, 9)] * 10, Options()
    )
    (row,) = found["adapted"]
    assert found["onions"]["base"]["errors"] == row["before"] == 9
    assert (row["after"], row["mended"], row["new"]) == (7, 2, 0)
    families = {family["family"]: (family["before"], family["after"]) for family in row["families"]}
    assert families["memory"] == (3, 1)
    assert sum(before for before, _ in families.values()) == 9
    assert sum(after for _, after in families.values()) == 7
    first = next(one for one in row["classes"] if one["class"] == "100 memory")
    assert (first["before"], first["after"]) == (3, 1)
    assert row["gain_nats"] == pytest.approx(2 / 9 * np.log(9), rel=1e-5)


@pytest.mark.law
def test_no_help_changes_nothing() -> None:
    """The same scores under another name leave every class as it was, with intervals of width 0."""
    text = from_string("one two, one two three\n" * 3)
    probs = np.random.default_rng(0).uniform(0.05, 1, len(text)).tolist()
    given = predictions(base=probs, same=probs, gram=[0.9, 0.2, 0.1] * (len(text) // 3))
    (row,) = adaptation(given, "base", ["same"], {1: "gram"}, text, [Segment(0, 20)], Options())["adapted"]
    assert row["gain_nats"] == row["reduction"] == row["mended"] == row["new"] == 0
    assert row["gain_interval_nats"] == (0, 0)
    for one in [*row["families"], *row["classes"]]:
        assert one["before"] == one["after"]
        assert one["interval"] in (None, (0, 0))
    assert row["families"][0]["family"] == "n-gram"
