"""Three parts of a text that share no stream row, no file and no block: to discover, to confirm, to intervene.

What is dealt out is whole: rows of the streams split; files, where a text is made of files; else blocks of at least
2,000 symbols. The same units are what the bootstrap draws again, so they have to be nearly independent of each other:
never shorter than twice the correlation length of a feature. Text of training or early stopping does not belong here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from rnnscope.corpus.split import Segment
from rnnscope.errors import InputError

LEAST_BLOCK = 2_000
SHARE_OF_PART = 100
"""A block is at least this fraction of the text that is dealt out."""

LEAST_UNITS = 5
"""Fewer units than this in a part allow no statement about chance."""

FEW_UNITS = 20


@dataclass(frozen=True)
class Parts:
    """Which units go where.

    Args:
        discover: units of the first part, in text order; likewise `confirm` and `intervene`.
        unit: rows, files or blocks.
        seed: of the dealing.
        notes: sentences to be shown to the user.
    """

    discover: tuple[Segment, ...]
    confirm: tuple[Segment, ...]
    intervene: tuple[Segment, ...]
    unit: str
    seed: int
    notes: tuple[str, ...] = ()


def make(
    segments: Sequence[Segment],
    *,
    rows: bool = False,
    files: Sequence[Segment] = (),
    correlation: int = 0,
    seed: int = 0,
    most: int | None = None,
) -> Parts:
    """Deal a text out to three parts of about equal size.

    Args:
        segments: text that took no part in training or early stopping, in text order.
        rows: whether the segments are rows of the streams split.
        files: where the files of the text lie, where it is made of files; used unless there are rows.
        correlation: the longest correlation length of the features, in symbols, for the length of blocks.
        seed: of the dealing.
        most: symbols in a part, at most; units beyond are left out, so that memory does not grow with the text.

    Raises:
        InputError: there are fewer than five units for a part.
    """
    if rows:
        unit, units = "rows", list(segments)
    elif len(files) > 1:
        unit, units = "files", _meet(segments, files)
    else:
        unit, units = "blocks", _blocks(segments, correlation)
    if len(units) < 3 * LEAST_UNITS:
        total = sum(stop - start for start, stop in segments)
        raise InputError(
            tried="divide the text into parts to discover, confirm and intervene",
            given=f"{total:,} symbols in {len(units)} {unit}",
            why=f"each of the three parts needs at least {LEAST_UNITS}",
            todo="Give a longer text that the network was not trained on, as TEXT.",
        )
    dealt = _deal(units, seed, most)
    notes = []
    if min(map(len, dealt)) < FEW_UNITS:
        notes.append(f"A part has only {min(map(len, dealt))} {unit}: intervals are rough.")
    left_out = len(units) - sum(map(len, dealt))
    if left_out:
        notes.append(f"{left_out} of {len(units)} {unit} are left out, so that no part is over {most:,} symbols.")
    discover, confirm, intervene = (tuple(sorted(part)) for part in dealt)
    return Parts(discover, confirm, intervene, unit, seed, tuple(notes))


def _meet(segments: Sequence[Segment], files: Sequence[Segment]) -> list[Segment]:
    """What of each file lies in the segments: its longest piece, so that no file comes into two parts."""
    found = []
    for begin, end in files:
        inside = [(max(begin, start), min(end, stop)) for start, stop in segments]
        pieces = [Segment(low, high) for low, high in inside if high > low]
        if pieces:
            found.append(max(pieces, key=lambda piece: piece.stop - piece.start))
    return found


def _blocks(segments: Sequence[Segment], correlation: int) -> list[Segment]:
    total = sum(stop - start for start, stop in segments)
    length = max(LEAST_BLOCK, total // SHARE_OF_PART, 2 * correlation)
    blocks = []
    for start, stop in segments:
        count = max(1, (stop - start) // length)
        cuts = [start + (stop - start) * k // count for k in range(count + 1)]
        blocks += [Segment(low, high) for low, high in pairwise(cuts)]
    return blocks


def _deal(units: list[Segment], seed: int, most: int | None) -> list[list[Segment]]:
    """In random order, the longest first, each unit to the part that has least; random among equals."""
    order = np.random.default_rng(seed).permutation(len(units))
    shuffled = sorted((units[k] for k in order), key=lambda unit: unit.start - unit.stop)
    parts: list[list[Segment]] = [[], [], []]
    sizes = [0, 0, 0]
    for unit in shuffled:
        length = unit.stop - unit.start
        k = sizes.index(min(sizes))
        if most is None or sizes[k] + length <= most:
            parts[k].append(unit)
            sizes[k] += length
    return parts
