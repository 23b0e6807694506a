"""Record a part of a text of any length into a folder: every state and gate, and the scores of the same reading.

The part is read in the lanes of evaluation. Lanes are read side by side in groups that fit into a fixed memory, and
written in the order of the text; a lane that alone is larger is written as it is read. Memory therefore does not grow
with the text, and neither groups nor chunks change what is recorded (up to the rounding of float32 sums).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rnnscope.artifacts.commit import Draft
from rnnscope.artifacts.store import StoreWriter
from rnnscope.cells.hold import Clamp
from rnnscope.corpus.lanes import Piece
from rnnscope.model.network import Network
from rnnscope.model.read import Block, read
from rnnscope.record.clamps import written
from rnnscope.record.scores import Collector, with_neighbour

GROUP_BYTES = 256 << 20
"""Memory for the lanes that are read side by side."""


def store_bytes(network: Network, positions: int) -> int:
    """Bytes that recorded states and gates take on the disk: what is announced before anything is read."""
    return positions * _position_bytes(network)


def record_part(
    draft: Draft,
    network: Network,
    ids: NDArray[np.integer[Any]],
    pieces: Sequence[Piece],
    *,
    clamps: Sequence[Clamp] = (),
    steps: int = 100,
    group_bytes: int = GROUP_BYTES,
    facts: Mapping[str, Any] | None = None,
) -> None:
    """Read pieces of a text and write everything into a folder in the making.

    Args:
        draft: the folder; it gets the store, the scores and their facts.
        network: what reads.
        ids: the whole text, [N].
        pieces: which positions, in text order, and where their lanes start.
        clamps: values forced inside the recurrence from the start of the warm-up.
        steps: symbols per chunk; no result depends on it.
        group_bytes: memory for lanes read side by side; no result depends on it.
        facts: what the recording shall say of itself.
    """
    collector = Collector(network, ids, pieces)
    cells = dict.fromkeys(network.spec.quantities, network.hidden)
    with StoreWriter(draft, layers=network.depth, quantities=cells) as store:
        for first, group in _groups(pieces, group_bytes // _position_bytes(network)):
            rows = _OneLane(store, group[0]) if len(group) == 1 else _Lanes(store, group, network)
            for block in read(network, ids, with_neighbour(group), steps=steps, trace=True, clamps=clamps):
                collector.add(block, first)
                rows.add(block)
            rows.finish()
            del rows  # before the next group asks for its memory
    collector.scores({}, {}).write(draft)
    draft.facts.update({"cell": network.spec.facts(), "clamps": list(written(clamps))} | dict(facts or {}))


class _OneLane:
    """A single lane comes in the order of the text: it is written as it is read."""

    def __init__(self, store: StoreWriter, piece: Piece) -> None:
        self._store, self._piece = store, piece

    def add(self, block: Block) -> None:
        inside_T = (block.positions[:, 0] >= self._piece.start) & (block.positions[:, 0] < self._piece.stop)
        for name, values_LTBH in block.quantities.items():
            for layer, values_TBH in enumerate(values_LTBH):
                self._store.append(layer, name, values_TBH[inside_T, 0])

    def finish(self) -> None:
        """Everything is in the store already."""


class _Lanes:
    """Lanes read side by side are put in order in memory, then written."""

    def __init__(self, store: StoreWriter, pieces: Sequence[Piece], network: Network) -> None:
        self._store = store
        self._starts_P = np.array([piece.start for piece in pieces])
        sizes_P = np.array([piece.stop - piece.start for piece in pieces])
        self._shifts_P = np.cumsum([0, *sizes_P])[:-1] - self._starts_P
        shape = (network.depth, int(sizes_P.sum()), network.hidden)
        self._rows = {name: np.empty(shape, np.float32) for name in network.spec.quantities}
        self._missing = int(sizes_P.sum())

    def add(self, block: Block) -> None:
        inside_TB = block.scored & (block.positions >= self._starts_P[block.pieces])
        for lane, piece in enumerate(block.pieces):
            # A lane's positions follow each other, in the block and in the rows: slices are copied, not single rows.
            first, count = int(inside_TB[:, lane].argmax()), int(inside_TB[:, lane].sum())
            row = int(block.positions[first, lane] + self._shifts_P[piece])
            for name, values_LTBH in block.quantities.items():
                self._rows[name][:, row : row + count] = values_LTBH[:, first : first + count, lane]
            self._missing -= count

    def finish(self) -> None:
        assert self._missing == 0, "every position is recorded exactly once"
        for name, values_LNH in self._rows.items():
            for layer, values_NH in enumerate(values_LNH):
                self._store.append(layer, name, values_NH)


def _groups(pieces: Sequence[Piece], positions: int) -> Iterator[tuple[int, Sequence[Piece]]]:
    """Consecutive pieces that together have at most so many positions, at least one; with the index of the first."""
    first, size = 0, 0
    for index, piece in enumerate(pieces):
        length = piece.stop - piece.start
        if index > first and size + length > positions:
            yield first, pieces[first:index]
            first, size = index, 0
        size += length
    if pieces:
        yield first, pieces[first:]


def _position_bytes(network: Network) -> int:
    return 4 * len(network.spec.quantities) * network.depth * network.hidden
