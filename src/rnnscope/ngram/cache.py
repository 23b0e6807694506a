"""What was just read, as a predictor: n-gram counts of the last symbols, to be mixed with any other predictor.

The cache of Kuhn and De Mori (1990) with the n-grams of Jelinek et al. (1991). Among the last `window` symbols it
looks for places that had the same symbols before them as the present one, as many as possible and at most `context`,
and gives what followed there by relative frequency. Like Goodman's conditional cache (2001) it is trusted by how much
matched: its weight depends on the length of the match (`mixtures.fit_buckets`), 0 where it was never of use.

Everything is a function of the `window + context` symbols before a position: no training text is counted unless it is
read again, nothing after a position matters, and reading may be cut anywhere. Before the first symbol of a text all
symbols are equally likely.

Dimension letters: N positions, V symbols, M symbols within reach, P earlier places that match.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from rnnscope.ngram.mixtures import Mixture, fit_buckets

POSITIONS_AT_ONCE = 8192
PLACES_AT_ONCE = 1 << 21
"""Matching places that are held at the same time: in a text of one symbol all of the window matches everywhere."""

CONTEXTS = (4, 6, 8, 12)
WINDOWS = (1000, 5000)
"""What `fit` tries."""

Longs = NDArray[np.int64]


@dataclass(frozen=True)
class Cache:
    """How much is remembered.

    Args:
        context: longest context looked for, 0 or more.
        window: symbols that are remembered, 1 or more.
    """

    context: int
    window: int

    @property
    def reach(self) -> int:
        """How many symbols back anything can matter."""
        return self.context + self.window

    def log_probs_of_true(
        self, ids: NDArray[np.integer[Any]], pieces: Sequence[tuple[int, ...]], vocabulary: int
    ) -> tuple[NDArray[np.float32], NDArray[np.int32]]:
        """Score symbols of a text.

        Args:
            ids: the whole text, [M]; what is remembered may lie before a piece.
            pieces: (start, stop, ...) of the positions, in the order in which they are given back.
            vocabulary: V.

        Returns:
            Natural logarithms of the relative frequencies, [N], -inf where the symbol did not follow; and the lengths
            of the matches, [N].
        """
        found = [
            (block.of_true(ids[start:stop], vocabulary), block.depth)
            for first, last, *_ in pieces
            for start, stop, block in self._blocks(ids, first, last)
        ]
        none: list[NDArray[Any]] = [np.empty(0)]
        with np.errstate(divide="ignore"):
            log_probs_N = np.log(np.concatenate([p_N for p_N, _ in found] or none)).astype(np.float32)
        return log_probs_N, np.concatenate([depth_N for _, depth_N in found] or none).astype(np.int32)

    def distributions(
        self, ids: NDArray[np.integer[Any]], start: int, stop: int, vocabulary: int
    ) -> tuple[NDArray[np.float64], NDArray[np.int32]]:
        """Relative frequencies of all symbols at positions [start, stop), [N, V], and lengths of the matches, [N].

        Args:
            ids: the text, [M], at least up to `stop - 1`: what stands at a position does not matter to it.
            start, stop: the positions; `stop` may be M + 1.
            vocabulary: V.
        """
        found = [(block.rows(vocabulary), block.depth) for _, _, block in self._blocks(ids, start, stop)]
        found.insert(0, (np.empty((0, vocabulary)), np.empty(0, np.int32)))
        return np.concatenate([rows_NV for rows_NV, _ in found]), np.concatenate([depth_N for _, depth_N in found])

    def _blocks(self, ids: NDArray[np.integer[Any]], first: int, last: int) -> Iterator[tuple[int, int, _Block]]:
        # A block costs what it reaches back as well, so it is not made smaller than that.
        cuts = [*range(first, last, max(POSITIONS_AT_ONCE, self.reach)), last]
        for start, stop in pairwise(cuts):
            back = max(0, start - self.reach)
            yield start, stop, _matches(ids[back:stop], start - back, stop - back, self)


class Fitted(NamedTuple):
    """A cache that helps a predictor most.

    Attributes:
        cache: how much it remembers.
        mixture: weights of the predictor and of the cache, for every length of a match: [context + 1, 2].
    """

    cache: Cache
    mixture: Mixture


def fit(
    log_probs: NDArray[np.floating[Any]],
    ids: NDArray[np.integer[Any]],
    pieces: Sequence[tuple[int, ...]],
    vocabulary: int,
    *,
    contexts: Sequence[int] = CONTEXTS,
    windows: Sequence[int] = WINDOWS,
) -> Fitted:
    """Choose a cache for a predictor and their weights by the validation part.

    Args:
        log_probs: what the predictor gave to the symbols of the pieces, in nats, [N].
        ids, pieces, vocabulary: as for `Cache.log_probs_of_true`.
        contexts, windows: every pair is tried; of equals the first stays.
    """
    found = []
    for context in contexts:
        for window in windows:
            cached_N, depth_N = Cache(context, window).log_probs_of_true(ids, pieces, vocabulary)
            mixture = fit_buckets(np.stack([log_probs, cached_N]), depth_N, context + 1)
            found.append(Fitted(Cache(context, window), mixture))
    return min(found, key=lambda fitted: fitted.mixture.loss_nats)


class _Block(NamedTuple):
    """Where some positions find their context again.

    Attributes:
        text: symbols within reach, [M].
        depth: length of each position's longest match, [N].
        orders: positions of the text in the order of their contexts, one array for each length.
        lows, highs: each position's matching places are orders[depth][low:high], [N].
    """

    text: NDArray[np.integer[Any]]
    depth: NDArray[np.int32]
    orders: list[Longs]
    lows: Longs
    highs: Longs

    def of_true(self, true_N: NDArray[np.integer[Any]], vocabulary: int) -> NDArray[np.float64]:
        """Relative frequencies of the symbols that came, [N]."""
        hits_N = np.zeros(len(self.depth))
        for row_P, symbol_P in self._places():
            hits_N += np.bincount(row_P[symbol_P == true_N[row_P]], minlength=len(hits_N))
        places_N = self.highs - self.lows
        return np.where(places_N, hits_N / np.maximum(places_N, 1), 1 / vocabulary)

    def rows(self, vocabulary: int) -> NDArray[np.float64]:
        """Relative frequencies, [N, V]."""
        counts_NV = np.zeros((len(self.depth), vocabulary))
        for row_P, symbol_P in self._places():
            np.add.at(counts_NV, (row_P, symbol_P), 1)
        places_N = self.highs - self.lows
        counts_NV[places_N == 0] = 1
        return counts_NV / np.where(places_N, places_N, vocabulary)[:, None]

    def _places(self) -> Iterator[tuple[Longs, NDArray[np.integer[Any]]]]:
        """All matching places: for which position, and which symbol stood there."""
        for depth, order in enumerate(self.orders):
            row_N = np.flatnonzero(self.depth == depth)
            size_N = self.highs[row_N] - self.lows[row_N]
            group_N = size_N.cumsum() // PLACES_AT_ONCE
            for group in np.unique(group_N).tolist():
                row, size = row_N[group_N == group], size_N[group_N == group]
                row_P = np.repeat(row, size)
                within_P = np.arange(size.sum()) - np.repeat(size.cumsum() - size, size)
                yield row_P, self.text[order[self.lows[row_P] + within_P]]


def _matches(text_M: NDArray[np.integer[Any]], start: int, stop: int, cache: Cache) -> _Block:
    """Find the longest match of every position in [start, stop), length by length.

    At each length, positions are put into the order of the symbols before them and, among equals, of the text. Places
    that match are neighbours then, and those in the window are a stretch of them.
    """
    count = stop  # positions 0..stop-1; the last may stand just behind the text
    wanted_N = np.arange(start, stop)
    group_M = np.zeros(count, np.int64)
    depth_N, low_N, high_N = np.zeros(stop - start, np.int32), np.zeros_like(wanted_N), np.zeros_like(wanted_N)
    orders: list[Longs] = []
    for length in range(cache.context + 1):
        if length:
            # Position q's context grows by the symbol at q - length; contexts that reach before the text are alone.
            farther_M = np.full(count, -1, np.int64)
            farther_M[length:] = text_M[: count - length]
            key_M = group_M * (int(text_M.max(initial=0)) + 2) + farther_M + 1
            key_M[:length] = -1 - np.arange(min(length, count))
            group_M = np.unique(key_M, return_inverse=True)[1]
        order_M = np.argsort(group_M, kind="stable")
        key_M = group_M[order_M] * count + order_M
        own_N = group_M[wanted_N] * count
        lows = np.searchsorted(key_M, own_N + np.maximum(wanted_N - cache.window, 0))
        highs = np.searchsorted(key_M, own_N + wanted_N)
        found_N = highs > lows
        depth_N[found_N] = length
        low_N[found_N], high_N[found_N] = lows[found_N], highs[found_N]
        orders.append(order_M)
        if not found_N.any():
            break
    return _Block(text_M, depth_N, orders, low_N, high_N)
