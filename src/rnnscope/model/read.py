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

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from rnnscope.cells.hold import Clamp
from rnnscope.corpus.lanes import Piece
from rnnscope.model.network import Network, first_lanes, refuse_overflow, scores_of
from rnnscope.native.network import TargetScores

LANES = 100
"""Pieces that are read side by side."""

CHUNK_NUMBERS = 2**24
"""Probabilities (of 4 bytes) that one chunk may hold before its steps are cut."""

RECORDED_NUMBERS = 2**23
"""The same for states and gates, which are fastest written and read where they fit into the processor's last cache."""

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
            where nothing is scored.
        ranks: 1 + the number of symbols that were more likely, [T, B]; 0 where nothing is scored.
        best: the symbol that was most likely, the smallest of equals, [T, B]; -1 where nothing is scored.
        next_log_probs: probabilities of every symbol that may come after this one, [T, B, V]; [0, B, V] unless asked
            for.
        quantities: those that were asked for after this symbol was read, each [R, T, B, H] for R layers. Their memory
            is used again for the next block: copy what is to stay.
    """

    pieces: NDArray[np.int64]
    positions: NDArray[np.int64]
    scored: NDArray[np.bool_]
    log_probs: NDArray[np.float32]
    ranks: NDArray[np.int32]
    best: NDArray[np.int32]
    next_log_probs: NDArray[np.float32]
    quantities: dict[str, NDArray[np.float32]]


def read(
    network: Network,
    ids: NDArray[np.integer[Any]],
    pieces: Sequence[Piece],
    *,
    steps: int = 100,
    quantities: Sequence[str] = (),
    layers: Sequence[int] | None = None,
    next_log_probs: bool = False,
    clamps: Sequence[Clamp] = (),
) -> Iterator[Block]:
    """Read pieces, longest first and at most `LANES` side by side.

    Args:
        network: what reads.
        ids: the whole text, [N], in [0, V).
        pieces: what to read; in any order, overlapping or not.
        steps: T, symbols per chunk; more are never read at once, and no result depends on it.
        quantities: names of the states and gates that blocks hold.
        layers: of which layers, R indices from 0; None takes all.
        next_log_probs: whether blocks hold the probabilities of all symbols.
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
        longest = int(lengths_P[chosen_B[0]])
        state = network.initial_state(len(chosen_B))
        before = _from_the_start(network, ids, lanes)
        memory = _Memory(network, len(chosen_B), quantities, layers)
        fitting = max(1, min(steps, longest, memory.most_steps(next_log_probs)))
        for at in range(0, longest, fitting):
            running = int((lengths_P[chosen_B] > at).sum())
            starts_B, stops_B, warm_B = lanes[:running].T
            # One step more than is read: what comes next is the target.
            positions_SB = warm_B + np.arange(at, min(at + fitting, longest) + 1)[:, None]
            symbols_SB = ids[np.minimum(positions_SB, stops_B - 1)].astype(np.int64)
            scored_SB = (positions_SB >= starts_B) & (positions_SB < stops_B)
            positions_TB, scored_TB = positions_SB[:-1], scored_SB[:-1]
            wanted = bool(scored_TB.any())
            reading = network.read(
                torch.from_numpy(symbols_SB[:-1]),
                first_lanes(state, running),
                log_probs=next_log_probs and wanted,
                targets=torch.from_numpy(np.where(scored_SB[1:], symbols_SB[1:], -1)),
                quantities=quantities if wanted else (),
                layers=layers,
                memory=memory.of(len(positions_TB), running) if wanted else None,
                clamps=clamps,
            )
            state = reading.state
            assert reading.scores is not None
            # What was said of a symbol stands in the step before it, of the first one in the chunk before.
            own = TargetScores.joined([before[:, :running], reading.scores[:-1]])
            before = reading.scores[-1:]
            refuse_overflow(bool(np.isfinite(own.log_probs[scored_TB]).all()), "read a text")
            if wanted:
                yield Block(
                    pieces=chosen_B[:running],
                    positions=np.where(positions_TB < stops_B, positions_TB, PADDING),
                    scored=scored_TB,
                    log_probs=own.log_probs,
                    ranks=own.ranks,
                    best=own.best,
                    next_log_probs=reading.log_probs.numpy(),
                    quantities={name: values_RTBH.numpy() for name, values_RTBH in reading.quantities.items()},
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


class _Memory:
    """Room for the quantities of one chunk, used for every chunk: fresh memory costs as much time as reading does."""

    def __init__(self, network: Network, lanes: int, names: Sequence[str], layers: Sequence[int] | None) -> None:
        self._layers = network.depth if layers is None else len(layers)
        self._network, self._lanes, self._names = network, lanes, names
        self._room: dict[str, torch.Tensor] = {}

    def most_steps(self, next_log_probs: bool) -> int:
        """How many steps' results stay inside the limits."""
        recorded = len(self._names) * self._layers * self._network.hidden
        fitting = CHUNK_NUMBERS // (self._lanes * self._network.vocabulary)
        return min(fitting, RECORDED_NUMBERS // (self._lanes * recorded)) if recorded else fitting

    def of(self, steps: int, lanes: int) -> dict[str, torch.Tensor]:
        """Room for a chunk, name -> [R, T, B, H]; never more steps and lanes than the first time."""
        shape = self._layers, steps, lanes, self._network.hidden
        if not self._room:
            self._room = {name: torch.empty(math.prod(shape)) for name in self._names}
        return {name: room[: math.prod(shape)].view(shape) for name, room in self._room.items()}


@torch.no_grad()
def _from_the_start(network: Network, ids: NDArray[np.integer[Any]], lanes: NDArray[np.int64]) -> TargetScores:
    """What is said of the symbol that comes first, before anything was read, each [1, B]."""
    starts_B, _, warm_B = lanes.T
    log_probs_1V = torch.log_softmax(network.next_logits(network.initial_state(1)), -1)
    targets_1B = torch.from_numpy(np.where(starts_B == warm_B, ids[warm_B].astype(np.int64), -1))[None]
    return scores_of(log_probs_1V.expand(1, len(lanes), -1), targets_1B)
