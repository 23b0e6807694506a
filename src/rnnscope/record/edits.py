"""What can be done to cells: values put in the place of their own, inside the recurrence.

    clamp         a value that somebody chose, such as zero or the cell's mean
    ablate        the cell is silent: its h is 0 for all others, while its memory runs on
    freeze        the value that it had when the first step began
    shuffle       values of its own from other times, in random order
    interchange   the value of another moment, such as one from the opposite condition
    turn          many cells at once: moved along a direction until their projection on it has a value

Each acts on one quantity of one layer, at every step or at the first ones. Layers and cells are counted from 0.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from rnnscope.cells.hold import Clamp
from rnnscope.record.moments import Moments


@dataclass(frozen=True, eq=False)
class Edit:
    """Values of one quantity of one layer.

    Attributes:
        layer: index from 0.
        quantity: a state or a gate.
        cells: which cells get values, each once; the cells along which `direction` points, if there is one.
        values: what they are set to, [C or 1, S or 1, P or 1]; with a direction the projection to reach, [1, ., .].
        direction: weights of the cells, [C]; None sets each cell by itself.
        steps: in how many steps from the first it acts; None is all.
    """

    layer: int
    quantity: str
    cells: tuple[int, ...]
    values: NDArray[np.float32]
    direction: NDArray[np.float32] | None = None
    steps: int | None = None

    def __post_init__(self) -> None:
        assert self.cells, "an edit is of at least one cell"
        assert self.values.ndim == 3, self.values.shape
        rows = 1 if self.direction is not None else len(self.cells)
        assert self.values.shape[0] in (1, rows), (self.values.shape, self.cells)

    def clamps(self) -> list[Clamp]:
        """The same cells held at their largest values: whoever can be clamped so can be edited so."""
        largest_C = np.broadcast_to(np.abs(self.values).max(axis=(1, 2)), len(self.cells))
        return [
            Clamp(self.layer, self.quantity, cell, float(value))
            for cell, value in zip(self.cells, largest_C, strict=True)
        ]


def clamp(layer: int, quantity: str, cells: int | Sequence[int], value: ArrayLike, steps: int | None = None) -> Edit:
    """Hold cells at chosen values.

    Args:
        layer, quantity, cells: which.
        value: one for all, or one for each cell.
        steps: in how many steps from the first; None is all.
    """
    values_C = np.asarray(value, np.float32).reshape(-1, 1, 1)
    return Edit(layer, quantity, _cells(cells), values_C, steps=steps)


def ablate(layer: int, cells: int | Sequence[int], steps: int | None = None) -> Edit:
    """Silence cells: nobody hears their h, which is 0; two cells at once show whether they stand in for each other."""
    return clamp(layer, "h", cells, 0.0, steps)


def freeze(moments: Moments, layer: int, quantity: str, cells: int | Sequence[int], steps: int | None = None) -> Edit:
    """Keep the values with which cells enter the first step.

    Args:
        moments: replayed with this quantity.
        layer, quantity, cells: which.
        steps: in how many steps from the first; None is all.
    """
    chosen = _cells(cells)
    values_CP = moments.entering[quantity][layer][:, list(chosen)].T
    return Edit(layer, quantity, chosen, np.ascontiguousarray(values_CP[:, None]), steps=steps)


def shuffle(
    moments: Moments,
    layer: int,
    quantity: str,
    cells: int | Sequence[int],
    series: NDArray[np.floating[Any]],
    seed: int,
    steps: int | None = None,
) -> Edit:
    """Give cells their own values from random other times: the distribution stays, what it told is gone.

    Args:
        moments: says how many values are needed.
        layer, quantity, cells: which; several cells get the values of the same times.
        series: what the cells did over a text, [N] or [C, N]; no time is used twice where N is at least S x P.
        seed: of the order.
        steps: in how many steps from the first; None is all.
    """
    series_CN = np.atleast_2d(np.asarray(series, np.float32))
    shape = moments.steps, len(moments)
    count = shape[0] * shape[1]
    times = np.random.default_rng(seed).choice(series_CN.shape[1], count, replace=series_CN.shape[1] < count)
    return Edit(layer, quantity, _cells(cells), series_CN[:, times.reshape(shape)], steps=steps)


def interchange(
    layer: int, quantity: str, cells: int | Sequence[int], values: ArrayLike, steps: int | None = 1
) -> Edit:
    """Give cells the values of other moments.

    Args:
        layer, quantity, cells: which.
        values: one, [P] of one cell, or [C, P].
        steps: in how many steps from the first; by default once, after which the cells are free again.
    """
    chosen, values_CP = _cells(cells), np.asarray(values, np.float32)
    values_CP = np.broadcast_to(values_CP, (len(chosen), values_CP.shape[-1] if values_CP.ndim else 1))
    return Edit(layer, quantity, chosen, values_CP[:, None], steps=steps)


def turn(
    layer: int,
    quantity: str,
    direction: NDArray[np.floating[Any]],
    projections: ArrayLike,
    steps: int | None = 1,
    cells: Sequence[int] | None = None,
) -> Edit:
    """Move cells along a direction until their projection on it is the one of another moment; all else stays.

    Args:
        layer, quantity: which.
        direction: weights, [H], or [C] of `cells`; not all 0.
        projections: of the states on the direction, to be reached: one, or [P].
        steps: in how many steps from the first; by default once.
        cells: which the direction is of; None is all cells of the layer.
    """
    weights_C = np.asarray(direction, np.float32)
    assert weights_C.any(), "a direction points somewhere"
    chosen = tuple(range(len(weights_C))) if cells is None else tuple(cells)
    assert len(chosen) == len(weights_C), (len(chosen), len(weights_C))
    values_11P = np.asarray(projections, np.float32).reshape(1, 1, -1)
    return Edit(layer, quantity, chosen, values_11P, weights_C, steps)


def _cells(cells: int | Sequence[int]) -> tuple[int, ...]:
    return (int(cells),) if isinstance(cells, int | np.integer) else tuple(int(cell) for cell in cells)
