"""Arrays kept in few bits are the arrays."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from rnnscope.compact import Compact, Growing


@pytest.mark.law
@pytest.mark.parametrize("distinct", [1, 2, 3, 256, 257, 65_536, 65_537])
def test_values_come_back(distinct: int) -> None:
    """Any number of distinct values, in whatever pieces, comes back whole, at positions and counted."""
    random = np.random.default_rng(distinct)
    numbers_N = np.concatenate([np.arange(distinct), random.integers(0, distinct, 70_001)]).astype(np.float32) / 7 - 3
    random.shuffle(numbers_N)
    at = random.integers(0, len(numbers_N), 5_000)
    chosen_N = random.random(len(numbers_N)) < 0.4
    cuts = [0, 3, 3, 40_000, len(numbers_N)]
    grown = Growing(len(numbers_N), binary=False)
    for start, stop in pairwise(cuts):
        grown.add(numbers_N[start:stop])
    for compact in (Compact.of(numbers_N), grown.result()):
        assert len(compact) == len(numbers_N)
        assert compact.values().dtype == np.float32
        np.testing.assert_array_equal(compact.values(), numbers_N)
        np.testing.assert_array_equal(compact.values(at), numbers_N[at])
        np.testing.assert_array_equal(compact.take(at).values(), numbers_N[at])
        np.testing.assert_array_equal(compact.take(at[:9]).take(np.arange(9)[::-1]).values(), numbers_N[at[:9]][::-1])
        found, counts = np.unique(numbers_N[chosen_N], return_counts=True)
        counted = compact.counts(chosen_N)
        np.testing.assert_array_equal(compact.distinct[counted > 0], found)
        np.testing.assert_array_equal(counted[counted > 0], counts)


@pytest.mark.golden
def test_memory() -> None:
    """Booleans and pairs take a bit, up to 256 values a byte, up to 65,536 two, more of them four."""
    for distinct, size in (
        (1, 10_000),
        (2, 10_000),
        (256, 80_000),
        (257, 160_000),
        (65_536, 160_000),
        (65_537, 320_000),
    ):
        assert Compact.of(np.arange(80_000) % distinct).stored.nbytes == size
    holds = Compact.of(np.zeros(17, bool))
    assert holds.stored.nbytes == 3
    assert holds.values().tolist() == [False] * 17
    assert holds.distinct.tolist() == [False, True]


@pytest.mark.law
def test_booleans_grow_in_any_pieces() -> None:
    """Pieces of booleans may end within a byte, and all of them have to come."""
    random = np.random.default_rng(1)
    for _ in range(50):
        holds_N = random.random(random.integers(1, 60)) < 0.5
        grown = Growing(len(holds_N), binary=True)
        with pytest.raises(AssertionError, match="values of"):
            grown.result()
        cuts = np.sort(random.integers(0, len(holds_N) + 1, 6)).tolist()
        for start, stop in pairwise([0, *cuts, len(holds_N)]):
            grown.add(holds_N[start:stop])
        assert grown.result().values().tolist() == holds_N.tolist()
        with pytest.raises(AssertionError, match="values of"):
            grown.add(holds_N)
