"""The gated recurrent unit with the reset gate before the product (Cho et al., 2014), one step.

z is 1 where the state is overwritten, as in Chung et al. (2014); the paper that introduced the unit uses the opposite
sign. b_hh stands outside the reset product. This is not the unit of `torch.nn.GRU`; that is `gru_torch`.
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
    h_prev = state["h"]
    x_r, x_z, x_n = x.chunk(3, dim=-1)
    (W_r, W_z, W_n), (b_r, b_z, b_n) = p["weight_hh"].chunk(3), p["bias_hh"].chunk(3)
    r = hold("r", sigmoid(x_r + h_prev @ W_r.T + b_r))
    z = hold("z", sigmoid(x_z + h_prev @ W_z.T + b_z))
    n = hold("n", tanh(x_n + (r * h_prev) @ W_n.T + b_n))
    h = hold("h", (1 - z) * h_prev + z * n)
    return {"h": h}, {"r": r, "z": z, "n": n}
