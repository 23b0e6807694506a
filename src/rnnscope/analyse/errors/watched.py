"""The probability of some symbols at every position, whether they came or not.

Scores hold what a predictor gave to the symbols that came. Whether it expects a closing bracket where none comes is not
in them, so whole distributions are read once and the columns of a few symbols kept. Dimension letters: W watched
symbols, K predictors, N positions in text order.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class Watched:
    """What predictors gave to some symbols, come or not.

    Args:
        points: code points of the symbols, all different, [W].
        probs: by predictor, in [0, 1], [W, N] float32 each.
    """

    points: tuple[int, ...]
    probs: Mapping[str, NDArray[np.float32]]

    def of(self, name: str, wanted: NDArray[np.unsignedinteger]) -> NDArray[np.float32]:
        """What one predictor gave to a symbol at each position, [N]; NaN where that symbol is not watched.

        Args:
            name: of the predictor.
            wanted: a code point for each position, [N].
        """
        found_N = np.full(len(wanted), np.nan, np.float32)
        for point, row_N in zip(self.points, self.probs[name], strict=True):
            here_N = wanted == point
            found_N[here_N] = row_N[here_N]
        return found_N


def watch(
    chunks: Iterable[tuple[NDArray[np.int64], NDArray[np.float32]]], positions: NDArray[np.int64], ids: Sequence[int]
) -> NDArray[np.float32]:
    """Keep the columns of some symbols from a stream of distributions.

    Args:
        chunks: positions [n], each of them once and in no order, and natural logarithms of probabilities there, [n, V].
        positions: all of them, increasing, [N].
        ids: of the symbols, [W].

    Returns:
        Probabilities, [W, N] float32.
    """
    found_WN = np.full((len(ids), len(positions)), np.nan, np.float32)
    for positions_n, log_probs_nV in chunks:
        found_WN[:, np.searchsorted(positions, positions_n)] = np.exp(log_probs_nV[:, ids]).T
    assert not np.isnan(found_WN).any(), "every position comes once"
    return found_WN
