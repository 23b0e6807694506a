"""The order in which a part is read: B lanes in chunks of T for training, pieces with a warm-up for evaluation.

Training order is a function of the step alone: chunk k of every epoch is the same. Every position of the part is a
target exactly once an epoch, except position 0 of the text, which has no symbol before it; nothing is dropped.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from rnnscope.corpus.split import Segment

NO_TARGET = -1
"""Marks a target that is not to be scored: the padding of shorter lanes, and position 0 of the text."""

LANES = 100
"""Pieces into which a part is cut for evaluation and recording unless somebody asks otherwise."""

WARM = 1000
"""Symbols that each of them reads before the first one that counts."""


def _bounds(total: int, lanes: int) -> NDArray[np.int64]:
    """Cut `total` positions into lanes whose lengths differ by at most one, longer ones first: [lanes + 1] offsets."""
    short, longer = divmod(total, lanes)
    order = np.arange(lanes + 1)
    return order * short + np.minimum(order, longer)


class TrainingLanes:
    """The target positions of some segments, one after another, cut into B lanes of equal length.

    Args:
        ids_N: the whole text as ids, [N].
        segments: the positions to train on, in text order.
        batch: B, lanes; at most the number of positions.
        steps: T, symbols per chunk; the last chunk may be shorter.
    """

    def __init__(
        self, ids_N: NDArray[np.unsignedinteger[Any]], segments: Sequence[Segment], batch: int, steps: int
    ) -> None:
        total = sum(stop - start for start, stop in segments)
        assert 1 <= batch <= total, "auto.check refuses parts that are too small"
        self.batch, self.steps = batch, steps
        self._targets = np.concatenate([ids_N[start:stop] for start, stop in segments])
        # Position 0 has no symbol before it: it reads itself and has no target.
        befores = [
            ids_N[start - 1 : stop - 1] if start else np.concatenate([ids_N[:1], ids_N[: stop - 1]])
            for start, stop in segments
        ]
        self._inputs = np.concatenate(befores)
        offsets = np.cumsum([0] + [stop - start for start, stop in segments])
        starts = [start for start, _ in segments]
        self._untargeted = int(offsets[starts.index(0)]) if 0 in starts else None
        bounds = _bounds(total, batch)
        self._starts_B, self._stops_B = bounds[:-1], bounds[1:]
        self.chunks = -(-int(bounds[1]) // steps)
        self.symbols = total - (self._untargeted is not None)

    def chunk(self, k: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Give chunk k of the epoch.

        Args:
            k: 0 to `chunks` - 1.

        Returns:
            Inputs and targets, both [T, B] int64; the last chunk may have fewer steps. A target of `NO_TARGET` is
            not to be scored.
        """
        assert 0 <= k < self.chunks
        longest = int(self._stops_B[0])
        first, last = k * self.steps, min((k + 1) * self.steps, longest)
        at_TB = self._starts_B[None, :] + np.arange(first, last)[:, None]
        beyond_TB = at_TB >= self._stops_B[None, :]
        at_TB = np.where(beyond_TB, self._starts_B[None, :], at_TB)
        inputs_TB = self._inputs[at_TB].astype(np.int64)
        targets_TB = self._targets[at_TB].astype(np.int64)
        targets_TB[beyond_TB] = NO_TARGET
        if self._untargeted is not None:
            targets_TB[at_TB == self._untargeted] = NO_TARGET
        return inputs_TB, targets_TB


class Piece(NamedTuple):
    """Positions [start, stop) to score in one stream, after reading from `warm_start` without scoring."""

    start: int
    stop: int
    warm_start: int


def reading_lanes(segments: Sequence[Segment], lanes: int = LANES, warm: int = WARM) -> list[Piece]:
    """Cut a part into pieces for evaluation; each position is in exactly one.

    The part is cut into `lanes` stretches whose lengths differ by at most one, and again wherever a segment ends,
    since the text is not continuous there. With the 100 rows of the streams split the pieces are the rows.

    Args:
        segments: the positions to score, in text order.
        lanes: stretches to cut; fewer where there are fewer positions.
        warm: symbols to read unscored before each piece, from zero state; they may lie in other parts.
    """
    assert lanes >= 1
    assert warm >= 0
    total = sum(stop - start for start, stop in segments)
    cuts = _bounds(total, min(lanes, total)).tolist() if total else []
    pieces, done = [], 0
    for start, stop in segments:
        shift = start - done
        inner = [cut + shift for cut in cuts if start < cut + shift < stop]
        for low, high in zip([start, *inner], [*inner, stop], strict=True):
            pieces.append(Piece(low, high, max(0, low - 1 - warm)))
        done += stop - start
    return pieces
