from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import entropy

from rnnscope.analyse.divergence import DivergenceFold, nearest


def distributions(seed: int, count: int, symbols: int) -> np.ndarray:
    return np.random.default_rng(seed).dirichlet(np.ones(symbols), count)


@pytest.mark.oracle
@settings(max_examples=30, deadline=None)
@given(st.integers(0, 1000), st.integers(1, 50), st.integers(2, 9), st.integers(0, 50))
def test_divergences_are_scipys_in_any_cut(seed: int, count: int, symbols: int, cut: int) -> None:
    """Both directions equal scipy's relative entropy, one chunk or two folds merged; the losses' difference too."""
    one, two = distributions(seed, count, symbols), distributions(seed + 1, count, symbols)
    ids = np.random.default_rng(seed + 2).integers(0, symbols, count)
    whole = DivergenceFold([("a", "b")])
    whole.update(ids, {"a": np.log(one), "b": np.log(two)})
    left, right = whole.fresh(), whole.fresh()
    left.update(ids[:cut], {"a": np.log(one[:cut]), "b": np.log(two[:cut])})
    right.update(ids[cut:], {"a": np.log(one[cut:]), "b": np.log(two[cut:])})
    right.merge(left)
    for found in (whole.result()[0], right.result()[0]):
        assert found.forward == pytest.approx(entropy(one, two, axis=1).mean(), abs=1e-9)
        assert found.backward == pytest.approx(entropy(two, one, axis=1).mean(), abs=1e-9)
        rows = np.arange(count)
        assert found.loss_difference == pytest.approx(
            np.mean(np.log(one[rows, ids]) - np.log(two[rows, ids])), abs=1e-9
        )
        assert found.chars == count


@pytest.mark.planted
def test_the_nearest_model_is_found() -> None:
    """Of three rivals the one that a predictor was mixed from is nearest; from itself it is at no distance."""
    rivals = {name: distributions(seed, 400, 6) for seed, name in enumerate(("1", "2", "3"))}
    mixed = 0.8 * rivals["2"] + 0.2 * rivals["3"]
    logs = {name: np.log(values) for name, values in (rivals | {"net": mixed}).items()}
    fold = DivergenceFold([("net", "1"), ("net", "2"), ("net", "3"), ("net", "net")])
    fold.update(np.zeros(400, np.int64), logs)
    results = fold.result()
    found = nearest(results[:3], "net")
    assert found is not None
    assert found.second == "2"
    assert results[3].symmetric == 0
    assert nearest(results, "nobody") is None
