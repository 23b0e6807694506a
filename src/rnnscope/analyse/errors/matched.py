"""How sure predictors are of a closing symbol where it does not come: the base line of the brace curve.

A predictor that says "}" at every line's beginning is sure where one comes, too. So each closer is compared with
positions where the same pair kind is open, at the same depth, as far from the innermost opener (in the same bucket),
and at the same indentation, but where something else comes. Indentation is the blanks that begin the line, as far as
they are already read; whether anything but blanks has been read in the line counts as well.

Not every closer has such a position, and some have thousands. The mean is standardised to the closers: each combination
of depth and indentation counts as often as closers have it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rnnscope.analyse.errors.oracles import NEWLINES
from rnnscope.analyse.errors.predictions import LEAST_CASES
from rnnscope.analyse.errors.watched import Watched
from rnnscope.analyse.stats import block_bootstrap_ratio

NOTHING_OPEN = -1
BLANKS = " \t"


@dataclass(frozen=True)
class Matched:
    """Mean p(closer) where it does not come.

    Args:
        cases: positions.
        covered: share of the bucket's closers that have such a position, in [0, 1].
        probs: mean of each predictor, in [0, 1], standardised to the closers; 0 where there are no cases, None for
            predictors that nobody watched.
        intervals: 95 % intervals of these.
        enough: whether there are at least 50 cases.
    """

    cases: int
    covered: float
    probs: tuple[float | None, ...]
    intervals: tuple[tuple[float, float] | None, ...]
    enough: bool


@dataclass(frozen=True, eq=False)
class Surroundings:
    """What is open at each scored position, and where in its line it stands.

    Args:
        distances: from the innermost opener, [N]; meaningless where nothing is open.
        kinds: number of the combination of depth, indentation and closing symbol, [N]; `NOTHING_OPEN` where nothing of
            the kind is open, or what stands there is no code.
        closes: whether the position is the closer, [N] bool.
        probs: what each predictor gave to the closing symbol, [N] each, 0 where nothing of the kind is open; None for
            predictors that nobody watched.
        block: symbols per block of the bootstrap.
    """

    distances: NDArray[np.int64]
    kinds: NDArray[np.int64]
    closes: NDArray[np.bool_]
    probs: tuple[NDArray[np.float64] | None, ...]
    block: int

    def matched(self, low: int, high: int) -> Matched:
        """The comparison for closers at distances in (low, high]."""
        inside_N = (self.kinds != NOTHING_OPEN) & (self.distances > low) & (self.distances <= high)
        closers_N, others_N = inside_N & self.closes, inside_N & ~self.closes
        size = int(self.kinds.max(initial=0)) + 1
        closers_C = np.bincount(self.kinds[closers_N], minlength=size)
        others_C = np.bincount(self.kinds[others_N], minlength=size)
        # A position stands for as many closers as fall to each position of its combination.
        weights_C = closers_C / np.maximum(others_C, 1)
        weights_N = np.where(others_N, weights_C[np.where(others_N, self.kinds, 0)], 0.0)
        cases, total = int((weights_N > 0).sum()), float(weights_N.sum())
        return Matched(
            cases=cases,
            covered=float(closers_C[others_C > 0].sum() / max(int(closers_C.sum()), 1)),
            probs=tuple(
                None if row_N is None else float((row_N * (weights_N > 0)) @ weights_N / max(total, 1e-300))
                for row_N in self.probs
            ),
            intervals=tuple(
                None if row_N is None else block_bootstrap_ratio(row_N * weights_N, weights_N, self.block)
                for row_N in self.probs
            ),
            enough=cases >= LEAST_CASES,
        )


def surroundings(
    positions: NDArray[np.int64],
    openers: NDArray[np.int64],
    closers: NDArray[np.int64],
    depths: NDArray[np.int64],
    points: NDArray[np.uint32],
    watched: Watched,
    names: Sequence[str],
    block: int,
    *,
    ignored: NDArray[np.bool_] | None = None,
) -> Surroundings | None:
    """Find out what is open at every scored position; None where a closing symbol is not watched.

    Args:
        positions: scored, increasing, [N].
        openers, closers, depths: the pairs of one kind in the whole text, [M] each; of two pairs one lies inside the
            other or they are apart.
        points: code points of the whole text.
        watched: holds some of the predictors in `names`.
        names: of K predictors.
        block: symbols per block of the bootstrap.
        ignored: symbols of the text that are no code; positions there match nothing.
    """
    if not set(np.unique(points[closers]).tolist()) <= set(watched.points):
        return None
    pair_N = _innermost(openers, closers, len(points))[positions]
    open_N = pair_N != NOTHING_OPEN
    if ignored is not None:
        open_N &= ~ignored[positions]
    if not open_N.any():
        return None
    own_N = np.where(open_N, pair_N, 0)
    wanted_N = points[closers[own_N]]
    closes_N = open_N & (positions == closers[own_N])
    # Where the symbol comes without closing the pair nothing can be said.
    open_N &= closes_N | (points[positions] != wanted_N)
    blanks_N, begins_N = indentation(points, positions)
    kinds = np.stack([depths[own_N], blanks_N, begins_N, wanted_N.astype(np.int64)])[:, open_N]
    kinds_N = np.full(len(positions), NOTHING_OPEN, np.int64)
    kinds_N[open_N] = np.unique(kinds, axis=1, return_inverse=True)[1].ravel()
    return Surroundings(
        distances=positions - openers[own_N],
        kinds=kinds_N,
        closes=closes_N,
        probs=tuple(
            np.where(open_N, watched.of(name, wanted_N), 0.0).astype(np.float64) if name in watched.probs else None
            for name in names
        ),
        block=block,
    )


def indentation(
    points: NDArray[np.uint32], positions: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Blanks at the beginning of the line that are already read, and whether nothing else has been, [N] each.

    Args:
        points: code points of the whole text.
        positions: where somebody is about to read on, [N].
    """
    places_T = np.arange(len(points))
    newline_T = np.isin(points, [ord(symbol) for symbol in NEWLINES])
    blank_T = np.isin(points, [ord(symbol) for symbol in BLANKS])
    # Of each symbol, where its line begins; a newline belongs to the line that it ends.
    starts_T = np.maximum.accumulate(np.concatenate([[0], np.where(newline_T, places_T + 1, 0)]))[:-1]
    other_T = ~blank_T & ~newline_T
    last_other_T = np.maximum.accumulate(np.concatenate([[-1], np.where(other_T, places_T, -1)]))[:-1]
    begins_T = last_other_T < starts_T
    # Once another symbol stands in the line, its blanks are as many as before the first one.
    firsts_T = np.maximum.accumulate(np.where(begins_T, places_T, 0))
    blanks_T = firsts_T - starts_T[firsts_T]
    return blanks_T[positions], begins_T[positions].astype(np.int64)


def _innermost(openers: NDArray[np.int64], closers: NDArray[np.int64], length: int) -> NDArray[np.int64]:
    """The pair inside which each symbol of the text stands, its closer included, its opener not, [T]."""
    pair_T = np.full(length, NOTHING_OPEN, np.int64)
    for pair in np.argsort(openers, kind="stable").tolist():
        pair_T[openers[pair] + 1 : closers[pair] + 1] = pair
    return pair_T
