"""What a network computes over a part, as chunks for folds: kept after the first reading where it fits into memory."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rnnscope.corpus.lanes import Piece, reading_lanes
from rnnscope.corpus.split import Segment
from rnnscope.fold import Chunk, Fold
from rnnscope.model.network import Network
from rnnscope.record import folds

HELD_BYTES = 512 << 20
"""States of one part that are kept in memory; larger ones are computed again for every pass."""

LEAST_LANES = 32
"""Stretches that are read side by side: fewer make poor use of the machine, more have more to warm up."""


def pieces_of(segments: Sequence[Segment]) -> list[Piece]:
    """The lanes in which a part is read, each from the zero state after 1,000 symbols."""
    return reading_lanes(segments, lanes=max(LEAST_LANES, len(segments)))


class States:
    """States of a network over a part.

    Args:
        network, ids: what reads, and the whole text.
        segments: the part.
        quantities: names of states; None takes h, and c of the LSTM types.
    """

    def __init__(
        self,
        network: Network,
        ids: NDArray[np.integer[Any]],
        segments: Sequence[Segment],
        quantities: Sequence[str] | None = None,
    ) -> None:
        self._network, self._ids, self._pieces = network, ids, pieces_of(segments)
        self._quantities = tuple(network.spec.states if quantities is None else quantities)
        symbols = sum(stop - start for start, stop in segments)
        self._fits = symbols * len(self._quantities) * network.depth * network.hidden * 4 <= HELD_BYTES
        self._held: list[Chunk] | None = None

    def feed(self, *taking: Fold) -> None:
        """Let folds take all of it in."""
        for chunk in self._chunks():
            for one in taking:
                one.update(chunk)

    def _chunks(self) -> Iterator[Chunk]:
        if self._held is not None:
            yield from self._held
            return
        held: list[Chunk] = []
        for chunk in folds.chunks(self._network, self._ids, self._pieces, quantities=self._quantities):
            if self._fits:  # what is fed is lent
                states = {name: values.copy() for name, values in chunk.quantities.items()}
                held.append(Chunk(chunk.positions.copy(), states, None))
            yield chunk
        if self._fits:
            self._held = held
