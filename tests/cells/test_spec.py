"""The gate table: pinned row by row, its count formula, and its equations executed."""

from __future__ import annotations

import ast
import json
import math

import numpy as np
import pytest
import torch

from rnnscope.cells.dispatch import Choice, run_layer
from rnnscope.cells.spec import SPECS, Keep, spec
from rnnscope.config import RecurrentConfig

from .cases import CONFIGS, Case, case

TABLE = {
    # name: (states, blocks, gates, quantities, memory, keep of 0.25, rows of weights for H = 2)
    "rnn": ("h", "h", "", "h", "h", None, 2),
    "lstm": ("hc", "ifgo", "ifgo", "hcifgo", "c", 0.25, 8),
    "lstm-peephole": ("hc", "ifgo", "ifgo", "hcifgo", "c", 0.25, 8),
    "lstm-coupled": ("hc", "fgo", "fgo", "hcfgo", "c", 0.25, 6),
    "gru": ("h", "rzn", "rzn", "hrzn", "h", 0.75, 6),
    "gru-torch": ("h", "rzn", "rzn", "hrzn", "h", 0.25, 6),
}


@pytest.mark.golden
def test_the_gate_table() -> None:
    """Names and orders of states, blocks, gates and quantities, the memory and the meaning of keep, for all six."""
    assert list(SPECS) == list(TABLE)
    for name, (states, blocks, gates, quantities, memory, keep, rows) in TABLE.items():
        row = SPECS[name]
        assert row.name == name
        assert (row.states, row.blocks) == (tuple(states), tuple(blocks))
        assert (row.gates, row.quantities, row.memory) == (tuple(gates), tuple(quantities), memory)
        assert (row.keep.of(0.25) if row.keep else None) == keep
        assert row.parameter_shapes(3, 2)["weight_ih"] == (rows, 3)
        assert set(row.ranges) == set(row.quantities)


@pytest.mark.golden
def test_names_and_shapes_of_parameters() -> None:
    """Parameters carry the names and shapes of torch.nn, in its order; peepholes follow as vectors or matrices."""
    plain = {"weight_ih": (20, 3), "weight_hh": (20, 5), "bias_ih": (20,), "bias_hh": (20,)}
    names = ["weight_ih", "weight_hh", "bias_ih", "bias_hh", "peephole_i", "peephole_f", "peephole_o"]
    assert SPECS["lstm"].parameter_shapes(3, 5) == plain
    for variant, shape in (("diagonal", (5,)), ("full", (5, 5))):
        shapes = spec(RecurrentConfig(cell="lstm-peephole", peephole=variant)).parameter_shapes(3, 5)
        assert list(shapes) == names
        assert shapes == plain | {f"peephole_{gate}": shape for gate in "ifo"}


@pytest.mark.golden
def test_the_parameter_formula() -> None:
    """G H (D + H + 2) plus peepholes; a 2 x 128 LSTM on 65 symbols with its output layer has 240,321 parameters."""
    for name, row in SPECS.items():
        extra = 3 * 19 if name == "lstm-peephole" else 0
        assert row.parameter_count(7, 19) == len(row.blocks) * 19 * (7 + 19 + 2) + extra
    full = spec(RecurrentConfig(cell="lstm-peephole", peephole="full"))
    assert full.parameter_count(7, 19) == 4 * 19 * 28 + 3 * 19 * 19
    lstm = SPECS["lstm"]
    assert lstm.parameter_count(65, 128) + lstm.parameter_count(128, 128) + 128 * 65 + 65 == 240_321


@pytest.mark.golden
def test_options_of_a_configuration_reach_the_table() -> None:
    """The activation sets the range of h, the peephole option the shape; other cells ignore both options."""
    ranges = {"tanh": (-1, 1), "relu": (0, math.inf), "sigmoid": (0, 1)}
    for activation, ends in ranges.items():
        row = spec(RecurrentConfig(cell="rnn", activation=activation))
        assert (row.variant, row.ranges["h"]) == (activation, ends)
    for name in ("lstm", "lstm-coupled", "gru", "gru-torch"):
        assert spec(RecurrentConfig(cell=name, activation="relu", peephole="full")) == SPECS[name]


@pytest.mark.law
def test_facts_survive_strict_json() -> None:
    """What goes into artifacts is plain JSON without NaN or infinity; an open end of a range is null."""
    for row in SPECS.values():
        assert json.loads(json.dumps(row.facts(), allow_nan=False)) == row.facts()
    assert SPECS["lstm"].facts()["ranges"]["c"] == [None, None]
    assert SPECS["gru"].facts()["keep"] == {"gate": "z", "mirrored": True}
    assert SPECS["rnn"].facts()["keep"] is None


@pytest.mark.law
def test_keep_reads_arrays_as_well_as_numbers() -> None:
    """keep is the gate itself, or 1 minus it when mirrored."""
    values = np.array([0.0, 0.25, 1.0])
    assert Keep("f").of(values).tolist() == [0, 0.25, 1]
    assert Keep("z", mirrored=True).of(values).tolist() == [1, 0.75, 0]


@pytest.mark.law
@pytest.mark.parametrize("name", [name for name in CONFIGS if not name.startswith("rnn")])
def test_keep_is_the_slope_of_the_new_memory_on_the_old(name: str) -> None:
    """With all else held, memory = keep * old memory + rest: so d memory / d old memory is keep, in sign and size."""
    given = case(name, T=1, B=1)
    memory, keep = given.spec.memory, given.spec.keep
    assert keep is not None
    blind = {k: v * 0 if "hh" in k or k.startswith("peephole") else v for k, v in given.params.items()}
    run = run_layer(Choice("naive", ""), given.spec, given.x_TBD, given.state, blind, trace=True)
    assert run.quantities is not None
    slope = torch.autograd.grad(run.state[memory].sum(), given.state[memory])[0]
    torch.testing.assert_close(slope, keep.of(run.quantities[keep.gate][0]))


def execute(equations: tuple[str, ...], given: Case, lane: int) -> dict[str, np.ndarray]:
    """Compute one step for one lane from the printed equations alone."""
    plain = {key: value.detach().numpy() for key, value in given.leaves().items()}
    names = {"x": plain["x"][0, lane]} | {f"{key}_old": plain[key][lane] for key in given.spec.states}
    for k, block in enumerate(given.spec.blocks):
        rows = slice(k * given.config.hidden, (k + 1) * given.config.hidden)
        for prefix, key in (("W_x", "weight_ih"), ("W_h", "weight_hh"), ("b_x", "bias_ih"), ("b_h", "bias_hh")):
            names[prefix + block] = plain[key][rows]
        names |= {f"{letter}_{block}": plain[f"peephole_{block}"] for letter in "pP" if f"peephole_{block}" in plain}
    functions = {
        "tanh": np.tanh,
        "sigmoid": lambda a: 1 / (1 + np.exp(-a)),
        "relu": lambda a: np.where(a > 0, a, 0),
    }
    operators = {ast.Add: np.add, ast.Sub: np.subtract, ast.Mult: np.multiply, ast.MatMult: np.matmul}

    def value(node: ast.expr) -> np.ndarray:
        match node:
            case ast.Name(id=name):
                return names[name]
            case ast.Constant(value=number):
                return number
            case ast.Call(func=ast.Name(id=name), args=[argument]):
                return functions[name](value(argument))
            case ast.BinOp(left=left, op=op, right=right):
                return operators[type(op)](value(left), value(right))
        raise AssertionError(ast.dump(node))

    for line in equations:
        left, right = line.replace("'", "_old").split(" = ")
        names[left] = value(ast.parse(right, mode="eval").body)
    return {key: names[key] for key in given.spec.quantities}


@pytest.mark.oracle
@pytest.mark.parametrize("name", CONFIGS)
def test_the_printed_equations_are_what_is_computed(name: str) -> None:
    """Executing the equations of the table, as printed, gives every quantity of the reference step."""
    given = case(name, T=1)
    run = run_layer(Choice("naive", ""), given.spec, given.x_TBD, given.state, given.params, trace=True)
    assert run.quantities is not None
    for lane in range(2):
        for key, expected in execute(given.spec.equations, given, lane).items():
            np.testing.assert_allclose(run.quantities[key][0, lane].detach().numpy(), expected, atol=1e-12)
