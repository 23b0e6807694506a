"""Mixtures as predictors: several predictors with fixed weights, all contexts of one n-gram, a predictor with a cache.

Each reads a stream as `rnnscope.predictor.Predictor` says and can be sampled; weights come from `mixtures` and `cache`.

Dimension letters: N positions, V symbols, K components, D buckets.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rnnscope.ngram.cache import Cache
from rnnscope.ngram.kneser_ney import KneserNey
from rnnscope.ngram.mixtures import Mixture
from rnnscope.sample import Stream

NOTHING = np.empty(0, np.int64)


class Interpolated:
    """Several predictors side by side.

    Args:
        predictors: K of them, over the same alphabet.
        mixture: one row of K weights.
    """

    def __init__(self, predictors: Sequence[Stream], mixture: Mixture) -> None:
        assert mixture.weights.shape == (1, len(predictors))
        assert len({predictor.vocabulary for predictor in predictors}) == 1, "one alphabet"
        self.predictors = tuple(predictors)
        self.mixture = mixture
        self.vocabulary = predictors[0].vocabulary

    def log_probs(self, ids: NDArray[np.integer[Any]], state: Any = None) -> tuple[NDArray[np.float32], Any]:
        """See `Predictor.log_probs`; the state is that of every predictor."""
        states = (None,) * len(self.predictors) if state is None else state
        read = [predictor.log_probs(ids, own) for predictor, own in zip(self.predictors, states, strict=True)]
        return self._mixed([rows_NV for rows_NV, _ in read]), tuple(own for _, own in read)

    def next_log_probs(self, state: Any = None) -> NDArray[np.float32]:
        """Natural logarithms of the next symbol's probabilities, [V]."""
        states = (None,) * len(self.predictors) if state is None else state
        rows = [predictor.next_log_probs(own) for predictor, own in zip(self.predictors, states, strict=True)]
        found_V: NDArray[np.float32] = self._mixed([row_V[None] for row_V in rows])[0]
        return found_V

    def _mixed(self, rows: Sequence[NDArray[np.float32]]) -> NDArray[np.float32]:
        return mixed(rows, np.broadcast_to(self.mixture.weights, (len(rows[0]), len(rows))))


class MixedDepths:
    """All contexts of one n-gram, mixed by the longest context that training has seen. The state is the last C ids.

    Args:
        model: over true seams or with marks, as it was fitted.
        contexts: K lengths, those that the weights were fitted for.
        mixture: rows of K weights for every depth 0..C.
    """

    def __init__(self, model: KneserNey, contexts: Sequence[int], mixture: Mixture) -> None:
        assert mixture.weights.shape == (model.context + 1, len(contexts))
        self.model, self.contexts, self.mixture = model, tuple(contexts), mixture
        self.vocabulary = model.vocabulary

    def log_probs(self, ids: NDArray[np.integer[Any]], state: Any = None) -> tuple[NDArray[np.float32], Any]:
        """See `Predictor.log_probs`."""
        before = NOTHING if state is None else state
        text = np.concatenate([before, ids]).astype(np.int64)
        return self._rows(text, len(before)), text[max(0, len(text) - self.model.context) :]

    def next_log_probs(self, state: Any = None) -> NDArray[np.float32]:
        """Natural logarithms of the next symbol's probabilities, [V]."""
        before = NOTHING if state is None else state
        # Which symbol stands at a position does not matter to what was expected there.
        found_V: NDArray[np.float32] = self._rows(np.append(before, 0).astype(np.int64), len(before))[0]
        return found_V

    def _rows(self, text: NDArray[np.int64], start: int) -> NDArray[np.float32]:
        piece = [(start, len(text))]
        count = len(text) - start
        depth_N = self.model.score(text, piece, [0]).depths
        rows = []
        for context in self.contexts:
            chunks = [rows_NV for _, rows_NV in self.model.distributions(text, piece, context)]
            rows.append(np.concatenate([np.empty((0, self.vocabulary), np.float32), *chunks]))
        assert all(len(rows_NV) == count for rows_NV in rows)
        return mixed(rows, self.mixture.weights[depth_N])


class Cached:
    """A predictor with a cache. The state is that of the predictor and the ids that the cache can still reach.

    Args:
        predictor: what the cache is added to.
        cache: how much is remembered.
        mixture: weights of predictor and cache for every length of a match, [context + 1, 2].
    """

    def __init__(self, predictor: Stream, cache: Cache, mixture: Mixture) -> None:
        assert mixture.weights.shape == (cache.context + 1, 2)
        self.predictor, self.cache, self.mixture = predictor, cache, mixture
        self.vocabulary = predictor.vocabulary

    def log_probs(self, ids: NDArray[np.integer[Any]], state: Any = None) -> tuple[NDArray[np.float32], Any]:
        """See `Predictor.log_probs`."""
        own, before = (None, NOTHING) if state is None else state
        rows_NV, own = self.predictor.log_probs(ids, own)
        text = np.concatenate([before, ids]).astype(np.int64)
        found_NV = self._with_cache(rows_NV, text, len(before))
        return found_NV, (own, text[max(0, len(text) - self.cache.reach) :])

    def next_log_probs(self, state: Any = None) -> NDArray[np.float32]:
        """Natural logarithms of the next symbol's probabilities, [V]."""
        own, before = (None, NOTHING) if state is None else state
        found_V: NDArray[np.float32] = self._with_cache(self.predictor.next_log_probs(own)[None], before, len(before))[
            0
        ]
        return found_V

    def _with_cache(self, rows_NV: NDArray[np.float32], text: NDArray[np.int64], start: int) -> NDArray[np.float32]:
        cached_NV, depth_N = self.cache.distributions(text, start, start + len(rows_NV), self.vocabulary)
        with np.errstate(divide="ignore"):
            return mixed([rows_NV, np.log(cached_NV)], self.mixture.weights[depth_N])


def mixed(rows: Sequence[NDArray[np.floating[Any]]], weights_NK: NDArray[np.float64]) -> NDArray[np.float32]:
    """Mix distributions, each row with weights of its own.

    Args:
        rows: of every component, natural logarithms, K times [N, V].
        weights_NK: summing to 1 over K.

    Returns:
        Natural logarithms of the mixture's probabilities, [N, V].
    """
    p_NV = np.zeros(rows[0].shape)
    for k, rows_NV in enumerate(rows):
        p_NV += weights_NK[:, k, None] * np.exp(rows_NV, dtype=np.float64)
    with np.errstate(divide="ignore"):
        found: NDArray[np.float32] = np.log(p_NV).astype(np.float32)
    return found
