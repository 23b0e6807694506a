from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnnscope.cells.hold import Clamp
from rnnscope.errors import InputError
from rnnscope.record.clamps import parse, written
from rnnscope.record.text import record_text

from ..cells import numpy_cells
from .cases import ALPHABET, CELLS, draw_ids, network

# A clamped reading is computed by the readable steps, a free one by whatever is fastest.
ROUNDING, SEEN = 1e-6, 1e-4

MEMORY = {"rnn": "h", "lstm": "c", "lstm-peephole": "c", "lstm-coupled": "c", "gru": "h", "gru-torch": "h"}


@pytest.mark.golden
@pytest.mark.parametrize("cell", CELLS)
def test_clamps_hold_the_memory_of_the_cell(cell: str) -> None:
    """LAYER:CELL counts from 1, and the clamped quantity is c of the LSTM types, h of the others."""
    assert parse(["2:5=-0.5", "1:1=3"], network(cell)) == (
        Clamp(layer=1, quantity=MEMORY[cell], cell=4, value=-0.5),
        Clamp(layer=0, quantity=MEMORY[cell], cell=0, value=3.0),
    )
    assert parse(" 1 : 2 = 1e-3 ", network(cell)) == (Clamp(0, MEMORY[cell], 1, 0.001),)
    assert parse((), network(cell)) == ()


@pytest.mark.law
@given(st.integers(0, 1), st.integers(0, 4), st.floats(allow_nan=False, allow_infinity=False, width=32))
def test_written_clamps_read_back(layer: int, cell: int, value: float) -> None:
    """Whatever clamp there is, its written form means the same clamp."""
    clamps = (Clamp(layer, "c", cell, value),)
    assert parse(written(clamps), network()) == clamps


@pytest.mark.golden
@pytest.mark.parametrize(
    ("typed", "why"),
    [
        ("2:17", "a clamp is LAYER:CELL=VALUE"),
        ("2=0", "a clamp is LAYER:CELL=VALUE"),
        ("", "a clamp is LAYER:CELL=VALUE"),
        ("1:1=", "a clamp is LAYER:CELL=VALUE"),
        ("1:1=zero", "a clamp is LAYER:CELL=VALUE"),
        ("1:1=nan", "with two whole numbers and a finite value"),
        ("1:1=1e999", "with two whole numbers and a finite value"),
        ("1:1=1e39", "with two whole numbers and a finite value"),
        ("-1:1=0", "a clamp is LAYER:CELL=VALUE"),
        ("1.5:1=0", "a clamp is LAYER:CELL=VALUE"),
        ("١:1=0", "a clamp is LAYER:CELL=VALUE"),
        ("0:1=0", "the network has layers 1 to 2"),
        ("3:1=0", "the network has layers 1 to 2"),
        ("1:0=0", "the network has cells 1 to 5"),
        ("1:6=0", "the network has cells 1 to 5"),
    ],
)
def test_impossible_clamps_are_refused(typed: str, why: str) -> None:
    """What is no clamp, or names a cell that is not there, is refused with the clamp as it was typed."""
    with pytest.raises(InputError) as refusal:
        parse(["1:2=0", typed], network())
    assert f"cannot clamp a cell: --clamp {typed}: " in str(refusal.value)
    assert why in str(refusal.value)


@pytest.mark.golden
def test_two_values_for_one_cell_are_refused() -> None:
    """A cell cannot be held at two values, even equal ones."""
    with pytest.raises(InputError, match="this cell already has a value"):
        parse(["1:2=0", "2:2=0", "1:2=0"], network())


@pytest.mark.law
@pytest.mark.parametrize("cell", CELLS)
def test_a_clamped_cell_has_its_value_everywhere(cell: str) -> None:
    """At every position the cell has the value, nothing before it in the layers changes, what depends on it does."""
    net, ids = network(cell), draw_ids(30)
    free, held = (record_text(net, ALPHABET, ids, clamps=parse(typed, net)) for typed in ((), "1:3=0.75"))
    memory = held.quantities[MEMORY[cell]]
    assert (memory[0, :, 2] == np.float32(0.75)).all()
    others = [0, 1, 3, 4]
    np.testing.assert_allclose(
        held.quantities[MEMORY[cell]][0, 0, others], free.quantities[MEMORY[cell]][0, 0, others], atol=ROUNDING
    )
    assert np.abs(held.h[1, 0] - free.h[1, 0]).max() > SEEN, "the layer above sees it in the same step"
    assert np.abs(held.h[0, 1:, others] - free.h[0, 1:, others]).max() > SEEN, "its own layer sees it in the next step"
    assert np.abs(held.log_probs_N[1:] - free.log_probs_N[1:]).max() > SEEN


@pytest.mark.oracle
def test_the_state_is_run_again_under_a_clamp() -> None:
    """Clamping c of an LSTM is a recurrence of its own: NumPy with c forced at every step gives the same states."""
    net, ids = network("lstm", layers=1), draw_ids(25)
    trace = record_text(net, ALPHABET, ids, clamps=parse("1:2=-1.5", net))
    prefix = "layers.0."
    own = {
        name.removeprefix(prefix): weight.detach().numpy().astype(np.float64)
        for name, weight in net.named_parameters()
        if name.startswith(prefix)
    }
    weights, state = numpy_cells.Weights("lstm", own), {"h": np.zeros((1, 5)), "c": np.zeros((1, 5))}
    for at, symbol in enumerate(ids.tolist()):
        state = numpy_cells.forward_step("lstm", "", np.eye(ALPHABET.size)[[symbol]], state, weights)
        state["c"][0, 1] = -1.5
        state["h"] = state["o"] * np.tanh(state["c"])
        np.testing.assert_allclose(trace.c[0, at], state["c"][0], atol=2e-6)
        np.testing.assert_allclose(trace.h[0, at], state["h"][0], atol=2e-6)


@pytest.mark.law
def test_holding_a_cell_at_what_it_does_anyway_changes_nothing() -> None:
    """A cell whose weights keep its c at 0 can be clamped to 0 without any effect beyond rounding, whoever computes."""
    net, ids = network("lstm"), draw_ids(40)
    with np.errstate(all="raise"):
        weights = dict(net.named_parameters())
        for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh"):
            weights[f"layers.1.{name}"].data[2 * 5 + 3] = 0.0  # g of cell 4, so that nothing enters its c
    free, held = (record_text(net, ALPHABET, ids, clamps=parse(typed, net)) for typed in ((), "2:4=0"))
    assert (free.c[1, :, 3] == 0).all()
    for name in free.quantities:
        np.testing.assert_allclose(held.quantities[name], free.quantities[name], atol=ROUNDING, err_msg=name)
    np.testing.assert_allclose(held.log_probs_N, free.log_probs_N, atol=10 * ROUNDING)
