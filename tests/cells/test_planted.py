"""Planted faults: the comparison with the oracle can fail. Each fault is one change of one line of the source."""

from __future__ import annotations

import importlib.util
import inspect
import sys
from pathlib import Path
from types import ModuleType

import pytest
import torch

from rnnscope.cells import dispatch, inputs
from rnnscope.cells.dispatch import Choice, LayerRun
from rnnscope.cells.gru import reference as gru
from rnnscope.cells.gru_torch import reference as gru_torch
from rnnscope.cells.lstm import reference as lstm
from rnnscope.cells.lstm_coupled import reference as lstm_coupled
from rnnscope.cells.lstm_peephole import reference as lstm_peephole
from rnnscope.cells.rnn import reference as rnn

from .cases import Case, assert_agrees_with_oracle, case

CELLS: dict[str, tuple[ModuleType, tuple[str, ...], list[tuple[str, str]]]] = {
    "rnn": (rnn, ("rnn-tanh", "rnn-relu", "rnn-sigmoid"), [
        ("activation(x", "torch.tanh(activation(x)"),
        (' + p["bias_hh"]', ""),
        ('p["weight_hh"].T', 'p["weight_hh"]'),
        ('state["h"] @', 'state["h"].detach() @'),
        ('return {"h": h}', 'return {"h": state["h"]}'),
    ]),
    "lstm": (lstm, ("lstm",), [
        ("a_i, a_f, a_g, a_o =", "a_f, a_i, a_g, a_o ="),
        ("a_i, a_f, a_g, a_o =", "a_i, a_f, a_o, a_g ="),
        (' + p["bias_hh"]', ""),
        (' + p["bias_hh"]', ' + 2 * p["bias_hh"]'),
        ("tanh(a_g)", "sigmoid(a_g)"),
        ("sigmoid(a_o)", "tanh(a_o)"),
        ("o * tanh(c)", "o * c"),
        ("o * tanh(c)", 'o * tanh(state["c"])'),
        ("f * state", "(1 - f) * state"),
        ("+ i * g", "+ (1 - f) * g"),
        ("+ i * g", "+ i * g.detach()"),
        ('{"h": h, "c": c}', '{"h": h, "c": state["c"]}'),
        ('{"i": i, "f": f,', '{"i": f, "f": i,'),
    ]),
    "lstm-peephole": (lstm_peephole, ("lstm-peephole-diagonal", "lstm-peephole-full"), [
        ("see(c, p", 'see(state["c"], p'),
        ('a_f + see(state["c"], p["peephole_f"])', 'a_f + see(state["c"], p["peephole_i"])'),
        ("tanh(a_g)", 'tanh(a_g + see(state["c"], p["peephole_i"]))'),
        ('a_i + see(state["c"]', 'a_i + see(state["h"]'),
        ('a_i + see(state["c"], p["peephole_i"])', "a_i"),
        ("else c @ weight.T", "else c @ weight"),
    ]),
    "lstm-coupled": (lstm_coupled, ("lstm-coupled",), [
        ("a_f, a_g, a_o =", "a_f, a_o, a_g ="),
        ("(1 - f) * g", "f * g"),
        ("(1 - f) * g", "g"),
        ('f * state["c"] + (1 - f) * g', '(1 - f) * state["c"] + f * g'),
    ]),
    "gru": (gru, ("gru",), [
        ("x_r, x_z, x_n =", "x_z, x_r, x_n ="),
        ("(r * h_prev) @ W_n.T + b_n", "r * (h_prev @ W_n.T + b_n)"),
        ("(r * h_prev) @ W_n.T + b_n", "r * (h_prev @ W_n.T) + b_n"),
        ("(r * h_prev) @ W_n.T + b_n", "(r * h_prev) @ W_n.T"),
        ("(r * h_prev)", "(z * h_prev)"),
        ("(1 - z) * h_prev + z * n", "(1 - z) * n + z * h_prev"),
        ("(b_r, b_z, b_n)", "(b_z, b_r, b_n)"),
    ]),
    "gru-torch": (gru_torch, ("gru-torch",), [
        ("a_r, a_z, a_n =", "a_z, a_r, a_n ="),
        ("(1 - z) * n + z * state", "z * n + (1 - z) * state"),
        ("tanh(x_n + r * a_n)", "tanh(r * (x_n + a_n))"),
        ("r * a_n", "a_n"),
        (' + p["bias_hh"]', ""),
    ]),
}  # fmt: skip

MACHINERY: list[tuple[ModuleType, str, str]] = [
    (dispatch, "state, gates = step(x, state,", "_, gates = step(x, state,"),
    (dispatch, ".unbind(0):", ".unbind(0)[::-1]:"),
    (dispatch, 'LayerRun(quantities["h"], state,', 'LayerRun(quantities["h"].roll(1, 0), state,'),
    (dispatch, "state, quantities if trace", "{**state, 'h': quantities['h'][0]}, quantities if trace"),
    (dispatch, "torch.stack(values)", "torch.stack(values[:1] + values[:-1])"),
    (dispatch, 'params["bias_ih"]).unbind', 'params["bias_hh"]).unbind'),
]

FAULTS = [(name, *fault) for name, (_, _, faults) in CELLS.items() for fault in faults]


def load(module: ModuleType, old: str, new: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The module as a second module, with one piece of its source replaced."""
    source = inspect.getsource(module)
    assert old in source, f"the fault no longer fits the source: {old}"
    # a name of its own each time: compiled code is cached by name, size and second
    name = f"changed_{module.__name__.replace('.', '_')}_{len(list(folder.iterdir()))}"
    path = folder / f"{name}.py"
    path.write_text(source.replace(old, new), encoding="utf-8")
    found = importlib.util.spec_from_file_location(name, path)
    assert found is not None
    assert found.loader is not None
    changed = importlib.util.module_from_spec(found)
    monkeypatch.setitem(sys.modules, name, changed)
    found.loader.exec_module(changed)
    return changed


def run(given: Case) -> LayerRun:
    return dispatch.run_layer(Choice("naive", ""), given.spec, given.x_TBD, given.state, given.params, trace=True)


@pytest.mark.planted
@pytest.mark.parametrize(("cell", "old", "new"), FAULTS)
def test_a_fault_in_a_reference_step_is_caught(
    cell: str, old: str, new: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The oracle's comparison passes for an unchanged copy of the step and fails for the changed one."""
    module, names, _ = CELLS[cell]
    for text, caught in ((old, False), (new, True)):
        step = load(module, old, text, tmp_path, monkeypatch).step
        if cell == "rnn":
            monkeypatch.setattr(dispatch.rnn, "step", step)
        else:
            monkeypatch.setitem(dispatch._STEPS, cell, step)
        verdicts = [_disagrees(name) for name in names]
        assert any(verdicts) is caught


def _disagrees(name: str) -> bool:
    try:
        assert_agrees_with_oracle(case(name), run)
    except (AssertionError, RuntimeError):  # a gradient that autograd has lost is a RuntimeError
        return True
    return False


@pytest.mark.planted
@pytest.mark.parametrize(("module", "old", "new"), MACHINERY)
def test_a_fault_in_the_loop_over_steps_is_caught(
    module: ModuleType, old: str, new: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A state that is not passed on, time turned round, records shifted by a step, the wrong bias: all are caught."""
    for text, caught in ((old, False), (new, True)):
        changed = load(module, old, text, tmp_path, monkeypatch)
        monkeypatch.setattr(dispatch, "_run_naive", changed._run_naive)
        assert _disagrees("lstm") is caught


@pytest.mark.planted
@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("weight_ih.T\n", "weight_ih.T.roll(1, 0)\n"),
        (" + bias_ih", ""),
        ("inputs == NO_SYMBOL, len(rows_VR)", "inputs == NO_SYMBOL, 0"),
    ],
)
def test_a_fault_in_the_input_term_is_caught(
    old: str, new: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Shifted rows, a lost bias or a first symbol in place of none differ from the product with one-hot vectors."""
    given = case("lstm", D=3)
    ids_TB, weight, bias = torch.tensor([[0, 2], [-1, 1]]), given.params["weight_ih"], given.params["bias_ih"]
    expected = inputs.dense(ids_TB, weight) @ weight.T + bias
    for text, caught in ((old, False), (new, True)):
        term = load(inputs, old, text, tmp_path, monkeypatch).input_term(ids_TB, weight, bias)
        assert torch.allclose(term, expected) is not caught


@pytest.mark.law
def test_there_are_faults_enough() -> None:
    """Every cell has at least four planted faults, all of them different."""
    assert all(len(set(faults)) == len(faults) >= 4 for _, _, faults in CELLS.values())
