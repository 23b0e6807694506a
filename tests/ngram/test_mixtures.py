"""Weights of mixtures: what they are, that they are the best, and that a known mixture is found."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from rnnscope.ngram import mixtures
from rnnscope.ngram.kneser_ney import KneserNey
from rnnscope.ngram.mixtures import by_depth, fit, fit_buckets, linear

TIGHT = 1e-7


def random_log_probs(seed: int, predictors: int, count: int) -> NDArray[np.float64]:
    return np.log(np.random.default_rng(seed).uniform(0.01, 1, (predictors, count)))


def loss_nats(log_probs: NDArray[np.float64], weights: NDArray[np.float64]) -> float:
    return -float(np.log(weights @ np.exp(log_probs)).mean())


@pytest.mark.golden
def test_by_hand() -> None:
    """Two symbols; one predictor gives them 1/2 and 1/2, the other 1 and 1/8.

    With weight w on the first, p = (1 - w/2) (1 + 3w) / 8; its derivative is 0 where w = 5/6, and p is 49/192 there.
    """
    found = fit(np.log([[0.5, 0.5], [1.0, 0.125]]), tolerance_nats=1e-10)
    assert found.values == pytest.approx([5 / 6, 1 / 6], abs=1e-4)
    assert found.loss_nats == pytest.approx(-np.log(49 / 192) / 2, abs=1e-9)


@pytest.mark.golden
def test_what_never_helps_gets_nothing() -> None:
    """A predictor that is worse everywhere has no weight; what one of them holds for impossible another may know."""
    found = fit(np.log([[0.5, 0.25, 0.5], [0.25, 0.1, 0.25]]), tolerance_nats=1e-9)
    assert found.values == pytest.approx([1, 0], abs=1e-6)
    with np.errstate(divide="ignore"):
        both = fit(np.log([[1.0, 0.0], [0.0, 1.0]]), tolerance_nats=1e-12)
    assert both.values == pytest.approx([0.5, 0.5])


@pytest.mark.oracle
@given(st.integers(0, 2**32 - 1), st.integers(1, 40))
@settings(max_examples=30, deadline=None)
def test_no_pair_of_weights_is_better(seed: int, count: int) -> None:
    """Of two predictors, the weights are those that trying all of them in steps of 0.0005 finds."""
    log_probs_2N = random_log_probs(seed, 2, count)
    found = fit(log_probs_2N, tolerance_nats=TIGHT)
    tried = [loss_nats(log_probs_2N, np.array([w, 1 - w])) for w in np.linspace(0, 1, 2001)]
    assert found.loss_nats == pytest.approx(loss_nats(log_probs_2N, found.values), abs=1e-12)
    assert found.loss_nats <= min(tried) + TIGHT
    assert min(tried) == pytest.approx(found.loss_nats, abs=1e-5)


@pytest.mark.law
@given(st.integers(0, 2**32 - 1), st.integers(1, 6), st.integers(1, 30))
@settings(max_examples=40, deadline=None)
def test_weights_are_certified(seed: int, predictors: int, count: int) -> None:
    """Weights sum to 1, none is negative, and no corner or random mixture beats them by more than the gap."""
    log_probs_KN = random_log_probs(seed, predictors, count)
    found = fit(log_probs_KN)
    assert found.values.sum() == pytest.approx(1)
    assert (found.values >= 0).all()
    assert found.gap_nats <= mixtures.TOLERANCE_NATS
    others = [*np.eye(predictors), *np.random.default_rng(seed).dirichlet(np.ones(predictors), 50)]
    assert found.loss_nats <= min(loss_nats(log_probs_KN, other) for other in others) + found.gap_nats + 1e-12


@pytest.mark.law
def test_more_steps_never_lose(monkeypatch: pytest.MonkeyPatch) -> None:
    """However many steps are made, one more does not make the text less likely; the same input gives the same bits."""
    log_probs_KN = random_log_probs(3, 5, 200) * 4
    losses = []
    for most in range(1, 60):
        monkeypatch.setattr(mixtures, "MOST_ITERATIONS", most)
        losses.append(fit(log_probs_KN, tolerance_nats=1e-12).loss_nats)
    assert (np.diff(losses) <= 1e-15).all()
    assert losses[-1] < losses[0]
    again = [fit(log_probs_KN, tolerance_nats=1e-12).values for _ in range(2)]
    assert (again[0] == again[1]).all()


@pytest.mark.law
def test_those_that_say_the_same_count_once() -> None:
    """Neighbours that gave the same to every symbol share one weight, which stands at the first of them."""
    log_probs_3N = random_log_probs(5, 3, 50)
    doubled = log_probs_3N[[0, 0, 1, 2, 2, 2]]
    assert fit(doubled).values[[0, 2, 3]] == pytest.approx(fit(log_probs_3N).values)
    assert (fit(doubled).values[[1, 4, 5]] == 0).all()


@pytest.mark.planted
def test_a_known_mixture_is_found() -> None:
    """Symbols drawn from 0.2, 0.5 and 0.3 of three distributions give these weights back, one set in each bucket."""
    random = np.random.default_rng(7)
    truth_DK = np.array([[0.2, 0.5, 0.3], [0.9, 0.0, 0.1]])
    buckets_N = random.integers(0, 2, 60_000)
    p_KV = random.dirichlet(np.full(12, 0.3), 3)
    edges_DV = (truth_DK @ p_KV).cumsum(axis=1)
    symbols_N = (random.random(60_000)[:, None] * edges_DV[buckets_N, -1:] > edges_DV[buckets_N]).sum(axis=1)
    with np.errstate(divide="ignore"):
        found = fit_buckets(np.log(p_KV[:, symbols_N]), buckets_N, 2, tolerance_nats=1e-6)
    assert found.weights == pytest.approx(truth_DK, abs=0.03)


@pytest.mark.law
def test_buckets_are_fitted_alone() -> None:
    """Each bucket has the weights of its own positions; one without positions has those of all."""
    log_probs_KN = random_log_probs(11, 4, 90)
    buckets_N = np.arange(90) % 3
    found = fit_buckets(log_probs_KN, buckets_N, 5)
    for bucket in range(3):
        alone = fit(log_probs_KN[:, buckets_N == bucket])
        assert found.weights[bucket] == pytest.approx(alone.values)
    everything = fit(log_probs_KN)
    assert (found.weights[3:] == everything.values).all()
    assert found.positions.tolist() == [30, 30, 30, 0, 0]
    assert found.loss_nats <= everything.loss_nats + found.gap_nats
    assert found.loss_nats == pytest.approx(-found.log_probs(log_probs_KN, buckets_N).mean(dtype=float), abs=1e-6)


@pytest.mark.law
def test_a_single_row_of_weights_is_for_all() -> None:
    """`linear` has one bucket, and gives what `fit` gives."""
    log_probs_KN = random_log_probs(13, 3, 40)
    found = linear(list(log_probs_KN))
    assert (found.weights == fit(log_probs_KN).values).all()
    assert found.log_probs(log_probs_KN) == pytest.approx(np.log(found.weights[0] @ np.exp(log_probs_KN)), abs=1e-6)


@pytest.mark.law
def test_all_contexts_beat_each_on_what_they_are_fitted_on() -> None:
    """By depth, contexts mixed are at least as good on the validation text as any of them alone."""
    ids = np.random.default_rng(17).integers(0, 4, 6000) % 3
    model = KneserNey.fit([ids[:4000]], 4, 6)
    valid = model.score(ids, [(4000, 5000)], range(7))
    test = model.score(ids, [(5000, 6000)], range(7))
    found = by_depth(valid, test, model.context)
    assert found.mixture.weights.shape == (7, 7)
    assert found.mixture.loss_nats <= -valid.log_probs.mean(axis=1, dtype=float).max() + found.mixture.gap_nats
    again = by_depth(valid, valid, model.context)
    assert again.loss_nats == pytest.approx(found.mixture.loss_nats, abs=1e-6)
    assert found.loss_nats == pytest.approx(-found.log_probs.mean(dtype=float))
