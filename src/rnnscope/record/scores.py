"""Score a part of a text: log p of every symbol, what was expected instead, and how many symbols were more likely.

The part is read in the lanes of evaluation, each from the zero state with a warm-up, so scores depend neither on how
reading is cut into chunks nor on other positions; with clamps they are the scores under intervention.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rnnscope.artifacts.scores import Scores
from rnnscope.cells.hold import Clamp
from rnnscope.corpus.lanes import Piece
from rnnscope.model.network import Network
from rnnscope.model.read import Block, read


class Collector:
    """Gathers the scores of pieces from the blocks in which they are read.

    Args:
        ids: the whole text, [N].
        pieces: what is scored, in the order in which the scores shall stand.
    """

    def __init__(self, ids: NDArray[np.integer[Any]], pieces: Sequence[Piece]) -> None:
        self._ids = ids
        starts_P = np.array([piece.start for piece in pieces], dtype=np.int64)
        stops_P = np.array([piece.stop for piece in pieces], dtype=np.int64)
        # Position p of a piece goes to row p plus the piece's shift.
        self._shifts_P = np.cumsum([0, *(stops_P - starts_P)])[:-1] - starts_P
        count = int((stops_P - starts_P).sum())
        self._positions = np.zeros(count, np.int64)
        self._log_probs = np.full(count, np.nan, np.float32)
        self._best, self._ranks = np.full(count, -1, np.int32), np.zeros(count, np.int32)

    def add(self, block: Block, first: int = 0) -> None:
        """Take the scores of a block.

        Args:
            block: from `read`.
            first: which piece the block's piece 0 is.
        """
        places_TB = block.positions + self._shifts_P[block.pieces + first]
        rows_K = places_TB[block.scored]
        self._positions[rows_K] = block.positions[block.scored]
        self._log_probs[rows_K] = block.log_probs[block.scored]
        self._best[rows_K] = block.best[block.scored]
        self._ranks[rows_K] = block.ranks[block.scored]

    def scores(self, facts: Mapping[str, Any], made_from: Mapping[str, str]) -> Scores:
        """All scores, once every block has been added."""
        assert not np.isnan(self._log_probs).any(), "every position is scored exactly once"
        ids = self._ids[self._positions].astype(np.int32)
        return Scores(self._positions, ids, self._log_probs, self._best, self._ranks, facts, made_from)


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
    collector = Collector(ids, pieces)
    for block in read(network, ids, pieces, steps=steps, clamps=clamps):
        collector.add(block)
    return collector.scores(facts or {}, made_from or {})
