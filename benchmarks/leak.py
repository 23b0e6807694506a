"""How much of a loss on the split `streams` is text that was seen: the leak.

    python benchmarks/leak.py [--texts warpeace,linux] [--networks FOLDER --epochs 5] [--rows 100] [--out PAGE]

Every test slice of that split continues a passage that was trained on. The same positions are scored by models whose
training part lacks the rest of the slices' own text: for source code the rest of the files that the slices lie in, for
prose all within some distance of the slice, slice by slice. A smaller training part costs something by itself, so each
is set against the removal of as much text elsewhere. Contiguous parts are unknown text altogether, but one of them is
no measure: all folds are counted.

With --networks, three networks of budget 64 are trained on source code as well; a folder that holds them already is
used again.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from rnnscope import api, environment
from rnnscope.analyse.stats import group_bootstrap_mean
from rnnscope.config import CorpusConfig
from rnnscope.corpus import split
from rnnscope.corpus.alphabet import Alphabet
from rnnscope.corpus.builtin import BUILTIN
from rnnscope.corpus.lanes import reading_lanes
from rnnscope.corpus.read import load
from rnnscope.corpus.split import Segment, Split
from rnnscope.corpus.text import FileSpan, Text
from rnnscope.ngram.kneser_ney import KneserNey

CONTEXT = 20
DISTANCES = (10_000, 30_000, 100_000)
NETWORK_SLICES = 10
"""Test slices on which networks are compared: each would need a training of its own otherwise."""

FAR = 400_000
"""Prose that is removed for comparison lies at least so far away from the slice."""

Mask = NDArray[np.bool_]
Losses = NDArray[np.float32]


@dataclass(frozen=True)
class Row:
    """One way to train, and what it costs on the test positions.

    Args:
        name: what was left out.
        removed: symbols of the training part that were left out, on average.
        losses: -log p of each test position in nats, [N].
    """

    name: str
    removed: float
    losses: Losses


def mask_of(segments: Sequence[Segment], length: int) -> Mask:
    """Which symbols of a text lie in some segments, [T]."""
    found = np.zeros(length, bool)
    for start, stop in segments:
        found[start:stop] = True
    return found


def segments_of(mask: Mask) -> list[Segment]:
    """The runs of a mask."""
    edges = np.diff(np.concatenate([[0], mask.astype(np.int8), [0]]))
    starts, stops = np.flatnonzero(edges == 1).tolist(), np.flatnonzero(edges == -1).tolist()
    return [Segment(start, stop) for start, stop in zip(starts, stops, strict=True)]


def file_of(files: Sequence[FileSpan], positions: NDArray[np.int64]) -> NDArray[np.int64]:
    """Index of the file that each position lies in, [N]."""
    return np.searchsorted([span.start for span in files], positions, side="right") - 1


def own_files(train: Mask, slices: Sequence[Segment], files: Sequence[FileSpan]) -> Mask:
    """The training symbols of the files that hold some slices, [T]."""
    held = [span for span in files if any(span.start < stop and start < span.stop for start, stop in slices)]
    return mask_of([Segment(span.start, span.stop) for span in held], len(train)) & train


def other_files(train: Mask, own: Mask, files: Sequence[FileSpan], random: np.random.Generator) -> Mask:
    """As many training symbols of other files, whole but for the last, in random order, [T]."""
    left, found = int(own.sum()), np.zeros(len(train), bool)
    for index in random.permutation(len(files)).tolist():
        start, stop = files[index].start, files[index].stop
        if not own[start:stop].any():
            places = np.flatnonzero(train[start:stop])[:left] + start
            found[places] = True
            left -= len(places)
    if left:
        raise SystemExit(f"other files have {left:,} symbols too few")
    return found


def neighbourhood(train: Mask, slice_: Segment, distance: int) -> Mask:
    """The training symbols within a distance of a slice, on either side, [T]."""
    found = np.zeros(len(train), bool)
    found[max(0, slice_.start - distance) : slice_.stop + distance] = True
    return found & train


def far_stretch(train: Mask, slice_: Segment, count: int, random: np.random.Generator) -> Mask:
    """As many training symbols in one stretch elsewhere: `FAR` away from the slice, or as far as the text allows."""
    places = np.flatnonzero(train)
    away = min(FAR, len(train) // 4)
    possible = np.flatnonzero((places + 1 < slice_.start - away) | (places > slice_.stop + away))
    first = int(random.integers(0, max(1, len(possible) - count + 1)))
    found = np.zeros(len(train), bool)
    found[places[possible[first : first + count]]] = True
    return found


def by_ngram(ids: NDArray[np.integer], kept: Mask, test: Sequence[Segment], vocabulary: int) -> Losses:
    """Losses of an n-gram on the test positions after counting what is kept, [N]."""
    streams = [ids[start:stop] for start, stop in segments_of(kept)]
    model = KneserNey.fit(streams, vocabulary, CONTEXT)
    found: Losses = -model.log_probs_of_true(ids, test, [CONTEXT])[0]
    return found


def by_network(text: Text, cut: Split, kept: Mask, test: Sequence[Segment], folder: Path, epochs: int) -> Losses:
    """Losses on test positions of a network that is trained on what is kept, [N]."""
    from rnnscope.record.scores import score_part

    if not (folder / "config.toml").exists():
        folder.parent.mkdir(parents=True, exist_ok=True)
        parts = [segments_of(kept), cut.parts["valid"], cut.parts["test"]]
        codes = [np.concatenate([text.codes_N[start:stop] for start, stop in part]) for part in parts]
        file = folder.with_suffix(".txt")
        file.write_bytes(np.concatenate(codes).astype(np.uint8).tobytes())
        total = sum(map(len, codes))
        held = [round(100 * len(part) / total, 9) for part in codes[1:]]
        api.train(
            str(file), folder, symbols="bytes", fractions=(100 - sum(held), *held), cell="lstm", layers=2, budget=64,
            epochs=epochs, sample_length=0,
        )  # fmt: skip
    run = api.open_run(folder)
    # Symbols that only what was removed has are never read here; they become some other symbol.
    known = run.alphabet.codes
    codes_N = np.where(np.isin(text.codes_N, known), text.codes_N, known[0]).astype(np.uint8)
    scores = score_part(run.network, run.alphabet.encode(codes_N), reading_lanes(test, len(test)))
    found: Losses = -scores.log_probs
    return found


def folds(text: Text, ids: NDArray[np.integer], vocabulary: int, fractions: tuple[float, float, float]) -> list[float]:
    """Loss of the n-gram on the test block of every contiguous fold."""
    found = []
    for fold in range(int(100 / fractions[2])):
        config = CorpusConfig(text=text.source, split="contiguous", fold=fold, fractions=fractions)
        cut = split.make(len(text), config)
        losses = by_ngram(ids, mask_of(cut.parts["train"], len(text)), cut.parts["test"], vocabulary)
        found.append(float(losses.mean(dtype=np.float64)))
    return found


def slice_by_slice(
    ids: NDArray[np.integer],
    train: Mask,
    test: Sequence[Segment],
    vocabulary: int,
    near: Callable[[Segment], Mask],
    far: Callable[[Segment, Mask], Mask],
) -> list[tuple[float, Losses]]:
    """Losses with the training symbols near each slice left out, then with as many far from it, a model for each.

    Args:
        near: the training symbols that belong to a slice, [T].
        far: as many others; is given the slice and the first ones.

    Returns:
        Twice: symbols left out, on average, and losses, [N].
    """
    removed, by_near, by_far = [], [], []
    for slice_ in test:
        own = near(slice_)
        removed.append(int(own.sum()))
        by_near.append(by_ngram(ids, train & ~own, [slice_], vocabulary))
        by_far.append(by_ngram(ids, train & ~far(slice_, own), [slice_], vocabulary))
    mean = float(np.mean(removed))
    return [(mean, np.concatenate(by_near)), (mean, np.concatenate(by_far))]


def ngram_rows(text: Text, ids: NDArray[np.integer], cut: Split, test: Sequence[Segment], vocabulary: int) -> list[Row]:
    """What an n-gram pays: with everything, without what is near each slice, without as much elsewhere."""
    train, random = mask_of(cut.parts["train"], len(ids)), np.random.default_rng(1)
    rows = [Row("nothing", 0.0, by_ngram(ids, train, test, vocabulary))]
    if text.files:
        found = slice_by_slice(
            ids, train, test, vocabulary,
            lambda slice_: own_files(train, [slice_], text.files),
            lambda _, own: other_files(train, own, text.files, random),
        )  # fmt: skip
        names = [("the rest of its own files", "as much of other files")]
        return rows + [Row(name, *one) for pair in names for name, one in zip(pair, found, strict=True)]
    for distance in DISTANCES:
        found = slice_by_slice(
            ids, train, test, vocabulary,
            lambda slice_, distance=distance: neighbourhood(train, slice_, distance),
            lambda slice_, own: far_stretch(train, slice_, int(own.sum()), random),
        )  # fmt: skip
        names_here = (f"all within {distance:,} symbols", "as much, far away")
        rows += [Row(name, *one) for name, one in zip(names_here, found, strict=True)]
    return rows


def network_rows(text: Text, cut: Split, test: Sequence[Segment], folder: Path, epochs: int) -> list[Row]:
    """The same for three networks, each without what belongs to all these slices at once."""
    train = mask_of(cut.parts["train"], len(text))
    own = own_files(train, test, text.files)
    other = other_files(train, own, text.files, np.random.default_rng(1))
    kinds = {
        "whole": ("nothing", np.zeros_like(train)),
        "own": ("the rest of their own files", own),
        "others": ("as much of other files", other),
    }
    return [
        Row(
            name, float(gone.sum()), by_network(text, cut, train & ~gone, test, folder / f"{text.name}-{short}", epochs)
        )
        for short, (name, gone) in kinds.items()
    ]


def groups_of(text: Text, test: Sequence[Segment]) -> NDArray[np.int64]:
    """What intervals draw again: the file of each test position, or its slice where no files are known, [N]."""
    if text.files:
        return file_of(text.files, np.concatenate([np.arange(start, stop) for start, stop in test]))
    return np.repeat(np.arange(len(test)), [stop - start for start, stop in test])


def every(slices: Sequence[Segment], count: int) -> list[Segment]:
    """So many of them, evenly spread."""
    return list(slices[:: max(1, len(slices) // count)][:count])


def table(rows: Sequence[Row], groups: NDArray[np.int64]) -> list[str]:
    """Losses and their differences from the whole training part, with intervals over groups."""
    whole = rows[0].losses
    lines = ["| left out of training | symbols | loss, nats | more than with everything |", "|---|--:|--:|--:|"]
    for row in rows:
        difference = "" if row is rows[0] else told(row.losses - whole, groups, sign=True)
        lines.append(f"| {row.name} | {row.removed:,.0f} | {told(row.losses, groups)} | {difference} |")
    return lines


def told(values: Losses, groups: NDArray[np.int64], *, sign: bool = False) -> str:
    """A mean with its interval."""
    form = "+.4f" if sign else ".4f"
    between = group_bootstrap_mean(values, groups)
    ends = "" if between is None else f" ({between[0]:{form}} to {between[1]:{form}})"
    return f"{values.mean(dtype=np.float64):{form}}{ends}"


def of_text(name: str, given: argparse.Namespace) -> list[str]:
    """The section of one text."""
    known = BUILTIN[name]
    text = load(name, symbols=known.symbols)
    ids, vocabulary = Alphabet.of(text).encode(text.codes_N), Alphabet.of(text).size
    cut = split.make(len(text), CorpusConfig(text=name, split="streams", fractions=known.fractions))
    test = every(cut.parts["test"], given.rows)
    groups = groups_of(text, test)
    of_what = f"{len(np.unique(groups))} {'files' if text.files else 'slices'}"
    lines = [
        "", f"## {name}", "",
        f"N-gram of context {CONTEXT}, counted anew for each of {len(test)} test slices ({len(groups):,} symbols); "
        f"intervals over {of_what}.", "",
        *table(ngram_rows(text, ids, cut, test, vocabulary), groups),
    ]  # fmt: skip
    if given.networks is not None and text.files:
        few = every(cut.parts["test"], NETWORK_SLICES)
        rows, groups = network_rows(text, cut, few, given.networks, given.epochs), groups_of(text, few)
        hidden = api.open_run(given.networks / f"{name}-whole").model.hidden
        lines += [
            "",
            f"LSTM 2 x {hidden} (budget 64), {given.epochs} epochs each, seed 1; {len(few)} slices ({len(groups):,} "
            f"symbols), what belongs to any of them left out at once; intervals over {len(np.unique(groups))} files.",
            "",
            *table(rows, groups),
        ]
    found = folds(text, ids, vocabulary, known.fractions)
    lines += [
        "",
        f"Contiguous parts, all {len(found)} folds: {np.mean(found):.4f} nats on average, from {min(found):.4f} to "
        f"{max(found):.4f}; the last part of the text alone gives {found[0]:.4f}.",
    ]
    return lines


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--texts", default="warpeace,linux")
    parser.add_argument("--rows", type=int, default=100, help="test slices, each with models of its own")
    parser.add_argument("--networks", type=Path, help="folder for networks on source code; none are trained without it")
    parser.add_argument("--epochs", type=int, default=5, help="of these networks")
    parser.add_argument("--out", type=Path)
    given = parser.parse_args()
    made = f" --networks FOLDER --epochs {given.epochs}" if given.networks else ""
    lines = [
        "# The leak of the split `streams`",
        "",
        *(line.strip() for line in (__doc__ or "").split("\n\n")[2].splitlines()),
        "",
        f"Made by `python3 dev.py bench leak{made}`, {datetime.now(UTC):%Y-%m-%d}, "
        f"{environment.describe()['processor']}. Intervals are 95 %.",
    ]
    for name in given.texts.split(","):
        lines += of_text(name, given)
    page = "\n".join(lines) + "\n"
    sys.stdout.write(page)
    if given.out:
        given.out.write_text(page, "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
