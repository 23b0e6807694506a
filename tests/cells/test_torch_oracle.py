"""Equality with `torch.nn`: the same weights under the same names, no reordering, values and every gradient."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from rnnscope.cells.dispatch import Choice, LayerRun, run_layer

from .cases import SIZES, Case, case, gradients

MODULES = {
    "rnn-tanh": lambda D, H: nn.RNN(D, H),
    "rnn-relu": lambda D, H: nn.RNN(D, H, nonlinearity="relu"),
    "lstm": lambda D, H: nn.LSTM(D, H),
    "gru-torch": lambda D, H: nn.GRU(D, H),
}


def run_module(given: Case, module: nn.Module) -> tuple[LayerRun, dict[str, Tensor]]:
    """What torch.nn makes of the case with our weights copied in, and the gradients by our names."""
    module.double().load_state_dict({f"{key}_l0": value.detach() for key, value in given.params.items()})
    start = [given.state[key].unsqueeze(0) for key in given.spec.states]
    h_TBH, leave = module(given.x_TBD, tuple(start) if len(start) > 1 else start[0])
    leave = leave if isinstance(leave, tuple) else (leave,)
    run = LayerRun(h_TBH, {key: value[0] for key, value in zip(given.spec.states, leave, strict=True)}, None)
    theirs = {key: getattr(module, f"{key}_l0") for key in given.params}
    leaves = {**theirs, "x": given.x_TBD, **given.state}
    found = torch.autograd.grad(given.loss(run), list(leaves.values()))
    return run, dict(zip(leaves, found, strict=True))


@pytest.mark.oracle
@pytest.mark.parametrize("kernel", ["naive", "torch"])
@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize("name", MODULES)
def test_equal_to_torch_nn(name: str, size: tuple[int, int, int, int], kernel: str) -> None:
    """h, final states and gradients of input, start and all four parameters equal those of torch.nn in float64."""
    given = case(name, *size)
    theirs, their_gradients = run_module(given, MODULES[name](size[2], size[3]))
    ours = run_layer(Choice(kernel, "under test"), given.spec, given.x_TBD, given.state, given.params)
    torch.testing.assert_close(ours.h_TBH, theirs.h_TBH)
    torch.testing.assert_close(ours.state, theirs.state)
    torch.testing.assert_close(gradients(given, ours), their_gradients)


@pytest.mark.oracle
@pytest.mark.parametrize("name", MODULES)
def test_naive_and_torch_kernel_agree_in_single_precision(name: str) -> None:
    """In float32, 100 steps of 33 cells on 5 lanes: values within 1e-5, gradients within 1e-5 of their largest."""
    given = case(name, 100, 5, 7, 33, dtype=torch.float32)
    if name == "rnn-relu":  # a relu network with weights this large grows without bound
        given.params["weight_hh"].data *= 0.1
    given.params["weight_hh"].data *= 0.3
    runs = [
        run_layer(Choice(kernel, ""), given.spec, given.x_TBD, given.state, given.params)
        for kernel in ("naive", "torch")
    ]
    torch.testing.assert_close(runs[0].h_TBH, runs[1].h_TBH, rtol=1e-5, atol=1e-5)
    torch.testing.assert_close(runs[0].state, runs[1].state, rtol=1e-5, atol=1e-5)
    for (key, naive), other in zip(gradients(given, runs[0]).items(), gradients(given, runs[1]).values(), strict=True):
        assert (naive - other).abs().max() <= 1e-5 * max(1.0, float(other.abs().max())), key
