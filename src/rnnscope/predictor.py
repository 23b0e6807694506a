"""What every analysis asks of a model, whoever made it: networks, window networks, n-grams."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray


class Predictor(Protocol):
    """Anything that gives a distribution over the next symbol, read as one stream, chunk by chunk."""

    vocabulary: int
    """V, the number of symbols that share the probability."""

    def log_probs(self, ids: NDArray[np.integer[Any]], state: Any = None) -> tuple[NDArray[np.float32], Any]:
        """Distributions for the next N symbols of a stream.

        Row i is the distribution of symbol i given every symbol before it, in this chunk and in the chunks that
        `state` has already read; it never depends on `ids[i]` or on anything after it. Cutting a text into other
        chunks changes nothing.

        Args:
            ids: symbols, [N], integers in [0, V).
            state: what the previous call returned; None at the start of a text.

        Returns:
            Natural logarithms of probabilities, [N, V], each row summing to 1 after `exp`; and the state to pass on.
        """
        ...
