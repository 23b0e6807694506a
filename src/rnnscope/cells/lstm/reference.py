"""Long short-term memory with a forget gate (Gers, Schmidhuber, Cummins, 2000), one step. Equals `torch.nn.LSTM`."""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor, sigmoid, tanh

from rnnscope.cells.hold import Gates, Hold, State, free


def step(x: Tensor, state: State, p: Mapping[str, Tensor], hold: Hold = free) -> tuple[State, Gates]:
    """One step over any leading dimensions.

    Args:
        x: W_x x_t + b_ih, [..., 4H], blocks i f g o.
        state: h and c that enter, [..., H] each.
        p: weight_hh [4H, H], bias_hh [4H].
        hold: what to do with each named quantity as it is computed.
    """
    a_i, a_f, a_g, a_o = (x + state["h"] @ p["weight_hh"].T + p["bias_hh"]).chunk(4, dim=-1)
    i = hold("i", sigmoid(a_i))
    f = hold("f", sigmoid(a_f))
    g = hold("g", tanh(a_g))
    o = hold("o", sigmoid(a_o))
    c = hold("c", f * state["c"] + i * g)
    h = hold("h", o * tanh(c))
    return {"h": h, "c": c}, {"i": i, "f": f, "g": g, "o": o}
