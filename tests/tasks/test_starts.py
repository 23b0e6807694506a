from __future__ import annotations

from typing import get_args

import pytest
import torch

from rnnscope.config import CellName
from rnnscope.errors import InputError
from rnnscope.model.char_rnn import CharRNN
from rnnscope.tasks.starts import Start, refuse_start, start_network, usual_start


def named(start: Start, seed: int = 1) -> dict[str, torch.Tensor]:
    network = start_network("rnn", start, 50, 6, seed)
    return {name: parameter.detach() for name, parameter in network.named_parameters()}


@pytest.mark.law
@pytest.mark.parametrize(("start", "scale"), [("sigmoid", 0.01), ("basic-tanh", 0.1)])
def test_weights_are_normal_and_biases_zero(start: Start, scale: float) -> None:
    """All weights have the standard deviation of the paper's start, and every bias is 0."""
    found = named(start)
    weights = torch.cat([value.flatten() for name, value in found.items() if "weight" in name])
    assert float(weights.std()) == pytest.approx(scale, rel=0.05)
    assert float(weights.abs().max()) < 5 * scale
    assert all(not value.any() for name, value in found.items() if "bias" in name)


@pytest.mark.law
def test_smart_tanh_is_sparse_with_its_radius() -> None:
    """Every unit hears 15 others, the largest eigenvalue has modulus 0.95, weights in and out are N(0, 0.01)."""
    found = named("smart-tanh")
    recurrent = found["layers.0.weight_hh"]
    assert ((recurrent != 0).sum(dim=1) == 15).all()
    assert float(torch.linalg.eigvals(recurrent.double()).abs().max()) == pytest.approx(0.95, abs=1e-5)
    assert float(found["layers.0.weight_ih"].std()) == pytest.approx(0.01, rel=0.1)
    small = start_network("rnn", "smart-tanh", 4, 6, 1)
    assert (dict(small.named_parameters())["layers.0.weight_hh"] != 0).all()


@pytest.mark.law
def test_starts_depend_on_the_seed_alone() -> None:
    """The same seed gives the same weights, another one others."""
    for start in ("sigmoid", "basic-tanh", "smart-tanh", "orthogonal"):
        first, again, other = named(start), named(start), named(start, seed=2)
        assert all(torch.equal(first[name], again[name]) for name in first)
        assert not torch.equal(first["layers.0.weight_hh"], other["layers.0.weight_hh"])


@pytest.mark.law
@pytest.mark.parametrize("cell", get_args(CellName))
def test_every_cell_has_a_start(cell: CellName) -> None:
    """All six cells start in their usual way; forget gates are biased by 1; the paper's ways are for rnn alone."""
    network = start_network(cell, usual_start(cell), 8, 6, 1)
    assert isinstance(network, CharRNN)
    bias = dict(network.named_parameters())["layers.0.bias_ih"].view(len(network.spec.blocks), -1)
    for block, values in zip(network.spec.blocks, bias, strict=True):
        assert (values == (1.0 if block == "f" else 0.0)).all(), block
    if cell != "rnn":
        with pytest.raises(InputError, match="simple network"):
            refuse_start(cell, "smart-tanh")


@pytest.mark.law
def test_sigmoid_is_another_activation() -> None:
    """The start named after logistic units has them; the others have tanh."""
    assert start_network("rnn", "sigmoid", 4, 6, 1).config.activation == "sigmoid"
    assert start_network("rnn", "basic-tanh", 4, 6, 1).config.activation == "tanh"
