from __future__ import annotations

import numpy as np
import pytest

from rnnscope.corpus.lanes import Piece, reading_lanes
from rnnscope.corpus.split import Segment
from rnnscope.record.moments import replay
from rnnscope.record.text import record_text

from .cases import ALPHABET, CELLS, draw_ids, network

IDS = draw_ids(400)


@pytest.mark.oracle
@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("window", [1, 4])
def test_what_enters_is_what_was_there_before(cell: str, window: int) -> None:
    """States and gates that enter a moment are those of its lane's trace after the symbol before the first step."""
    net = network(cell)
    pieces = reading_lanes([Segment(50, 130), Segment(200, 380)], lanes=5, warm=25)
    positions = np.array([379, 50, 51, 129, 200, 201, 260])
    found = replay(net, IDS, pieces, positions, window=window, beyond=2, quantities=net.spec.gates, steps=7)
    np.testing.assert_array_equal(found.positions, np.sort(positions))
    assert (found.steps, found.answers) == (window + 2, 3)
    for p, position in enumerate(found.positions):
        np.testing.assert_array_equal(found.ids[:, p], IDS[position - window + 1 : position + 4])
        (lane,) = (piece for piece in pieces if piece.start <= position < piece.stop)
        trace = record_text(net, ALPHABET, IDS[lane.warm_start : position - window + 1])
        for name in net.spec.quantities:
            np.testing.assert_allclose(found.entering[name][:, p], trace.quantities[name][:, -1], atol=1e-6)


@pytest.mark.golden
def test_the_beginning_of_a_text_enters_as_zero() -> None:
    """The zero state enters the first position of a text; with a longer window that has no room and is left out."""
    net = network("lstm")
    found = replay(net, IDS, [Piece(0, 50, 0)], np.array([0, 1, 7]))
    np.testing.assert_array_equal(found.positions, [0, 1, 7])
    assert not found.entering["c"][:, 0].any()
    assert found.entering["c"][:, 1].all()
    later = replay(net, IDS, [Piece(0, 50, 0)], np.array([0, 1, 7]), window=2)
    np.testing.assert_array_equal(later.positions, [1, 7])
    assert not later.entering["c"][:, 0].any()
    np.testing.assert_array_equal(later.ids, [IDS[[0, 6]], IDS[[1, 7]], IDS[[2, 8]]])


@pytest.mark.golden
def test_the_end_of_a_text_needs_an_answer() -> None:
    """A position whose last answer would lie behind the end is left out, and without any position nothing is read."""
    net = network("gru")
    found = replay(net, IDS, [Piece(350, 400, 300)], np.array([397, 398, 399]), beyond=1)
    assert found.positions.tolist() == [397]
    assert len(replay(net, IDS, [Piece(350, 400, 300)], np.array([399]))) == 0
    assert len(replay(net, IDS, [Piece(350, 400, 300)], np.zeros(0, np.int64))) == 0


@pytest.mark.golden
def test_a_position_outside_all_pieces_is_a_mistake() -> None:
    """Positions lie in the pieces that were given."""
    with pytest.raises(AssertionError, match="every position lies in one of the pieces"):
        replay(network("gru"), IDS, [Piece(350, 400, 300)], np.array([349]))
