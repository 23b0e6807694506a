"""How many parameters a network has, and which width spends a given number of them.

Karpathy, Johnson and Fei-Fei (2015, section 3.2) compare cells and depths at equal numbers of parameters, named after
the width of a one-layer LSTM: "LSTM-3 at budget 512" has the parameters of one layer of 512 cells, not three layers of
512. Every cell has two bias vectors, both counted; the output layer is counted too.
"""

from __future__ import annotations

from typing import Literal

from rnnscope.cells.spec import spec as spec_of
from rnnscope.config import CellName, RecurrentConfig


def parameters(
    cell: CellName,
    layers: int,
    hidden: int,
    vocabulary: int,
    *,
    peephole: Literal["diagonal", "full"] = "diagonal",
) -> int:
    """Number of parameters of a stack of cells on one-hot symbols with a softmax output.

    Args:
        cell: the recurrence.
        layers: L, 1 or more.
        hidden: H, cells per layer.
        vocabulary: V, symbols; enters as the input size of the lowest layer and the size of the output.
        peephole: lstm-peephole only.

    >>> parameters("lstm", 2, 128, 65)
    240321
    """
    spec = spec_of(RecurrentConfig(cell=cell, peephole=peephole))
    stack = spec.parameter_count(vocabulary, hidden) + (layers - 1) * spec.parameter_count(hidden, hidden)
    return stack + vocabulary * (hidden + 1)


def window_parameters(window: int, hidden: int, vocabulary: int) -> int:
    """Number of parameters of a window network: n V H weights and H biases below, H V weights and V biases above."""
    return hidden * (window * vocabulary + 1) + vocabulary * (hidden + 1)


def width(
    budget: int,
    cell: CellName,
    layers: int,
    vocabulary: int,
    *,
    peephole: Literal["diagonal", "full"] = "diagonal",
) -> int:
    """The width H whose number of parameters is closest to that of a one-layer LSTM of width `budget`.

    The number of parameters grows strictly with H, so the closest width is one of the two neighbours of the point where
    it crosses the budget; bisection finds them. Of two equally close widths the smaller is taken.

    Args:
        budget: width of the one-layer LSTM, 1 or more.
        cell, layers, vocabulary, peephole: as for `parameters`.

    >>> [width(128, cell, 2, 87) for cell in ("lstm", "rnn", "gru")]
    [84, 174, 98]
    """
    target = parameters("lstm", 1, budget, vocabulary)

    def spent(hidden: int) -> int:
        return parameters(cell, layers, hidden, vocabulary, peephole=peephole)

    below, above = 0, 1
    while spent(above) < target:
        below, above = above, 2 * above
    while above - below > 1:
        middle = (below + above) // 2
        below, above = (middle, above) if spent(middle) < target else (below, middle)
    if below == 0:
        return above
    return below if target - spent(below) <= spent(above) - target else above
