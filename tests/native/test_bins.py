"""The compiled search for bins is `np.searchsorted`, and what needs it does without."""

from __future__ import annotations

import numpy as np
import pytest

from rnnscope.analyse.cells import ranks
from rnnscope.native import bins, loading


def library() -> loading.Library:
    found = loading.load()
    if found is None:
        pytest.skip("no compiled library")
    return found


@pytest.mark.oracle
@pytest.mark.parametrize("positions", [1, 127, 128, 400])
@pytest.mark.parametrize("columns", [1, 16, 37])
@pytest.mark.parametrize("count", [2, 64, 1024])
def test_bins_are_those_of_numpy(positions: int, columns: int, count: int) -> None:
    """Any shape, values on edges, equal edges, both zeros, the largest numbers: the bins of NumPy, and their counts."""
    random = np.random.default_rng(positions)
    wide = np.round(random.normal(size=(positions, columns + 5)), 1).astype(np.float32)
    wide[random.random(wide.shape) < 0.1] = -0.0
    wide[0, 2], wide[-1, 2] = np.finfo(np.float32).max, -np.finfo(np.float32).max
    edges_CK = np.sort(np.round(random.normal(size=(columns, count - 1)), 1).astype(np.float32), axis=1)
    for values in (wide[:, 2 : 2 + columns], wide[::2, 1 : 1 + columns], wide[::-1, :columns], wide.T[:columns].T):
        found_Cn, counts_CK = bins.find(library(), values, edges_CK)
        assert counts_CK.sum() == values.size
        for edges_K, values_n, found_n, counts_K in zip(edges_CK, values.T, found_Cn, counts_CK, strict=True):
            np.testing.assert_array_equal(found_n, np.searchsorted(edges_K, values_n, side="right"))
            np.testing.assert_array_equal(counts_K, np.bincount(found_n, minlength=count))


@pytest.mark.oracle
def test_without_the_library_bins_are_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    """An installation without a compiler finds the same bins."""
    assert library()
    random = np.random.default_rng(2)
    sample = random.normal(size=(50, 3_000)).astype(np.float32)
    values = random.normal(size=(700, 20)).astype(np.float32)
    compiled = ranks.Bins(sample).find(values, slice(10, 30))
    monkeypatch.setattr(ranks, "load", lambda: None)
    plain = ranks.Bins(sample).find(values, slice(10, 30))
    for one, other in zip(compiled, plain, strict=True):
        np.testing.assert_array_equal(one, other)
