from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

from rnnscope.config import RecurrentConfig, WindowConfig
from rnnscope.errors import DamagedArtifact
from rnnscope.model import checkpoint
from rnnscope.model.build import build
from rnnscope.model.network import Network

CONFIGS = [RecurrentConfig(cell="gru", hidden=5), WindowConfig(window=2, hidden=5)]
Weights = dict[str, Any]


def make(seed: int = 1, config: RecurrentConfig | WindowConfig = CONFIGS[0]) -> Network:
    return build(config, 4, seed=seed)


@pytest.mark.law
@pytest.mark.parametrize("config", CONFIGS)
def test_weights_come_back_bit_for_bit(config: RecurrentConfig | WindowConfig) -> None:
    """A network that loads another's weights is that network, and neither shares memory with the arrays."""
    source, target = make(1, config), make(2, config)
    weights = checkpoint.tensors(source)
    checkpoint.load(target, weights)
    for array in weights.values():
        array[:] = 9
    for name, weight in source.named_parameters():
        assert torch.equal(weight, target.get_parameter(name))
        assert bool((weight != 9).all())


@pytest.mark.law
def test_training_goes_on_after_loading() -> None:
    """Loaded weights still take gradients, and loading itself leaves none."""
    network = make()
    checkpoint.load(network, checkpoint.tensors(make(2)))
    assert all(weight.requires_grad and weight.grad is None and weight.is_leaf for weight in network.parameters())


@pytest.mark.law
def test_arrays_that_cannot_be_written_are_read() -> None:
    """Arrays over the bytes of a file are read-only; they load like others."""
    source, target = make(1), make(2)
    weights = checkpoint.tensors(source)
    for array in weights.values():
        array.setflags(write=False)
    checkpoint.load(target, weights)
    assert torch.equal(source.get_parameter("output.weight"), target.get_parameter("output.weight"))


def _drop(weights: Weights) -> None:
    del weights["layers.1.bias_hh"]


def _add(weights: Weights) -> None:
    weights["layers.2.bias_hh"] = np.zeros(15, np.float32)


def _transpose(weights: Weights) -> None:
    weights["output.weight"] = weights["output.weight"].T


def _widen(weights: Weights) -> None:
    weights["output.bias"] = weights["output.bias"].astype(np.float64)


def _spoil(weights: Weights) -> None:
    weights["layers.0.weight_hh"][3, 2] = np.nan


def _blow_up(weights: Weights) -> None:
    weights["layers.0.weight_hh"][3, 2] = -np.inf


@pytest.mark.law
@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (_drop, r"'layers\.1\.bias_hh' is missing"),
        (_add, r"'layers\.2\.bias_hh' is not one of this network"),
        (_transpose, r"'output\.weight' has shape \[5, 4\], not \[4, 5\]"),
        (_widen, r"'output\.bias' holds float64, not float32"),
        (_spoil, r"'layers\.0\.weight_hh' holds values that are not finite"),
        (_blow_up, r"'layers\.0\.weight_hh' holds values that are not finite"),
    ],
)
def test_what_does_not_fit_is_refused_and_changes_nothing(damage: Callable[[Weights], None], message: str) -> None:
    """The message names the place and the weight, and the network keeps every weight it had."""
    network = make()
    before = checkpoint.tensors(network)
    weights = checkpoint.tensors(make(2))
    damage(weights)
    with pytest.raises(DamagedArtifact, match=rf"cannot load a network: RUN/step-7: weight {message}"):
        checkpoint.load(network, weights, where="RUN/step-7")
    after = checkpoint.tensors(network)
    assert all(np.array_equal(before[name], after[name]) for name in before)
