"""A network read as one stream: the side of a network that analyses, samplers and notebooks see. NumPy in and out.

No gradients and no dropout. Refuses a network whose states overflow (`Diverged`); ids outside [0, V) are a programmer's
mistake, because texts go through an alphabet first. Dimension letters: N positions, V symbols, L layers, H cells.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from rnnscope.cells.hold import Clamp
from rnnscope.model.char_rnn import CharRNN
from rnnscope.model.network import Network, State, refuse_overflow


@dataclass(frozen=True)
class Step:
    """Everything that happened while one symbol was read.

    Attributes:
        log_probs: natural logarithms of the probabilities of the symbol after this one, [V].
        state: what to pass on to read the next symbol.
        quantities: h, c where the cell has one, and every gate, by name, each [L, H].
    """

    log_probs: NDArray[np.float32]
    state: State
    quantities: dict[str, NDArray[np.float32]]


class NetworkPredictor:
    """A network as a predictor of one stream (see `rnnscope.predictor.Predictor`).

    Args:
        network: what is asked; its weights are used as they are at each call.
        clamps: values forced inside the recurrence at every step.
    """

    def __init__(self, network: Network, clamps: Sequence[Clamp] = ()) -> None:
        self.network = network
        self.vocabulary = network.vocabulary
        self.clamps = tuple(clamps)

    @torch.no_grad()
    def log_probs(self, ids: NDArray[np.integer[Any]], state: State | None = None) -> tuple[NDArray[np.float32], State]:
        """Distributions for the next N symbols: row i belongs to symbol i given everything before it.

        Args:
            ids: symbols in [0, V), [N].
            state: what the previous call returned; None at the start of a text.

        Returns:
            Natural logarithms of probabilities, [N, V], and the state after the last symbol.
        """
        before = self._start() if state is None else state
        logits_1V = self.network.next_logits(before)
        if len(ids) == 0:
            return np.empty((0, self.vocabulary), dtype=np.float32), before
        inputs_T1 = torch.from_numpy(np.asarray(ids).astype(np.int64))[:, None]
        reading = self.network.read(inputs_T1, before, clamps=self.clamps)
        first_1V = torch.log_softmax(logits_1V, -1)
        return _checked(torch.cat([first_1V, reading.log_probs[:-1, 0]])), reading.state

    @torch.no_grad()
    def next_log_probs(self, state: State | None = None) -> NDArray[np.float32]:
        """Natural logarithms of the probabilities of the symbol after all that `state` has read, [V]."""
        logits_1V = self.network.next_logits(self._start() if state is None else state)
        return _checked(torch.log_softmax(logits_1V[0], -1))

    @property
    def draw(self) -> Callable[..., tuple[NDArray[np.int64], State]] | None:
        """Draws many symbols at once (see `rnnscope.sample`); None where nothing is compiled that could."""
        network = self.network
        if self.clamps or not isinstance(network, CharRNN) or not network.compiled:
            return None

        def draw(
            state: State | None, uniforms: NDArray[np.float64], temperature: float, symbols: int
        ) -> tuple[NDArray[np.int64], State]:
            before = self._start() if state is None else state
            ids_NB, after, finite = network.draw(before, uniforms, temperature, symbols)
            refuse_overflow(finite, "predict the next symbol")
            return ids_NB, after

        return draw

    @torch.no_grad()
    def step(self, symbol: int, state: State | None = None) -> Step:
        """Read one symbol and show every gate.

        Args:
            symbol: its id, in [0, V).
            state: what the previous step returned; None at the start of a text.
        """
        before = self._start() if state is None else state
        names = self.network.spec.quantities
        reading = self.network.read(torch.tensor([[symbol]]), before, quantities=names, clamps=self.clamps)
        quantities = {name: values_LTBH[:, 0, 0].numpy() for name, values_LTBH in reading.quantities.items()}
        return Step(_checked(reading.log_probs[0, 0]), reading.state, quantities)

    def _start(self) -> State:
        return self.network.initial_state(1)


def _checked(log_probs: Tensor) -> NDArray[np.float32]:
    refuse_overflow(bool(torch.isfinite(log_probs).all()), "predict the next symbol")
    found: NDArray[np.float32] = log_probs.numpy()
    return found
