"""The gated recurrent unit with the reset gate after the product, one step. Equals `torch.nn.GRU` and cuDNN.

z is 1 where the state is kept, the opposite of `gru`.
"""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor, sigmoid, tanh

from rnnscope.cells.hold import Gates, Hold, State, free


def step(x: Tensor, state: State, p: Mapping[str, Tensor], hold: Hold = free) -> tuple[State, Gates]:
    """One step over any leading dimensions.

    Args:
        x: W_x x_t + b_ih, [..., 3H], blocks r z n.
        state: h that enters, [..., H].
        p: weight_hh [3H, H], bias_hh [3H].
        hold: what to do with each named quantity as it is computed.
    """
    x_r, x_z, x_n = x.chunk(3, dim=-1)
    a_r, a_z, a_n = (state["h"] @ p["weight_hh"].T + p["bias_hh"]).chunk(3, dim=-1)
    r = hold("r", sigmoid(x_r + a_r))
    z = hold("z", sigmoid(x_z + a_z))
    n = hold("n", tanh(x_n + r * a_n))
    h = hold("h", (1 - z) * n + z * state["h"])
    return {"h": h}, {"r": r, "z": z, "n": n}
