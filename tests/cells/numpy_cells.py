"""The oracle: every recurrence and its backward pass by hand in NumPy float64, sharing no code with the package.

Forward and backward are written gate by gate from the derivations in the README.md of each cell's folder. No autograd,
no stacked products: slow, plain and independent.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Arrays = dict[str, Array]

BLOCKS = {"rnn": "h", "lstm": "ifgo", "lstm-peephole": "ifgo", "lstm-coupled": "fgo", "gru": "rzn", "gru-torch": "rzn"}


def sigmoid(a: Array) -> Array:
    return 1.0 / (1.0 + np.exp(-a))


class Weights:
    """Per-gate views of stacked arrays: W_x[gate], W_h[gate], b_x[gate], b_h[gate], P[gate] ([H] or [H, H])."""

    def __init__(self, cell: str, p: Mapping[str, Array]) -> None:
        H = p["weight_hh"].shape[1]
        rows = {gate: slice(k * H, (k + 1) * H) for k, gate in enumerate(BLOCKS[cell])}
        self.W_x, self.W_h, self.b_x, self.b_h = (
            {gate: p[name][where] for gate, where in rows.items()}
            for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
        )
        self.P = {name[-1]: p[name] for name in p if name.startswith("peephole")}

    def see(self, gate: str, c: Array) -> Array:
        if gate not in self.P:
            return np.zeros_like(c)
        P = self.P[gate]
        return c * P if P.ndim == 1 else np.einsum("bk,jk->bj", c, P)


def forward_step(cell: str, variant: str, x: Array, old: Arrays, w: Weights) -> Arrays:
    """All quantities of one step from x [B, D] and the states [B, H] that enter."""
    h = old["h"]
    a = {gate: x @ w.W_x[gate].T + w.b_x[gate] + h @ w.W_h[gate].T + w.b_h[gate] for gate in BLOCKS[cell]}
    if cell == "rnn":
        return {"h": {"tanh": np.tanh, "relu": lambda v: np.maximum(v, 0), "sigmoid": sigmoid}[variant](a["h"])}
    if cell == "gru":
        r, z = sigmoid(a["r"]), sigmoid(a["z"])
        n = np.tanh(x @ w.W_x["n"].T + w.b_x["n"] + (r * h) @ w.W_h["n"].T + w.b_h["n"])
        return {"h": h + z * (n - h), "r": r, "z": z, "n": n}
    if cell == "gru-torch":
        r, z = sigmoid(a["r"]), sigmoid(a["z"])
        n = np.tanh(x @ w.W_x["n"].T + w.b_x["n"] + r * (h @ w.W_h["n"].T + w.b_h["n"]))
        return {"h": n + z * (h - n), "r": r, "z": z, "n": n}
    new = {"f": sigmoid(a["f"] + w.see("f", old["c"])), "g": np.tanh(a["g"])}
    if cell == "lstm-coupled":
        new["c"] = new["f"] * old["c"] + (1 - new["f"]) * new["g"]
    else:
        new["i"] = sigmoid(a["i"] + w.see("i", old["c"]))
        new["c"] = new["f"] * old["c"] + new["i"] * new["g"]
    new["o"] = sigmoid(a["o"] + w.see("o", new["c"]))
    return new | {"h": new["o"] * np.tanh(new["c"])}


def forward(cell: str, variant: str, x_TBD: Array, start: Arrays, p: Mapping[str, Array]) -> Arrays:
    """Every quantity of every step, [T, B, H]."""
    w, steps = Weights(cell, p), [start]
    for x in x_TBD:
        steps.append(forward_step(cell, variant, x, steps[-1], w))
    return {name: np.stack([step[name] for step in steps[1:]]) for name in steps[1]}


def backward(
    cell: str, variant: str, x_TBD: Array, start: Arrays, p: Mapping[str, Array], dh_TBH: Array, dstate: Arrays
) -> Arrays:
    """Gradients of everything, given those of every h and of the states after the last step.

    Returns gradients by parameter name, of the input ("x", [T, B, D]) and of the states that entered ("h", "c").
    """
    w, q = Weights(cell, p), forward(cell, variant, x_TBD, start, p)
    grad: Arrays = {name: np.zeros_like(value) for name, value in p.items()}
    into = Weights(cell, grad)
    flow = {name: value.copy() for name, value in dstate.items()}
    dx = np.zeros_like(x_TBD)
    for t in reversed(range(len(x_TBD))):
        old = start if t == 0 else {name: q[name][t - 1] for name in start}
        now = {name: value[t] for name, value in q.items()}
        flow["h"] = flow["h"] + dh_TBH[t]
        dx[t], flow = backward_step(cell, variant, x_TBD[t], old, now, flow, w, into)
    return grad | {"x": dx} | flow


def backward_step(
    cell: str, variant: str, x: Array, old: Arrays, now: Arrays, flow: Arrays, w: Weights, into: Weights
) -> tuple[Array, Arrays]:
    """One step back: adds to the weights' gradients, returns those of x and of the states that entered."""
    dh, h = flow["h"], old["h"]
    entered = h  # what weight_hh of the candidate multiplied, and how its product was scaled
    scale: Array | float = 1.0
    dold: Arrays = {}
    if cell == "rnn":
        y = now["h"]
        slope = {"tanh": 1 - y * y, "relu": (y > 0).astype(float), "sigmoid": y * (1 - y)}[variant]
        da, dh_old = {"h": dh * slope}, np.zeros_like(h)
    elif cell in ("gru", "gru-torch"):
        r, z, n = now["r"], now["z"], now["n"]
        fresh = z if cell == "gru" else 1 - z
        dz = dh * (n - h if cell == "gru" else h - n)
        da = {"z": dz * z * (1 - z), "n": dh * fresh * (1 - n * n)}
        dh_old = dh * (1 - fresh)
        if cell == "gru":
            entered, dr = r * h, (da["n"] @ w.W_h["n"]) * h
        else:
            scale, dr = r, da["n"] * (h @ w.W_h["n"].T + w.b_h["n"])
        da["r"] = dr * r * (1 - r)
    else:
        c, f, g, o = now["c"], now["f"], now["g"], now["o"]
        da = {"o": dh * np.tanh(c) * o * (1 - o)}
        dc = flow["c"] + dh * o * (1 - np.tanh(c) ** 2) + seen(w, into, "o", da["o"], c)
        i = now.get("i", 1 - f)
        df = dc * (old["c"] - g if cell == "lstm-coupled" else old["c"])
        da |= {"f": df * f * (1 - f), "g": dc * i * (1 - g * g)}
        if cell != "lstm-coupled":
            da["i"] = dc * g * i * (1 - i)
        dold["c"] = dc * f + sum(seen(w, into, gate, da[gate], old["c"]) for gate in "if" if gate in da)
        dh_old = np.zeros_like(h)
    dx = np.zeros_like(x)
    for gate, d in da.items():
        dx += d @ w.W_x[gate]
        into.W_x[gate] += d.T @ x
        into.b_x[gate] += d.sum(0)
        candidate = gate == "n"
        d_rec = d * scale if candidate else d
        into.b_h[gate] += d_rec.sum(0)
        into.W_h[gate] += d_rec.T @ (entered if candidate else h)
        back = d_rec @ w.W_h[gate]
        dh_old = dh_old + (back * now["r"] if candidate and cell == "gru" else back)
    return dx, {"h": dh_old} | dold


def seen(w: Weights, into: Weights, gate: str, d: Array, c: Array) -> Array:
    """The way back through a peephole: adds to its gradient, returns what flows to the c that was seen."""
    if gate not in w.P:
        return np.zeros_like(c)
    if w.P[gate].ndim == 1:
        into.P[gate] += (d * c).sum(0)
        return d * w.P[gate]
    into.P[gate] += d.T @ c
    return d @ w.P[gate]
