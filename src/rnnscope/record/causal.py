"""The test of a claim: cells get values from the opposite condition, and the odds of what is predicted are measured.

In direction 0, `write`, a cell gets values that it takes where the feature holds; in direction 1, `erase`, values that
it takes where the feature does not. The values are quantiles of its own, so they are in range. Every position gets both
directions: values of its own condition show what the change of the value alone does. Beside it stand what people do
first: clamping to a number, silencing a cell, silencing two.

Arrays of effects hold log-odds as they are after the change; what they were before is `log_odds(.., edits=None, ..)`.
Dimension letters: C cells, P positions, D = 2 directions, Q quantiles, N positions that values are taken from.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rnnscope.model.network import Network
from rnnscope.record.edits import Edit, ablate, clamp, interchange, turn
from rnnscope.record.intervene import log_odds
from rnnscope.record.moments import Moments

QUANTILES = (0.1, 0.3, 0.5, 0.7, 0.9)
"""Of the values in the opposite condition: in range, and not its extremes."""

CLAMPS = ("zero", "mean", "low", "high")
"""What cells are clamped to: 0, their mean, and the 5 % and 95 % quantiles of their values."""


def donors(
    values: NDArray[np.floating[Any]],
    on: NDArray[np.bool_],
    off: NDArray[np.bool_] | None = None,
    quantiles: Sequence[float] = QUANTILES,
) -> NDArray[np.float64]:
    """Values to put in.

    Args:
        values: of some cells (or of projections) over a text, [C, N].
        on: where the feature holds (or is high, if graded), [N].
        off: where it does not (or is low); None is everywhere else.
        quantiles: which, each in [0, 1].

    Returns:
        [C, D, Q]: quantiles of the values that are on, then of those that are off.
    """
    off_N = ~on if off is None else off
    assert on.any(), "the feature holds somewhere"
    assert off_N.any(), "the feature fails to hold somewhere"
    return np.stack([np.quantile(values[:, where_N], quantiles, axis=1).T for where_N in (on, off_N)], axis=1)


def interchanged(
    network: Network,
    moments: Moments,
    layer: int,
    quantity: str,
    cells: Sequence[int],
    values: NDArray[np.floating[Any]],
    symbols: Sequence[int],
) -> NDArray[np.float64]:
    """Log-odds of some symbols with cells set, one at a time, to values of either condition.

    Args:
        network, moments, symbols: as for `log_odds`; the values are held for the W steps up to the position.
        layer, quantity: of all the cells; the memory of the cell type is what claims are about.
        cells: C of them, such as a claimed cell and those that it is compared with.
        values: from `donors`, [C, D, Q].

    Returns:
        [C, P, D, Q] after the position.
    """
    edits = [
        interchange(layer, quantity, cell, value, steps=moments.window)
        for cell, values_DQ in zip(cells, values, strict=True)
        for value in values_DQ.ravel()
    ]
    return _by_value(log_odds(network, moments, edits, symbols), values)


def turned(
    network: Network,
    moments: Moments,
    layer: int,
    quantity: str,
    directions: NDArray[np.floating[Any]],
    values: NDArray[np.floating[Any]],
    symbols: Sequence[int],
) -> NDArray[np.float64]:
    """The same for directions in a layer, where no single cell carries the feature.

    Args:
        network, moments, layer, quantity, symbols: as for `interchanged`.
        directions: weights of the layer's cells, [C, H]: a probe's, or those it is compared with.
        values: projections on them, from `donors`, [C, D, Q].
    """
    edits = [
        turn(
            layer, quantity, direction_H[direction_H != 0], value, moments.window, np.flatnonzero(direction_H).tolist()
        )
        for direction_H, values_DQ in zip(directions, values, strict=True)
        for value in values_DQ.ravel()
    ]
    return _by_value(log_odds(network, moments, edits, symbols), values)


def clamped(
    network: Network,
    moments: Moments,
    layer: int,
    quantity: str,
    cells: Sequence[int],
    values: NDArray[np.floating[Any]],
    symbols: Sequence[int],
) -> Mapping[str, NDArray[np.float64]]:
    """Log-odds of some symbols with cells clamped, one at a time, or silenced.

    Args:
        network, moments, layer, quantity, cells, symbols: as for `interchanged`.
        values: of the cells over a text, [C, N].

    Returns:
        "zero", "mean", "low", "high" (see CLAMPS) and "ablated", each [C, P].
    """
    low_C, high_C = np.quantile(values, (0.05, 0.95), axis=1)
    to_KC = np.stack([np.zeros(len(cells)), values.mean(axis=1, dtype=np.float64), low_C, high_C])
    edits = [clamp(layer, quantity, cell, value) for to_C in to_KC for cell, value in zip(cells, to_C, strict=True)] + [
        ablate(layer, cell) for cell in cells
    ]
    after_KCP = log_odds(network, moments, edits, symbols)[:, 0].reshape(len(CLAMPS) + 1, len(cells), len(moments))
    return dict(zip((*CLAMPS, "ablated"), after_KCP, strict=True))


def ablated_pairs(
    network: Network, moments: Moments, layer: int, pairs: Sequence[tuple[int, int]], symbols: Sequence[int]
) -> NDArray[np.float64]:
    """Log-odds of some symbols with two cells of a layer silenced at once, [pairs, P]: whether one stands in for the
    other shows against each alone (`clamped`)."""
    edits: list[Edit] = [ablate(layer, pair) for pair in pairs]
    return log_odds(network, moments, edits, symbols)[:, 0]


def _by_value(after_KRP: NDArray[np.float64], values_CDQ: NDArray[np.floating[Any]]) -> NDArray[np.float64]:
    return np.moveaxis(after_KRP[:, 0].reshape(*values_CDQ.shape, -1), -1, 1)
