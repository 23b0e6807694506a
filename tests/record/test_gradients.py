from __future__ import annotations

import numpy as np
import pytest
import torch

from rnnscope.cells.hold import Clamp
from rnnscope.config import RecurrentConfig
from rnnscope.errors import InputError
from rnnscope.model.char_rnn import CharRNN
from rnnscope.record.gradients import gradient_norms

CELLS = ("rnn", "lstm", "lstm-peephole", "lstm-coupled", "gru", "gru-torch")


def small(cell: str, layers: int = 2) -> CharRNN:
    network = CharRNN(RecurrentConfig(cell=cell, layers=layers, hidden=5, init_scale=0.9), 7, seed=3).double()  # type: ignore[arg-type] # a name from CELLS
    return network


IDS = np.random.default_rng(1).integers(0, 7, 60)


@pytest.mark.oracle
@pytest.mark.parametrize("cell", CELLS)
def test_norms_are_those_of_finite_differences(cell: str) -> None:
    """Moving one state by a little, re-running from there, moves the loss as the gradient says, for h and c."""
    network, position, distances = small(cell), 40, 6
    found = gradient_norms(network, IDS, np.array([position]), distances, warm=20)
    warm = torch.from_numpy(IDS[position - distances - 20 : position - distances])[:, None]
    with torch.no_grad():
        _, entering, _ = network.forward_traced(warm, network.initial_state(1))

    def loss(layer: int, name: str, step: int, cell_index: int, by: float) -> float:
        """The loss if one state is moved after one step: layers above see it in the same step."""
        state = entering
        with torch.no_grad():
            for t in range(distances):
                symbol = torch.from_numpy(IDS[position - distances + t : position - distances + t + 1])[:, None]
                logits, after, traced = network.forward_traced(symbol, state)
                if t == step:
                    value = float(traced[name][layer, 0, 0, cell_index]) + by
                    logits, after, _ = network.forward_traced(symbol, state, [Clamp(layer, name, cell_index, value)])
                state = after
        return float(torch.nn.functional.cross_entropy(logits[-1], torch.from_numpy(IDS[position : position + 1])))

    for layer in range(2):
        for name in network.spec.states:
            for k in (0, 2, 5):
                slopes = [
                    (loss(layer, name, distances - 1 - k, h, 1e-5) - loss(layer, name, distances - 1 - k, h, -1e-5))
                    / 2e-5
                    for h in range(5)
                ]
                assert found.norms[name][layer, k, 0] == pytest.approx(np.linalg.norm(slopes), rel=2e-4, abs=1e-9)


@pytest.mark.law
def test_lanes_do_not_see_each_other_and_the_network_is_left_as_it_was() -> None:
    """The same norms alone and side by side; no parameter gets a gradient."""
    network = small("lstm")
    positions = np.array([30, 37, 52])
    together = gradient_norms(network, IDS, positions, 8, warm=10)
    for index, position in enumerate(positions):
        alone = gradient_norms(network, IDS, np.array([position]), 8, warm=10, lanes=1)
        for name in ("h", "c"):
            np.testing.assert_allclose(together.norms[name][:, :, index], alone.norms[name][:, :, 0], rtol=1e-5)
    assert all(parameter.grad is None for parameter in network.parameters())


@pytest.mark.planted
def test_a_linear_memory_keeps_its_gradient_and_a_leaking_one_loses_it() -> None:
    """relu with recurrent weight 1 hands the gradient back whole; with weight 1/2 it halves with every step."""
    for weight in (1.0, 0.5):
        config = RecurrentConfig(cell="rnn", layers=1, hidden=1, activation="relu")
        network = CharRNN(config, 2, seed=1)
        with torch.no_grad():
            for parameter in network.parameters():
                parameter.zero_()
            named = dict(network.named_parameters())
            named["layers.0.weight_hh"].fill_(weight)
            named["layers.0.bias_ih"].fill_(1.0)
            named["output.weight"].copy_(torch.tensor([[0.01], [-0.01]]))
        found = gradient_norms(network, np.zeros(40, np.int64), np.array([30]), 20, warm=0)
        norms = found.norms["h"][0, :, 0]
        assert norms / norms[0] == pytest.approx(weight ** np.arange(20), rel=1e-5)


@pytest.mark.law
def test_positions_too_near_to_the_beginning_are_refused() -> None:
    """Ten states before position 9 do not exist."""
    with pytest.raises(InputError, match="10 symbols are read before"):
        gradient_norms(small("rnn"), IDS, np.array([9]), 10)
