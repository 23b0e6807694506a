"""The cache: against a loop that reads the definition out, and as a predictor of a stream."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from rnnscope.ngram import cache
from rnnscope.ngram.cache import Cache

TEXT = st.lists(st.integers(0, 3), min_size=1, max_size=40)


def by_definition(ids: list[int], position: int, vocabulary: int, settings: Cache) -> tuple[NDArray[np.float64], int]:
    """Frequencies of what followed the longest match in the window, and its length."""
    window = range(max(0, position - settings.window), position)
    for length in range(min(settings.context, position), -1, -1):
        context = ids[position - length : position]
        places = [q for q in window if q >= length and ids[q - length : q] == context]
        if places:
            counts = np.bincount([ids[q] for q in places], minlength=vocabulary)
            return counts / len(places), length
    return np.full(vocabulary, 1 / vocabulary), 0


@pytest.mark.oracle
@given(TEXT, st.integers(0, 5), st.integers(1, 45), st.integers(0, 40))
@settings(max_examples=120, deadline=None)
def test_a_cache_is_what_its_definition_says(ids: list[int], context: int, window: int, start: int) -> None:
    """Distributions and lengths of matches are those of a loop over the window, also one position behind the text."""
    settings = Cache(context, window)
    start = min(start, len(ids))
    found_NV, depth_N = settings.distributions(np.array(ids), start, len(ids) + 1, 4)
    for row, position in enumerate(range(start, len(ids) + 1)):
        wanted_V, length = by_definition(ids, position, 4, settings)
        assert found_NV[row] == pytest.approx(wanted_V)
        assert depth_N[row] == length


@pytest.mark.law
@given(TEXT, st.integers(0, 4), st.integers(1, 45), st.data())
@settings(max_examples=60, deadline=None)
def test_scores_are_read_off_distributions(ids: list[int], context: int, window: int, data: st.DataObject) -> None:
    """log p of the true symbols is that of the distributions, in whatever pieces they are asked for."""
    text, settings = np.array(ids, np.uint8), Cache(context, window)
    cut = data.draw(st.integers(0, len(ids)))
    log_probs_N, depth_N = settings.log_probs_of_true(text, [(cut, len(ids)), (0, cut)], 4)
    p_NV, lengths_N = settings.distributions(text, 0, len(ids), 4)
    order = [*range(cut, len(ids)), *range(cut)]
    assert np.exp(log_probs_N) == pytest.approx(p_NV[order, text[order]], abs=1e-6)
    assert (depth_N == lengths_N[order]).all()


@pytest.mark.law
def test_blocks_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """A long part is worked through in blocks, and places that match in groups, whose sizes do not matter."""
    ids = np.random.default_rng(2).integers(0, 3, 900)
    whole = Cache(3, 50).log_probs_of_true(ids, [(100, 900)], 3)
    monkeypatch.setattr(cache, "POSITIONS_AT_ONCE", 1)
    monkeypatch.setattr(cache, "PLACES_AT_ONCE", 7)
    cut = Cache(3, 50).log_probs_of_true(ids, [(100, 900)], 3)
    assert all((ours == theirs).all() for ours, theirs in zip(whole, cut, strict=True))


@pytest.mark.golden
def test_by_hand() -> None:
    """In "abracadabr" the longest match is "abr" at the beginning, after which "a" came; "r" and "br" say the same."""
    text = np.array([ord(letter) - ord("a") for letter in "abracadabr"])
    for context, length in ((5, 3), (3, 3), (1, 1)):
        p_1V, depth_1 = Cache(context, 100).distributions(text, 10, 11, 26)
        assert (p_1V[0, 0], depth_1[0]) == (1, length)
    # Without a context: four a, two b, two r, one c, one d; the last six are "cadabr".
    p_1V, _ = Cache(0, 100).distributions(text, 10, 11, 26)
    assert p_1V[0, [0, 1, 17, 2, 3]] == pytest.approx([0.4, 0.2, 0.2, 0.1, 0.1])
    p_1V, _ = Cache(0, 6).distributions(text, 10, 11, 26)
    assert p_1V[0, 0] == pytest.approx(2 / 6)


@pytest.mark.planted
def test_repetition_is_found_and_noise_is_not() -> None:
    """In a text that says everything twice the cache is trusted where it matches; in noise it gets almost nothing."""
    random = np.random.default_rng(5)
    blocks = random.integers(0, 20, (60, 50))
    twice = np.concatenate([blocks, blocks], axis=1).ravel()
    uniform_N = np.full(len(twice), -np.log(20), np.float32)
    piece = [(0, len(twice))]
    found = cache.fit(uniform_N, twice, piece, 20, contexts=(2, 4), windows=(5, 60))
    assert found.cache.window == 60
    assert found.mixture.weights[found.cache.context, 1] > 0.9
    assert found.mixture.loss_nats < 0.65 * np.log(20)
    noise = random.integers(0, 20, len(twice))
    nothing = cache.fit(uniform_N, noise, piece, 20, contexts=(2, 4), windows=(60,))
    assert nothing.mixture.loss_nats > np.log(20) - 0.01
