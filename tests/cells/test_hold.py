"""Holding quantities: a hold that does nothing changes nothing, and every hold is felt where the equations say."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from rnnscope.cells.dispatch import Choice, LayerRun, reference_step, run_layer
from rnnscope.cells.hold import Clamp, clamping, free
from rnnscope.cells.spec import SPECS
from rnnscope.errors import InputError

from .cases import CONFIGS, Case, case, gradients

TOO_LARGE = "no value of the network lies beyond 3.4e+38. Give a finite, smaller number."

EVERY_QUANTITY = [(name, quantity) for name in CONFIGS for quantity in case(name).spec.quantities]


def run(given: Case, *clamps: Clamp) -> LayerRun:
    return run_layer(Choice("naive", ""), given.spec, given.x_TBD, given.state, given.params, trace=True, clamps=clamps)


def trace(given: Case, *clamps: Clamp) -> dict[str, Tensor]:
    quantities = run(given, *clamps).quantities
    assert quantities is not None
    return quantities


@pytest.mark.law
@pytest.mark.parametrize("name", CONFIGS)
def test_the_identity_changes_no_bit(name: str) -> None:
    """A hold that hands back what it gets, and one that copies it, give the same bits as no hold at all."""
    given = case(name, T=1)
    step, blocks = reference_step(given.spec), len(given.spec.blocks)
    x = torch.randn(2, blocks * 5, dtype=torch.float64, generator=torch.Generator().manual_seed(3))
    plain = step(x, given.state, given.params, free)
    copied = step(x, given.state, given.params, lambda _, value: value.clone())
    for here, there in zip(plain, copied, strict=True):
        assert all(torch.equal(here[key], there[key]) for key in here)


@pytest.mark.law
@pytest.mark.parametrize("name", CONFIGS)
def test_every_quantity_is_offered_once_in_the_order_of_the_equations(name: str) -> None:
    """A step offers each quantity of the gate table to the hold exactly once, in the order in which it is printed."""
    given, offered = case(name, T=1), []
    x = given.x_TBD[0] @ given.params["weight_ih"].T

    def note(quantity: str, value: Tensor) -> Tensor:
        offered.append(quantity)
        return value

    reference_step(given.spec)(x, given.state, given.params, note)
    assert offered == [line.split(" = ")[0] for line in given.spec.equations]


@pytest.mark.law
@pytest.mark.parametrize(("name", "quantity"), EVERY_QUANTITY)
def test_no_hook_is_dead(name: str, quantity: str) -> None:
    """Setting any quantity of one cell to 0 changes that cell's h in the very same step, and its record reads 0."""
    given = case(name, T=1)
    params = {key: value + 0.5 if key.startswith("bias") else value for key, value in given.params.items()}
    given = Case(given.config, given.spec, given.x_TBD, given.state, params, given.dh_TBH, given.dstate)
    free_run, held = trace(given), trace(given, Clamp(0, quantity, 2, 0.0))
    assert (held[quantity][0, :, 2] == 0).all()
    changed = (free_run["h"] - held["h"])[0].abs()
    was_zero = free_run[quantity][0, :, 2] == 0  # a relu that was shut anyway
    assert ((changed[:, 2] > 1e-4) | was_zero).all()
    if quantity == "r" and name == "gru":  # here r of one cell enters the candidate of every cell
        assert (changed > 1e-8).all()
    else:
        assert (changed[:, [0, 1, 3, 4]] == 0).all() or name == "lstm-peephole-full"


@pytest.mark.oracle
def test_clamping_c_changes_h_of_the_same_step_and_all_that_follows() -> None:
    """h is computed from the clamped c, and the clamped c is what the next step forgets from."""
    given = case("lstm", T=3)
    held = trace(given, Clamp(0, "c", 1, 0.75))
    assert (held["c"][:, :, 1] == 0.75).all()
    torch.testing.assert_close(held["h"][:, :, 1], held["o"][:, :, 1] * torch.tensor(0.75).double().tanh())
    before = trace(given)
    assert torch.equal(held["o"][0], before["o"][0])  # gates of the first step do not see it
    assert (held["o"][1] != before["o"][1]).all()  # those of the second do, through h


@pytest.mark.oracle
def test_a_peephole_sees_the_clamped_memory() -> None:
    """With full peepholes, o of every cell sees the new c as clamped, in the same step."""
    given = case("lstm-peephole-full", T=1)
    held, before = trace(given, Clamp(0, "c", 1, 5.0)), trace(given)
    assert torch.equal(held["i"], before["i"])
    P_o, W, p = given.params["peephole_o"], given.params["weight_hh"], given.params
    a = given.x_TBD[0] @ p["weight_ih"].T + p["bias_ih"] + given.state["h"] @ W.T + p["bias_hh"]
    torch.testing.assert_close(held["o"][0], torch.sigmoid(a[:, 15:] + held["c"][0] @ P_o.T))


@pytest.mark.oracle
def test_clamping_a_gate_changes_the_memory_as_its_equation_says() -> None:
    """f held at 1 and i at 0 make a cell that keeps its c for ever."""
    given = case("lstm", T=9)
    held = trace(given, Clamp(0, "f", 3, 1.0), Clamp(0, "i", 3, 0.0))
    assert (held["c"][:, :, 3] == given.state["c"][:, 3]).all()


@pytest.mark.oracle
@pytest.mark.parametrize(("name", "value"), [("gru", 0.0), ("gru-torch", 1.0)])
def test_each_gru_keeps_its_state_at_its_own_end_of_z(name: str, value: float) -> None:
    """z of gru at 0, z of gru-torch at 1: both keep h for ever."""
    given = case(name, T=9)
    held = trace(given, Clamp(0, "z", 3, value))
    assert (held["h"][:, :, 3] == given.state["h"][:, 3]).all()


@pytest.mark.oracle
@pytest.mark.parametrize("name", CONFIGS)
def test_clamped_h_is_what_is_passed_on(name: str) -> None:
    """h clamped at its value is h for the layer above and for the next step: the same run from a state so set."""
    given = case(name, T=2)
    both = run(given, Clamp(0, "h", 4, 0.3))
    first = run_layer(Choice("naive", ""), given.spec, given.x_TBD[:1], given.state, given.params)
    state = {key: value.clone() for key, value in first.state.items()}
    state["h"][:, 4] = 0.3
    second = run_layer(Choice("naive", ""), given.spec, given.x_TBD[1:], state, given.params)
    torch.testing.assert_close(both.h_TBH[1, :, :4], second.h_TBH[0, :, :4])
    assert (both.h_TBH[:, :, 4] == 0.3).all()
    assert (both.state["h"][:, 4] == 0.3).all()


@pytest.mark.law
def test_no_gradient_flows_through_a_clamped_cell() -> None:
    """What makes c of a clamped cell (its rows of i, f, g) has gradient zero; the other rows do not."""
    given = case("lstm")
    bias = gradients(given, run(given, Clamp(0, "c", 1, 0.5)))["bias_ih"].view(4, 5)
    assert (bias[:3, 1] == 0).all()
    assert (bias[3] != 0).all()
    assert (bias[:3, [0, 2, 3, 4]] != 0).all()


@pytest.mark.law
def test_clamps_take_the_readable_path_whatever_was_chosen() -> None:
    """A network on torch's kernel is clamped too, by running the reference steps."""
    given, clamp = case("lstm"), Clamp(0, "c", 1, 0.5)
    other = run_layer(Choice("torch", ""), given.spec, given.x_TBD, given.state, given.params, clamps=[clamp])
    assert torch.equal(other.h_TBH, run(given, clamp).h_TBH)
    assert other.quantities is None


@pytest.mark.law
@pytest.mark.parametrize(
    ("clamp", "message"),
    [
        (Clamp(0, "z", 0, 0.0), "z of cell 0 = 0.0: lstm has no such quantity. Choose one of h, c, i, f, g, o."),
        (Clamp(0, "c", 5, 0.0), "c of cell 5 = 0.0: the layer has 5 cells. Choose a cell from 0 to 4."),
        (Clamp(0, "c", -1, 0.0), "c of cell -1 = 0.0: the layer has 5 cells. Choose a cell from 0 to 4."),
        (Clamp(0, "c", 0, float("nan")), f"c of cell 0 = nan: {TOO_LARGE}"),
        (Clamp(0, "c", 0, -1e300), f"c of cell 0 = -1e+300: {TOO_LARGE}"),
    ],
)
def test_impossible_clamps_are_refused(clamp: Clamp, message: str) -> None:
    """Each impossible clamp is refused with what was given, why not, and what to do."""
    with pytest.raises(InputError) as refused:
        clamping(SPECS["lstm"], 5, [clamp], torch.zeros(1))
    assert str(refused.value) == "cannot clamp a cell: " + message


@pytest.mark.law
def test_two_values_for_one_cell_are_refused() -> None:
    """The same quantity of the same cell cannot be held at two values; another quantity of that cell can."""
    clamping(SPECS["lstm"], 5, [Clamp(0, "c", 1, 0.0), Clamp(0, "f", 1, 1.0)], torch.zeros(1))
    with pytest.raises(InputError, match="already has a value"):
        clamping(SPECS["lstm"], 5, [Clamp(0, "c", 1, 0.0), Clamp(0, "c", 1, 1.0)], torch.zeros(1))
