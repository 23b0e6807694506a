"""From a configuration to a network."""

from __future__ import annotations

from typing import Literal

import torch

from rnnscope.cells.dispatch import choose
from rnnscope.config import RecurrentConfig, WindowConfig
from rnnscope.model.char_rnn import CharRNN
from rnnscope.model.network import Network
from rnnscope.model.window_mlp import WindowMLP


def build(
    config: RecurrentConfig | WindowConfig,
    vocabulary: int,
    seed: int,
    kernel: Literal["auto", "naive", "torch"] = "auto",
) -> Network:
    """Make a network with starting weights.

    Args:
        config: which kind, how deep and wide.
        vocabulary: V, symbols of the alphabet.
        seed: of the starting weights; the same seed gives the same weights whatever the kernel.
        kernel: who computes the recurrence; a window network has none and computes the same way for all.

    Raises:
        InputError: if the kernel does not know the cell.
    """
    if isinstance(config, WindowConfig):
        return WindowMLP(config, vocabulary, seed=seed)
    return CharRNN(config, vocabulary, seed=seed, kernel=choose(config, vocabulary, kernel))


def use_threads(count: int) -> None:
    """Tell PyTorch, for the whole process, how many processor threads to compute with.

    Left alone it takes all there are, and beside any other work small networks then lose most of their speed: threads
    wait for each other at every step.
    """
    torch.set_num_threads(count)
