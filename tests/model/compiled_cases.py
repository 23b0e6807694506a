"""Compiled networks and readable ones with the same weights, and chunks for both to read."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from rnnscope.cells.dispatch import choose
from rnnscope.config import CellName, Kernel, Precision, RecurrentConfig
from rnnscope.model.char_rnn import CharRNN
from rnnscope.model.network import State

V, B, T, H = 11, 5, 13, 9
CELLS: list[dict[str, Any]] = [
    {"cell": "rnn"},
    {"cell": "rnn", "activation": "relu"},
    {"cell": "rnn", "activation": "sigmoid"},
    {"cell": "lstm"},
    {"cell": "lstm-peephole"},
    {"cell": "lstm-peephole", "peephole": "full"},
    {"cell": "lstm-coupled"},
    {"cell": "gru"},
    {"cell": "gru-torch"},
]


def make(cell: CellName = "lstm", kernel: Kernel = "fused", precision: Precision = "float32", **more: Any) -> CharRNN:
    config = RecurrentConfig(cell=cell, **({"layers": 2, "hidden": H, "init_scale": 0.5} | more))
    return CharRNN(config, V, seed=5, kernel=choose(config, V, kernel, precision=precision))


def draw_ids(steps: int = T, lanes: int = B, seed: int = 0) -> Tensor:
    return torch.randint(V, (steps, lanes), generator=torch.Generator().manual_seed(seed))


def draw_state(network: CharRNN, lanes: int = B) -> State:
    stream = torch.Generator().manual_seed(8)
    zero = network.initial_state(lanes)
    return {name: torch.rand(value.shape, generator=stream) - 0.5 for name, value in zero.items()}


def close(one: Tensor, other: Tensor, what: str, tolerance: float = 2e-6) -> None:
    torch.testing.assert_close(one, other, rtol=tolerance, atol=tolerance, msg=lambda text: f"{what}: {text}")
