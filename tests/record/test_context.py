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
from rnnscope.record.context import Older, context_curve, limited_scores, sample_starts
from rnnscope.record.scores import score_part

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


@pytest.mark.oracle
def test_a_limited_predictor_reads_k_symbols_and_no_more() -> None:
    """From nothing before them, scores are those of a text that begins k symbols before; rank and best with them."""
    positions, net = np.arange(1500, 1600, 3), network()
    found = limited_scores(net, IDS, positions, 20, older="reset")
    pieces = [Piece(int(at), int(at) + 1, int(at) - 20) for at in positions]
    wanted = score_part(net, IDS, pieces)
    np.testing.assert_allclose(found.log_probs, wanted.log_probs, atol=2e-6)
    assert (found.ranks.tolist(), found.best.tolist()) == (wanted.ranks.tolist(), wanted.best.tolist())


@pytest.mark.law
def test_a_limited_predictor_enters_from_elsewhere() -> None:
    """What lies before the k symbols does not matter, the seed does; a window network of k notices nothing."""
    positions, changed, net = np.arange(1500, 1600), IDS.copy(), network()
    changed[1300:1480] = 0
    found = limited_scores(net, IDS, positions, 20, warm=30)
    other = limited_scores(net, IDS, positions, 20, warm=30, seed=5)
    # Some of the other places lie in what was changed; the rest give the same.
    same = np.isclose(found.log_probs, limited_scores(net, changed, positions, 20, warm=30).log_probs)
    assert same.mean() > 0.8
    assert not np.isclose(found.log_probs, other.log_probs).all()
    whole = score(net, IDS, [Piece(0, 3000, 0)])
    assert not np.isclose(found.log_probs, whole[positions], atol=1e-4).all()
    window = WindowMLP(WindowConfig(window=4, hidden=8, init_scale=1.0), 6, seed=1)
    least = limited_scores(window, IDS, np.arange(10, 40), 4, warm=30).log_probs
    np.testing.assert_allclose(least, score(window, IDS, [Piece(0, 3000, 0)])[10:40], atol=1e-5)


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
