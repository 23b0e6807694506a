from __future__ import annotations

import itertools
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from rnnscope.cells.hold import Clamp
from rnnscope.config import RecurrentConfig, WindowConfig
from rnnscope.corpus.lanes import Piece, reading_lanes
from rnnscope.corpus.split import Segment
from rnnscope.errors import Diverged
from rnnscope.model import read as read_module
from rnnscope.model.build import build
from rnnscope.model.network import Network
from rnnscope.model.predictor import NetworkPredictor
from rnnscope.model.read import Block, read, score

V, N = 11, 700
TOLERANCE = 3e-6  # one log-probability of size 4 to 16 in float32 is a multiple of 1e-6; their means agree to 1e-6
KINDS: dict[str, RecurrentConfig | WindowConfig] = {
    cell: RecurrentConfig(cell=cell, hidden=13, init_scale=0.4)
    for cell in ("rnn", "lstm", "lstm-peephole", "lstm-coupled", "gru", "gru-torch")
} | {"window": WindowConfig(window=3, hidden=13, init_scale=0.4)}
PIECES = [Piece(0, 100, 0), Piece(100, 333, 40), Piece(333, 334, 0), Piece(340, 350, 339), Piece(350, N, 349)]


def make(kind: str = "lstm") -> Network:
    return build(KINDS[kind], V, seed=3)


def text() -> NDArray[np.uint8]:
    return np.random.default_rng(0).integers(0, V, N).astype(np.uint8)


def alone(network: Network, ids: NDArray[Any], piece: Piece) -> NDArray[np.float32]:
    """The piece read by the predictor as one stream of its own."""
    stretch = ids[piece.warm_start : piece.stop]
    log_probs_NV, _ = NetworkPredictor(network).log_probs(stretch)
    return log_probs_NV[np.arange(len(stretch)), stretch][piece.start - piece.warm_start :]


def close(found: NDArray[np.float32], expected: NDArray[np.float32]) -> None:
    np.testing.assert_allclose(found, expected, rtol=0, atol=TOLERANCE)
    assert abs(found.mean(dtype=np.float64) - expected.mean(dtype=np.float64)) < 1e-6


@st.composite
def some_pieces(draw: st.DrawFn) -> Piece:
    warm_start, start, last = sorted(draw(st.lists(st.integers(0, N - 1), min_size=3, max_size=3)))
    return Piece(start, last + 1, warm_start)


@pytest.mark.oracle
@settings(max_examples=15, deadline=None)
@given(pieces=st.lists(some_pieces(), max_size=7), steps=st.integers(1, 300), kind=st.sampled_from(sorted(KINDS)))
def test_every_piece_scores_as_if_alone(pieces: list[Piece], steps: int, kind: str) -> None:
    """Whatever pieces are read together, in whatever chunks, each scores as the predictor's single stream does."""
    network, ids = make(kind), text()
    found = score(network, ids, pieces, steps=steps)
    assert len(found) == sum(piece.stop - piece.start for piece in pieces)
    if pieces:
        close(found, np.concatenate([alone(network, ids, piece) for piece in pieces]))


@pytest.mark.law
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("steps", [1, 7, 99, 5000])
def test_chunk_length_changes_nothing(kind: str, steps: int) -> None:
    """Scores are the same for chunks of one symbol, odd ones and one chunk for all."""
    network, ids = make(kind), text()
    close(score(network, ids, PIECES, steps=steps), score(network, ids, PIECES, steps=100))


@pytest.mark.law
def test_threads_change_nothing() -> None:
    """One and two processor threads give the same scores."""
    network, ids, threads = make(), text(), torch.get_num_threads()
    found = []
    try:
        for count in (1, 2):
            torch.set_num_threads(count)
            found.append(score(network, ids, PIECES))
    finally:
        torch.set_num_threads(threads)
    close(*found)


@pytest.mark.law
def test_one_lane_is_the_single_stream() -> None:
    """A whole text read in one lane scores as the predictor that reads it from the start."""
    network, ids = make(), text()
    close(score(network, ids, reading_lanes([Segment(0, N)], lanes=1)), alone(network, ids, Piece(0, N, 0)))


@pytest.mark.law
def test_the_first_symbol_is_predicted_from_zero_state() -> None:
    """Position 0 has the probability that the output layer gives with h = 0: its bias alone."""
    network, ids = make(), text()
    expected = torch.log_softmax(network.output["bias"], 0)[int(ids[0])]
    assert float(score(network, ids, [Piece(0, 5, 0)])[0]) == pytest.approx(float(expected.detach()), abs=1e-6)


@pytest.mark.law
def test_what_others_read_is_not_seen() -> None:
    """Changing the text under the other lanes, short and long ones, leaves a lane's scores bit for bit."""
    network, ids = make(), text()
    changed = ids.copy()
    changed[:100] = (changed[:100] + 1) % V
    changed[350:] = (changed[350:] + 1) % V
    before, after = score(network, ids, PIECES), score(network, changed, PIECES)
    untouched = slice(334, 344)  # the scores of Piece(340, 350, 339), after those of 100 + 233 + 1 positions
    assert before[untouched].tobytes() == after[untouched].tobytes()
    assert not np.allclose(before[:100], after[:100])


@pytest.mark.law
@pytest.mark.parametrize("quantities", [(), ("h", "z")])
def test_every_position_comes_once_in_its_block(quantities: tuple[str, ...]) -> None:
    """With more pieces than lanes each position is scored once, in blocks of 100 lanes at most; no other has scores."""
    network, ids = make("gru"), text()
    edges = np.unique(np.random.default_rng(2).integers(1, N, 240))
    pieces = [Piece(int(a), int(b), max(0, int(a) - 9)) for a, b in itertools.pairwise(edges)]
    assert len(pieces) > 150
    times = np.zeros(N, np.int64)
    for block in read(network, ids, pieces, steps=4, quantities=quantities):
        assert block.positions.shape == block.scored.shape == block.log_probs.shape
        assert block.positions.shape[0] <= 4
        assert block.positions.shape[1] == len(block.pieces) <= 100
        assert block.scored.any()
        np.add.at(times, block.positions[block.scored], 1)
        assert np.array_equal(np.isnan(block.log_probs), ~block.scored)
        assert np.array_equal(block.ranks == 0, ~block.scored)
        assert np.array_equal(block.best == -1, ~block.scored)
        starts, stops, warm = np.array([pieces[piece] for piece in block.pieces]).T
        inside = block.positions >= 0
        assert np.array_equal(block.scored, inside & (block.positions >= starts) & (block.positions < stops))
        assert bool((block.positions >= warm)[inside].all())
    assert np.array_equal(times, (np.arange(N) >= edges[0]) & (np.arange(N) < edges[-1]))


@pytest.mark.oracle
@pytest.mark.parametrize("kind", ["lstm", "gru", "window"])
def test_traced_blocks_hold_what_stepping_shows(kind: str) -> None:
    """Gates, states and the next distribution at a position equal those of the predictor stepped symbol by symbol."""
    network, ids = make(kind), text()
    pieces = [Piece(3, 9, 1), Piece(20, 40, 11)]
    found: dict[int, tuple[Block, int, int]] = {}
    for lent in read(network, ids, pieces, steps=6, quantities=network.spec.quantities, next_log_probs=True):
        block = replace(lent, quantities={name: values.copy() for name, values in lent.quantities.items()})
        for step, lane in zip(*np.nonzero(block.scored), strict=True):
            found[int(block.positions[step, lane])] = (block, step, lane)
    assert sorted(found) == [*range(3, 9), *range(20, 40)]
    predictor = NetworkPredictor(network)
    for piece in pieces:
        state = None
        for position in range(piece.warm_start, piece.stop):
            shown = predictor.step(int(ids[position]), state)
            state = shown.state
            if position in found:
                block, step, lane = found[position]
                np.testing.assert_allclose(block.next_log_probs[step, lane], shown.log_probs, rtol=0, atol=TOLERANCE)
                assert set(block.quantities) == set(shown.quantities) == set(network.spec.quantities)
                for name, values in block.quantities.items():
                    np.testing.assert_allclose(values[:, step, lane], shown.quantities[name], rtol=0, atol=1e-6)


@pytest.mark.law
def test_blocks_hold_what_was_asked_for_alone() -> None:
    """Unless asked for, no quantity and no distribution is kept, clamped or not."""
    for block in read(make(), text(), PIECES, clamps=[Clamp(0, "c", 1, 2.0)]):
        assert block.quantities == {}
        assert len(block.next_log_probs) == 0


@pytest.mark.law
def test_large_results_are_read_in_shorter_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a chunk's results would pass the limit its steps are cut, down to one, and scores stay the same."""
    network, ids = make(), text()
    expected = score(network, ids, PIECES)
    f_and_c = 2 * 13  # numbers of one layer
    for limit, name, steps in [
        (5 * V * 30, "CHUNK_NUMBERS", 30), (5 * f_and_c * 7, "RECORDED_NUMBERS", 7), (1, "RECORDED_NUMBERS", 1),
    ]:  # fmt: skip
        monkeypatch.setattr(read_module, name, limit)
        recorded = ("f", "c") if name == "RECORDED_NUMBERS" else ()
        blocks = list(read(network, ids, PIECES, quantities=recorded, layers=(1,)))
        assert max(len(block.positions) for block in blocks) == steps
        close(score(network, ids, PIECES), expected)


@pytest.mark.law
def test_a_clamp_acts_from_the_warm_up_on() -> None:
    """A clamped cell shows its value throughout, and scores equal those of the clamped predictor."""
    network, ids, clamps = make(), text(), [Clamp(1, "c", 4, -2.0)]
    piece = Piece(50, 90, 20)
    for block in read(network, ids, [piece], clamps=clamps, quantities=("c",)):
        assert bool((block.quantities["c"][1, ..., 4] == -2.0).all())
    stretch = ids[20:90]
    log_probs_NV, _ = NetworkPredictor(network, clamps).log_probs(stretch)
    found = score(network, ids, [piece], clamps=clamps)
    close(found, log_probs_NV[np.arange(70), stretch][30:])
    assert np.abs(found - score(network, ids, [piece])).max() > 0.01


@pytest.mark.law
def test_reading_leaves_gradients_as_they_were() -> None:
    """Between two blocks the caller may train: gradients are on, and reading builds no graph."""
    network = make()
    for _ in read(network, text(), PIECES):
        assert torch.is_grad_enabled()
    assert all(weight.grad is None for weight in network.parameters())


@pytest.mark.law
@pytest.mark.parametrize("piece", [Piece(5, 5, 0), Piece(5, N + 1, 0), Piece(5, 9, 6), Piece(5, 9, -1)])
def test_pieces_outside_the_text_are_a_mistake(piece: Piece) -> None:
    """Empty pieces, pieces beyond the text and warm-ups after the start are refused."""
    with pytest.raises(AssertionError, match="inside the text"):
        score(make(), text(), [piece])


@pytest.mark.planted
def test_states_that_overflow_are_refused() -> None:
    """A rectified network with large weights grows beyond float32 while it reads; no NaN is given out as a score."""
    network = build(RecurrentConfig(cell="rnn", activation="relu", hidden=13, init_scale=10.0), V, seed=3)
    with pytest.raises(Diverged, match="probabilities are not finite"):
        score(network, text(), [Piece(0, N, 0)])
    with pytest.raises(Diverged, match="probabilities are not finite"):
        NetworkPredictor(network).log_probs(text())
