"""Read pieces of a text in parallel lanes without learning: the one path behind scores, recordings and interventions.

Each piece is a lane of its own. It starts from zero state at `warm_start`, reads up to `start` unscored, and gives
for every position of [start, stop) the probability of its symbol given all that the lane has read before. What a lane
gives depends on its own symbols only: not on the length of chunks, on its neighbours, or on the padding of short lanes
(up to the rounding of float32 sums, whose order may change with the shape of a product). The first symbol a lane reads
is predicted from zero state.

No gradients, no dropout. Memory holds one chunk of at most 100 lanes, and shorter chunks are read where the alphabet
or the recorded layers are large. Dimension letters: T steps, B lanes, N positions, V symbols, L layers, H cells.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from rnnscope.cells.hold import Clamp
from rnnscope.corpus.lanes import Piece
from rnnscope.model.network import Network, first_lanes, refuse_overflow

LANES = 100
"""Pieces that are read side by side."""

CHUNK_NUMBERS = 2**24
"""Numbers (of 4 bytes) that the results of one chunk may hold before its steps are cut."""

TRACED_NUMBERS = 2**21
"""The same for a traced chunk: what fits into a processor's last cache is written and read again at twice the speed."""

PADDING = -1
"""The position of a step that a short lane does not have."""


@dataclass(frozen=True)
class Block:
    """What a chunk gave. Everything at [t, b] belongs to the symbol at text position `positions[t, b]`.

    Attributes:
        pieces: which piece each lane reads, as an index into the pieces that were given, [B].
        positions: text positions, [T, B]; PADDING where a lane has ended.
        scored: whether the position lies in the lane's [start, stop): neither warm-up nor padding, [T, B].
        log_probs: natural logarithm of the probability that this symbol had before it was read, [T, B], float32; NaN
            at padding.
        next_log_probs: the same for every symbol that may come after this one, [T, B, V].
        quantities: h, c where the cell has one, and every gate, after this symbol was read, each [L, T, B, H]; empty
            unless traced.
    """

    pieces: NDArray[np.int64]
    positions: NDArray[np.int64]
    scored: NDArray[np.bool_]
    log_probs: NDArray[np.float32]
    next_log_probs: NDArray[np.float32]
    quantities: dict[str, NDArray[np.float32]]


def read(
    network: Network,
    ids: NDArray[np.integer[Any]],
    pieces: Sequence[Piece],
    *,
    steps: int = 100,
    trace: bool = False,
    clamps: Sequence[Clamp] = (),
) -> Iterator[Block]:
    """Read pieces, longest first and at most `LANES` side by side.

    Args:
        network: what reads.
        ids: the whole text, [N], in [0, V).
        pieces: what to read; in any order, overlapping or not.
        steps: T, symbols per chunk; more are never read at once, and no result depends on it.
        trace: whether blocks hold every state and gate.
        clamps: values forced inside the recurrence, from the first symbol of the warm-up on.

    Yields:
        Blocks that hold at least one scored position; chunks of warm-up alone are passed over.

    Raises:
        InputError: for a clamp that the network cannot have.
        Diverged: the network's states overflow while it reads.
    """
    assert steps >= 1, steps
    assert all(0 <= warm <= start < stop <= len(ids) for start, stop, warm in pieces), "pieces lie inside the text"
    lengths_P = np.array([stop - warm for _, stop, warm in pieces], dtype=np.int64)
    longest_first = np.argsort(-lengths_P, kind="stable")
    for first in range(0, len(pieces), LANES):
        chosen_B = longest_first[first : first + LANES]
        lanes = np.array([pieces[piece] for piece in chosen_B], dtype=np.int64)
        state = network.initial_state(len(chosen_B))
        before_BV = _from_the_start(network, len(chosen_B))
        fitting = _fitting_steps(network, len(chosen_B), steps, trace)
        for at in range(0, int(lengths_P[chosen_B[0]]), fitting):
            running = int((lengths_P[chosen_B] > at).sum())
            starts_B, stops_B, warm_B = lanes[:running].T
            positions_TB = warm_B + np.arange(at, min(at + fitting, int(lengths_P[chosen_B[0]])))[:, None]
            inside_TB = positions_TB < stops_B
            scored_TB = inside_TB & (positions_TB >= starts_B)
            inputs_TB = torch.from_numpy(ids[np.where(inside_TB, positions_TB, 0)].astype(np.int64))
            entering = first_lanes(state, running)
            reading = network.read(inputs_TB, entering, trace=trace and bool(scored_TB.any()), clamps=clamps)
            next_TBV = reading.log_probs.numpy()
            # Each symbol's probability stands in the step before it, the first one's in the chunk before.
            symbols_TB1 = inputs_TB.numpy()[..., None]
            first_1B1 = np.take_along_axis(before_BV[:running], symbols_TB1[0], axis=-1)[None]
            earlier_TB1 = np.take_along_axis(next_TBV[:-1], symbols_TB1[1:], axis=-1)
            log_probs_TB = np.concatenate([first_1B1, earlier_TB1])[..., 0]
            before_BV = next_TBV[-1]
            refuse_overflow(bool(np.isfinite(log_probs_TB[inside_TB]).all()), "read a text")
            state = reading.state
            if scored_TB.any():
                yield Block(
                    pieces=chosen_B[:running],
                    positions=np.where(inside_TB, positions_TB, PADDING),
                    scored=scored_TB,
                    log_probs=np.where(inside_TB, log_probs_TB, np.float32(np.nan)),
                    next_log_probs=next_TBV,
                    quantities={name: values_LTBH.numpy() for name, values_LTBH in reading.quantities.items()},
                )


def score(
    network: Network,
    ids: NDArray[np.integer[Any]],
    pieces: Sequence[Piece],
    *,
    steps: int = 100,
    clamps: Sequence[Clamp] = (),
) -> NDArray[np.float32]:
    """Log-probability of every position of the pieces.

    Args:
        network, ids, pieces, steps, clamps: as for `read`.

    Returns:
        Natural logarithms, float32, the positions of the first piece first: [sum of stop - start]. The loss in nats is
        minus their mean.
    """
    sizes_P = [stop - start for start, stop, _ in pieces]
    # Where position p of a piece goes: p plus the piece's shift.
    shifts_P = np.cumsum([0, *sizes_P])[:-1] - np.array([start for start, _, _ in pieces], dtype=np.int64)
    log_probs_N = np.full(sum(sizes_P), np.nan, dtype=np.float32)
    for block in read(network, ids, pieces, steps=steps, clamps=clamps):
        places_TB = block.positions + shifts_P[block.pieces]
        log_probs_N[places_TB[block.scored]] = block.log_probs[block.scored]
    return log_probs_N


@torch.no_grad()
def _from_the_start(network: Network, lanes: int) -> NDArray[np.float32]:
    """Log-probabilities of the symbol that comes first, before anything was read, [B, V]."""
    found: NDArray[np.float32] = torch.log_softmax(network.next_logits(network.initial_state(lanes)), -1).numpy()
    return found


def _fitting_steps(network: Network, lanes: int, steps: int, trace: bool) -> int:
    recorded = len(network.spec.quantities) * network.depth * network.hidden if trace else 0
    most = TRACED_NUMBERS if trace else CHUNK_NUMBERS
    return max(1, min(steps, most // (lanes * (network.vocabulary + recorded))))
