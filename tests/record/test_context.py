from __future__ import annotations

from typing import get_args

import numpy as np
import pytest

from rnnscope.config import RecurrentConfig, WindowConfig
from rnnscope.corpus.lanes import Piece
from rnnscope.errors import InputError
from rnnscope.model.char_rnn import CharRNN
from rnnscope.model.read import score
from rnnscope.model.window_mlp import WindowMLP
from rnnscope.record.context import Older, context_curve, limited_log_probs, sample_starts

IDS = np.random.default_rng(1).integers(0, 6, 3000)


def network(cell: str = "lstm") -> CharRNN:
    return CharRNN(RecurrentConfig(cell=cell, layers=2, hidden=9, init_scale=0.8), 6, seed=2)  # type: ignore[arg-type] # a cell's name


@pytest.mark.oracle
def test_a_reset_context_is_a_text_that_begins_there() -> None:
    """Row k is what scoring the text from the start alone gives to its symbol k, chunks of 100 notwithstanding."""
    starts = np.array([0, 500, 1203])
    found = context_curve(network(), IDS, starts, 230, older="reset")
    for lane, start in enumerate(starts):
        alone = score(network(), IDS, [Piece(int(start), int(start) + 231, int(start))])
        np.testing.assert_allclose(found[:, lane], alone, atol=2e-6)


@pytest.mark.law
def test_a_window_network_needs_its_window_and_no_more() -> None:
    """With k at least its window, hiding older text changes nothing; below, replaced text does."""
    window = WindowMLP(WindowConfig(window=4, hidden=8, init_scale=1.0), 6, seed=1)
    starts = np.arange(1200, 1500, 10)
    whole = score(window, IDS, [Piece(0, 3000, 0)])
    for older in get_args(Older):
        found = context_curve(window, IDS, starts, 9, older=older)
        for k in range(10):
            same = np.isclose(found[k], whole[starts + k], atol=1e-5).all()
            assert same == (k >= 4), (older, k)


@pytest.mark.law
def test_a_limited_predictor_depends_on_its_context_only() -> None:
    """What lies before the k symbols does not change a reset prediction; the symbols inside do."""
    positions, changed = np.arange(1500, 1600), IDS.copy()
    changed[:1480] = 0
    before = limited_log_probs(network(), IDS, positions, 20, older="reset")
    assert np.array_equal(before, limited_log_probs(network(), changed, positions, 20, older="reset"))
    changed[1590] = (changed[1590] + 1) % 6
    after = limited_log_probs(network(), changed, positions, 20, older="reset")
    assert np.array_equal(before[:90], after[:90])
    assert not np.isclose(before[91:], after[91:]).any()


@pytest.mark.law
def test_replaced_text_comes_from_elsewhere_and_is_drawn_by_seed() -> None:
    """The same seed gives the same numbers, another seed others; neither is the network with its own past."""
    starts = np.arange(1100, 1400, 3)
    one, again = (context_curve(network(), IDS, starts, 5, seed=1, warm=50) for _ in range(2))
    other = context_curve(network(), IDS, starts, 5, seed=2, warm=50)
    whole = score(network(), IDS, [Piece(0, 3000, 0)])
    assert np.array_equal(one, again)
    assert not np.isclose(one[0], other[0]).all()
    assert not np.isclose(one[0], whole[starts], atol=1e-4).all()


@pytest.mark.law
def test_starts_are_drawn_inside_their_segments_and_others_refused() -> None:
    """Every symbol of a lane lies in its segment; a start too near to the end is an error."""
    starts = sample_starts([(100, 150), (300, 320), (400, 500)], 30, 1000)
    assert starts.tolist() == [*range(100, 120), *range(400, 470)]
    assert len(sample_starts([(100, 500)], 30, 7)) == 7
    assert len(sample_starts([(0, 5)], 30, 7)) == 0
    with pytest.raises(InputError, match="from there on"):
        context_curve(network(), IDS, np.array([2990]), 20)
    with pytest.raises(InputError, match="before its start"):
        context_curve(network(), IDS, np.array([20]), 20, older="shuffled", warm=30)
