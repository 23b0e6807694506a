"""The gate table: for each of the six recurrences its names, orders, shapes, ranges and equations.

Whoever needs to know how many gates a cell has, in which order their blocks stand in the weights, what its recorded
quantities are called or how it forgets reads it here; `tests/cells/test_spec.py` pins the table. Block order is that of
`torch.nn`, so weights can be exchanged without reordering. No torch here, so that statistics can use it.

The equations are written so that they can be executed: `@` is the matrix product, `*` is element by element, `h'` and
`c'` are the states that enter the step. `W_xi` is block i of weight_ih, `b_xi` of bias_ih, `W_hi` of weight_hh, `b_hi`
of bias_hh; `p_i` (a vector) or `P_i` (a matrix) is peephole_i. Sources are named in each cell's README.md.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rnnscope.config import RecurrentConfig

Range = tuple[float, float]

OPEN_SHUT: Range = (0.0, 1.0)
SIGNED: Range = (-1.0, 1.0)
UNBOUNDED: Range = (-math.inf, math.inf)


@dataclass(frozen=True)
class Keep:
    """How a cell says which share of its old memory it keeps: 1 = all, 0 = nothing.

    Args:
        gate: the gate that decides.
        mirrored: whether that gate is 1 when the memory is overwritten.
    """

    gate: str
    mirrored: bool = False

    def of(self, value: Any) -> Any:
        """Turn the gate's value, a number or an array in [0, 1], into the share that is kept.

        >>> Keep("z", mirrored=True).of(0.25)
        0.75
        """
        return 1 - value if self.mirrored else value


@dataclass(frozen=True)
class CellSpec:
    """One row of the gate table.

    Args:
        name: what `--cell` calls it.
        variant: the chosen option (rnn: tanh, relu, sigmoid; lstm-peephole: diagonal, full); "" if there is none.
        states: what is passed from step to step, in order; the last one is the memory.
        blocks: which quantity each block of H rows of the weights is for, in order; G of them.
        ranges: for every quantity the interval its values lie in, for states when they started inside it.
        keep: which share of the memory is kept; None where no gate decides that.
        peepholes: gates that see c through weights of their own.
        equations: one step, in the order in which it is computed.
    """

    name: str
    variant: str
    states: tuple[str, ...]
    blocks: tuple[str, ...]
    ranges: Mapping[str, Range]
    keep: Keep | None
    peepholes: tuple[str, ...]
    equations: tuple[str, ...]

    @property
    def gates(self) -> tuple[str, ...]:
        """Blocks that are not themselves a state: none for rnn, whose one block is h."""
        return tuple(block for block in self.blocks if block not in self.states)

    @property
    def quantities(self) -> tuple[str, ...]:
        """Everything that is recorded and can be clamped: states, then gates."""
        return self.states + self.gates

    @property
    def memory(self) -> str:
        """The state that carries the memory: c of the LSTM types, h of the others."""
        return self.states[-1]

    def parameter_shapes(self, input_size: int, hidden: int) -> dict[str, tuple[int, ...]]:
        """Name and shape of every parameter of one layer, in the order in which they are stored.

        Args:
            input_size: D, numbers that enter per step: V for one-hot symbols, H of the layer below otherwise.
            hidden: H, cells in the layer.
        """
        rows = len(self.blocks) * hidden
        shapes: dict[str, tuple[int, ...]] = {
            "weight_ih": (rows, input_size),
            "weight_hh": (rows, hidden),
            "bias_ih": (rows,),
            "bias_hh": (rows,),
        }
        peephole = (hidden, hidden) if self.variant == "full" else (hidden,)
        return shapes | {f"peephole_{gate}": peephole for gate in self.peepholes}

    def parameter_count(self, input_size: int, hidden: int) -> int:
        """Number of parameters of one layer: G H (D + H + 2), plus H or H^2 for each peephole.

        >>> SPECS["lstm"].parameter_count(87, 128)
        111104
        """
        return sum(math.prod(shape) for shape in self.parameter_shapes(input_size, hidden).values())

    def facts(self) -> dict[str, Any]:
        """The table row as plain JSON values, for artifacts; an end without bound is None."""
        ranges = {name: [None if math.isinf(end) else end for end in ends] for name, ends in self.ranges.items()}
        keep = None if self.keep is None else {"gate": self.keep.gate, "mirrored": self.keep.mirrored}
        return {
            "cell": self.name,
            "variant": self.variant,
            "states": list(self.states),
            "gates": list(self.gates),
            "ranges": ranges,
            "keep": keep,
            "memory": self.memory,
            "equations": list(self.equations),
        }


def _lines(text: str) -> tuple[str, ...]:
    return tuple(line.strip() for line in text.strip().splitlines())


def _rnn(activation: str) -> CellSpec:
    ranges = {"tanh": SIGNED, "relu": (0.0, math.inf), "sigmoid": OPEN_SHUT}
    equation = f"h = {activation}(W_xh @ x + b_xh + W_hh @ h' + b_hh)"
    return CellSpec("rnn", activation, ("h",), ("h",), {"h": ranges[activation]}, None, (), (equation,))


_LSTM_RANGES = {
    "h": SIGNED, "c": UNBOUNDED,
    "i": OPEN_SHUT, "f": OPEN_SHUT, "g": SIGNED, "o": OPEN_SHUT,
}  # fmt: skip

_LSTM = CellSpec(
    "lstm", "", ("h", "c"), ("i", "f", "g", "o"), _LSTM_RANGES, Keep("f"), (),
    _lines("""
        i = sigmoid(W_xi @ x + b_xi + W_hi @ h' + b_hi)
        f = sigmoid(W_xf @ x + b_xf + W_hf @ h' + b_hf)
        g = tanh(W_xg @ x + b_xg + W_hg @ h' + b_hg)
        o = sigmoid(W_xo @ x + b_xo + W_ho @ h' + b_ho)
        c = f * c' + i * g
        h = o * tanh(c)
    """),
)  # fmt: skip


def _peephole(variant: str) -> CellSpec:
    see = {"diagonal": "p_{gate} * {c}", "full": "P_{gate} @ {c}"}[variant]
    i, f, o = (see.format(gate=gate, c=c) for gate, c in (("i", "c'"), ("f", "c'"), ("o", "c")))
    equations = _lines(f"""
        i = sigmoid(W_xi @ x + b_xi + W_hi @ h' + b_hi + {i})
        f = sigmoid(W_xf @ x + b_xf + W_hf @ h' + b_hf + {f})
        g = tanh(W_xg @ x + b_xg + W_hg @ h' + b_hg)
        c = f * c' + i * g
        o = sigmoid(W_xo @ x + b_xo + W_ho @ h' + b_ho + {o})
        h = o * tanh(c)
    """)
    return CellSpec(
        "lstm-peephole", variant, _LSTM.states, _LSTM.blocks, _LSTM_RANGES, Keep("f"), ("i", "f", "o"), equations
    )


_COUPLED = CellSpec(
    "lstm-coupled", "", ("h", "c"), ("f", "g", "o"),
    {"h": SIGNED, "c": SIGNED, "f": OPEN_SHUT, "g": SIGNED, "o": OPEN_SHUT}, Keep("f"), (),
    _lines("""
        f = sigmoid(W_xf @ x + b_xf + W_hf @ h' + b_hf)
        g = tanh(W_xg @ x + b_xg + W_hg @ h' + b_hg)
        o = sigmoid(W_xo @ x + b_xo + W_ho @ h' + b_ho)
        c = f * c' + (1 - f) * g
        h = o * tanh(c)
    """),
)  # fmt: skip

_GRU_RANGES = {"h": SIGNED, "r": OPEN_SHUT, "z": OPEN_SHUT, "n": SIGNED}

_GRU = CellSpec(
    "gru", "", ("h",), ("r", "z", "n"), _GRU_RANGES, Keep("z", mirrored=True), (),
    _lines("""
        r = sigmoid(W_xr @ x + b_xr + W_hr @ h' + b_hr)
        z = sigmoid(W_xz @ x + b_xz + W_hz @ h' + b_hz)
        n = tanh(W_xn @ x + b_xn + W_hn @ (r * h') + b_hn)
        h = (1 - z) * h' + z * n
    """),
)  # fmt: skip

_GRU_TORCH = CellSpec(
    "gru-torch", "", ("h",), ("r", "z", "n"), _GRU_RANGES, Keep("z"), (),
    _lines("""
        r = sigmoid(W_xr @ x + b_xr + W_hr @ h' + b_hr)
        z = sigmoid(W_xz @ x + b_xz + W_hz @ h' + b_hz)
        n = tanh(W_xn @ x + b_xn + r * (W_hn @ h' + b_hn))
        h = (1 - z) * n + z * h'
    """),
)  # fmt: skip

SPECS: dict[str, CellSpec] = {
    row.name: row for row in (_rnn("tanh"), _LSTM, _peephole("diagonal"), _COUPLED, _GRU, _GRU_TORCH)
}
"""The six recurrences with their default options."""


def spec(config: RecurrentConfig) -> CellSpec:
    """The row of the gate table for a configuration, with its option chosen."""
    if config.cell == "rnn":
        return _rnn(config.activation)
    if config.cell == "lstm-peephole":
        return _peephole(config.peephole)
    return SPECS[config.cell]
