"""One symbol read by a network, with everything that happened inside."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rnnscope.errors import InputError


@dataclass(frozen=True, repr=False)
class Step:
    """What reading one symbol gave.

    Args:
        symbol: what was read, by its printable name.
        quantities: h, c where the cell has one, and every gate, by name, each [L, H].
        log_probs: natural logarithms of the probabilities of the next symbol, [V].
        state: what to pass to the next `step`.
        names: printable names of all symbols, [V].
    """

    symbol: str
    quantities: Mapping[str, NDArray[np.float32]]
    log_probs: NDArray[np.float32]
    state: Any
    names: tuple[str, ...]

    @property
    def h(self) -> NDArray[np.float32]:
        """Hidden states after the symbol, [L, H]."""
        return self.quantities["h"]

    @property
    def c(self) -> NDArray[np.float32]:
        """Cell states of the LSTM types after the symbol, [L, H]."""
        return self.gate("c")

    def gate(self, name: str) -> NDArray[np.float32]:
        """One gate, or one state, by name, [L, H].

        Raises:
            InputError: the cell has no such quantity.
        """
        if name not in self.quantities:
            raise InputError(
                tried=f"look up {name!r} in a step",
                given=f"a step of a cell with {', '.join(self.quantities)}",
                why="it is not among them",
                todo="Ask for one of these.",
            )
        return self.quantities[name]

    def top(self, count: int = 5) -> list[tuple[str, float]]:
        """The most likely next symbols, by name, with their probabilities in [0, 1].

        Args:
            count: how many, at least 1.
        """
        best = np.argsort(-self.log_probs, kind="stable")[:count]
        return [(self.names[index], float(np.exp(self.log_probs[index]))) for index in best]

    def __repr__(self) -> str:
        expected = ", ".join(f"{name} {probability:.0%}" for name, probability in self.top(3))
        return f"<Step that read {self.symbol}; next: {expected}>"
