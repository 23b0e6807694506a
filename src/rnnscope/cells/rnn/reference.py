"""The simple recurrent network (Elman, 1990), one step. With torch.tanh or torch.relu it equals `torch.nn.RNN`."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import torch
from torch import Tensor

from rnnscope.cells.hold import Gates, Hold, State, free


def step(
    x: Tensor, state: State, p: Mapping[str, Tensor], hold: Hold = free,
    activation: Callable[[Tensor], Tensor] = torch.tanh,
) -> tuple[State, Gates]:  # fmt: skip
    """One step over any leading dimensions; there are no gates.

    Args:
        x: W_x x_t + b_ih, [..., H].
        state: h that enters, [..., H].
        p: weight_hh [H, H], bias_hh [H].
        hold: what to do with each named quantity as it is computed.
        activation: the nonlinearity.
    """
    h = hold("h", activation(x + state["h"] @ p["weight_hh"].T + p["bias_hh"]))
    return {"h": h}, {}
