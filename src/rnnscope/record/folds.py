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
    for block in read(network, ids, pieces, steps=steps, trace=True, clamps=clamps):
        yield _chunk(block, wanted)


def _chunk(block: Block, wanted: Wanted) -> fold.Chunk:
    """The scored positions of a block. Most blocks lie wholly inside their pieces, and then nothing is copied."""
    depth = next(iter(block.quantities.values())).shape[0]
    layers: slice | list[int] = slice(None) if len(wanted.layers) == depth else list(wanted.layers)
    if block.scored.all():
        flat = {
            name: block.quantities[name].reshape(depth, -1, block.quantities[name].shape[-1])
            for name in wanted.quantities
        }
        return fold.Chunk(
            positions=block.positions.ravel(),
            quantities={name: values_LNH[layers] for name, values_LNH in flat.items()},
            log_probs=block.log_probs.ravel(),
        )
    return fold.Chunk(
        positions=block.positions[block.scored],
        quantities={name: block.quantities[name][layers][:, block.scored] for name in wanted.quantities},
        log_probs=block.log_probs[block.scored],
    )
