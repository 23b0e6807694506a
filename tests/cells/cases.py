"""Random layers to compare on: every cell with every option, and sizes that fit no vector width."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from rnnscope.cells.dispatch import LayerRun
from rnnscope.cells.spec import CellSpec, spec
from rnnscope.config import RecurrentConfig

from . import numpy_cells

CONFIGS = {
    "rnn-tanh": RecurrentConfig(cell="rnn"),
    "rnn-relu": RecurrentConfig(cell="rnn", activation="relu"),
    "rnn-sigmoid": RecurrentConfig(cell="rnn", activation="sigmoid"),
    "lstm": RecurrentConfig(cell="lstm"),
    "lstm-peephole-diagonal": RecurrentConfig(cell="lstm-peephole"),
    "lstm-peephole-full": RecurrentConfig(cell="lstm-peephole", peephole="full"),
    "lstm-coupled": RecurrentConfig(cell="lstm-coupled"),
    "gru": RecurrentConfig(cell="gru"),
    "gru-torch": RecurrentConfig(cell="gru-torch"),
}

SIZES = [(1, 1, 1, 1), (3, 1, 2, 17), (17, 3, 5, 1), (5, 17, 1, 3), (4, 2, 3, 5)]
"""T, B, D, H."""


@dataclass
class Case:
    """One layer over one chunk, with a random gradient for every output."""

    config: RecurrentConfig
    spec: CellSpec
    x_TBD: Tensor
    state: dict[str, Tensor]
    params: dict[str, Tensor]
    dh_TBH: Tensor
    dstate: dict[str, Tensor]

    def leaves(self) -> dict[str, Tensor]:
        """Everything a gradient flows to, by the oracle's names."""
        return {**self.params, "x": self.x_TBD, **self.state}

    def loss(self, run: LayerRun) -> Tensor:
        """A number that depends on every output, each weighted at random."""
        total = (run.h_TBH * self.dh_TBH).sum()
        return total + sum((run.state[name] * self.dstate[name]).sum() for name in self.state)


def case(name: str, T: int = 4, B: int = 2, D: int = 3, H: int = 5, dtype: torch.dtype = torch.float64) -> Case:
    """A case by the name of its configuration; the same numbers at every call."""
    config = CONFIGS[name].model_copy(update={"hidden": H})
    row, stream = spec(config), torch.Generator().manual_seed(T * 1000 + B * 100 + D * 10 + H)

    def normal(*shape: int, width: float = 1.0) -> Tensor:
        return (torch.randn(*shape, generator=stream, dtype=torch.float64) * width).to(dtype)

    params = {key: normal(*shape, width=0.7).requires_grad_() for key, shape in row.parameter_shapes(D, H).items()}
    state = {key: normal(B, H, width=0.6).requires_grad_() for key in row.states}
    return Case(
        config, row, normal(T, B, D).requires_grad_(), state, params,
        normal(T, B, H), {key: normal(B, H) for key in row.states},
    )  # fmt: skip


def gradients(given: Case, run: LayerRun) -> dict[str, Tensor]:
    """Gradients of the case's loss, by the oracle's names."""
    leaves = given.leaves()
    found = torch.autograd.grad(given.loss(run), list(leaves.values()))
    return dict(zip(leaves, found, strict=True))


def assert_agrees_with_oracle(given: Case, run_layer: Callable[[Case], LayerRun], tolerance: float = 1e-10) -> None:
    """Every traced quantity, every final state and every gradient against NumPy; raises AssertionError."""
    run = run_layer(given)
    plain = {key: value.detach().double().numpy() for key, value in given.leaves().items()}
    p = {key: plain[key] for key in given.params}
    start = {key: plain[key] for key in given.state}
    dh, dstate = given.dh_TBH.double().numpy(), {key: value.double().numpy() for key, value in given.dstate.items()}
    name, variant = given.spec.name, given.spec.variant
    expected = numpy_cells.forward(name, variant, plain["x"], start, p)
    assert run.quantities is None or set(run.quantities) == set(expected)
    for key, value in (run.quantities or {"h": run.h_TBH}).items():
        _close(f"value of {key}", value, expected[key], tolerance)
    for key, value in run.state.items():
        _close(f"final {key}", value, expected[key][-1], tolerance)
    expected_gradients = numpy_cells.backward(name, variant, plain["x"], start, p, dh, dstate)
    for key, value in gradients(given, run).items():
        _close(f"gradient of {key}", value, expected_gradients[key], tolerance)


def _close(what: str, found: Tensor, expected: np.ndarray, tolerance: float) -> None:
    value = found.detach().double().numpy()
    assert value.shape == expected.shape, f"{what}: shape {value.shape} instead of {expected.shape}"
    error = np.abs(value - expected).max() / max(1.0, np.abs(expected).max())
    assert error <= tolerance, f"{what}: off by {error:.3g}"
