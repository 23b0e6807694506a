"""Folds: analyses that take a recording in pieces, so that memory does not grow with the text.

A network reads a text, or a store is read back, and every piece of it is handed to folds as a `Chunk`. A fold adds what
it needs of the piece to its sums and lets the piece go. Results depend neither on how the text was cut nor on the order
in which partial folds are merged, to 1e-9: sums are kept in float64 over values that arrive as float32.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, Self

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Chunk:
    """What is known about N positions of a text. Over all chunks each position of the pieces that are read comes once.

    The arrays are lent: whoever fed them may use their memory again after `update`, so a fold copies what it keeps.

    Attributes:
        positions: text positions, [N], in any order.
        quantities: states and gates by name ("h", "c", "f"), [L, N, H]: the value after the symbol at the position was
            read. L and H are the layers and cells that were asked for.
        log_probs: natural logarithm of the probability of the symbol at the position given those before it, [N]; None
            where the chunks come from a store without scores.
    """

    positions: NDArray[np.int64]
    quantities: Mapping[str, NDArray[np.float32]]
    log_probs: NDArray[np.float32] | None

    def __len__(self) -> int:
        return len(self.positions)


class Fold(Protocol):
    """An analysis of chunks: a commutative monoid whose empty element is `fresh`, and a result."""

    def fresh(self) -> Self:
        """An empty fold of the same settings."""

    def update(self, chunk: Chunk) -> None:
        """Take a chunk in, in place."""

    def merge(self, other: Self) -> None:
        """Take in whatever another fold of the same settings took in, in place; the other stays as it is."""

    def result(self) -> Any:
        """What was found; the fold can go on afterwards."""


def feed(chunks: Iterable[Chunk], folds: Sequence[Fold]) -> None:
    """Hand every chunk to every fold."""
    for chunk in chunks:
        for fold in folds:
            fold.update(chunk)
