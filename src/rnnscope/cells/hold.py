"""Holding quantities inside the recurrence: the one hook every reference step has, and clamps built on it.

A step passes each named quantity through `hold` the moment it is computed and goes on with what comes back. Whatever
depends on it, in this step and in all later ones, therefore sees the held value: clamping c changes h of the same step,
clamping a gate changes c and h. `free` holds nothing. Refused: a quantity the cell does not have, a cell number outside
the layer, a value that is not finite, two values for one cell. A value outside the quantity's range is allowed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from rnnscope.cells.spec import CellSpec
from rnnscope.errors import InputError

Hold = Callable[[str, Tensor], Tensor]
"""Takes a quantity's name and its value [..., H] and gives the value to go on with."""

State = dict[str, Tensor]
"""State name -> [..., H]."""

Gates = dict[str, Tensor]
"""Gate name -> [..., H]."""


def free(name: str, value: Tensor) -> Tensor:
    """The hold that changes nothing."""
    return value


@dataclass(frozen=True)
class Clamp:
    """One quantity of one cell kept at one value at every step.

    Args:
        layer: index from 0, as in the recorded arrays.
        quantity: a state or gate of the layer's cell type.
        cell: index from 0 within the layer.
        value: the value it is held at.
    """

    layer: int
    quantity: str
    cell: int
    value: float


def clamping(spec: CellSpec, hidden: int, clamps: Sequence[Clamp], like: Tensor) -> Hold:
    """Build the hold that applies one layer's clamps.

    Args:
        spec: the layer's cell type.
        hidden: H of the layer.
        clamps: the clamps of this layer; their `layer` is not looked at.
        like: a tensor of the dtype and on the device of the states.

    Raises:
        InputError: a clamp that this layer cannot have.
    """
    _refuse_impossible(spec, hidden, clamps, torch.finfo(like.dtype).max)
    held: dict[str, tuple[Tensor, Tensor]] = {}
    for quantity in {clamp.quantity for clamp in clamps}:
        mask_H = torch.zeros(hidden, dtype=torch.bool, device=like.device)
        value_H = torch.zeros(hidden, dtype=like.dtype, device=like.device)
        for clamp in clamps:
            if clamp.quantity == quantity:
                mask_H[clamp.cell], value_H[clamp.cell] = True, clamp.value
        held[quantity] = mask_H, value_H

    def hold(name: str, value: Tensor) -> Tensor:
        if name not in held:
            return value
        mask_H, value_H = held[name]
        return torch.where(mask_H, value_H, value)

    return hold


def _refuse_impossible(spec: CellSpec, hidden: int, clamps: Sequence[Clamp], largest: float) -> None:
    seen: set[tuple[str, int]] = set()
    for clamp in clamps:
        place = (clamp.quantity, clamp.cell)
        if clamp.quantity not in spec.quantities:
            why, todo = f"{spec.name} has no such quantity", f"Choose one of {', '.join(spec.quantities)}."
        elif not 0 <= clamp.cell < hidden:
            why, todo = f"the layer has {hidden} cells", f"Choose a cell from 0 to {hidden - 1}."
        elif not abs(clamp.value) <= largest:
            why, todo = f"no value of the network lies beyond {largest:.2g}", "Give a finite, smaller number."
        elif place in seen:
            why, todo = "this cell already has a value for it", "Give one value for each cell and quantity."
        else:
            seen.add(place)
            continue
        given = f"{clamp.quantity} of cell {clamp.cell} = {clamp.value}"
        raise InputError(tried="clamp a cell", given=given, why=why, todo=todo)
