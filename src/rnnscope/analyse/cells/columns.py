"""Cells as columns: every (quantity, layer, cell) of a recording has a number, and its values are a row of memory."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import NamedTuple, Self

import numpy as np
import threadpoolctl
from numpy.typing import NDArray

from rnnscope.fold import Chunk

TILE = 64
"""Columns that are worked on at once: a tile of a chunk of 8,192 positions is 2 MiB and stays in the cache."""


class Cell(NamedTuple):
    """One column: which number of which cell. Layers and cells count from 0."""

    quantity: str
    layer: int
    cell: int


@dataclass(frozen=True)
class Columns:
    """The order of columns: by quantity, then layer, then cell.

    Args:
        quantities: names of what is searched, such as ("h", "c").
        layers: L.
        hidden: H, cells in every layer.
    """

    quantities: tuple[str, ...]
    layers: int
    hidden: int

    def __len__(self) -> int:
        return len(self.quantities) * self.layers * self.hidden

    def __getitem__(self, column: int) -> Cell:
        row, cell = divmod(int(column), self.hidden)
        quantity, layer = divmod(row, self.layers)
        return Cell(self.quantities[quantity], layer, cell)

    def number(self, cell: Cell) -> int:
        """The column of a cell."""
        return (self.quantities.index(cell.quantity) * self.layers + cell.layer) * self.hidden + cell.cell

    def tiles(self) -> Iterator[slice]:
        """All columns in slices of at most `TILE` that stay within one layer of one quantity."""
        for start in range(0, len(self), self.hidden):
            for low in range(start, start + self.hidden, TILE):
                yield slice(low, min(low + TILE, start + self.hidden))

    def values(self, chunk: Chunk, tile: slice, at_n: NDArray[np.int64] | slice = slice(None)) -> NDArray[np.float32]:
        """Values of one tile as the chunk holds them, the columns of a position side by side: [n, columns].

        Args:
            chunk: a piece of the recording; its arrays may hold more quantities.
            tile: one of `tiles`.
            at_n: which positions of the chunk.
        """
        first = self[tile.start]
        states_NH = chunk.quantities[first.quantity][first.layer]
        assert states_NH.shape[1] == self.hidden, "a chunk of another network"
        values_nT: NDArray[np.float32] = states_NH[at_n, first.cell : first.cell + tile.stop - tile.start]
        return values_nT


def each_tile(columns: Columns, threads: int, work: Callable[[slice], None]) -> None:
    """Do some work for every tile; the columns of a tile are touched by one thread only, so results do not change.

    Matrix products inside take one thread each: threads of threads would wait for one another.
    """
    with _libraries().limit(limits=1, user_api="blas"):
        if threads == 1:
            for tile in columns.tiles():
                work(tile)
            return
        with ThreadPoolExecutor(threads) as pool:
            for _ in pool.map(work, columns.tiles()):
                pass


@functools.cache
def _libraries() -> threadpoolctl.ThreadpoolController:
    return threadpoolctl.ThreadpoolController()


class Keep:
    """A fold that keeps the values of some columns at some positions: a sample of all, or all of a few.

    Args:
        columns: the order of columns.
        wanted: numbers of the columns to keep, [K], ascending.
        positions: text positions to keep, [N], ascending.
    """

    def __init__(self, columns: Columns, wanted: Sequence[int], positions: NDArray[np.int64]) -> None:
        assert list(wanted) == sorted(set(wanted))
        self.columns, self.wanted, self.positions = columns, list(wanted), positions
        self._values_KN = np.zeros((len(self.wanted), len(positions)), np.float32)
        self._seen_N = np.zeros(len(positions), bool)
        together: dict[tuple[str, int], list[tuple[int, int]]] = {}
        for k, column in enumerate(self.wanted):
            cell = columns[column]
            together.setdefault((cell.quantity, cell.layer), []).append((k, cell.cell))
        self._together = {row: tuple(np.array(pairs).T) for row, pairs in together.items()}

    def fresh(self) -> Self:
        """An empty fold of the same settings."""
        return type(self)(self.columns, self.wanted, self.positions)

    def update(self, chunk: Chunk) -> None:
        """Take a chunk in, in place."""
        at_n, into_n = locate(self.positions, chunk.positions)
        for (quantity, layer), (rows_K, cells_K) in self._together.items():
            # Whole positions lie together in a chunk: cells are chosen from these, not one by one.
            states_nH = chunk.quantities[quantity][layer][at_n]
            self._values_KN[np.ix_(rows_K, into_n)] = states_nH[:, cells_K].T
        self._seen_N[into_n] = True

    def merge(self, other: Self) -> None:
        """Take in whatever another fold of the same settings took in, in place."""
        self._values_KN[:, other._seen_N] = other._values_KN[:, other._seen_N]
        self._seen_N |= other._seen_N

    def result(self) -> NDArray[np.float32]:
        """The values, [K, N], in the order of `wanted` and `positions`; all positions must have come by."""
        assert self._seen_N.all(), f"{np.count_nonzero(~self._seen_N)} of {len(self._seen_N)} positions were not read"
        return self._values_KN


def locate(
    positions_N: NDArray[np.int64], asked_n: NDArray[np.int64]
) -> tuple[NDArray[np.int64] | slice, NDArray[np.int64]]:
    """Find positions in an ascending list of positions.

    Returns:
        Which of those asked for are in the list (a whole slice where all are), and where each of these is in it.
    """
    where_n = np.searchsorted(positions_N, asked_n)
    inside_n = where_n < len(positions_N)
    inside_n[inside_n] = positions_N[where_n[inside_n]] == asked_n[inside_n]
    if inside_n.all():
        return slice(None), where_n
    at_n = np.flatnonzero(inside_n)
    return at_n, where_n[at_n]
