from __future__ import annotations

import numpy as np
import pytest

from rnnscope.config import RecurrentConfig
from rnnscope.corpus.alphabet import Alphabet
from rnnscope.model.char_rnn import CharRNN
from rnnscope.record.gradients import gradient_norms
from rnnscope.record.text import record_text
from rnnscope.record.unrolled import passage_gradients


@pytest.mark.oracle
@pytest.mark.parametrize("cell", ["rnn", "lstm-peephole", "gru"])
def test_gradients_along_a_passage_are_those_of_the_whole_text(cell: str) -> None:
    """Read again from recorded states, every loss is felt as it is when the network reads from the beginning."""
    network = CharRNN(RecurrentConfig(cell=cell, layers=2, hidden=5, init_scale=0.9), 7, seed=3)  # type: ignore[arg-type] # a name from the list
    alphabet = Alphabet("characters", np.arange(97, 104, dtype=np.uint32))
    ids = np.random.default_rng(1).integers(0, 7, 60)
    trace = record_text(network, alphabet, ids).part(20, 60)
    found = passage_gradients(network, trace, distances=4)
    places = np.arange(4, 39)
    whole = gradient_norms(network, ids, 20 + places + 1, 4, lanes=1)
    for state, norms_LKP in whole.norms.items():
        np.testing.assert_allclose(found[state][:, :, places], norms_LKP, rtol=1e-4)
        assert np.isnan(found[state][:, :, :4]).all()
        assert np.isnan(found[state][:, :, -1]).all()
