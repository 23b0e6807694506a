"""Clamps as people type them: `LAYER:CELL=VALUE`, both counted from 1, the value finite in float32.

The clamped quantity is the memory of the cell: c for the LSTM types, h for the others. The value is put in its place
at every step, inside the recurrence, so the cell's own h and all other cells see it. Refused: anything that does not
read like that, layers and cells that the network does not have, two values for one cell.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

import numpy as np

from rnnscope.cells.hold import Clamp
from rnnscope.errors import InputError
from rnnscope.model.network import Network

LARGEST = float(np.finfo(np.float32).max)
"""Beyond this a value would be infinite in the network."""

_FORM = re.compile(r"\s*([0-9]{1,9})\s*:\s*([0-9]{1,9})\s*=\s*(\S+)\s*", re.ASCII)


def parse(typed: str | Sequence[str], network: Network) -> tuple[Clamp, ...]:
    """Turn typed clamps into those the recurrence applies.

    Args:
        typed: one clamp or several, such as `["2:17=0", "1:3=-0.5"]`.
        network: which layers and cells there are.

    Raises:
        InputError: naming the clamp that cannot be.
    """
    clamps: list[Clamp] = []
    for one in [typed] if isinstance(typed, str) else typed:
        clamp = _parse(one, network)
        if any((clamp.layer, clamp.cell) == (other.layer, other.cell) for other in clamps):
            raise _refused(one, "this cell already has a value", "Give one value for each cell.")
        clamps.append(clamp)
    return tuple(clamps)


def written(clamps: Sequence[Clamp]) -> tuple[str, ...]:
    """Write clamps the way they are typed, in the shortest form that reads back the same.

    >>> written([Clamp(layer=1, quantity="c", cell=16, value=0.0)])
    ('2:17=0',)
    """
    return tuple(f"{clamp.layer + 1}:{clamp.cell + 1}={clamp.value!r}".removesuffix(".0") for clamp in clamps)


def _parse(typed: str, network: Network) -> Clamp:
    form = _FORM.fullmatch(typed)
    value = _number(form[3]) if form else math.nan
    if form is None or not abs(value) <= LARGEST:
        raise _refused(
            typed,
            "a clamp is LAYER:CELL=VALUE with two whole numbers and a finite value",
            "Write it like 2:17=0 for cell 17 of layer 2 held at 0.",
        )
    layer, cell = int(form[1]), int(form[2])
    for what, number, count in (("layer", layer, network.depth), ("cell", cell, network.hidden)):
        if not 1 <= number <= count:
            raise _refused(
                typed,
                f"the network has {what}s 1 to {count}",
                f"Choose a {what} in that range; layers and cells are counted from 1.",
            )
    return Clamp(layer=layer - 1, quantity=network.spec.memory, cell=cell - 1, value=value)


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return math.nan


def _refused(typed: str, why: str, todo: str) -> InputError:
    return InputError(tried="clamp a cell", given=f"--clamp {typed}", why=why, todo=todo)
