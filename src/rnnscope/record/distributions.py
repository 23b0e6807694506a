"""What a network expects at every position of a part: whole distributions, chunk by chunk.

The part is read in the lanes of evaluation, so a distribution is the one from which scores take the probability of the
symbol that came. Memory holds one chunk. Dimension letters: N positions of a chunk, V symbols.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from rnnscope.corpus.lanes import Piece
from rnnscope.model.network import Network
from rnnscope.model.read import read


def distributions(
    network: Network, ids: NDArray[np.integer[Any]], pieces: Sequence[Piece], *, steps: int = 100
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.float32]]]:
    """Distributions of the symbols of some pieces, each given everything its lane has read before.

    Args:
        network: what reads.
        ids: the whole text, in [0, V).
        pieces: which positions, and where their lanes start.
        steps: symbols per lane and chunk at most; no result depends on it.

    Yields:
        Text positions, [N], and natural logarithms of the probabilities of all symbols there, [N, V]. Over all chunks
        each position of the pieces comes once, in no order.

    Raises:
        Diverged: the network's states overflow while it reads.
    """
    # What is expected of a symbol is known once the one before it was read, so pieces are moved back by one.
    if any(piece.start == 0 for piece in pieces):
        with torch.no_grad():
            first_1V = torch.log_softmax(network.next_logits(network.initial_state(1)), -1)
        yield np.zeros(1, np.int64), first_1V.numpy()
    moved = [
        Piece(max(piece.start, 1) - 1, piece.stop - 1, max(0, min(piece.warm_start, piece.start - 1)))
        for piece in pieces
    ]
    for block in read(
        network, ids, [piece for piece in moved if piece.stop > piece.start], steps=steps, next_log_probs=True
    ):
        yield block.positions[block.scored] + 1, block.next_log_probs[block.scored]
