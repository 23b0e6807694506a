"""One context of an n-gram model, read as one stream."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from rnnscope.ngram.kneser_ney import KneserNey

State = NDArray[np.integer[Any]]
"""The symbols that were read last, at most as many as the context is long."""


class NgramPredictor:
    """A model of one context as a predictor (see `rnnscope.predictor.Predictor`).

    Args:
        model: what is asked.
        context: the longest context used, in [0, C].
    """

    def __init__(self, model: KneserNey, context: int) -> None:
        assert 0 <= context <= model.context, f"the model has contexts up to {model.context}"
        self.model = model
        self.context = context
        self.vocabulary = model.vocabulary

    def log_probs(self, ids: NDArray[np.integer[Any]], state: State | None = None) -> tuple[NDArray[np.float32], State]:
        """Distributions for the next N symbols: row i belongs to symbol i given everything before it.

        Args:
            ids: symbols in [0, V), [N].
            state: what the previous call returned; None at the start of a text.

        Returns:
            Natural logarithms of probabilities, [N, V], and what to pass on.
        """
        before = _start() if state is None else state
        read = np.concatenate([before, np.asarray(ids, np.int64)])
        chunks = self.model.distributions(read, [(len(before), len(read))], self.context)
        log_probs = [np.empty((0, self.vocabulary), np.float32), *(log_probs_NV for _, log_probs_NV in chunks)]
        return np.concatenate(log_probs), read[max(0, len(read) - self.context) :]

    def next_log_probs(self, state: State | None = None) -> NDArray[np.float32]:
        """Natural logarithms of the probabilities of the symbol after all that `state` has read, [V]."""
        read = _start() if state is None else state
        (_, log_probs_1V), *_ = self.model.distributions(read, [(len(read), len(read) + 1)], self.context)
        found: NDArray[np.float32] = log_probs_1V[0]
        return found


def _start() -> State:
    return np.empty(0, np.int64)
