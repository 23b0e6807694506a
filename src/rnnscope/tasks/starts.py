"""Networks for synthetic tasks, with the starting weights of Pascanu, Mikolov and Bengio (2013) among others.

    sigmoid     logistic units, all weights N(0, 0.01)
    basic-tanh  all weights N(0, 0.1)
    smart-tanh  weights in and out N(0, 0.01); every unit hears 15 others, with weights scaled so that the largest
                eigenvalue of the recurrent matrix has modulus 0.95

0.01 and 0.1 are standard deviations, as in their program, and biases start at 0. They are for the simple network; the
other cells start by one of `cells.init`'s ways, `orthogonal` unless told otherwise, with forget gates biased by 1.
"""

from __future__ import annotations

from typing import Literal, get_args

import torch

from rnnscope.cells.init import Method, generator
from rnnscope.config import CellName, RecurrentConfig
from rnnscope.errors import InputError
from rnnscope.model.char_rnn import CharRNN

PaperStart = Literal["sigmoid", "basic-tanh", "smart-tanh"]
Start = PaperStart | Method

HEARD = 15
RADIUS = 0.95
FORGET_BIAS = 1.0


def usual_start(cell: CellName) -> Start:
    """How a cell starts if nothing is said."""
    return "smart-tanh" if cell == "rnn" else "orthogonal"


def refuse_start(cell: CellName, start: Start) -> None:
    """Refuse the paper's ways for cells that it did not have.

    Raises:
        InputError: naming the cell.
    """
    if start in get_args(PaperStart) and cell != "rnn":
        raise InputError(
            tried="start a network",
            given=f"--start {start} for {cell}",
            why="this way is one of the simple network, rnn",
            todo=f"Use one of {', '.join(get_args(Method))}, or leave it out.",
        )


def start_network(cell: CellName, start: Start, hidden: int, symbols: int, seed: int) -> CharRNN:
    """Make a network of one layer.

    Args:
        cell: which recurrence.
        start: its starting weights.
        hidden: H.
        symbols: V, of the task.
        seed: of the starting weights.
    """
    refuse_start(cell, start)
    paper = start in get_args(PaperStart)
    config = RecurrentConfig(
        cell=cell,
        layers=1,
        hidden=hidden,
        activation="sigmoid" if start == "sigmoid" else "tanh",
        init="uniform" if paper else start,  # type: ignore[arg-type] # what is not the paper's is a method
        forget_bias=FORGET_BIAS if "lstm" in cell else 0.0,
    )
    network = CharRNN(config, symbols, seed=seed)
    if paper:
        _draw_again(network, start, seed)
    return network


@torch.no_grad()
def _draw_again(network: CharRNN, start: Start, seed: int) -> None:
    scale = 0.1 if start == "basic-tanh" else 0.01
    for name, parameter in network.named_parameters():
        if "bias" in name:
            parameter.zero_()
        elif start == "smart-tanh" and name.endswith("weight_hh"):
            parameter.copy_(_sparse(len(parameter), generator(seed, name)))
        else:
            parameter.normal_(0, scale, generator=generator(seed, name))


def _sparse(hidden: int, stream: torch.Generator) -> torch.Tensor:
    """A recurrent matrix [H, H] in which every unit hears `HEARD` others, with spectral radius `RADIUS`."""
    weights = torch.zeros(hidden, hidden, dtype=torch.float64)
    for row in weights:
        heard = torch.randperm(hidden, generator=stream)[:HEARD]
        row[heard] = torch.randn(len(heard), generator=stream, dtype=torch.float64)
    scaled: torch.Tensor = weights * (RADIUS / torch.linalg.eigvals(weights).abs().max())
    return scaled
