"""Analyses while a network reads: states and gates go from the reading straight into folds, nothing is stored.

The pieces are read in lanes as for a recording, so folds get exactly what a store of the same pieces would give them
(`Recording.chunks`): every position once, whatever the number of steps per chunk. Memory holds one chunk and the folds.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rnnscope import fold
from rnnscope.cells.hold import Clamp
from rnnscope.corpus.lanes import Piece
from rnnscope.model.network import Network
from rnnscope.model.read import Block, read
from rnnscope.record.part import Wanted


def feed(
    network: Network,
    ids: NDArray[np.integer[Any]],
    pieces: Sequence[Piece],
    folds: Sequence[fold.Fold],
    *,
    quantities: Sequence[str] | None = None,
    layers: Sequence[int] | None = None,
    clamps: Sequence[Clamp] = (),
    steps: int = 100,
) -> None:
    """Read pieces of a text once and let all folds take part.

    Args:
        network, ids, pieces, quantities, layers, clamps, steps: as for `chunks`.
        folds: updated in place.
    """
    fold.feed(
        chunks(network, ids, pieces, quantities=quantities, layers=layers, clamps=clamps, steps=steps),
        folds,
    )


def chunks(
    network: Network,
    ids: NDArray[np.integer[Any]],
    pieces: Sequence[Piece],
    *,
    quantities: Sequence[str] | None = None,
    layers: Sequence[int] | None = None,
    clamps: Sequence[Clamp] = (),
    steps: int = 100,
) -> Iterator[fold.Chunk]:
    """Read pieces of a text and give what was computed, piece by piece.

    Args:
        network: what reads.
        ids: the whole text, [N].
        pieces: which positions, and where their lanes start; see `corpus.lanes.reading_lanes`.
        quantities: names of states and gates; None takes the states ("h", and "c" of the LSTM types).
        layers: indices from 0; None takes all.
        clamps: values forced inside the recurrence from the start of the warm-up.
        steps: symbols per lane and chunk at most; no result depends on it.

    Raises:
        InputError: the network has no such quantity or layer, or cannot have such a clamp.
    """
    wanted = Wanted.of(network, network.spec.states if quantities is None else quantities, layers)
    for block in read(
        network, ids, pieces, steps=steps, quantities=wanted.quantities, layers=wanted.layers, clamps=clamps
    ):
        yield _chunk(block)


def _chunk(block: Block) -> fold.Chunk:
    """The scored positions of a block. Most blocks lie wholly inside their pieces, and then nothing is copied."""
    scored_TB = block.scored
    whole = bool(scored_TB.all())
    return fold.Chunk(
        positions=block.positions.ravel() if whole else block.positions[scored_TB],
        quantities={
            name: values_LTBH.reshape(len(values_LTBH), -1, values_LTBH.shape[-1])
            if whole
            else values_LTBH[:, scored_TB]
            for name, values_LTBH in block.quantities.items()
        },
        log_probs=block.log_probs.ravel() if whole else block.log_probs[scored_TB],
    )
