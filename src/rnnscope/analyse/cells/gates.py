"""How often gates are saturated, and how long a memory lasts: Figure 3 of Karpathy, Johnson and Fei-Fei (2015).

For every gate unit the share of time it is right-saturated (above 0.9) and left-saturated (below 0.1); in [-1, 1] the
limits are 0.9 and -0.9. To set six recurrences side by side, each is also read as 'keep', the share of the memory that
a step keeps: f of the LSTM types, 1 - z of `gru`, z of `gru-torch`; rnn has no gate, and its tanh is shown instead.

The time constant is the number of steps after which 1/e of a memory is left at the geometric mean of its keep:
-1 / mean(ln keep). Its plain relative 1 / (1 - mean keep) is given beside it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from rnnscope.cells.spec import CellSpec
from rnnscope.fold import Chunk

LEFT, RIGHT = 0.1, 0.9
KEEP = "keep"
LEAST_KEEP = 1e-6
"""Keeps are held within [1e-6, 1 - 1e-6]: float32 rounds beyond, and a logarithm needs a limit."""


@dataclass(frozen=True)
class Saturation:
    """One quantity over the text, [L, H] each: shares of time, and the mean value."""

    right: NDArray[np.float64]
    left: NDArray[np.float64]
    mean: NDArray[np.float64]


@dataclass(frozen=True)
class Gates:
    """What the gates did.

    Args:
        cell: name of the recurrence. positions: how many were read.
        saturation: by quantity: the cell's gates, and 'keep'; h for rnn.
        keep: 'f', '1 - z' or 'z'; empty where no gate decides.
        steps: time constant of every cell, [L, H]; None where no gate decides.
        plain_steps: 1 / (1 - mean keep), [L, H].
    """

    cell: str
    positions: int
    saturation: dict[str, Saturation]
    keep: str
    steps: NDArray[np.float64] | None
    plain_steps: NDArray[np.float64] | None


class GateFold:
    """A fold over chunks that hold the gates (for rnn: h).

    Args:
        spec: row of the gate table.
        layers: L. hidden: H.
    """

    def __init__(self, spec: CellSpec, layers: int, hidden: int) -> None:
        self.spec, self.layers, self.hidden = spec, layers, hidden
        # g and n are in [-1, 1] and no gates in the sense of the figure; they saturate all the same.
        self.quantities = spec.gates or spec.states
        self._positions = 0
        self._counts = {name: np.zeros((2, layers, hidden), np.int64) for name in self.quantities}
        self._sums = {name: np.zeros((layers, hidden)) for name in self.quantities}
        self._logs = np.zeros((layers, hidden))

    def fresh(self) -> Self:
        """An empty fold of the same settings."""
        return type(self)(self.spec, self.layers, self.hidden)

    def update(self, chunk: Chunk) -> None:
        """Take a chunk in, in place."""
        self._positions += len(chunk)
        for name in self.quantities:
            values_LNH = chunk.quantities[name]
            low = LEFT if self.spec.ranges[name][0] == 0 else -RIGHT
            self._counts[name][0] += np.count_nonzero(values_LNH > RIGHT, axis=1)
            self._counts[name][1] += np.count_nonzero(values_LNH < low, axis=1)
            self._sums[name] += values_LNH.sum(axis=1, dtype=np.float64)
        if self.spec.keep is not None:
            gate_LNH = chunk.quantities[self.spec.keep.gate].astype(np.float64)
            keep_LNH = 1 - gate_LNH if self.spec.keep.mirrored else gate_LNH
            self._logs += np.log(np.clip(keep_LNH, LEAST_KEEP, 1 - LEAST_KEEP)).sum(axis=1)

    def merge(self, other: Self) -> None:
        """Take in whatever another fold of the same settings took in, in place."""
        self._positions += other._positions
        self._logs += other._logs
        for name in self.quantities:
            self._counts[name] += other._counts[name]
            self._sums[name] += other._sums[name]

    def result(self) -> Gates:
        """Shares and time constants; at least one position must have been read."""
        assert self._positions, "no position was read"
        n = self._positions
        found = {
            name: Saturation(self._counts[name][0] / n, self._counts[name][1] / n, self._sums[name] / n)
            for name in self.quantities
        }
        keep = self.spec.keep
        if keep is None:
            return Gates(self.spec.name, n, found, "", None, None)
        gate = found[keep.gate]
        kept = Saturation(gate.left, gate.right, 1 - gate.mean) if keep.mirrored else gate
        lost_LH = np.maximum(1 - kept.mean, LEAST_KEEP)
        words = f"1 - {keep.gate}" if keep.mirrored else keep.gate
        return Gates(self.spec.name, n, found | {KEEP: kept}, words, -n / self._logs, 1 / lost_LH)
