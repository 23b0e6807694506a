"""Several predictors' scores of the same symbols, side by side: what every analysis of errors starts from.

An error is a position whose symbol got a probability below a threshold, one half unless said otherwise (Karpathy,
Johnson and Fei-Fei 2015, section 4.4). Dimension letters: K predictors, N positions in text order.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rnnscope.artifacts.scores import Scores
from rnnscope.errors import InputError

THRESHOLD = 0.5
"""Probability of the true symbol below which a position counts as an error."""

LEAST_CASES = 50
"""Fewer cases than this carry no conclusion; their count is given instead."""


@dataclass(frozen=True, eq=False)
class Predictions:
    """What K predictors gave to the same N symbols.

    Args:
        names: of the predictors, all different, in the order of the rows.
        positions: where in the text each symbol stands, increasing, [N] int64.
        ids: the symbols, [N] int32.
        log_probs: natural logarithm of the probability each predictor gave to each of them, [K, N] float32.
        block: symbols per block of the bootstrap, at least 1.
    """

    names: tuple[str, ...]
    positions: NDArray[np.int64]
    ids: NDArray[np.int32]
    log_probs: NDArray[np.float32]
    block: int

    def __post_init__(self) -> None:
        assert self.log_probs.shape == (len(self.names), len(self.ids)), self.log_probs.shape
        assert len(set(self.names)) == len(self.names), self.names

    @classmethod
    def of(cls, scores: Mapping[str, Scores], block: int) -> Predictions:
        """Put scores side by side.

        Args:
            scores: by name of the predictor.
            block: symbols per block of the bootstrap.

        Raises:
            InputError: there are none, or two of them are about other symbols.
        """
        if not scores:
            raise InputError(
                tried="compare predictors",
                given="no scores",
                why="at least one predictor is compared",
                todo="Name folders that rnnscope train or rnnscope ngram made.",
            )
        names = tuple(scores)
        first = scores[names[0]]
        for name in names[1:]:
            other = scores[name]
            same = np.array_equal(first.positions, other.positions) and np.array_equal(first.ids, other.ids)
            if not same:
                raise InputError(
                    tried="compare predictors",
                    given=f"{names[0]} ({len(first):,} symbols) and {name} ({len(other):,} symbols)",
                    why="their scores are not about the same symbols at the same places",
                    todo="Compare predictors of one text with one split, read as the same kind of symbol.",
                )
        order_N = np.argsort(first.positions, kind="stable")
        log_probs_KN = np.stack([scores[name].log_probs[order_N] for name in names])
        return cls(names, first.positions[order_N], first.ids[order_N], log_probs_KN, block)

    def __len__(self) -> int:
        return len(self.ids)

    def row(self, name: str) -> NDArray[np.float32]:
        """Log p of one predictor, [N]."""
        found: NDArray[np.float32] = self.log_probs[self.names.index(name)]
        return found

    def wrong(self, threshold: float = THRESHOLD) -> NDArray[np.bool_]:
        """Whether each predictor errs at each position: p < threshold, [K, N].

        Args:
            threshold: a probability in (0, 1].
        """
        found: NDArray[np.bool_] = self.log_probs < np.float32(np.log(threshold))
        return found

    def only(self, *names: str) -> Predictions:
        """The same symbols, some of the predictors, in the order asked for."""
        rows = [self.names.index(name) for name in names]
        return Predictions(names, self.positions, self.ids, self.log_probs[rows], self.block)

    def at(self, positions: NDArray[np.int64]) -> Predictions:
        """The same predictors at some of the positions, [n] increasing; all of them are there."""
        rows_n = np.searchsorted(self.positions, positions)
        assert np.array_equal(self.positions[rows_n], positions), "some positions are not scored"
        return Predictions(self.names, positions, self.ids[rows_n], self.log_probs[:, rows_n], self.block)

    def beside(self, name: str, log_probs: NDArray[np.float32]) -> Predictions:
        """The same with one more predictor, [N]."""
        rows_KN = np.concatenate([self.log_probs, log_probs[None]])
        return Predictions((*self.names, name), self.positions, self.ids, rows_KN, self.block)
