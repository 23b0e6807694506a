"""Long arrays of few distinct values, in as few bits as tell these apart.

Hypotheses about a text are such arrays: most hold or do not, and what is counted is small. As numbers they would take
more memory than the text itself; so they are kept as which of their distinct values stands where.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

Positions = NDArray[np.int64]

_BLOCK = 1 << 16  # counted at a time: numpy counts in 64 bits, so a whole text would take eight times its memory


@dataclass(frozen=True, eq=False)
class Compact:
    """N values, of which D are distinct: 1 bit each for D up to 2, then 1, 2 or 4 bytes.

    Args:
        n: N.
        distinct: ascending, [D]; those that do not occur may be among them.
        stored: number of each value among the distinct ones, [N] uint8, uint16 or uint32; where there are at most 2,
            eight in a byte, the first one lowest.
    """

    n: int
    distinct: NDArray[Any]
    stored: NDArray[np.unsignedinteger[Any]]

    @classmethod
    def of(cls, values: NDArray[Any]) -> Self:
        """Keep an array, [N]: booleans with both values, numbers with those that occur."""
        if values.dtype == np.bool_:
            return cls(len(values), np.array([False, True]), np.packbits(values, bitorder="little"))
        distinct, codes_N = np.unique(values, return_inverse=True)
        return cls._stored(distinct, codes_N)

    @classmethod
    def _stored(cls, distinct: NDArray[Any], codes_N: NDArray[Any]) -> Self:
        if len(distinct) <= 2:
            return cls(len(codes_N), distinct, np.packbits(codes_N.astype(np.bool_), bitorder="little"))
        return cls(len(codes_N), distinct, codes_N.astype(_kind(len(distinct)), copy=False))

    def __len__(self) -> int:
        return self.n

    @property
    def nbytes(self) -> int:
        """Memory of the arrays."""
        return self.stored.nbytes + self.distinct.nbytes

    def codes(self, at: Positions | None = None) -> NDArray[np.unsignedinteger[Any]]:
        """Numbers among the distinct values: of all, [N], or at some positions, [n]."""
        if len(self.distinct) > 2:
            return self.stored if at is None else self.stored[at]
        if at is None:
            return np.unpackbits(self.stored, count=self.n, bitorder="little")
        bits_n: NDArray[np.uint8] = (self.stored[at >> 3] >> (at & 7).astype(np.uint8)) & np.uint8(1)
        return bits_n

    def values(self, at: Positions | None = None) -> NDArray[Any]:
        """The values themselves: of all, [N], or at some positions, [n]."""
        codes_n = self.codes(at)
        if self.distinct.dtype == np.bool_ and len(self.distinct) == 2:  # they are the booleans already
            return codes_n.view(np.bool_)
        found: NDArray[Any] = self.distinct[codes_n]
        return found

    def take(self, at: Positions) -> Self:
        """Those at some positions, [n], in that order."""
        return self._stored(self.distinct, self.codes(at))

    def counts(self, chosen: NDArray[np.bool_]) -> NDArray[np.int64]:
        """How often each distinct value stands where `chosen`, [N], holds: [D]."""
        counts_D = np.zeros(len(self.distinct), np.int64)
        for start in range(0, self.n, _BLOCK):
            stop = min(start + _BLOCK, self.n)
            counts_D += np.bincount(self._codes_within(start, stop)[chosen[start:stop]], minlength=len(counts_D))
        return counts_D

    def _codes_within(self, start: int, stop: int) -> NDArray[np.unsignedinteger[Any]]:
        """Numbers of a stretch that begins at a multiple of 8."""
        if len(self.distinct) > 2:
            return self.stored[start:stop]
        return np.unpackbits(self.stored[start >> 3 : -(-stop // 8)], count=stop - start, bitorder="little")


class Growing:
    """A compact array made piece by piece, in memory that is taken once.

    Args:
        n: N, known beforehand.
        binary: whether its values are booleans; else numbers.
    """

    def __init__(self, n: int, *, binary: bool) -> None:
        self._n, self._at, self._binary = n, 0, binary
        self._distinct: NDArray[Any] = np.array([False, True]) if binary else np.zeros(0, np.float32)
        self._stored: NDArray[Any] = np.zeros(-(-n // 8) if binary else n, np.uint8)

    def add(self, values: NDArray[Any]) -> None:
        """Append a piece; numbers become float32."""
        start, stop = self._at, self._at + len(values)
        assert stop <= self._n, f"{stop} values of {self._n}"
        if self._binary:
            byte, bits = divmod(start, 8)
            before = np.unpackbits(self._stored[byte : byte + 1], count=bits, bitorder="little")
            packed = np.packbits(np.concatenate([before, values.astype(np.bool_)]), bitorder="little")
            self._stored[byte : byte + len(packed)] = packed
        else:
            distinct, codes_n = np.unique(values.astype(np.float32, copy=False), return_inverse=True)
            self._learn(np.union1d(self._distinct, distinct))
            self._stored[start:stop] = np.searchsorted(self._distinct, distinct)[codes_n]
        self._at = stop

    def _learn(self, distinct: NDArray[np.float32]) -> None:
        """Number what is there anew where values have been met that were not known."""
        if len(distinct) > len(self._distinct):
            kind = _kind(len(distinct))
            numbers = np.searchsorted(distinct, self._distinct).astype(kind)
            self._stored = self._stored.astype(kind, copy=False)
            self._stored[: self._at] = numbers[self._stored[: self._at]] if self._at else 0
            self._distinct = distinct

    def result(self) -> Compact:
        """The array; all of it must have been added."""
        assert self._at == self._n, f"{self._at} values of {self._n}"
        if not self._binary and len(self._distinct) <= 2:
            packed = np.packbits(self._stored.astype(np.bool_), bitorder="little")
            return Compact(self._n, self._distinct, packed)
        return Compact(self._n, self._distinct, self._stored)


def _kind(distinct: int) -> type[np.unsignedinteger[Any]]:
    return np.uint8 if distinct <= 1 << 8 else np.uint16 if distinct <= 1 << 16 else np.uint32
