"""Mixtures as predictors: proper distributions, causal, the same in any chunks, and equal to mixing scores."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rnnscope.ngram import cache
from rnnscope.ngram.kneser_ney import KneserNey
from rnnscope.ngram.mixed import Cached, Interpolated, MixedDepths
from rnnscope.ngram.mixtures import by_depth, linear
from rnnscope.ngram.predictor import NgramPredictor
from rnnscope.sample import sample

V, C = 5, 4
IDS = np.random.default_rng(1).integers(0, V, 3000) * np.random.default_rng(2).integers(0, 2, 3000)
TRAIN, VALID, TEST = (0, 2000), (2000, 2500), (2500, 3000)
MODEL = KneserNey.fit([IDS[slice(*TRAIN)]], V, C)
CONTEXTS = (0, 1, 2, 3, 4)


def depths() -> Any:
    valid, test = (MODEL.score(IDS, [piece], CONTEXTS) for piece in (VALID, TEST))
    found = by_depth(valid, test, C)
    return MixedDepths(MODEL, CONTEXTS, found.mixture), found.log_probs


def interpolated() -> Any:
    valid, test = (MODEL.log_probs_of_true(IDS, [piece], (1, 3)) for piece in (VALID, TEST))
    mixture = linear(list(valid))
    return Interpolated([NgramPredictor(MODEL, k) for k in (1, 3)], mixture), mixture.log_probs(test)


def cached() -> Any:
    valid, test = (MODEL.log_probs_of_true(IDS, [piece], (3,))[0] for piece in (VALID, TEST))
    found = cache.fit(valid, IDS, [VALID], V, contexts=(2, 3), windows=(40, 200))
    test_cached, test_depths = found.cache.log_probs_of_true(IDS, [TEST], V)
    mixed = found.mixture.log_probs(np.stack([test, test_cached]), test_depths)
    return Cached(NgramPredictor(MODEL, 3), found.cache, found.mixture), mixed


MIXTURES = pytest.mark.parametrize("make", [depths, interpolated, cached])


@pytest.mark.oracle
@MIXTURES
def test_reading_gives_what_mixing_scores_gives(make: Any) -> None:
    """The stream's distributions hold, at the true symbols, what the arrays of scores were mixed to."""
    predictor, log_probs_N = make()
    rows_NV, _ = predictor.log_probs(IDS)
    assert rows_NV[np.arange(*TEST), IDS[slice(*TEST)]] == pytest.approx(log_probs_N, abs=2e-6)


@pytest.mark.law
@MIXTURES
def test_rows_are_distributions(make: Any) -> None:
    """Every row sums to 1 to 1e-6, the first of a text and those after unseen contexts too."""
    predictor, _ = make()
    rows_NV, _ = predictor.log_probs(np.array([4, 4, 4, 4, 4, 3, 3, 3, 0, 4, 2, 2, 2]))
    assert rows_NV.shape == (13, V)
    assert np.exp(rows_NV, dtype=float).sum(axis=1) == pytest.approx(1, abs=1e-6)


@pytest.mark.law
@MIXTURES
@given(cuts=st.lists(st.integers(0, 60), max_size=5), changed=st.integers(0, 59))
@settings(max_examples=15, deadline=None)
def test_reading_is_causal_and_may_be_cut(make: Any, cuts: list[int], changed: int) -> None:
    """Chunks of any length, empty ones too, give the same rows; a changed symbol changes no row up to its own."""
    predictor, _ = make()
    ids = IDS[500:560]
    whole_NV, _ = predictor.log_probs(ids)
    state, rows = None, []
    for chunk in np.split(ids, sorted(cuts)):
        rows_NV, state = predictor.log_probs(chunk, state)
        rows.append(rows_NV)
    assert np.concatenate(rows) == pytest.approx(whole_NV, abs=1e-6)
    other = ids.copy()
    other[changed] = (other[changed] + 1) % V
    assert (predictor.log_probs(other)[0][: changed + 1] == whole_NV[: changed + 1]).all()


@pytest.mark.law
@MIXTURES
def test_what_comes_next_is_known_before_it_comes(make: Any) -> None:
    """`next_log_probs` is the row of the next symbol, at the start of a text and later, so mixtures can be sampled."""
    predictor, _ = make()
    rows_NV, _ = predictor.log_probs(IDS[:9])
    state = None
    for position in range(9):
        assert predictor.next_log_probs(state) == pytest.approx(rows_NV[position], abs=1e-6)
        _, state = predictor.log_probs(IDS[position : position + 1], state)
    drawn = [list(sample(predictor, V, IDS[:50], 30, seed=3)) for _ in range(2)]
    assert drawn[0] == drawn[1]
    assert set(drawn[0]) <= set(range(V))
