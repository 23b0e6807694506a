"""Networks whose weights are set by hand, so that what some of their cells do is known: what a search must find.

A planted cell is described by one `Line` for each gate: which symbols and cells it listens to, and how much. The
programs below give these lines for memories that can be checked on paper:

    latch    on from one sign to another          toggle   on and off in turn at the same sign
    counter  steps since a sign (LSTM)            ramp     rises since a sign, ever more slowly
    depth    openings minus closings (LSTM)       echo     a sign that was just read
    trace    a fading memory of a sign            relay    h of cells below, passed upwards

What a cell remembers matters where the text asks for it: `voiced` lets an LSTM cell be heard after some signs alone,
and `asked` passes on what a cell below knows after some signs alone.

`wire` writes them into a network whose other cells keep their random weights and hear nothing of the planted ones.
Gates are wide open or shut, exactly, so what is shut out leaves no trace, not even in the ranks of tiny numbers.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import torch

from rnnscope.model.char_rnn import CharRNN

FULL = 120.0
"""A gate's argument where it is wide open, minus this where it is shut: sigmoid is then 1 or 0 exactly, in float32."""

HEARD = math.tanh(1.0)
"""h of an LSTM cell with c = 1 and an open output gate."""


@dataclass(frozen=True)
class Line:
    """A linear function of what a cell is told at a step.

    Args:
        bias: its constant.
        symbols: weights of the symbol that is read, by id; in the first layer only.
        own: weights of h of the same layer after the step before, by cell.
        below: weights of h of the layer below, by cell; above the first layer only.
    """

    bias: float = 0.0
    symbols: Mapping[int, float] = field(default_factory=dict)
    own: Mapping[int, float] = field(default_factory=dict)
    below: Mapping[int, float] = field(default_factory=dict)

    def __mul__(self, factor: float) -> Line:
        return Line(self.bias * factor, *({key: w * factor for key, w in part.items()} for part in self._parts()))

    __rmul__ = __mul__

    def __add__(self, other: Line | float) -> Line:
        if not isinstance(other, Line):
            return Line(self.bias + other, *self._parts())
        parts = zip(self._parts(), other._parts(), strict=True)
        sums = ({key: a.get(key, 0.0) + b.get(key, 0.0) for key in {**a, **b}} for a, b in parts)
        return Line(self.bias + other.bias, *sums)

    __radd__ = __add__

    def __sub__(self, other: Line | float) -> Line:
        return self + -1.0 * other

    def __rsub__(self, other: float) -> Line:
        return -1.0 * self + other

    def _parts(self) -> tuple[Mapping[int, float], ...]:
        return self.symbols, self.own, self.below


Gates = Mapping[str, Line]
"""A line for every block of the cell type's weights."""

OPEN, SHUT = Line(FULL), Line(-FULL)


class Planted(NamedTuple):
    """One cell of a plan. Layers and cells count from 0."""

    layer: int
    cell: int
    gates: Gates


class Readout(NamedTuple):
    """Logits of some symbols rise by `weight` for every unit of h of a cell of the top layer."""

    cell: int
    symbols: Sequence[int]
    weight: float


def reads(*symbols: int) -> Line:
    """1 where one of the symbols is read, 0 elsewhere."""
    return Line(symbols=dict.fromkeys(symbols, 1.0))


def heard(cell: str, *cells: int, below: bool = False) -> Line:
    """The sum of h of some `echo`, `latch` or `toggle` cells: each counts 1 where it is on."""
    weights = dict.fromkeys(cells, 1.0 / (HEARD if cell.startswith("lstm") else 1.0))
    return Line(below=weights) if below else Line(own=weights)


def both(one: Line, other: Line) -> Line:
    """1 where both are 1, 0 or less elsewhere."""
    return one + other - 1.0


def latch(cell: str, on: Line, off: Line, either: Line | None = None) -> Gates:
    """On from where `on` is 1 to where `off` is 1; off is 0 for the LSTM with two gates, -1 for all others.

    Args:
        cell: name of the cell type.
        on, off: 1 where it happens, at most 0 elsewhere; never both, never `on` twice.
        either: 1 where one of them happens, at most 0 elsewhere; None is their sum.
    """
    change = _switch(on + off if either is None else either)
    towards = _switch(on)
    match cell:
        case "lstm" | "lstm-peephole":
            return {"i": towards, "f": -1.0 * _switch(off), "g": OPEN, "o": OPEN}
        case "lstm-coupled":
            return {"f": -1.0 * change, "g": towards, "o": OPEN}
        case "gru":
            return {"r": OPEN, "z": change, "n": towards}
        case "gru-torch":
            return {"r": OPEN, "z": -1.0 * change, "n": towards}
    raise ValueError(f"no latch for {cell}; rnn needs `rnn_latch`")


def rnn_latch(number: int, on: Line, off: Line) -> Gates:
    """The same for `rnn` with tanh: the cell hears itself. It begins off.

    Args:
        number: which cell of its layer it is.
        on, off: 1 where it happens, 0 elsewhere.
    """
    # Three times its own value keeps tanh near 1 or -1; a little less than nothing to begin with decides for off.
    return {"h": Line(-0.1, own={number: 3.0}) + FULL * on - FULL * off}


def toggle(cell: str, number: int, mark: Line, clear: Line) -> Gates:
    """Changes over wherever `mark` is 1; begins off, and is off after `clear`.

    Args:
        cell: name of the cell type, not rnn.
        number: which cell of its layer it is: it hears itself.
        mark, clear: 1 or 0, never both 1.
    """
    itself = heard(cell, number)
    if cell in ("lstm", "lstm-peephole"):
        return latch(cell, mark - itself, mark + clear)
    # Off is -1, or 0 before the first mark; the tenth decides that 0 counts as off.
    return latch(cell, mark - 0.5 * (itself + 1.0) + 0.1, clear, either=mark + clear)


def counter(since: Line, unit: float) -> Gates:
    """LSTM: c is `unit` times the steps since `since` was 1."""
    return {"i": -1.0 * _switch(since), "f": -1.0 * _switch(since), "g": Line(math.atanh(unit)), "o": OPEN}


def depth(up: Line, down: Line, clear: Line, unit: float) -> Gates:
    """LSTM: c is `unit` times how often `up` was 1 since `clear` was, less how often `down` was; one at a time."""
    return {"i": OPEN, "f": -1.0 * _switch(clear), "g": math.atanh(unit) * (up - down), "o": OPEN}


def ramp(cell: str, since: Line, rate: float) -> Gates:
    """Goes a share `rate` of the way to 1 at each step, and back to its lowest value where `since` is 1."""
    share = math.log(rate / (1 - rate))
    match cell:
        case "lstm" | "lstm-peephole":
            keep = -share - 2 * FULL * since
            return {"i": -1.0 * _switch(since), "f": keep, "g": Line(math.atanh(rate)), "o": OPEN}
        case "lstm-coupled":
            return {"f": -share - 2 * FULL * since, "g": -1.0 * _switch(since), "o": OPEN}
        case "gru":
            return {"r": OPEN, "z": share + 2 * FULL * since, "n": -1.0 * _switch(since)}
        case "gru-torch":
            return {"r": OPEN, "z": -share - 2 * FULL * since, "n": -1.0 * _switch(since)}
    raise ValueError(f"no ramp for {cell}")


def trace(cell: str, sign: Line, decay: float) -> Gates:
    """A memory of where `sign` was 1 that keeps a share `decay` at each step; 0 is an echo of the last step alone."""
    keep = math.log(decay / (1 - decay)) if decay else -FULL
    match cell:
        case "lstm" | "lstm-peephole":
            return {"i": OPEN, "f": Line(keep), "g": FULL * sign, "o": OPEN}
        case "lstm-coupled":
            return {"f": Line(keep), "g": FULL * sign, "o": OPEN}
        case "gru":
            return {"r": OPEN, "z": Line(-keep), "n": FULL * sign}
        case "gru-torch":
            return {"r": OPEN, "z": Line(keep), "n": FULL * sign}
        case "rnn" if not decay:
            return {"h": FULL * sign}
    raise ValueError(f"no trace for {cell}")


def echo(cell: str, sign: Line) -> Gates:
    """On where `sign` was 1 at this step."""
    return trace(cell, sign, 0.0)


def relay(cell: str, line: Line) -> Gates:
    """tanh of a line over the layer below, without memory: for LSTM types its c, for the others its h."""
    return {
        name: gate * (1 / FULL) if name in ("g", "n", "h") else gate for name, gate in trace(cell, line, 0.0).items()
    }


def asked(cell: str, line: Line, sign: Line) -> Gates:
    """tanh of a line over the layer below where `sign` is 1; its lowest value, -1, where it is 0."""
    return relay(cell, line + FULL * (sign - 1.0))


def voiced(gates: Gates, sign: Line) -> Gates:
    """An LSTM cell that nobody hears but where `sign` is 1. Its memory runs on; one that hears itself would go deaf."""
    return {**gates, "o": _switch(sign)}


@torch.no_grad()
def wire(network: CharRNN, cells: Iterable[Planted], readouts: Iterable[Readout]) -> CharRNN:
    """Write planted cells into a network, in place.

    All that a planted cell hears is what its lines say; all that hears a planted cell is what lines and readouts say.

    Args:
        network: whose other cells stay as they are.
        cells: each place at most once.
        readouts: of the top layer's cells.
    """
    plan = list(cells)
    assert len({(layer, cell) for layer, cell, _ in plan}) == len(plan), "each place once"
    for layer, cell, gates in plan:
        assert set(gates) == set(network.spec.blocks), (set(gates), network.spec.blocks)
        own = _layer(network, layer)
        own["weight_hh"][:, cell] = 0
        above = network.output["weight"] if layer + 1 == network.depth else _layer(network, layer + 1)["weight_ih"]
        above[:, cell] = 0
    for layer, cell, gates in plan:
        own = _layer(network, layer)
        for block, name in enumerate(network.spec.blocks):
            row = block * network.hidden + cell
            for weight in ("weight_ih", "weight_hh", "bias_ih", "bias_hh"):
                own[weight][row] = 0
            line = gates[name]
            own["bias_ih"][row] = line.bias
            inputs = line.below if layer else line.symbols
            assert not (line.symbols if layer else line.below), "symbols enter the first layer, h from below the others"
            for key, weight_value in inputs.items():
                own["weight_ih"][row, key] = weight_value
            for key, weight_value in line.own.items():
                own["weight_hh"][row, key] = weight_value
        for gate in network.spec.peepholes:
            own[f"peephole_{gate}"][cell] = 0
            if network.spec.variant == "full":
                own[f"peephole_{gate}"][:, cell] = 0
    for cell, symbols, value in readouts:
        network.output["weight"][list(symbols), cell] += value
    return network


def _switch(sign: Line) -> Line:
    """A gate that is wide open where `sign` is 1 and shut where it is 0 or less."""
    return 2 * FULL * sign - FULL


def _layer(network: CharRNN, layer: int) -> torch.nn.ParameterDict:
    weights = network.layers[layer]
    assert isinstance(weights, torch.nn.ParameterDict)
    return weights
