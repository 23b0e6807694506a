"""How far a loss reaches back: the size of d loss_t / d state_(t-k), for every k at once.

For one symbol the loss is -log p of it alone, not the sum over a chunk. The state after the symbol k before the last
one that was read is moved by an infinitesimal amount, and the loss moves by the gradient times that: through all later
steps and all layers above. One pass back from a single loss gives all k.

A zero is added to every state where it is computed (`hold`), and the gradient with respect to that zero is read off:
the readable steps stay as they are. Dimension letters: L layers, K distances, P positions, B lanes, H cells.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from rnnscope.cells.dispatch import reference_step
from rnnscope.cells.hold import Hold
from rnnscope.cells.inputs import input_term
from rnnscope.corpus.lanes import WARM
from rnnscope.errors import InputError
from rnnscope.model.char_rnn import CharRNN
from rnnscope.model.network import State, detach

LANES = 50
"""Losses that are followed back side by side."""


@dataclass(frozen=True, eq=False)
class GradientNorms:
    """Euclidean norms of d loss / d state.

    Args:
        norms: by state ("h", and "c" of the LSTM types), [L, K, P] float32: [l, k, p] belongs to the state of layer l
            after the symbol k + 1 places before position p was read, so that k = 0 is the state that predicts it.
        positions: of the symbols whose loss is followed back, [P].
    """

    norms: dict[str, NDArray[np.float32]]
    positions: NDArray[np.int64]


def gradient_norms(
    network: CharRNN,
    ids: NDArray[np.integer[Any]],
    positions: NDArray[np.int64],
    distances: int,
    *,
    warm: int = WARM,
    lanes: int = LANES,
) -> GradientNorms:
    """Follow single losses back through time.

    Args:
        network: what reads; its parameters and their `.grad` stay as they are.
        ids: the whole text, [N], in [0, V).
        positions: of the symbols whose loss is taken, [P]; at least `distances` from the beginning.
        distances: K, states looked at, at least 1; nothing is cut off within them.
        warm: symbols read before the first of these states, as far as the text has them.
        lanes: how many losses are followed side by side; only memory and speed depend on it.

    Raises:
        InputError: a position lies too near to the beginning of the text.
    """
    assert distances >= 1, distances
    if len(positions) and (positions.min() < distances or positions.max() >= len(ids)):
        raise InputError(
            tried="follow losses back through time",
            given=f"position {int(positions.min()):,} of a text of {len(ids):,} symbols",
            why=f"{distances:,} symbols are read before each position",
            todo="Use fewer distances, or a longer text.",
        )
    shape = (network.depth, distances, len(positions))
    norms = {name: np.empty(shape, np.float32) for name in network.spec.states}
    for first in range(0, len(positions), lanes):
        chosen_B = positions[first : first + lanes]
        state = _warmed(network, ids, chosen_B - distances, warm)
        read_TB = torch.from_numpy(ids[chosen_B + np.arange(-distances, 0)[:, None]].astype(np.int64))
        true_B = torch.from_numpy(ids[chosen_B].astype(np.int64))
        for name, norms_LKB in norms_of(network, read_TB, true_B, state).items():
            norms[name][:, :, first : first + lanes] = norms_LKB
    return GradientNorms(norms, positions)


@torch.no_grad()
def _warmed(network: CharRNN, ids: NDArray[np.integer[Any]], stops_B: NDArray[np.int64], warm: int) -> State:
    """The states of lanes that have read the `warm` symbols before their stops, or as many as every lane has."""
    state = network.initial_state(len(stops_B))
    length = int(min(warm, stops_B.min()))
    for at in range(-length, 0, 100):
        read_TB = ids[stops_B + np.arange(at, min(at + 100, 0))[:, None]].astype(np.int64)
        state = network.read(torch.from_numpy(read_TB), state).state
    return state


def norms_of(network: CharRNN, read_TB: Tensor, true_B: Tensor, state: State) -> dict[str, NDArray[np.float32]]:
    """Follow one loss of each lane back through the symbols that were read before it.

    Args:
        network: what reads.
        read_TB: ids read, [T, B].
        true_B: the symbol after them, whose loss is taken, [B].
        state: before the first of them.

    Returns:
        By state the norms, [L, T, B]; time runs backwards, from the state that predicts the symbol.
    """
    spec, (steps, lanes) = network.spec, read_TB.shape
    step = reference_step(spec)
    shape = (network.depth, steps, lanes, network.hidden)
    zeros = {name: torch.zeros(shape, dtype=state[name].dtype, requires_grad=True) for name in spec.states}
    below: Tensor = read_TB
    for layer, weights in enumerate(network.layers):
        assert isinstance(weights, torch.nn.ParameterDict)
        fixed = {name: value.detach() for name, value in weights.items()}
        now = detach({name: values_LBH[layer] for name, values_LBH in state.items()})
        h_TBH = []
        for t, x in enumerate(input_term(below, fixed["weight_ih"], fixed["bias_ih"]).unbind(0)):
            now, _ = step(x, now, fixed, _adding({name: zeros_LTBH[layer, t] for name, zeros_LTBH in zeros.items()}))
            h_TBH.append(now["h"])
        below = torch.stack(h_TBH)
    output = {name: value.detach() for name, value in network.output.items()}
    logits_BV = torch.nn.functional.linear(below[-1], output["weight"], output["bias"])
    loss = torch.nn.functional.cross_entropy(logits_BV, true_B, reduction="sum")  # lanes do not see each other
    gradients = torch.autograd.grad(loss, list(zeros.values()))
    # Time runs forward in the gradient and back in the result.
    return {
        name: gradient_LTBH.norm(dim=-1).flip(1).numpy() for name, gradient_LTBH in zip(zeros, gradients, strict=True)
    }


def _adding(zeros: dict[str, Tensor]) -> Hold:
    return lambda name, value: value + zeros[name] if name in zeros else value
