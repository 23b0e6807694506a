"""One context of a model as a predictor of a stream."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rnnscope.ngram.kneser_ney import Kernel
from rnnscope.ngram.predictor import NgramPredictor
from rnnscope.predictor import Predictor
from rnnscope.sample import sample

from .cases import KERNELS, Case, cases


@pytest.mark.law
@pytest.mark.parametrize("kernel", KERNELS)
@settings(max_examples=40)
@given(case=cases(), cuts=st.lists(st.integers(0, 60), max_size=4))
def test_chunks_change_nothing(kernel: Kernel, case: Case, cuts: list[int]) -> None:
    """A text read in chunks gets the distributions of the whole text, and what comes next is the row to come."""
    predictor: Predictor = NgramPredictor(case.fit(kernel), case.context)
    whole_NV, _ = predictor.log_probs(case.text)
    assert whole_NV.shape == (len(case.text), predictor.vocabulary)
    state, before = None, 0
    for cut in [*sorted(min(cut, len(case.text)) for cut in cuts), len(case.text)]:
        assert isinstance(predictor, NgramPredictor)
        next_V = predictor.next_log_probs(state)
        rows_NV, state = predictor.log_probs(case.text[before:cut], state)
        np.testing.assert_array_equal(rows_NV, whole_NV[before:cut])
        if cut > before:
            np.testing.assert_array_equal(next_V, whole_NV[before])
        before = cut
    assert state is not None
    assert len(state) == min(case.context, len(case.text))


@pytest.mark.planted
def test_samples_repeat_what_was_read() -> None:
    """At temperature 0 a model of a repeated passage goes on with that passage."""
    passage = np.random.default_rng(2).permutation(30)
    case = Case([np.tile(passage, 20)], 30, 6, False, passage)
    drawn = list(sample(NgramPredictor(case.fit("auto"), 6), 30, passage[:10], 50, temperature=0.0))
    np.testing.assert_array_equal(drawn, np.tile(passage, 3)[10:60])
