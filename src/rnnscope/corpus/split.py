"""Which positions of a text are for training, validation and test.

A symbol belongs to the part that holds it as a target; its input is the symbol before it in the text, whichever part
that one is in. Three ways to cut:

- contiguous: one block for validation and one for test; `fold` moves both through the text.
- streams: the text as 100 rows of equal length, each row cut alike, in chunks of 100 symbols (Karpathy, Johnson and
  Fei-Fei 2015, as their code did it). Every test slice then continues a passage that was trained on.
- files: whole files in the order of the text, where their boundaries are known.

A part that was asked for and would be empty is refused.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from typing import NamedTuple

from rnnscope.config import CorpusConfig
from rnnscope.corpus.text import FileSpan
from rnnscope.errors import InputError

PARTS = ("train", "valid", "test")
ROWS = 100
CHUNK = 100


class Segment(NamedTuple):
    """Positions [start, stop) of a text."""

    start: int
    stop: int


@dataclass(frozen=True)
class Split:
    """The parts of a text.

    Args:
        name: contiguous, streams or files.
        parts: for train, valid and test the segments in text order; empty where a share of 0 was asked.
        dropped: symbols at the end of the text that belong to no part.
        notes: sentences to be shown to the user.
    """

    name: str
    parts: dict[str, tuple[Segment, ...]]
    dropped: int = 0
    notes: tuple[str, ...] = ()

    def size(self, part: str) -> int:
        """Count the symbols of one part."""
        return sum(segment.stop - segment.start for segment in self.parts[part])


def make(n: int, config: CorpusConfig, files: Sequence[FileSpan] = ()) -> Split:
    """Cut a text of n symbols as the configuration says.

    Args:
        n: symbols of the text.
        config: `split`, `fold` and `fractions` are used.
        files: spans that cover the text, for the split by files.

    Raises:
        InputError: a part would be empty, a fold does not exist, or file boundaries are not known.
    """
    # Through the decimal text of the float, so that 10 % of 3,258,246 is exact and 0.1 stays a tenth.
    shares = [Fraction(str(share)) / 100 for share in config.fractions]
    if config.split == "streams":
        split = _streams(n, shares, config)
    elif config.split == "files":
        split = _files(n, shares, files)
    else:
        split = _contiguous(n, shares, config)
    for part, share in zip(PARTS, shares, strict=True):
        if share and not split.size(part):
            raise _too_small(n, config, f"the {part} part would be empty")
    return split


def _contiguous(n: int, shares: list[Fraction], config: CorpusConfig) -> Split:
    _, valid, test = shares
    last_fold = int(1 / test) - 1 if test else 0
    if config.fold > last_fold:
        raise InputError(
            tried="split the text",
            given=f"fold {config.fold} with a test share of {float(test * 100):g} %",
            why=f"the test block reaches the beginning of the text at fold {last_fold}",
            todo=f"Use --fold 0 to {last_fold}, or a smaller test share.",
        )
    # All cuts are floors of one fraction of n, so that the test blocks of neighbouring folds share their ends exactly.
    test_start, test_stop = 1 - (config.fold + 1) * test, 1 - config.fold * test
    valid_start = test_start - valid
    held = {
        "test": _positions(n, [(test_start, test_stop)]),
        "valid": _positions(n, _cyclic(valid_start, test_start)),
        "train": _positions(n, _cyclic(test_stop, 1 + valid_start)),
    }
    return Split("contiguous", {part: held[part] for part in PARTS})


def _cyclic(start: Fraction, stop: Fraction) -> list[tuple[Fraction, Fraction]]:
    """Cut the arc [start, stop) of a circle of circumference 1, with stop in [0, 2], at its seams, in text order."""
    if start < 0:
        pieces = [(Fraction(0), stop), (1 + start, Fraction(1))]
    elif stop > 1:
        pieces = [(Fraction(0), stop - 1), (start, Fraction(1))]
    else:
        pieces = [(start, stop)]
    return pieces


def _positions(n: int, pieces: list[tuple[Fraction, Fraction]]) -> tuple[Segment, ...]:
    cut = [Segment(int(n * start), int(n * stop)) for start, stop in pieces]
    return tuple(segment for segment in cut if segment.stop > segment.start)


def _streams(n: int, shares: list[Fraction], config: CorpusConfig) -> Split:
    chunks = n // (ROWS * CHUNK)
    if chunks == 0:
        raise _too_small(n, config, f"the streams split needs at least {ROWS * CHUNK:,} symbols")
    row = chunks * CHUNK
    train = int(chunks * shares[0])
    # What rounding leaves over goes to the last part that has a share.
    valid = int(chunks * shares[1]) if shares[2] else chunks - train
    cuts = (0, train * CHUNK, (train + valid) * CHUNK, row)
    parts = {
        part: tuple(Segment(r * row + low, r * row + high) for r in range(ROWS) if high > low)
        for part, (low, high) in zip(PARTS, pairwise(cuts), strict=True)
    }
    dropped = n - ROWS * row
    notes = ["Every test slice continues a passage that was trained on; losses are lower than on unknown passages."]
    if dropped:
        notes.insert(0, f"The last {dropped:,} symbols, beyond a multiple of {ROWS * CHUNK:,}, are in no part.")
    return Split("streams", parts, dropped, tuple(notes))


def _files(n: int, shares: list[Fraction], files: Sequence[FileSpan]) -> Split:
    wanted = sum(share > 0 for share in shares)
    if len(files) < wanted:
        known = f"{len(files)} known files" if files else "no known file boundaries"
        raise InputError(
            tried="split the text by files",
            given=f"a text of {n:,} symbols with {known}",
            why=f"{wanted} parts of whole files need at least {wanted} files",
            todo="Give a folder as TEXT, or use --split contiguous.",
        )
    assert (files[0].start, files[-1].stop) == (0, n), "file spans must cover the text"
    starts = [span.start for span in files] + [n]
    cuts, done, left = [0], Fraction(0), wanted
    for share in shares:
        left -= share > 0
        done += share
        # The boundary nearest to the share's end that leaves at least one file to this part and to each one after it.
        low, high = cuts[-1] + (share > 0), len(files) - left
        nearest = _nearest(starts, int(n * done)) if left else len(files)
        cuts.append(min(max(nearest, low), high) if share else cuts[-1])
    parts: dict[str, tuple[Segment, ...]] = dict.fromkeys(PARTS, ())
    for part, (low, high) in zip(PARTS, pairwise(cuts), strict=True):
        if high > low:
            parts[part] = (Segment(starts[low], starts[high]),)
    counts = ", ".join(f"{part} {high - low}" for part, (low, high) in zip(PARTS, pairwise(cuts), strict=True))
    return Split("files", parts, 0, (f"Files: {counts}.",))


def _nearest(starts: list[int], position: int) -> int:
    after = bisect_left(starts, position)
    closer_before = after > 0 and position - starts[after - 1] <= starts[after] - position
    return after - 1 if closer_before else after


def _too_small(n: int, config: CorpusConfig, why: str) -> InputError:
    shares = "/".join(f"{share:g}" for share in config.fractions)
    other = " or --split contiguous" if config.split == "streams" else ""
    return InputError(
        tried="split the text",
        given=f"{n:,} symbols, --split {config.split} --fractions {shares}",
        why=why,
        todo=f"Give a longer text{other}, or other --fractions (a share of 0 leaves a part out).",
    )
