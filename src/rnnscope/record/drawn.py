"""Text drawn under a clamp, beside the same text drawn freely: what a cell does for what the network writes.

Both texts go on from the same prime, read freely, and are drawn with the same random numbers; they differ from where
the clamp changes a symbol. The clamp acts from the first drawn symbol on, whenever that is read.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from rnnscope.cells.hold import Clamp
from rnnscope.model.network import Network, State
from rnnscope.model.predictor import NetworkPredictor
from rnnscope.sample import sample


class Drawn(NamedTuple):
    """Two texts that go on from the same prime, ids [N] each.

    Args:
        free: drawn without a clamp.
        clamped: drawn under it.
    """

    free: NDArray[np.int64]
    clamped: NDArray[np.int64]


class _Primed:
    """A predictor that begins where a prime ended."""

    def __init__(self, predictor: NetworkPredictor, state: State) -> None:
        self._predictor, self._state = predictor, state
        self.vocabulary = predictor.vocabulary

    def log_probs(self, ids: NDArray[np.integer[Any]], state: Any = None) -> tuple[NDArray[np.float32], State]:
        return self._predictor.log_probs(ids, state or self._state)

    def next_log_probs(self, state: Any = None) -> NDArray[np.float32]:
        return self._predictor.next_log_probs(state or self._state)


def drawn_beside(
    network: Network,
    prime: NDArray[np.integer[Any]],
    clamps: Sequence[Clamp],
    *,
    symbols: int,
    length: int,
    temperature: float = 1.0,
    seed: int = 0,
) -> Drawn:
    """Draw the two texts.

    Args:
        network: what writes.
        prime: what both go on from, ids [N], N at least 0.
        clamps: values forced inside the recurrence while the second text is drawn.
        symbols: only ids below this are drawn.
        length: symbols of each text.
        temperature, seed: as for `rnnscope.sample.sample`.

    Raises:
        InputError: the temperature, the length, the seed or a clamp makes no sense.
    """
    _, state = NetworkPredictor(network).log_probs(prime)
    nothing = np.zeros(0, np.int64)
    texts = [
        list(sample(_Primed(NetworkPredictor(network, held), state), symbols, nothing, length, temperature, seed))
        for held in ((), clamps)
    ]
    return Drawn(*(np.array(text, np.int64) for text in texts))
