"""How long a feature lasts: its correlation length, and the distance since it was switched on."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

_STRETCH = 1 << 16


def correlation_length(values_N: NDArray[Any], valid_N: NDArray[np.bool_] | None = None, longest: int = 20_000) -> int:
    """Smallest lag at which a track's autocorrelation has fallen to 1/e; blocks should be at least twice as long.

    The autocorrelation at lag k is the mean product of (value - mean) over pairs of valid positions k apart, divided by
    the variance. Linear in N but for a logarithm.

    Args:
        values_N: the track, any numbers.
        valid_N: which positions are known; None for all.
        longest: greatest lag looked at; it is returned where the correlation has not fallen by then.
    """
    known_N = np.ones(len(values_N), np.bool_) if valid_N is None else valid_N
    if not known_N.any():
        return 0
    centre = float(np.mean(values_N[known_N], dtype=np.float64))
    longest = min(longest, len(values_N) - 1)
    products, pairs = np.zeros(longest + 1), np.zeros(longest + 1)
    size = 1 << math.ceil(math.log2(_STRETCH + longest + 1))
    for start in range(0, len(values_N), _STRETCH):
        part = slice(start, start + _STRETCH + longest)
        known = known_N[part].astype(np.float64)
        around = np.where(known_N[part], values_N[part].astype(np.float64) - centre, 0.0)
        products += _correlate(around, size, longest)
        pairs += _correlate(known, size, longest)
    means = products / np.maximum(np.round(pairs), 1)
    if means[0] <= 0:
        return 0
    fallen = np.flatnonzero(means <= means[0] / math.e)
    return int(fallen[0]) if len(fallen) else longest


def _correlate(values: NDArray[np.float64], size: int, longest: int) -> NDArray[np.float64]:
    """Sum of products of the first stretch with what follows it, for lags 0 to the longest."""
    first = np.fft.rfft(values[:_STRETCH], size)
    found: NDArray[np.float64] = np.fft.irfft(np.conj(first) * np.fft.rfft(values, size), size)[: longest + 1]
    return found


def spells(
    on_N: NDArray[np.bool_], valid_N: NDArray[np.bool_] | None = None
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Starts and stops of the stretches in which a binary feature stays on.

    Args:
        on_N: the feature.
        valid_N: where it is known; None for everywhere. A stretch that begins right after an unknown position is left
            out, since nobody knows when it began; one that begins the text is not. A stretch ends at the first position
            that is off or unknown.

    >>> spells(np.array([0, 1, 1, 0, 1], bool))
    (array([1, 4]), array([3, 5]))
    """
    known_N = np.ones(len(on_N), np.bool_) if valid_N is None else valid_N
    inside_N = on_N & known_N
    changes = np.diff(inside_N.astype(np.int8), prepend=0, append=0)
    starts, stops = np.flatnonzero(changes == 1), np.flatnonzero(changes == -1)
    begun = (starts == 0) | known_N[np.maximum(starts - 1, 0)]
    return starts[begun], stops[begun]


def distance_since_on(on_N: NDArray[np.bool_], valid_N: NDArray[np.bool_] | None = None) -> NDArray[np.int32]:
    """Symbols since a binary feature was switched on: 0 at the symbol that did it, -1 where it is off or unknown.

    Args:
        on_N: the feature.
        valid_N: where it is known; None for everywhere; see `spells`.

    >>> distance_since_on(np.array([0, 1, 1, 0, 1], bool))
    array([-1,  0,  1, -1,  0], dtype=int32)
    """
    starts, stops = spells(on_N, valid_N)
    lengths = stops - starts
    distances_N = np.full(len(on_N), -1, np.int32)
    total = int(lengths.sum())
    offsets = np.arange(total) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    distances_N[np.repeat(starts, lengths) + offsets] = offsets
    return distances_N
