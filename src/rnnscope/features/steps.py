"""Arrays that change at few places of a long text, made from the places alone.

Almost every feature is a value that some symbols set and that lasts until others set it again. So features find these
symbols with NumPy, work on them, and fill the text once: linear time, and no temporary larger than the track itself.
"""

from __future__ import annotations

from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

Positions = NDArray[np.int64]
Scalar = TypeVar("Scalar", bound=np.generic)


def held(n: int, at: Positions, values: NDArray[Scalar], initial: float = 0) -> NDArray[Scalar]:
    """Hold each value from its position until the next one.

    Args:
        n: length of the result.
        at: ascending positions in [0, n); of equal ones the last counts.
        values: what begins there, as long as `at`.
        initial: what stands before the first position.

    >>> held(6, np.array([1, 4]), np.array([7, 9]))
    array([0, 7, 7, 7, 9, 9])
    """
    filled = np.empty(n, values.dtype)
    first = int(at[0]) if len(at) else n
    filled[:first] = initial
    filled[first:] = np.repeat(values, np.diff(at, append=n))
    return filled


def switched(n: int, on: Positions, off: Positions) -> NDArray[np.bool_]:
    """Be true from each position of `on` until the next of `off`; where both fall on one position, `off` counts.

    >>> switched(6, np.array([1, 2, 5]), np.array([4, 5])).astype(int)
    array([0, 1, 1, 1, 0, 0])
    """
    at = np.concatenate([on, off])
    values = np.zeros(len(at), np.bool_)
    values[: len(on)] = True
    order = np.argsort(at, kind="stable")
    return held(n, at[order], values[order])


def since(n: int, starts: Positions) -> NDArray[np.int32]:
    """Count symbols since the last start, that one being number 1; 0 before the first.

    >>> since(5, np.array([1, 3]))
    array([0, 1, 2, 1, 2], dtype=int32)
    """
    here_N = np.arange(n, dtype=np.int32)
    counted = here_N - held(n, starts, starts.astype(np.int32) - 1)
    counted[: int(starts[0]) if len(starts) else n] = 0
    return counted


def covered(n: int, starts: Positions, stops: Positions) -> NDArray[np.int32]:
    """Count how many of the spans [start, stop) each position lies in.

    >>> covered(5, np.array([0, 1]), np.array([4, 3]))
    array([1, 2, 2, 1, 0], dtype=int32)
    """
    changes = np.bincount(starts, minlength=n + 1)
    changes -= np.bincount(stops, minlength=n + 1)
    counts: NDArray[np.int32] = np.cumsum(changes[:n], dtype=np.int32)
    return counts


def merged(*positions: Positions) -> Positions:
    """Sort positions of several kinds, each ascending, into one ascending array without repetitions."""
    # A stable sort finds the ascending stretches; np.unique is fifty times slower here.
    found = np.sort(np.concatenate(positions), kind="stable")
    distinct: Positions = found[np.diff(found, prepend=-1) != 0]
    return distinct
