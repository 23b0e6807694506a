"""The order in which a part is read."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rnnscope.config import CorpusConfig
from rnnscope.corpus.lanes import NO_TARGET, Piece, TrainingLanes, reading_lanes
from rnnscope.corpus.split import Segment, make


@st.composite
def segments(draw: st.DrawFn) -> list[Segment]:
    cuts = sorted(draw(st.lists(st.integers(0, 400), min_size=2, max_size=8, unique=True)))
    return [Segment(start, stop) for start, stop in list(pairwise(cuts))[::2]]


def epoch(lanes: TrainingLanes) -> tuple[np.ndarray, np.ndarray]:
    """All chunks of an epoch, one below the other: inputs and targets."""
    chunks = [lanes.chunk(k) for k in range(lanes.chunks)]
    return np.concatenate([inputs for inputs, _ in chunks]), np.concatenate([targets for _, targets in chunks])


@pytest.mark.law
@settings(max_examples=300)
@given(segments(), st.integers(1, 40), st.integers(1, 30))
def test_every_position_is_a_target_once(parts: list[Segment], batch: int, steps: int) -> None:
    """With ids that are their own positions: targets are all positions but 0, each after the symbol before it."""
    wanted = [position for start, stop in parts for position in range(start, stop)]
    batch = min(batch, len(wanted))
    lanes = TrainingLanes(np.arange(500, dtype=np.uint16), parts, batch, steps)
    inputs, targets = epoch(lanes)
    scored = targets != NO_TARGET
    assert sorted(targets[scored].tolist()) == [position for position in wanted if position]
    assert np.array_equal(inputs[scored], targets[scored] - 1)
    assert lanes.symbols == scored.sum()
    # Down the lanes, one lane after another, the text is read in order.
    assert targets.T[scored.T].tolist() == [position for position in wanted if position]
    lengths = (targets != NO_TARGET).sum(axis=0) + (np.arange(batch) == 0) * (wanted[0] == 0)
    assert lengths.max() - lengths.min() <= 1
    assert inputs.min() >= 0


@pytest.mark.law
def test_chunks_have_the_asked_shape() -> None:
    """All chunks have T steps and B lanes, the last one what is left, as int64."""
    lanes = TrainingLanes(np.arange(100, dtype=np.uint8), [Segment(1, 100)], 4, 10)
    shapes = [lanes.chunk(k)[0].shape for k in range(lanes.chunks)]
    assert shapes == [(10, 4), (10, 4), (5, 4)]
    assert all(array.dtype == np.int64 for array in lanes.chunk(0))
    assert (lanes.chunk(2)[1][-1] == NO_TARGET).tolist() == [False, False, False, True]


@pytest.mark.golden
def test_position_zero_has_no_target() -> None:
    """The first symbol of a text is read but never scored; the next one is scored after it."""
    inputs, targets = TrainingLanes(np.array([7, 8, 9], np.uint8), [Segment(0, 3)], 1, 3).chunk(0)
    assert targets[:, 0].tolist() == [NO_TARGET, 8, 9]
    assert inputs[:, 0].tolist() == [7, 7, 8]


@pytest.mark.oracle
def test_streams_give_the_rows() -> None:
    """With 100 lanes and 100 steps the streams split is the reshaped array, chunk by chunk."""
    n = 130_000
    ids = np.random.default_rng(1).integers(0, 90, n).astype(np.uint8)
    split = make(n, CorpusConfig(text="text", split="streams"))
    lanes = TrainingLanes(ids, split.parts["train"], 100, 100)
    rows = ids[:n].reshape(100, 1300)
    assert lanes.chunks == 10
    for k in range(lanes.chunks):
        _, targets = lanes.chunk(k)
        expected = rows[:, k * 100 : (k + 1) * 100].T.astype(np.int64)
        if k == 0:
            expected[0, 0] = NO_TARGET
        assert np.array_equal(targets, expected)
    for part in ("valid", "test"):
        pieces = reading_lanes(split.parts[part])
        assert [(piece.start, piece.stop) for piece in pieces] == list(split.parts[part])


@pytest.mark.oracle
@settings(max_examples=300)
@given(segments(), st.integers(1, 60), st.integers(0, 50))
def test_pieces_hold_each_position_once(parts: list[Segment], count: int, warm: int) -> None:
    """Evaluation scores each position once, in order, never across a seam, and warms up within the text."""
    pieces = reading_lanes(parts, count, warm)
    covered = [position for piece in pieces for position in range(piece.start, piece.stop)]
    assert covered == [position for start, stop in parts for position in range(start, stop)]
    assert all(any(start <= p.start < p.stop <= stop for start, stop in parts) for p in pieces)
    assert all(p.warm_start == max(0, p.start - 1 - warm) for p in pieces)
    # As NumPy deals them out: nearly equal lanes, each cut again at the seams inside it.
    seams = [start for start, _ in parts]
    expected = [
        (int(run[0]), int(run[-1]) + 1)
        for lane in np.array_split(covered, min(count, len(covered)))
        for run in np.split(lane, np.flatnonzero(np.isin(lane, seams)))
        if len(run)
    ]
    assert [(piece.start, piece.stop) for piece in pieces] == expected


@pytest.mark.golden
def test_pieces_of_one_block() -> None:
    """A block is cut into pieces whose lengths differ by at most one; one lane is the whole block."""
    assert reading_lanes([Segment(2000, 2010)], 3, 1000) == [
        Piece(2000, 2004, 999),
        Piece(2004, 2007, 1003),
        Piece(2007, 2010, 1006),
    ]
    assert reading_lanes([Segment(5, 2010)], 1) == [Piece(5, 2010, 0)]
    assert reading_lanes([], 10) == []


@pytest.mark.golden
def test_more_lanes_than_positions_is_a_programming_error() -> None:
    """Lanes without a symbol never reach a network: settings are checked before."""
    with pytest.raises(AssertionError, match=r"auto\.check"):
        TrainingLanes(np.arange(10, dtype=np.uint8), [Segment(0, 3)], 4, 1)
