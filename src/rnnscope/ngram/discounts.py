"""What is taken off a count in modified Kneser-Ney smoothing, and on what counts it rests.

Equations are those of Chen and Goodman, "An Empirical Study of Smoothing Techniques for Language Modeling", Technical
Report TR-10-98, Harvard University, 1998. Where their closed form does not exist, as for small alphabets, in which no
symbol was seen only once, the discounts are fixed ones, and a level says so.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FALLBACK = (0.5, 1.0, 1.5)
"""Discounts where the closed form does not exist: those of KenLM's `--discount_fallback`."""


@dataclass(frozen=True)
class Discounts:
    """What is taken off counts of 1, of 2, and of 3 or more.

    Args:
        values: D1 in (0, 1], D2 in (0, 2], D3+ in (0, 3].
        fallback: whether they are FALLBACK because the closed form does not exist or is out of range.
    """

    values: tuple[float, float, float]
    fallback: bool


@dataclass(frozen=True)
class Level:
    """What training found about n-grams of one length: a context and the symbol that follows it.

    Args:
        context: symbols of the context, k, in [0, C]; the n-grams have k + 1 symbols.
        ngrams: how many different ones there are.
        adjusted_counts: how many of them have 1, 2, 3, 4 different left neighbours.
        raw_counts: how many of them occur 1, 2, 3, 4 times.
        lower: discounts of the adjusted counts, which models of longer contexts use at this level; None at C.
        highest: discounts of the raw counts, which the model of context k uses.
    """

    context: int
    ngrams: int
    adjusted_counts: tuple[int, int, int, int]
    raw_counts: tuple[int, int, int, int]
    lower: Discounts | None
    highest: Discounts


def closed_form(counts_of_counts: tuple[int, int, int, int]) -> Discounts:
    """Estimate discounts from n1, n2, n3, n4: how many n-grams have a count of 1, 2, 3, 4.

    A discount of 0 is refused like one out of range: it could leave nothing for what was never seen.
    """
    n1, n2, n3, n4 = counts_of_counts
    if n1 and n2 and n3:
        y = n1 / (n1 + 2 * n2)
        # Equation (26).
        values = (1 - 2 * y * n2 / n1, 2 - 3 * y * n3 / n2, 3 - 4 * y * n4 / n3)
        if all(0 < value <= count for count, value in enumerate(values, 1)):
            return Discounts(values, fallback=False)
    return Discounts(FALLBACK, fallback=True)


def level(context: int, longest: int, counts: NDArray[np.int64]) -> Level:
    """Describe one level.

    Args:
        context: k.
        longest: C, the longest context of the model.
        counts: number of n-grams, then n1..n4 of adjusted counts, then n1..n4 of raw counts, [9].
    """
    ngrams, a1, a2, a3, a4, r1, r2, r3, r4 = (int(count) for count in counts)
    adjusted, raw = (a1, a2, a3, a4), (r1, r2, r3, r4)
    lower = closed_form(adjusted) if context < longest else None
    return Level(context, ngrams, adjusted, raw, lower, closed_form(raw))
