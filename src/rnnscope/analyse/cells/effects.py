"""Effects of interchanging a cell, from log-odds before and after, with the sign that was predicted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

WRITE, ERASE = 0, 1
"""Directions: values from where the feature holds, put in where it does not; and the other way round."""


class Moments(NamedTuple):
    """Interchanges at some positions, in nats of log-odds of the target symbols.

    Args:
        before: without a change, [P].
        after: of C cells, the claimed one first, with values of either condition: [C, P, 2, Q], WRITE first.
        holds: whether the feature holds there, [P].
        blocks: which block of text each is from, [P].
    """

    before: NDArray[np.floating[Any]]
    after: NDArray[np.floating[Any]]
    holds: NDArray[np.bool_]
    blocks: NDArray[np.int64]

    def effects(self, sign: int) -> NDArray[np.float64]:
        """Changes by values of the opposite condition, positive as predicted: [C, P, Q].

        Args:
            sign: +1 where the log-odds rise with the feature, -1 where they fall.
        """
        direction_P = np.where(self.holds, ERASE, WRITE)
        chosen_CPQ = self.after[:, np.arange(len(direction_P)), direction_P]
        predicted_P = np.where(self.holds, -sign, sign)
        found: NDArray[np.float64] = (chosen_CPQ - self.before[:, None]) * predicted_P[:, None]
        return found


@dataclass(frozen=True)
class Effects:
    """Interchanges of one cell, in nats of log-odds; positive is as predicted. E moments at targets, D elsewhere.

    Args:
        targets: [Q, E], Q quantiles of the opposite condition's values.
        direction: WRITE (off to on) or ERASE (on to off) of each moment, [E].
        blocks: which block of text each moment is from, [E].
        elsewhere: the same cell at other positions, [Q, D]. elsewhere_blocks: their blocks, [D].
        matched: the same interchange in matched cells, mean over quantiles, [M, E].
    """

    targets: NDArray[np.float64]
    direction: NDArray[np.int64]
    blocks: NDArray[np.int64]
    elsewhere: NDArray[np.float64]
    elsewhere_blocks: NDArray[np.int64]
    matched: NDArray[np.float64]

    @classmethod
    def of(cls, targets: Moments, elsewhere: Moments, sign: int) -> Self:
        """Effects from log-odds.

        Args:
            targets: at the feature's target positions, the claimed cell first, then the matched ones.
            elsewhere: at other positions; the first cell is the claimed one.
            sign: as it was written down before any run.
        """
        at_CEQ, other_DQ = targets.effects(sign), elsewhere.effects(sign)[0]
        direction_E = np.where(targets.holds, ERASE, WRITE)
        return cls(at_CEQ[0].T, direction_E, targets.blocks, other_DQ.T, elsewhere.blocks, at_CEQ[1:].mean(axis=2))
