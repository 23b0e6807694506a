"""Score a part of a text: log p of every symbol, what was expected instead, and how many symbols were more likely.

The part is read in the lanes of evaluation, each from the zero state with a warm-up, so scores depend neither on how
reading is cut into chunks nor on other positions; with clamps they are the scores under intervention.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from rnnscope.artifacts.scores import Scores
from rnnscope.cells.hold import Clamp
from rnnscope.corpus.lanes import Piece
from rnnscope.model.network import Network
from rnnscope.model.read import Block, read


class Collector:
    """Gathers the scores of pieces from the blocks in which they are read.

    Args:
        network: what reads.
        ids: the whole text, [N].
        pieces: what is scored, in the order in which the scores shall stand.
    """

    def __init__(self, network: Network, ids: NDArray[np.integer[Any]], pieces: Sequence[Piece]) -> None:
        self._ids = ids
        self._starts_P = np.array([piece.start for piece in pieces], dtype=np.int64)
        self._stops_P = np.array([piece.stop for piece in pieces], dtype=np.int64)
        # Position p of a piece goes to row p plus the piece's shift.
        self._shifts_P = np.cumsum([0, *(self._stops_P - self._starts_P)])[:-1] - self._starts_P
        count = int((self._stops_P - self._starts_P).sum())
        self._positions = np.zeros(count, np.int64)
        self._log_probs = np.full(count, np.nan, np.float32)
        self._best, self._ranks = np.full(count, -1, np.int32), np.zeros(count, np.int32)
        # What a lane without a warm-up reads first was predicted from the zero state.
        with torch.no_grad():
            first_1V = torch.log_softmax(network.next_logits(network.initial_state(1)), -1).numpy()
        fresh_K = np.array([index for index, piece in enumerate(pieces) if piece.start == piece.warm_start], np.int64)
        self._put(self._starts_P[fresh_K], fresh_K, np.repeat(first_1V, len(fresh_K), axis=0))

    def add(self, block: Block, first: int = 0) -> None:
        """Take what a block expected after each of its positions.

        Args:
            block: from `read` with pieces that begin a symbol earlier, see `with_neighbour`.
            first: which piece the block's piece 0 is.
        """
        following_TB = block.positions + 1
        lanes_TB = np.broadcast_to(block.pieces + first, following_TB.shape)
        wanted_TB = (block.positions >= 0) & (following_TB >= self._starts_P[lanes_TB])
        wanted_TB &= following_TB < self._stops_P[lanes_TB]
        self._put(following_TB[wanted_TB], lanes_TB[wanted_TB], block.next_log_probs[wanted_TB])

    def scores(self, facts: Mapping[str, Any], made_from: Mapping[str, str]) -> Scores:
        """All scores, once every block has been added."""
        assert not np.isnan(self._log_probs).any(), "every position is scored exactly once"
        ids = self._ids[self._positions].astype(np.int32)
        return Scores(self._positions, ids, self._log_probs, self._best, self._ranks, facts, made_from)

    def _put(
        self, positions_K: NDArray[np.int64], lanes_K: NDArray[np.int64], log_probs_KV: NDArray[np.float32]
    ) -> None:
        rows_K = positions_K + self._shifts_P[lanes_K]
        true_K1 = self._ids[positions_K].astype(np.int64)[:, None]
        log_probs_K1 = np.take_along_axis(log_probs_KV, true_K1, axis=1)
        self._positions[rows_K] = positions_K
        self._log_probs[rows_K] = log_probs_K1[:, 0]
        self._best[rows_K] = log_probs_KV.argmax(axis=1)
        self._ranks[rows_K] = 1 + (log_probs_KV > log_probs_K1).sum(axis=1)


def score_part(
    network: Network,
    ids: NDArray[np.integer[Any]],
    pieces: Sequence[Piece],
    *,
    clamps: Sequence[Clamp] = (),
    steps: int = 100,
    facts: Mapping[str, Any] | None = None,
    made_from: Mapping[str, str] | None = None,
) -> Scores:
    """Score pieces of a text in one pass.

    Args:
        network: what reads.
        ids: the whole text, [N].
        pieces: which positions, and where their lanes start; see `corpus.lanes.reading_lanes`.
        clamps: values forced inside the recurrence from the start of the warm-up.
        steps: symbols per chunk; no result depends on it.
        facts: what the scores shall say of themselves.
        made_from: hashes of network and text.
    """
    collector = Collector(network, ids, pieces)
    for block in read(network, ids, with_neighbour(pieces), steps=steps, clamps=clamps):
        collector.add(block)
    return collector.scores(facts or {}, made_from or {})


def with_neighbour(pieces: Sequence[Piece]) -> list[Piece]:
    """The same pieces with the symbol before each, whose distribution is the one that the first symbol is scored by."""
    return [Piece(max(warm_start, start - 1), stop, warm_start) for start, stop, warm_start in pieces]
