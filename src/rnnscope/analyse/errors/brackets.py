"""Closing symbols by the distance to their opener: who still knows that something is open? (paper, Figure 5 left)

Brackets are matched by a stack over the symbols that are code: what stands in strings and comments neither opens nor
closes anything. A file's end closes the stack. The naive stack, which looks at every symbol, is the same with nothing
left out. A span, such as a comment or a quotation, is a pair too: what begins it and what ends it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rnnscope.analyse.errors.matched import Matched, Surroundings
from rnnscope.analyse.errors.predictions import LEAST_CASES, Predictions
from rnnscope.analyse.stats import block_bootstrap_ratio
from rnnscope.corpus.text import FileSpan

PAPER_EDGES = (0, 20, 40, 60, 80, 100, 125, 150, 200, 250, 300)
"""Ends of the paper's buckets, in symbols: a bucket holds distances above its lower end up to its upper one."""


@dataclass(frozen=True, eq=False)
class Pairs:
    """Openers and their closers.

    Args:
        openers, closers: positions in the text, by closer, [M] int64 each.
        depths: pairs of the same kinds that were open around each of them, [M] int64.
        unmatched: openers and closers that found no partner.
    """

    openers: NDArray[np.int64]
    closers: NDArray[np.int64]
    depths: NDArray[np.int64]
    unmatched: int

    @property
    def distances(self) -> NDArray[np.int64]:
        """Symbols from opener to closer, 1 where they are neighbours, [M]."""
        return self.closers - self.openers


def match_brackets(
    points: NDArray[np.uint32],
    kinds: Sequence[str],
    *,
    ignored: NDArray[np.bool_] | None = None,
    files: Sequence[FileSpan] = (),
) -> Pairs:
    """Match brackets of some kinds with one stack.

    A closer that is not the partner of the innermost opener is itself unmatched, unless a partner waits further out:
    then the openers within are the unmatched ones.

    Args:
        points: code point of each symbol, [N].
        kinds: pairs such as "{}"; the openers and the closers of all are different symbols.
        ignored: symbols that are not code, [N]; None leaves nothing out.
        files: spans that cover the text in order, and at whose beginning nothing is open; by default there is one.
    """
    assert all(len(kind) == 2 and kind[0] != kind[1] for kind in kinds), kinds
    partner = {ord(kind[1]): ord(kind[0]) for kind in kinds}
    openers = set(partner.values())
    marks_N = np.isin(points, [*openers, *partner])
    if ignored is not None:
        marks_N &= ~ignored
    ends = [int(span.stop) for span in files] or [len(points)]
    found: list[tuple[int, int, int]] = []
    unmatched, marks = 0, np.flatnonzero(marks_N)
    for first, last in pairwise([0, *np.searchsorted(marks, ends).tolist()]):
        stack: list[tuple[int, int]] = []
        waiting: Counter[int] = Counter()
        for at in marks[first:last].tolist():
            point = int(points[at])
            if point in openers:
                stack.append((point, at))
                waiting[point] += 1
                continue
            wanted = partner[point]
            if not waiting[wanted]:
                unmatched += 1
                continue
            while True:
                kind, opener = stack.pop()
                waiting[kind] -= 1
                if kind == wanted:
                    break
                unmatched += 1
            found.append((opener, at, len(stack)))
        unmatched += len(stack)
    rows_M3 = np.array(found, np.int64).reshape(-1, 3)
    return Pairs(rows_M3[:, 0], rows_M3[:, 1], rows_M3[:, 2], unmatched)


def match_spans(inside: NDArray[np.bool_], points: NDArray[np.uint32], closers: str = "") -> Pairs:
    """The symbols that begin and end runs of a feature: comments, strings, quotations.

    Args:
        inside: whether each symbol is inside, as features say it: the opener is, the closer is no longer, [N].
        points: code point of each symbol, [N].
        closers: symbols that count as closers; all by default. A run that ends otherwise, or never, is unmatched.
    """
    edges_N = np.diff(np.concatenate([[0], inside.astype(np.int8), [0]]))
    starts_M, stops_M = np.flatnonzero(edges_N == 1), np.flatnonzero(edges_N == -1)
    closed_M = stops_M < len(inside)
    if closers:
        wanted = [ord(closer) for closer in closers]
        closed_M &= np.isin(points[np.minimum(stops_M, max(len(points) - 1, 0))], wanted)
    openers, ends = starts_M[closed_M], stops_M[closed_M]
    return Pairs(openers, ends, np.zeros(len(openers), np.int64), int((~closed_M).sum()))


@dataclass(frozen=True)
class Bucket:
    """Closers at some distances.

    Args:
        above, up_to: distances in (above, up_to].
        cases: closers among the scored positions.
        probs: mean p(true) of each predictor, in [0, 1]; 0 where there are no cases.
        intervals: 95 % intervals of these.
        differences: each predictor's mean less that of the last predictor, with its paired interval; the last one's own
            is 0.
        enough: whether there are at least 50 cases.
        matched: the same predictors where the closer does not come, though as much is open; None where nobody looked.
    """

    above: int
    up_to: int
    cases: int
    probs: tuple[float, ...]
    intervals: tuple[tuple[float, float] | None, ...]
    differences: tuple[float, ...]
    difference_intervals: tuple[tuple[float, float] | None, ...]
    enough: bool
    matched: Matched | None


@dataclass(frozen=True)
class ByDistance:
    """Mean p(closer) by distance to the opener.

    Args:
        names: of the predictors.
        kinds: what was matched, in words.
        buckets: increasing distances.
        scored: closers among the scored positions, of any distance.
        unmatched: openers and closers in the whole text without a partner.
    """

    names: tuple[str, ...]
    kinds: str
    buckets: tuple[Bucket, ...]
    scored: int
    unmatched: int

    def to_dict(self) -> dict[str, Any]:
        """Everything as plain JSON values."""
        return asdict(self)


def by_distance(
    predictions: Predictions,
    pairs: Pairs,
    kinds: str,
    edges: Sequence[int] = PAPER_EDGES,
    elsewhere: Surroundings | None = None,
) -> ByDistance:
    """Mean p(true) of closing symbols, by distance to the opener.

    Args:
        predictions: of K predictors; the last one is what the others are compared with.
        pairs: of the whole text.
        kinds: what was matched, in words.
        edges: ends of the buckets, increasing.
        elsewhere: of the same predictors and pairs, to compare with positions where the closer does not come.
    """
    places_M = np.searchsorted(predictions.positions, pairs.closers)
    places_M = np.minimum(places_M, max(len(predictions) - 1, 0))
    scored_M = (
        predictions.positions[places_M] == pairs.closers if len(predictions) else np.zeros(len(pairs.closers), bool)
    )
    distances_N = np.zeros(len(predictions), np.int64)  # 0: no closer
    distances_N[places_M[scored_M]] = pairs.distances[scored_M]
    probs_KN = np.exp(predictions.log_probs.astype(np.float64))
    buckets = [
        _bucket(predictions, probs_KN, (distances_N > low) & (distances_N <= high), low, high, elsewhere)
        for low, high in pairwise(edges)
    ]
    return ByDistance(predictions.names, kinds, tuple(buckets), int(scored_M.sum()), pairs.unmatched)


def _bucket(
    predictions: Predictions,
    probs_KN: NDArray[np.float64],
    here_N: NDArray[np.bool_],
    low: int,
    high: int,
    elsewhere: Surroundings | None,
) -> Bucket:
    cases = int(here_N.sum())
    weights_N = here_N.astype(np.float64)

    def mean_and_interval(values_N: NDArray[np.float64]) -> tuple[float, tuple[float, float] | None]:
        mean = float(values_N[here_N].mean()) if cases else 0.0
        return mean, block_bootstrap_ratio(values_N * weights_N, weights_N, predictions.block)

    means = [mean_and_interval(row_N) for row_N in probs_KN]
    differences = [mean_and_interval(row_N - probs_KN[-1]) for row_N in probs_KN]
    return Bucket(
        above=low,
        up_to=high,
        cases=cases,
        probs=tuple(mean for mean, _ in means),
        intervals=tuple(interval for _, interval in means),
        differences=tuple(mean for mean, _ in differences),
        difference_intervals=tuple(interval for _, interval in differences),
        enough=cases >= LEAST_CASES,
        matched=None if elsewhere is None else elsewhere.matched(low, high),
    )
