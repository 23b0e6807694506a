"""What a page needs to compute one step of a network again: equations, weights, and how far back losses are felt.

Weights travel in 65,534 steps of the largest one of their array. Of the lowest layer's input weights only the columns
of symbols that the passage knows are kept. A network with more than `WEIGHTS_LIMIT` of them travels without: the page
then shows what was recorded and takes what enters a gate from the gate.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from rnnscope.cells.spec import CellSpec
from rnnscope.report.inputs import Floats, StepInput
from rnnscope.report.pack import pack
from rnnscope.report.page import Packed
from rnnscope.report.page_step import Anatomy, Peephole, StateGradient, Weights

WEIGHTS_LIMIT = 600_000
"""About 1.5 MB of a page."""
SMALLEST_NORM = 1e-12
"""Gradients below it are drawn as nothing anyway; a logarithm needs some bottom."""


def build_anatomy(given: StepInput, symbols: npt.NDArray[np.integer[Any]]) -> Anatomy:
    """Turn what computes a step into page data.

    Args:
        given: the cell, its weights and its gradients.
        symbols: ids of the passage's table of symbols, in its order.
    """
    count = sum(array.size for layer in given.layers for array in layer.values())
    small = 0 < count <= WEIGHTS_LIMIT
    return Anatomy(
        states=list(given.spec.states),
        blocks=list(given.spec.blocks),
        equations=list(given.spec.equations),
        keep=_keep(given.spec),
        weights=_weights(given.spec, given.layers, symbols) if small else [],
        why=None if small or not count else f"Its {count:,} weights would make the page too large.",
        gradients=[_gradient(state, norms_LKN) for state, norms_LKN in given.gradients.items()],
    )


def _keep(spec: CellSpec) -> str | None:
    if spec.keep is None:
        return None
    return f"1 - {spec.keep.gate}" if spec.keep.mirrored else spec.keep.gate


def _weights(
    spec: CellSpec, layers: Sequence[Mapping[str, Floats]], symbols: npt.NDArray[np.integer[Any]]
) -> list[Weights]:
    packed = []
    for index, layer in enumerate(layers):
        from_below = layer["weight_ih"]
        packed.append(
            Weights(
                input=_pack(from_below if index else from_below[:, symbols]),
                recurrent=_pack(layer["weight_hh"]),
                bias_input=_pack(layer["bias_ih"]),
                bias_recurrent=_pack(layer["bias_hh"]),
                peepholes=[Peephole(gate=gate, weight=_pack(layer[f"peephole_{gate}"])) for gate in spec.peepholes],
            )
        )
    return packed


def _pack(values: Floats) -> Packed:
    largest = float(np.abs(values).max(initial=0.0))
    return pack(values.astype(np.float64), "int16", largest / 32767.0 if largest > 0 else 1.0)


def _gradient(state: str, norms_LKN: Floats) -> StateGradient:
    """In steps of a hundredth of a power of ten; -12 says nothing is there, or it is not known."""
    known = np.where(np.isfinite(norms_LKN), norms_LKN, 0.0)
    return StateGradient(state=state, log10_norm=pack(np.log10(np.maximum(known, SMALLEST_NORM)), "int16", 0.01))
