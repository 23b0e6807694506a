"""The LSTM whose gates see the memory (Gers, Schraudolph, Schmidhuber, 2002), one step.

i and f see the c that enters, o sees the c that leaves, g sees none. The weights of this sight are vectors, each cell
seeing only itself, or full matrices, each cell seeing all; which of them is read off their shape.
"""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor, sigmoid, tanh

from rnnscope.cells.hold import Gates, Hold, State, free


def see(c: Tensor, weight: Tensor) -> Tensor:
    """What a gate sees of c [..., H] through peephole weights, [H] or [H, H]."""
    return c * weight if weight.dim() == 1 else c @ weight.T


def step(x: Tensor, state: State, p: Mapping[str, Tensor], hold: Hold = free) -> tuple[State, Gates]:
    """One step over any leading dimensions.

    Args:
        x: W_x x_t + b_ih, [..., 4H], blocks i f g o.
        state: h and c that enter, [..., H] each.
        p: weight_hh [4H, H], bias_hh [4H], peephole_i, peephole_f, peephole_o [H] or [H, H].
        hold: what to do with each named quantity as it is computed.
    """
    a_i, a_f, a_g, a_o = (x + state["h"] @ p["weight_hh"].T + p["bias_hh"]).chunk(4, dim=-1)
    i = hold("i", sigmoid(a_i + see(state["c"], p["peephole_i"])))
    f = hold("f", sigmoid(a_f + see(state["c"], p["peephole_f"])))
    g = hold("g", tanh(a_g))
    c = hold("c", f * state["c"] + i * g)
    o = hold("o", sigmoid(a_o + see(c, p["peephole_o"])))
    h = hold("h", o * tanh(c))
    return {"h": h, "c": c}, {"i": i, "f": f, "g": g, "o": o}
