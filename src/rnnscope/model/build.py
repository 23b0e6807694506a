"""From a configuration to a network."""

from __future__ import annotations

import torch

from rnnscope.cells.dispatch import Choice, choose, choose_for_window
from rnnscope.config import Kernel, Precision, RecurrentConfig, WindowConfig
from rnnscope.model.char_rnn import CharRNN
from rnnscope.model.network import Network
from rnnscope.model.window_mlp import WindowMLP


def build(
    config: RecurrentConfig | WindowConfig,
    vocabulary: int,
    seed: int,
    kernel: Kernel = "auto",
    *,
    precision: Precision = "float32",
) -> Network:
    """Make a network with starting weights.

    Args:
        config: which kind, how deep and wide.
        vocabulary: V, symbols of the alphabet.
        seed: of the starting weights; the same seed gives the same weights whatever the kernel.
        kernel: who computes.
        precision: what matrix products of a training multiply.

    Raises:
        InputError: see `kernel_of`.
    """
    choice = kernel_of(config, vocabulary, kernel, precision)
    if isinstance(config, RecurrentConfig):
        return CharRNN(config, vocabulary, seed=seed, kernel=choice)
    return WindowMLP(config, vocabulary, seed=seed, kernel=choice)


def kernel_of(
    config: RecurrentConfig | WindowConfig, vocabulary: int, kernel: Kernel, precision: Precision = "float32"
) -> Choice:
    """Who would compute this network.

    Args:
        config, vocabulary, kernel, precision: as for `build`.

    Raises:
        InputError: the kernel does not know the cell or is not to be had here.
    """
    if isinstance(config, RecurrentConfig):
        return choose(config, vocabulary, kernel, precision=precision)
    return choose_for_window(kernel, precision=precision)


def use_threads(count: int) -> None:
    """Tell PyTorch, for the whole process, how many processor threads to compute with; the compiled network follows.

    Left alone it takes all there are, and beside any other work small networks then lose most of their speed: threads
    wait for each other at every step.
    """
    torch.set_num_threads(count)
