"""Operations counted by hand, and the algebra of ratios and means."""

from __future__ import annotations

import math
import statistics

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnnscope.bench.figures import geometric_mean, means, product_weights, ratio, speed, training_flops
from rnnscope.cells.spec import SPECS, spec
from rnnscope.config import RecurrentConfig

pytestmark = pytest.mark.law

times = st.floats(1e-6, 1e3)


@pytest.mark.golden
@pytest.mark.parametrize(
    ("cell", "weights"),
    [
        # 3 cells, 2 layers, 5 symbols: recurrent blocks of 9 in both layers, input blocks of 9 in the second, 15 out.
        ("rnn", 9 + 9 + 9 + 15),
        ("lstm", 36 + 36 + 36 + 15),
        ("lstm-peephole", 36 + 36 + 36 + 15),
        ("lstm-coupled", 27 + 27 + 27 + 15),
        ("gru", 27 + 27 + 27 + 15),
        ("gru-torch", 27 + 27 + 27 + 15),
    ],
)
def test_weights_in_products_are_counted_by_hand(cell: str, weights: int) -> None:
    """One-hot input, biases and diagonal peepholes take part in no product; 6 operations for each of the others."""
    assert product_weights(SPECS[cell], 2, 3, 5) == weights
    assert training_flops(SPECS[cell], 2, 3, 5, batch=7, steps=11) == 6 * weights * 7 * 11


@pytest.mark.golden
def test_full_peepholes_are_products() -> None:
    """Three peephole matrices of 9 weights in each of two layers are counted."""
    full = spec(RecurrentConfig(cell="lstm-peephole", peephole="full"))
    assert product_weights(full, 2, 3, 5) == 36 + 36 + 36 + 15 + 2 * 3 * 9


def test_speeds_follow_from_the_median() -> None:
    """A run of 100 characters and 8 GFLOP whose median time is 2 s."""
    found = speed([1.0, 2.0, 6.0], 100, 8e9)
    assert found == {
        "milliseconds": 2000, "low_milliseconds": 1000, "high_milliseconds": 6000,
        "chars_per_second": 50, "gflops": 4,
    }  # fmt: skip
    assert "gflops" not in speed([1.0], 100)


@given(st.lists(st.tuples(times, times, times), min_size=1, max_size=9))
def test_ratios_are_formed_within_repeats(repeats: list[tuple[float, float, float]]) -> None:
    """What slows a whole repeat down changes no ratio; exchanging the sides inverts the ends."""
    theirs, ours, slow = zip(*repeats, strict=True)
    found = ratio(theirs, ours)
    slowed = ratio([a * k for a, k in zip(theirs, slow, strict=True)], [b * k for b, k in zip(ours, slow, strict=True)])
    assert slowed == pytest.approx(found)
    assert found["low"] <= found["median"] <= found["high"]
    inverse = ratio(ours, theirs)
    assert (inverse["low"], inverse["high"]) == pytest.approx((1 / found["high"], 1 / found["low"]))


@given(st.lists(times, min_size=1, max_size=20), times)
def test_geometric_means(values: list[float], factor: float) -> None:
    """Lies between the ends, scales with its values, and that of reciprocals is the reciprocal."""
    mean = geometric_mean(values)
    assert min(values) * (1 - 1e-9) <= mean <= max(values) * (1 + 1e-9)
    assert geometric_mean([factor * value for value in values]) == pytest.approx(factor * mean)
    assert geometric_mean([1 / value for value in values]) == pytest.approx(1 / mean)
    assert math.log(mean) == pytest.approx(statistics.fmean(map(math.log, values)), abs=1e-9)


def test_means_are_taken_of_rows_that_agree() -> None:
    """Each group has the mean, the ends and the number of its own rows; what no row of it has is absent."""
    rows = [
        {"cell": "a", "x": {"median": 1.0}},
        {"cell": "b", "y": {"median": 9.0}},
        {"cell": "a", "x": {"median": 4.0}},
    ]
    assert means(rows, ("cell",), ("x", "y")) == [
        {"cell": "a", "x": {"geometric_mean": pytest.approx(2.0), "lowest": 1.0, "highest": 4.0, "rows": 2}},
        {"cell": "b", "y": {"geometric_mean": pytest.approx(9.0), "lowest": 9.0, "highest": 9.0, "rows": 1}},
    ]
