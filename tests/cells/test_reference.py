"""The reference steps against the NumPy oracle, against finite differences, and against the laws between cells."""

from __future__ import annotations

import ast
import inspect
from functools import partial

import pytest
import torch
from torch import Tensor

from rnnscope.cells.dispatch import Choice, LayerRun, reference_step, run_layer
from rnnscope.cells.hold import free
from rnnscope.cells.spec import spec

from .cases import CONFIGS, SIZES, Case, assert_agrees_with_oracle, case

NAIVE = Choice("naive", "under test")


def run_naive(given: Case, trace: bool = True) -> LayerRun:
    return run_layer(NAIVE, given.spec, given.x_TBD, given.state, given.params, trace=trace)


@pytest.mark.oracle
@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize("name", CONFIGS)
def test_values_and_gradients_equal_the_numpy_oracle(name: str, size: tuple[int, int, int, int]) -> None:
    """Every quantity, final state and gradient equals the hand-written forward and backward pass in float64."""
    assert_agrees_with_oracle(case(name, *size), run_naive)


@pytest.mark.oracle
@pytest.mark.parametrize("name", CONFIGS)
def test_gradients_equal_finite_differences(name: str) -> None:
    """float64 gradcheck of h, states and every gate with respect to input, start and every parameter."""
    given = case(name, T=3, B=2, D=2, H=3)
    leaves = given.leaves()

    def outputs(*values: Tensor) -> tuple[Tensor, ...]:
        v = dict(zip(leaves, values, strict=True))
        run = run_layer(NAIVE, given.spec, v["x"], {key: v[key] for key in given.state}, v, trace=True)
        assert run.quantities is not None
        return (*run.quantities.values(), *run.state.values())

    assert torch.autograd.gradcheck(outputs, tuple(leaves.values()))


@pytest.mark.law
@pytest.mark.parametrize("name", CONFIGS)
def test_a_step_broadcasts_over_any_leading_dimensions(name: str) -> None:
    """A step over [2, 3, ...] is the same as six steps over single cases without any leading dimension."""
    given = case(name, T=1, B=6)
    step, blocks = reference_step(given.spec), len(given.spec.blocks)
    x = torch.randn(6, blocks * 5, dtype=torch.float64, generator=torch.Generator().manual_seed(3))
    together, _ = step(
        x.view(2, 3, -1), {key: value.view(2, 3, -1) for key, value in given.state.items()}, given.params, free
    )
    for lane in range(6):
        alone, _ = step(x[lane], {key: value[lane] for key, value in given.state.items()}, given.params, free)
        for key, value in alone.items():
            torch.testing.assert_close(together[key][lane // 3, lane % 3], value)


@pytest.mark.law
@pytest.mark.parametrize("name", CONFIGS)
def test_a_step_changes_nothing_it_was_given(name: str) -> None:
    """The step is pure: input, states and parameters are untouched and a second call gives the same bits."""
    given = case(name, T=1)
    before = {key: value.detach().clone() for key, value in given.leaves().items()}
    first, second = run_naive(given), run_naive(given)
    assert torch.equal(first.h_TBH, second.h_TBH)
    assert all(torch.equal(before[key], value) for key, value in given.leaves().items())


@pytest.mark.law
@pytest.mark.parametrize("name", CONFIGS)
def test_the_equations_take_under_12_lines(name: str) -> None:
    """Between docstring and end, the step of every cell is under 12 lines long and reads as its equations."""
    step = reference_step(CONFIGS_SPEC[name])
    source = inspect.getsource(step.func if isinstance(step, partial) else step)
    function = ast.parse(source).body[0]
    assert isinstance(function, ast.FunctionDef)
    body = function.body[1:]
    assert body[-1].end_lineno is not None
    assert body[-1].end_lineno - body[0].lineno + 1 < 12


CONFIGS_SPEC = {name: spec(config) for name, config in CONFIGS.items()}


@pytest.mark.law
@pytest.mark.parametrize("name", ["lstm-peephole-diagonal", "lstm-peephole-full"])
def test_peepholes_of_zero_are_an_lstm(name: str) -> None:
    """With peephole weights 0 the peephole LSTM computes what the LSTM computes, bit for bit."""
    given = case(name)
    zeroed = {key: value * 0 if key.startswith("peephole") else value for key, value in given.params.items()}
    peephole = run_layer(NAIVE, given.spec, given.x_TBD, given.state, zeroed)
    plain = run_layer(NAIVE, CONFIGS_SPEC["lstm"], given.x_TBD, given.state, zeroed)
    assert torch.equal(peephole.h_TBH, plain.h_TBH)
    assert torch.equal(peephole.state["c"], plain.state["c"])


@pytest.mark.law
def test_full_peepholes_on_the_diagonal_are_diagonal_peepholes() -> None:
    """Full peephole matrices with nothing off the diagonal equal peephole vectors."""
    given = case("lstm-peephole-diagonal")
    full = {key: torch.diag(value) if key.startswith("peephole") else value for key, value in given.params.items()}
    a = run_naive(given)
    b = run_layer(NAIVE, CONFIGS_SPEC["lstm-peephole-full"], given.x_TBD, given.state, full)
    torch.testing.assert_close(a.h_TBH, b.h_TBH)


@pytest.mark.law
def test_coupled_is_an_lstm_whose_input_gate_is_held_at_one_minus_f() -> None:
    """An LSTM whose i is replaced by 1 - f during the step equals the coupled LSTM with the blocks f, g, o."""
    given = case("lstm-coupled", H=5)
    H, state = 5, given.state
    stacked = {key: torch.cat([torch.zeros_like(value[:H]), value]) for key, value in given.params.items()}
    for x in given.x_TBD.unbind(0):
        term = x @ stacked["weight_ih"].T + stacked["bias_ih"]

        def i_is_one_minus_f(name: str, value: Tensor, term: Tensor = term, state: dict[str, Tensor] = state) -> Tensor:
            if name != "i":
                return value
            a_f = (term + state["h"] @ stacked["weight_hh"].T + stacked["bias_hh"])[..., H : 2 * H]
            return 1 - torch.sigmoid(a_f)

        state, _ = reference_step(CONFIGS_SPEC["lstm"])(term, state, stacked, i_is_one_minus_f)
    coupled = run_naive(given).state
    torch.testing.assert_close(state, coupled)


def _reset_open(name: str, value: Tensor) -> Tensor:
    return torch.ones_like(value) if name == "r" else value


@pytest.mark.law
def test_both_grus_agree_when_reset_is_open_and_z_is_mirrored() -> None:
    """With r held at 1 the place of the reset does not matter, and turning the sign of z's weights mirrors z."""
    given = case("gru", H=5)
    turned = {key: value.clone() for key, value in given.params.items()}
    for value in turned.values():
        value.data[5:10] *= -1
    here, there = given.state, given.state
    for x in given.x_TBD.unbind(0):
        one, other = (x @ p["weight_ih"].T + p["bias_ih"] for p in (given.params, turned))
        here, gates = reference_step(CONFIGS_SPEC["gru"])(one, here, given.params, _reset_open)
        there, mirrored = reference_step(CONFIGS_SPEC["gru-torch"])(other, there, turned, _reset_open)
        torch.testing.assert_close(here["h"], there["h"])
        torch.testing.assert_close(gates["z"], 1 - mirrored["z"])


@pytest.mark.law
def test_the_two_grus_differ_when_reset_is_not_open() -> None:
    """The place of the reset is a different model: without the hold the two runs above part."""
    given = case("gru", H=5)
    turned = {key: value.clone() for key, value in given.params.items()}
    for value in turned.values():
        value.data[5:10] *= -1
    other = run_layer(NAIVE, CONFIGS_SPEC["gru-torch"], given.x_TBD, given.state, turned)
    assert (run_naive(given).h_TBH - other.h_TBH).abs().max() > 0.01


@pytest.mark.law
@pytest.mark.parametrize("name", CONFIGS)
def test_recorded_values_stay_in_the_ranges_of_the_gate_table(name: str) -> None:
    """From states inside their range, every quantity stays in the range the gate table states, even when pushed."""
    given = case(name, T=40, H=5)
    start = {key: value.clamp(0, 0.9) for key, value in given.state.items()}
    run = run_layer(NAIVE, given.spec, given.x_TBD * 30, start, given.params, trace=True)
    assert run.quantities is not None
    for key, value in run.quantities.items():
        low, high = given.spec.ranges[key]
        assert low <= value.min(), key
        assert value.max() <= high, key
