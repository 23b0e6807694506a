"""Record a part of a text of any length into a folder: states and gates, and the scores of the same reading.

The part is read in the lanes of evaluation. Lanes are read side by side in groups that fit into a fixed memory, and
written in the order of the text; a lane that alone is larger is written as it is read. Memory therefore does not grow
with the text, and neither groups nor chunks change what is recorded (up to the rounding of float32 sums).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rnnscope.artifacts.commit import Draft
from rnnscope.artifacts.store import StoreWriter
from rnnscope.cells.hold import Clamp
from rnnscope.corpus.lanes import Piece
from rnnscope.errors import InputError
from rnnscope.model.network import Network
from rnnscope.model.read import Block, read
from rnnscope.record.clamps import written
from rnnscope.record.scores import Collector

GROUP_BYTES = 256 << 20
"""Memory for the lanes that are read side by side."""


@dataclass(frozen=True)
class Wanted:
    """Which quantities of which layers are recorded; made by `of`, so that the network has them.

    Attributes:
        quantities: names of states and gates, each once.
        layers: indices from 0, each once, in rising order.
    """

    quantities: tuple[str, ...]
    layers: tuple[int, ...]

    @classmethod
    def of(
        cls, network: Network, quantities: Sequence[str] | None = None, layers: Sequence[int] | None = None
    ) -> Wanted:
        """Choose quantities and layers of a network; None takes every one.

        Raises:
            InputError: the network has no such quantity or layer.
        """
        names = network.spec.quantities if quantities is None else tuple(dict.fromkeys(quantities))
        chosen = tuple(range(network.depth)) if layers is None else tuple(sorted(set(layers)))
        for what, asked, known in (
            ("quantity", names, network.spec.quantities),
            ("layer index", chosen, tuple(range(network.depth))),
        ):
            for one in asked:
                if one not in known:
                    raise InputError(
                        tried="record a network",
                        given=f"{what} {one}",
                        why=f"this network of {network.spec.name} cells has {', '.join(map(str, known))}",
                        todo="Ask for what there is.",
                    )
        return cls(names, chosen)

    def position_bytes(self, network: Network) -> int:
        """Bytes that a position takes in float32."""
        return 4 * len(self.quantities) * len(self.layers) * network.hidden


def store_bytes(network: Network, positions: int, wanted: Wanted | None = None) -> int:
    """Bytes that recorded states and gates take on the disk: what is announced before anything is read."""
    return positions * (wanted or Wanted.of(network)).position_bytes(network)


def record_part(
    draft: Draft,
    network: Network,
    ids: NDArray[np.integer[Any]],
    pieces: Sequence[Piece],
    *,
    wanted: Wanted | None = None,
    clamps: Sequence[Clamp] = (),
    steps: int = 100,
    group_bytes: int = GROUP_BYTES,
    facts: Mapping[str, Any] | None = None,
) -> None:
    """Read pieces of a text and write what is wanted into a folder in the making.

    Args:
        draft: the folder; it gets the store, the scores and their facts.
        network: what reads.
        ids: the whole text, [N].
        pieces: which positions, in text order, and where their lanes start.
        wanted: which states and gates; None takes all.
        clamps: values forced inside the recurrence from the start of the warm-up.
        steps: symbols per chunk; no result depends on it.
        group_bytes: memory for lanes read side by side; no result depends on it.
        facts: what the recording shall say of itself.
    """
    collector = Collector(ids, pieces)
    wanted = wanted or Wanted.of(network)
    cells = dict.fromkeys(wanted.quantities, network.hidden)
    with StoreWriter(draft, layers=wanted.layers, quantities=cells) as store:
        for first, group in _groups(pieces, group_bytes // wanted.position_bytes(network)):
            rows = _OneLane(store, wanted) if len(group) == 1 else _Lanes(store, group, wanted, network.hidden)
            for block in read(
                network, ids, group, steps=steps, quantities=wanted.quantities, layers=wanted.layers, clamps=clamps
            ):
                collector.add(block, first)
                rows.add(block)
            rows.finish()
            del rows  # before the next group asks for its memory
    collector.scores({}, {}).write(draft)
    draft.facts.update({"cell": network.spec.facts(), "clamps": list(written(clamps))} | dict(facts or {}))


class _OneLane:
    """A single lane comes in the order of the text: it is written as it is read."""

    def __init__(self, store: StoreWriter, wanted: Wanted) -> None:
        self._store, self._wanted = store, wanted

    def add(self, block: Block) -> None:
        inside_T = block.scored[:, 0]
        for name in self._wanted.quantities:
            for place, layer in enumerate(self._wanted.layers):
                self._store.append(layer, name, block.quantities[name][place, inside_T, 0])

    def finish(self) -> None:
        """Everything is in the store already."""


class _Lanes:
    """Lanes read side by side are put in order in memory, then written."""

    def __init__(self, store: StoreWriter, pieces: Sequence[Piece], wanted: Wanted, hidden: int) -> None:
        self._store, self._wanted = store, wanted
        starts_P = np.array([piece.start for piece in pieces])
        sizes_P = np.array([piece.stop - piece.start for piece in pieces])
        self._shifts_P = np.cumsum([0, *sizes_P])[:-1] - starts_P
        shape = (len(wanted.layers), int(sizes_P.sum()), hidden)
        self._rows = {name: np.empty(shape, np.float32) for name in wanted.quantities}
        self._missing = int(sizes_P.sum())

    def add(self, block: Block) -> None:
        for lane, piece in enumerate(block.pieces):
            # A lane's positions follow each other, in the block and in the rows: slices are copied, not single rows.
            first, count = int(block.scored[:, lane].argmax()), int(block.scored[:, lane].sum())
            row = int(block.positions[first, lane] + self._shifts_P[piece])
            for name, rows_LNH in self._rows.items():
                rows_LNH[:, row : row + count] = block.quantities[name][:, first : first + count, lane]
            self._missing -= count

    def finish(self) -> None:
        assert self._missing == 0, "every position is recorded exactly once"
        for name, values_LNH in self._rows.items():
            for layer, values_NH in zip(self._wanted.layers, values_LNH, strict=True):
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
