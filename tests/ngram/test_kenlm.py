"""KenLM's numbers on the full texts: probabilities of every position, losses, counts and discounts."""

from __future__ import annotations

import math

import numpy as np
import pytest

from rnnscope.ngram.kneser_ney import KneserNey

from .cases import KERNELS
from .full import Fed, fed, folder

pytestmark = pytest.mark.oracle

# Mean of -log p over the test part by context length, measured with lmplz (order = context + 1), unpruned, with
# --discount_fallback, the text as one line; the part before the test part is its context.
WARPEACE_STREAMS = {
    0: 3.120565, 1: 2.398722, 2: 1.927835, 3: 1.520657, 4: 1.313756, 5: 1.231610, 6: 1.203357, 7: 1.193973,
    8: 1.193590, 9: 1.194313, 19: 1.195166, 20: 1.195160,
}  # fmt: skip

PAPER = {1: 2.399, 2: 1.928, 3: 1.521, 4: 1.314, 5: 1.232, 6: 1.203, 7: 1.194, 8: 1.194, 9: 1.194, 20: 1.195}
"""Karpathy, Johnson and Fei-Fei 2015, Table 2: n-gram models of War and Peace."""

needs_library = pytest.mark.skipif(len(KERNELS) == 1, reason="minutes without the compiled library")


@pytest.fixture(scope="module")
def text() -> Fed:
    return fed("warpeace", "streams")


@pytest.fixture(scope="module")
def model(text: Fed) -> KneserNey:
    return KneserNey.fit([text.training], text.vocabulary, 20, marks=True, threads=2)


@needs_library
def test_probabilities_are_kenlms(text: Fed, model: KneserNey) -> None:
    """log10 p of each of the 330,000 test symbols of War and Peace is KenLM's to 1e-5, and losses are the paper's."""
    found_KN = model.log_probs_of_true(text.scored, text.pieces, range(21), threads=2)
    for order in (2, 6, 10, 20):
        expected_N = np.fromfile(folder() / "kenlm" / f"warpeace_streams_order{order}.f32", np.float32)
        np.testing.assert_allclose(found_KN[order - 1] / math.log(10), expected_N, rtol=0, atol=1e-5)
    losses_nats = -found_KN.mean(axis=1, dtype=np.float64)
    for context, loss_nats in WARPEACE_STREAMS.items():
        assert losses_nats[context] == pytest.approx(loss_nats, abs=1e-5)
    assert {context: round(losses_nats[context], 3) for context in PAPER} == PAPER


@needs_library
def test_counts_are_kenlms(model: KneserNey) -> None:
    """Counts of n-grams and discounts are those that lmplz prints; only single symbols need the fallback."""
    levels = model.levels
    assert [levels[k].ngrams for k in (1, 2, 3, 4, 9, 18)] == [1697, 13075, 56383, 163549, 1518127, 2533183]
    lower = {1: (0.448936, 1.00679, 1.9564), 2: (0.517684, 1.02564, 1.65022), 18: (0.989553, 1.69199, 1.93797)}
    highest = {5: (0.606108, 1.07208, 1.45486), 9: (0.782102, 1.17116, 1.41995), 19: (0.978592, 1.56484, 1.82914)}
    for k, expected in lower.items():
        found = levels[k].lower
        assert found is not None
        assert found.values == pytest.approx(expected, rel=1e-5)
    for k, expected in highest.items():
        assert levels[k].highest.values == pytest.approx(expected, rel=1e-5)
    assert [level.context for level in levels if level.lower and level.lower.fallback] == [0]
    assert [level.context for level in levels if level.highest.fallback] == []


@needs_library
def test_size_of_the_model(model: KneserNey) -> None:
    """All contexts up to 20 take a quarter of what KenLM's trie takes for one (301 MB)."""
    assert model.bytes < 75e6
