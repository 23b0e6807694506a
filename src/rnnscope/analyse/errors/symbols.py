"""Which symbols one predictor knows better than another: mean p(true) by symbol (paper, Figure 4 middle and right).

The symbols with the largest advantages are chosen on one part of the text and measured on another: the largest of many
noisy differences is too large where it was found.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rnnscope.analyse.errors.predictions import LEAST_CASES, Predictions
from rnnscope.analyse.stats import block_bootstrap_ratio

SHOWN = 10
"""Symbols shown on each side."""


@dataclass(frozen=True)
class SymbolAdvantage:
    """One symbol and the mean probability that two predictors gave to it where it came.

    Args:
        id: the symbol.
        count: how often it came in the part that was measured.
        first, second: mean p(true) of the two predictors, in [0, 1]; 0 where it never came.
        difference: first - second.
        interval: 95 % interval of the difference, paired; None where there are too few blocks with the symbol.
        enough: whether it came at least 50 times.
    """

    id: int
    count: int
    first: float
    second: float
    difference: float
    interval: tuple[float, float] | None
    enough: bool


@dataclass(frozen=True)
class Advantages:
    """The symbols that the first predictor knows better, and those that the second does; largest advantage first."""

    names: tuple[str, str]
    first: tuple[SymbolAdvantage, ...]
    second: tuple[SymbolAdvantage, ...]

    def to_dict(self) -> dict[str, Any]:
        """Everything as plain JSON values."""
        return asdict(self)


def mean_probs(predictions: Predictions, vocabulary: int) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Mean p(true) by symbol.

    Args:
        predictions: of K predictors.
        vocabulary: V; ids are below it.

    Returns:
        Means, [K, V], NaN for symbols that never come; and how often each comes, [V].
    """
    counts_V = np.bincount(predictions.ids, minlength=vocabulary)
    sums_KV = np.stack(
        [
            np.bincount(predictions.ids, np.exp(row_N.astype(np.float64)), minlength=vocabulary)
            for row_N in predictions.log_probs
        ]
    )
    with np.errstate(invalid="ignore"):
        return sums_KV / counts_V, counts_V


def advantages(
    chosen_on: Predictions, measured_on: Predictions, first: str, second: str, vocabulary: int, shown: int = SHOWN
) -> Advantages:
    """The largest advantages each way.

    Args:
        chosen_on: scores of the part on which symbols are chosen (validation); a symbol must come there 50 times.
        measured_on: scores of the part whose figures are given (test).
        first, second: names of two predictors in both.
        vocabulary: V.
        shown: how many symbols at most on each side; only those whose difference has that side's sign where it was
            chosen.
    """
    means_2V, counts_V = mean_probs(chosen_on.only(first, second), vocabulary)
    differences_V = np.where(counts_V >= LEAST_CASES, means_2V[0] - means_2V[1], 0.0)
    order_V = np.argsort(-differences_V, kind="stable")
    pair = measured_on.only(first, second)
    probs_2N = np.exp(pair.log_probs.astype(np.float64))
    ahead = [_measured(pair, probs_2N, int(v)) for v in order_V[:shown] if differences_V[v] > 0]
    behind = [_measured(pair, probs_2N, int(v)) for v in order_V[::-1][:shown] if differences_V[v] < 0]
    return Advantages((first, second), tuple(ahead), tuple(behind))


def _measured(pair: Predictions, probs_2N: NDArray[np.float64], symbol: int) -> SymbolAdvantage:
    here_N = pair.ids == symbol
    count = int(here_N.sum())
    first, second = (float(row_N[here_N].mean()) if count else 0.0 for row_N in probs_2N)
    difference_N = np.where(here_N, probs_2N[0] - probs_2N[1], 0.0)
    interval = block_bootstrap_ratio(difference_N, here_N.astype(np.float64), pair.block)
    return SymbolAdvantage(symbol, count, first, second, first - second, interval, count >= LEAST_CASES)
