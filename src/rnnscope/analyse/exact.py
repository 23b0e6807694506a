"""Exact statistics of successes and failures, for trials that are too few for anything approximate.

`clopper_pearson` is the interval of Clopper and Pearson (1934). `stratified` compares two ways of doing something over
several strata, such as lengths of a task: given how many trials of a stratum succeeded in all, each is as likely to be
of one way as of the other under the hypothesis of no difference (Fisher), so successes of the first way are
hypergeometric in each stratum, and their total is the sum of these independent numbers (Birch 1964; Mantel and Haenszel
1959 approximate the same). Nothing is assumed of how hard the strata are.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import comb

import numpy as np
from numpy.typing import NDArray


def clopper_pearson(successes: int, trials: int, level: float = 0.95) -> tuple[float, float]:
    """Interval of a probability that holds it at least as often as the level says.

    Args:
        successes, trials: 0 <= successes <= trials, at least one trial.
        level: in (0, 1).

    >>> [round(end, 4) for end in clopper_pearson(0, 5)]
    [0.0, 0.5218]
    """
    assert 0 <= successes <= trials >= 1, (successes, trials)
    tail = (1 - level) / 2

    def at_least(share: float) -> float:
        return sum(comb(trials, k) * share**k * (1 - share) ** (trials - k) for k in range(successes, trials + 1))

    def at_most(share: float) -> float:
        return sum(comb(trials, k) * share**k * (1 - share) ** (trials - k) for k in range(successes + 1))

    low = 0.0 if successes == 0 else _root(lambda share: at_least(share) - tail)
    high = 1.0 if successes == trials else _root(lambda share: tail - at_most(share))
    return low, high


def _root(rising: Callable[[float], float]) -> float:
    """Where a rising function of [0, 1] is 0, to the last bit."""
    low, high = 0.0, 1.0
    while (middle := (low + high) / 2) not in (low, high):
        low, high = (middle, high) if rising(middle) < 0 else (low, middle)
    return middle


@dataclass(frozen=True)
class Stratum:
    """Successes of two ways under the same conditions.

    Args:
        name: of the conditions.
        first, second: (successes, trials) of each way.
    """

    name: str
    first: tuple[int, int]
    second: tuple[int, int]


@dataclass(frozen=True)
class Comparison:
    """Two ways compared over all strata.

    Args:
        successes: of the first way, over all strata.
        expected: the same under the hypothesis of no difference.
        p_first_better: probability of as many or more, under this hypothesis.
        p_two_sided: probability of all totals that are at most as likely as the one that came.
        informative: strata in which some trials succeeded and some failed; the others say nothing.
    """

    successes: int
    expected: float
    p_first_better: float
    p_two_sided: float
    informative: int


def stratified(strata: Sequence[Stratum]) -> Comparison:
    """Compare two ways by the exact conditional test.

    Args:
        strata: at least one, each with at least one trial of each way.

    >>> found = stratified([Stratum("50", (5, 5), (1, 5)), Stratum("100", (3, 5), (0, 5))])
    >>> found.successes, round(found.p_first_better, 5)
    (8, 0.00198)
    """
    assert strata
    # probability of every total: the convolution of the strata's own distributions
    total = np.ones(1)
    lowest, expected = 0, 0.0
    for stratum in strata:
        (_, trials), (_, others) = stratum.first, stratum.second
        won = stratum.first[0] + stratum.second[0]
        least, chances = _hypergeometric(won, trials, others)
        total = np.convolve(total, chances)
        lowest += least
        expected += won * trials / (trials + others)
    successes = sum(stratum.first[0] for stratum in strata)
    came = total[successes - lowest]
    return Comparison(
        successes=successes,
        expected=expected,
        p_first_better=min(1.0, float(total[successes - lowest :].sum())),
        p_two_sided=min(1.0, float(total[total <= came * (1 + 1e-7)].sum())),
        informative=sum(0 < s.first[0] + s.second[0] < s.first[1] + s.second[1] for s in strata),
    )


def _hypergeometric(won: int, trials: int, others: int) -> tuple[int, NDArray[np.float64]]:
    """The least number of successes that `trials` of all can have if `won` succeeded, and the chances from there on."""
    least, most = max(0, won - others), min(won, trials)
    ways = [comb(trials, k) * comb(others, won - k) for k in range(least, most + 1)]
    return least, np.array([way / comb(trials + others, won) for way in ways])
