"""Probabilities from the tables in NumPy: the readable form of what score.cpp does, and the same bit for bit.

Interpolated modified Kneser-Ney (Chen and Goodman 1998, equations as numbered there). With h' = h without its farthest
symbol, c the count of the level and S its sum over the symbols that follow h:

    p(w | h) = (c(h w) - D(c(h w))) / S(h) + gamma(h) p(w | h')
    gamma(h) = (D1 N1(h) + D2 N2(h) + D3+ N3+(h)) / S(h)

where N1, N2, N3+ are the numbers of symbols that follow h with a count of 1, 2, 3 or more. At the longest context of a
model c is how often h w occurs; below it is the number of different symbols before h w (adjusted counts). Below the
empty context lies the uniform distribution. Where h was never seen, p(w | h) = p(w | h').

So all contexts up to C come from one walk: level by level to the longest known context, with the lower-order
distribution in hand, from which each level in turn gives the answer of the model that ends there.

Dimension letters: N positions, A those whose context is still known, V symbols, K contexts asked for, P pairs of a
position and a symbol that follows its context.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from rnnscope.native.ngram import Answer
from rnnscope.ngram.tables import Ints, Tables
from rnnscope.ngram.walk import Counts, Floats, Longs, Step, Walk

Kind = Literal["lower", "highest"]
"""Which counts: adjusted ones below the longest context of a model, raw ones there."""

NUMBERS_AT_ONCE = 1 << 20
"""Probabilities that are held at the same time where whole distributions are needed."""


@dataclass(frozen=True)
class Smoothing:
    """What turns counts into probabilities.

    Args:
        lower: discount of an adjusted count of 0, 1, 2, 3 or more at each level, [L, 4].
        highest: the same for raw counts, [L, 4].
        uniform: probability of every symbol below the empty context.
        vocabulary: V.
    """

    lower: Floats
    highest: Floats
    uniform: float
    vocabulary: int


class Reference:
    """Reads probabilities off tables.

    Args:
        tables: what was counted.
        smoothing: how it is smoothed.
    """

    def __init__(self, tables: Tables, smoothing: Smoothing) -> None:
        self._smoothing = smoothing
        self._context = tables.context
        self._walk = Walk(tables, smoothing.vocabulary)

    def probabilities(self, text: NDArray[Any], positions_N: Ints, contexts: Sequence[int], threads: int = 1) -> Floats:
        """Probabilities of the symbols that stand at some positions, [K, N].

        Args:
            text: stored symbols with a 0 before the first.
            positions_N: indices of this text.
            contexts: lengths, each once.
            threads: one is used; it is there because the compiled reader has it.
        """
        symbols_N = text[positions_N].astype(np.int64)
        p_N = np.full(len(positions_N), self._smoothing.uniform)
        p_KN = np.empty((len(contexts), len(positions_N)))
        for step in self._walk.steps(text, positions_N, max(contexts, default=0)):
            adjusted_A, raw_A = self._walk.counts_of(step, symbols_N[step.rows])
            k, below_A = step.level, p_N[step.rows]
            if k in contexts:
                row = contexts.index(k)
                p_KN[row] = p_N  # the answer where the context is unknown
                p_KN[row, step.rows] = _interpolated(raw_A, self._smoothing.highest[k], step.highest, below_A)
            p_N[step.rows] = _interpolated(adjusted_A, self._smoothing.lower[k], step.lower, below_A)
        return p_KN

    def distributions(
        self, text: NDArray[Any], positions_N: Ints, context: int, out: NDArray[np.float32], threads: int = 1
    ) -> None:
        """Natural logarithms of the distributions of what may follow, into `out`, [N, V].

        Args:
            text: stored symbols with a 0 before the first.
            positions_N: indices of this text; its length asks what may follow all of it.
            context: the longest context to use.
            out: where they go.
            threads: as for `probabilities`.
        """
        n = max(1, NUMBERS_AT_ONCE // self._smoothing.vocabulary)
        for start in range(0, len(positions_N), n):
            asked_n = positions_N[start : start + n]
            p_nV = np.full((len(asked_n), self._smoothing.vocabulary), self._smoothing.uniform)
            for step in self._walk.steps(text, asked_n, context):
                kind: Kind = "highest" if step.level == context else "lower"
                p_nV[step.rows] = self._interpolated(step, kind, p_nV[step.rows])
            logarithms(p_nV, out[start : start + n])

    def scores(self, text: NDArray[Any], positions_N: Ints, contexts: Sequence[int], threads: int = 1) -> Answer:
        """What every context gives for the symbols at some positions; arguments as for `probabilities`."""
        n = max(1, NUMBERS_AT_ONCE // self._smoothing.vocabulary)
        parts = [self._scored(text, positions_N[i : i + n], contexts) for i in range(0, max(len(positions_N), 1), n)]
        return Answer(*(np.concatenate(arrays, axis=-1) for arrays in zip(*parts, strict=True)))

    def _scored(self, text: NDArray[Any], positions_N: Ints, contexts: Sequence[int]) -> Answer:
        symbols_N = text[positions_N].astype(np.int64) - 1
        shape = len(contexts), len(positions_N)
        p_KN, best_KN, ranks_KN = np.empty(shape), np.empty(shape, np.int32), np.empty(shape, np.int32)
        depths_N = np.zeros(shape[1], np.int32)
        p_NV = np.full((shape[1], self._smoothing.vocabulary), self._smoothing.uniform)
        for step in self._walk.steps(text, positions_N, self._context):
            rows, k = step.rows, step.level
            depths_N[rows] = k
            if k > max(contexts, default=0):
                continue
            below_AV = p_NV[rows]
            if k in contexts:
                i = contexts.index(k)
                judged = _judged(self._interpolated(step, "highest", below_AV), symbols_N[rows])
                p_KN[i, rows], best_KN[i, rows], ranks_KN[i, rows] = judged
            p_NV[rows] = self._interpolated(step, "lower", below_AV)
        # Beyond the longest known context nothing changes any more.
        judged = _judged(p_NV, symbols_N)
        for i, k in enumerate(contexts):
            rest = depths_N < k
            p_KN[i, rest], best_KN[i, rest], ranks_KN[i, rest] = (values_N[rest] for values_N in judged)
        return Answer(p_KN, best_KN, ranks_KN, depths_N)

    def _interpolated(self, step: Step, kind: Kind, below_AV: Floats) -> Floats:
        """Distributions at one level from those at the next lower one."""
        followers = self._walk.followers(step)
        counts_P = followers.raw if kind == "highest" else followers.adjusted
        discount_4 = getattr(self._smoothing, kind)[step.level]
        sums: Counts = getattr(step, kind)
        p_AV = below_AV * sums.gamma(discount_4)[:, None]
        p_AV[followers.context, followers.symbol] += _share(counts_P, discount_4, sums.total[followers.context])
        return p_AV


def _judged(p_NV: Floats, symbols_N: Longs) -> tuple[Floats, Longs, Longs]:
    """Probability of the true symbol, the most likely one (the smallest of equals), rank of the true one."""
    p_N = p_NV[np.arange(len(p_NV)), symbols_N]
    return p_N, p_NV.argmax(axis=1), 1 + (p_NV > p_N[:, None]).sum(axis=1)


def logarithms(p: Floats, out: NDArray[np.float32]) -> NDArray[np.float32]:
    """Natural logarithms, finite even where a product of discounts is below what float64 can hold; p is overwritten."""
    np.maximum(p, np.finfo(np.float64).tiny, out=p)
    return np.log(p, out=out, casting="same_kind")


def _share(counts_P: Longs, discount_4: Floats, totals_P: Longs) -> Floats:
    """What a symbol has of a context by its own count: the first term."""
    share: Floats = (counts_P - discount_4[np.minimum(counts_P, 3)]) / totals_P
    return share


def _interpolated(counts_A: Longs, discount_4: Floats, sums: Counts, below_A: Floats) -> Floats:
    """Probability of one symbol after each context, from that at the next lower level."""
    return _share(counts_A, discount_4, np.maximum(sums.total, 1)) + sums.gamma(discount_4) * below_A
