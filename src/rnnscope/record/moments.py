"""Moments of a text at which a network is to be changed: what it had read and computed when it came there.

A text is read once; the states that enter the chosen moments are kept, so that thousands of interventions start from
them and nothing is read again. Position p stands for the state after symbol p was read: an intervention at p acts in
the step that reads symbol p, or in the last few steps up to it, and is judged by what is then expected at p + 1.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rnnscope.corpus.lanes import Piece
from rnnscope.model.network import Network
from rnnscope.model.read import read
from rnnscope.record.part import Wanted


@dataclass(frozen=True, eq=False)
class Moments:
    """P moments, each with the steps around it.

    Attributes:
        positions: text positions, [P], ascending.
        entering: states (and gates that were asked for) after the symbol before the first step, name -> [L, P, H].
        ids: the symbols of all steps and the one after the last, [S + 1, P]; row W - 1 is the position's own.
        window: W, steps up to and including the position.
    """

    positions: NDArray[np.int64]
    entering: Mapping[str, NDArray[np.float32]]
    ids: NDArray[np.int64]
    window: int

    def __len__(self) -> int:
        return len(self.positions)

    @property
    def steps(self) -> int:
        """S, steps that are run: W, and those beyond the position."""
        return len(self.ids) - 1

    @property
    def answers(self) -> int:
        """R = S - W + 1: distributions that are looked at, those after the position and after each later step."""
        return self.steps - self.window + 1


def replay(
    network: Network,
    ids: NDArray[np.integer[Any]],
    pieces: Sequence[Piece],
    positions: NDArray[np.integer[Any]],
    *,
    window: int = 1,
    beyond: int = 0,
    quantities: Sequence[str] = (),
    steps: int = 100,
) -> Moments:
    """Read pieces of a text and keep what enters the chosen moments.

    Args:
        network: what reads.
        ids: the whole text, [N].
        pieces: the pieces in whose lanes the positions lie; those without a position are not read.
        positions: which, in any order; each in one of the pieces.
        window: W, in how many steps up to a position interventions shall act; at least 1.
        beyond: steps to run on after the position, with the symbols of the text.
        quantities: gates to keep beside the states.
        steps: symbols per chunk; no result depends on it.

    Returns:
        The moments that have room: positions whose first step would lie before the beginning of their lane, or whose
        last answer after the end of the text, are left out.
    """
    assert window >= 1, window
    assert beyond >= 0, beyond
    names = Wanted.of(network, [*network.spec.states, *quantities]).quantities
    positions_P, starts_P, shifted = _placed(pieces, np.unique(positions).astype(np.int64), window, beyond, len(ids))
    entering = {name: np.zeros((network.depth, len(positions_P), network.hidden), np.float32) for name in names}
    first_P = positions_P - window  # the state after this symbol enters; before a lane's first symbol it is zero
    missing_P = first_P >= starts_P
    for block in read(network, ids, shifted, steps=steps, quantities=names):
        at_TB = np.minimum(np.searchsorted(first_P, block.positions), len(first_P) - 1)
        found_TB = block.scored & (first_P[at_TB] == block.positions)
        into = at_TB[found_TB]
        for name, kept_LPH in entering.items():
            kept_LPH[:, into] = block.quantities[name][:, found_TB]
        missing_P[into] = False
    assert not missing_P.any(), "every moment came by"
    around_SP = positions_P + np.arange(1 - window, beyond + 2)[:, None]
    return Moments(positions_P, entering, ids[around_SP].astype(np.int64), window)


def _placed(
    pieces: Sequence[Piece], positions_P: NDArray[np.int64], window: int, beyond: int, length: int
) -> tuple[NDArray[np.int64], NDArray[np.int64], list[Piece]]:
    """Positions with room, the beginnings of their lanes, and pieces that hold the symbols before them."""
    kept, starts, shifted = [], [], []
    for start, stop, warm_start in sorted(pieces):
        low, high = np.searchsorted(positions_P, [start, stop])
        own_p = positions_P[low:high]
        own_p = own_p[(own_p - window >= warm_start - 1) & (own_p + beyond + 1 < length)]
        first = max(warm_start, int(own_p[0]) - window) if len(own_p) else 0
        last = int(own_p[-1]) - window + 1 if len(own_p) else 0
        kept.append(own_p)
        starts.append(np.full(len(own_p), warm_start))
        if last > first:
            shifted.append(Piece(first, last, warm_start))
    inside = sum(int(np.subtract(*np.searchsorted(positions_P, [stop, start]))) for start, stop, _ in pieces)
    assert inside == len(positions_P), "every position lies in one of the pieces"
    empty = [np.zeros(0, np.int64)]
    return np.concatenate([*empty, *kept]), np.concatenate([*empty, *starts]).astype(np.int64), shifted
