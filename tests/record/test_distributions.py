from __future__ import annotations

import numpy as np
import pytest

from rnnscope.corpus.lanes import Piece, reading_lanes
from rnnscope.corpus.split import Segment
from rnnscope.model.predictor import NetworkPredictor
from rnnscope.record.distributions import distributions
from rnnscope.record.scores import score_part

from .cases import ALPHABET, draw_ids, network

IDS = draw_ids(700, seed=4)


def gathered(pieces: list[Piece], steps: int = 100) -> tuple[np.ndarray, np.ndarray]:
    """Positions and distributions in text order."""
    chunks = list(distributions(network(), IDS, pieces, steps=steps))
    positions = np.concatenate([chunk for chunk, _ in chunks])
    order = np.argsort(positions, kind="stable")
    return positions[order], np.concatenate([rows for _, rows in chunks])[order]


@pytest.mark.oracle
def test_a_stream_gives_what_the_predictor_gives() -> None:
    """One piece from the beginning of the text is the single stream, its first symbol included."""
    positions, found = gathered([Piece(0, 700, 0)], steps=64)
    wanted, _ = NetworkPredictor(network()).log_probs(IDS)
    assert positions.tolist() == list(range(700))
    np.testing.assert_allclose(found, wanted, atol=2e-6)


@pytest.mark.law
def test_the_true_symbols_have_the_scores_of_the_part() -> None:
    """Every position of a part in lanes comes once, in any chunks, and its symbol has its score."""
    pieces = reading_lanes([Segment(0, 90), Segment(200, 431), Segment(500, 501)], 7, warm=50)
    scores = score_part(network(), IDS, pieces)
    for steps in (1, 13, 100):
        positions, found = gathered(pieces, steps)
        assert positions.tolist() == scores.positions.tolist()
        assert found.shape == (len(scores), ALPHABET.size)
        own = found[np.arange(len(found)), scores.ids]
        np.testing.assert_allclose(own, scores.log_probs, atol=2e-6)
