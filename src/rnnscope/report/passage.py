"""Pack one recorded passage for the page: its table of symbols, its expectations, and every quantity of every cell.

A passage carries a small table of the symbols that occur in it or are expected in it, so an alphabet of any size costs
only what is shown. Arrays are turned to [cell, position], one per layer: the heat map reads one cell at a time, and a
cell's values in a row squeeze better.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from rnnscope.artifacts.glyphs import groups, symbol_glyph
from rnnscope.report.inputs import CellStatistics, PassageInput, Unit
from rnnscope.report.pack import pack, pack_quantity
from rnnscope.report.page import ByteGroup, Passage, Quantity, QuantityKind, Symbol
from rnnscope.report.step import build_anatomy

_MEANINGS = {
    "h": ("output", "what the cell shows to the layer above and to itself at the next symbol"),
    "c": ("memory", "what the cell holds; only the gates change it"),
    "i": ("input gate", "how much of the candidate is written into the memory"),
    "f": ("forget gate", "how much of the memory is kept"),
    "g": ("candidate", "what could be written into the memory"),
    "o": ("output gate", "how much of the memory is shown"),
    "r": ("reset gate", "how much of the old output the candidate sees"),
    "n": ("candidate", "what could become the new output"),
}
# The two GRU forms give z opposite meanings.
_MEANINGS_IN_CELL = {
    ("gru", "z"): ("update gate", "how much of the old output is overwritten by the candidate"),
    ("gru-torch", "z"): ("update gate", "how much of the old output is kept"),
    ("gru", "h"): ("output", "what the cell holds and shows"),
    ("gru-torch", "h"): ("output", "what the cell holds and shows"),
    ("lstm-coupled", "f"): ("forget gate", "how much of the memory is kept; the rest is overwritten by the candidate"),
}


def build_passage(given: PassageInput, cell: str) -> Passage:
    """Turn a recorded passage into page data; values must be finite.

    Args:
        given: the recording.
        cell: name of the recurrence; it decides what a gate means.
    """
    length = len(given.ids)
    assert given.log_probs.shape == (length,)
    assert given.next_ids.shape == given.next_probs.shape == (length, given.next_ids.shape[1])
    used = np.unique(np.concatenate([given.ids, given.next_ids.ravel()]))
    codes = [given.codes[index] for index in used]
    return Passage(
        name=given.name,
        where=given.where,
        unit=given.unit,
        symbols=[_symbol(code, given.unit) for code in codes],
        ids=pack(np.searchsorted(used, given.ids), "uint32"),
        groups=_byte_groups([given.codes[index] for index in given.ids]) if given.unit == "bytes" else [],
        log_prob_nats=pack(given.log_probs, "float32"),
        next_ids=pack(np.searchsorted(used, given.next_ids), "uint32"),
        next_probs=pack(np.clip(given.next_probs, 0.0, 1.0), "uint16", 1.0 / 65535.0),
        quantities=[
            _quantity(name, cell, values, given.ranges.get(name, (None, None)), given.statistics.get(name), length)
            for name, values in given.quantities.items()
        ],
        anatomy=None if given.step is None else build_anatomy(given.step, used),
    )


def meaning_of(cell: str, name: str) -> tuple[str, str]:
    """What a quantity is called in a cell, and a clause that says what it does there."""
    return _MEANINGS_IN_CELL.get((cell, name)) or _MEANINGS.get(name, (name, ""))


def quantity_kind(name: str, low: float | None, high: float | None) -> QuantityKind:
    """How a quantity of this range is drawn: [0, 1] as a gate, [-1, 1] as signed, anything else through tanh.

    c always goes through tanh, also where a cell keeps it within [-1, 1]: that is what the output gate lets through.
    """
    if name == "c":
        return "cell"
    if (low, high) == (0.0, 1.0):
        return "gate"
    return "signed" if (low, high) == (-1.0, 1.0) else "cell"


def _quantity(
    name: str,
    cell: str,
    values_LNH: npt.NDArray[np.floating[Any]],
    limits: tuple[float | None, float | None],
    statistics: CellStatistics | None,
    length: int,
) -> Quantity:
    assert values_LNH.shape[1:2] == (length,), f"{name} must be [layer, position, cell]"
    kind = quantity_kind(name, *limits)
    meaning, explained = meaning_of(cell, name)
    if statistics is None:
        statistics = CellStatistics(values_LNH.mean(axis=1), values_LNH.min(axis=1), values_LNH.max(axis=1))
    return Quantity(
        name=name,
        kind=kind,
        meaning=meaning,
        explained=explained,
        layers=[pack_quantity(np.ascontiguousarray(layer_NH.T), kind) for layer_NH in values_LNH],
        mean=_rounded(statistics.mean),
        low=_rounded(statistics.low),
        high=_rounded(statistics.high),
    )


def _rounded(values: npt.NDArray[np.floating[Any]]) -> list[list[float]]:
    return [[float(f"{value:.4g}") for value in layer] for layer in values]


def _symbol(code: int, unit: Unit) -> Symbol:
    glyph = symbol_glyph(code, unit)
    return Symbol(glyph=glyph.text, name=glyph.name, kind=glyph.kind, code=code)


def _byte_groups(values: list[int]) -> list[ByteGroup]:
    return [
        ByteGroup(start=start, length=length, glyph=glyph.text, name=glyph.name, kind=glyph.kind)
        for glyph, start, length in groups(values, "bytes")
        if length > 1
    ]
