from __future__ import annotations

import numpy as np
import pytest
import torch

from rnnscope.corpus.lanes import Piece
from rnnscope.model.build import build
from rnnscope.model.char_rnn import CharRNN
from rnnscope.record import folds
from rnnscope.record.nulls import permuted, untrained

from .cases import CELLS, draw_ids, network


@pytest.mark.law
@pytest.mark.parametrize("cell", CELLS)
def test_permuted_weights_are_the_same_numbers_elsewhere(cell: str) -> None:
    """Every gate's block of every matrix and vector keeps its numbers in another order; the output layer stays."""
    net = network(cell, hidden=9)
    assert isinstance(net, CharRNN)
    before = {name: weight.clone() for name, weight in net.state_dict().items()}
    nulls = list(permuted(net, [4, 5]))
    assert [(null.kind, null.seed) for null in nulls] == [("permuted", 4), ("permuted", 5)]
    blocks = len(net.spec.blocks)
    for null in nulls:
        for name, weight in null.network.state_dict().items():
            if name.startswith("output."):
                assert torch.equal(weight, before[name])
                continue
            assert not torch.equal(weight, before[name]), name
            parts = 1 if "peephole" in name else blocks
            for new, old in zip(weight.chunk(parts), before[name].chunk(parts), strict=True):
                assert torch.equal(new.flatten().sort()[0], old.flatten().sort()[0]), name
    first, second = (dict(null.network.named_parameters()) for null in nulls)
    assert not any(torch.equal(first[name], second[name]) for name in first if name.startswith("layers."))
    assert all(torch.equal(weight, before[name]) for name, weight in net.state_dict().items())
    (again,) = permuted(net, [4])
    assert all(torch.equal(weight, first[name]) for name, weight in again.network.named_parameters())


@pytest.mark.law
def test_untrained_networks_are_the_beginnings_of_other_seeds() -> None:
    """An untrained network of seed s has the weights that training with seed s would begin with."""
    net = network("gru", layers=3)
    for null, seed in zip(untrained(net, [8, 9]), (8, 9), strict=True):
        twin = build(net.config, net.vocabulary, seed)
        assert (null.kind, null.seed) == ("untrained", seed)
        assert all(torch.equal(weight, twin.state_dict()[name]) for name, weight in null.network.state_dict().items())


@pytest.mark.law
def test_nulls_read_like_the_network() -> None:
    """Folds get the same positions and shapes from every null, and other values."""
    net, ids = network("lstm"), draw_ids(60)
    assert isinstance(net, CharRNN)
    (own,) = folds.chunks(net, ids, [Piece(20, 60, 0)])
    for null in (*untrained(net, [8]), *permuted(net, [8])):
        (chunk,) = folds.chunks(null.network, ids, [Piece(20, 60, 0)])
        np.testing.assert_array_equal(chunk.positions, own.positions)
        for name, values in own.quantities.items():
            assert chunk.quantities[name].shape == values.shape
            assert np.abs(chunk.quantities[name] - values).max() > 0.01
