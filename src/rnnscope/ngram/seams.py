"""Where the parts of a text meet: which symbols follow each other when counting, and what a part is read after.

`true`: every symbol keeps its place. Counting reads each stretch of the training part as a stream of its own, so no
n-gram crosses a seam; a held-out symbol is scored after the symbols that stand before it in the text, whichever part
holds them.

`joined`: a part is the concatenation of its stretches, as when each part is one line of a file for KenLM. Counting
reads one stream, whose seams make n-grams that the text does not have; a part is read after the concatenation of the
part before it (validation after training, test after validation). Published numbers were made like this.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from rnnscope.corpus.split import PARTS, Segment, Split

Seams = Literal["true", "joined"]
Ids = NDArray[np.integer[Any]]


def training_streams(ids: Ids, segments: Sequence[Segment], seams: Seams) -> list[Ids]:
    """What counting reads, each stream for itself.

    Args:
        ids: the whole text, [N].
        segments: the training part, in text order.
        seams: `true` gives a stream for every stretch without a gap, `joined` a single one.

    Returns:
        Streams, each [any length of at least 1].
    """
    if seams == "joined":
        return [_joined(ids, segments)] if segments else []
    return [ids[start:stop] for start, stop in _merged(segments)]


def reading(ids: Ids, split: Split, part: str, seams: Seams) -> tuple[Ids, list[Segment]]:
    """What scoring a part reads.

    Args:
        ids: the whole text, [N].
        split: where the parts lie.
        part: train, valid or test.
        seams: see the module.

    Returns:
        The stream that is read, [M], and the pieces of it that are scored; in the order of the part's symbols.
    """
    segments = split.parts[part]
    if seams == "true":
        return ids, list(segments)
    earlier = [split.parts[name] for name in PARTS[: PARTS.index(part)] if split.parts[name]]
    before_M, own_M = _joined(ids, earlier[-1] if earlier else ()), _joined(ids, segments)
    pieces = [Segment(len(before_M), len(before_M) + len(own_M))] if len(own_M) else []
    return np.concatenate([before_M, own_M]), pieces


def positions(segments: Sequence[Segment]) -> NDArray[np.int64]:
    """Where in the text the symbols of a part stand, in the order in which they are scored, [N]."""
    stretches = [np.arange(start, stop, dtype=np.int64) for start, stop in segments]
    return np.concatenate([np.empty(0, np.int64), *stretches])


def _joined(ids: Ids, segments: Sequence[Segment]) -> Ids:
    return np.concatenate([ids[:0], *(ids[start:stop] for start, stop in segments)])


def _merged(segments: Sequence[Segment]) -> list[Segment]:
    """Segments that touch, such as the rows of a part that is the whole text, are one stretch."""
    merged: list[Segment] = []
    for start, stop in segments:
        if merged and merged[-1].stop == start:
            start = merged.pop().start
        merged.append(Segment(start, stop))
    return merged
