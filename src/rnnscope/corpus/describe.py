"""What a text is made of, and which analyses it is too small for.

The thresholds are stated in `_NEEDS` with the reason for each; they say where an answer stops being worth printing,
not where the program stops working. Works on any text that could be read, also one that no split can cut.
"""

from __future__ import annotations

import unicodedata
from dataclasses import asdict, dataclass
from typing import Any, NamedTuple

import numpy as np

from rnnscope.config import CorpusConfig
from rnnscope.corpus import auto, names, split
from rnnscope.corpus.alphabet import count
from rnnscope.corpus.text import Kind, Text
from rnnscope.errors import InputError

MOST_FREQUENT = 20
_CLOSING = ")]}"


class Symbol(NamedTuple):
    """One symbol of the alphabet: its printable name, how many times it occurs, and its share of the text in [0, 1]."""

    name: str
    times: int
    share: float


class Judgement(NamedTuple):
    """Whether a text is large enough for one analysis, and the numbers that say so."""

    name: str
    enough: bool
    why: str


class _Need(NamedTuple):
    name: str
    part: str
    least: int
    reason: str


# Test parts are judged in blocks of 500 symbols, since neighbouring symbols are not independent.
_NEEDS = (
    _Need("training", "train", 100_000, "a network with fewer learns them by heart instead of the language"),
    _Need("n-gram of 20 symbols", "train", 500_000, "with fewer hardly any context of 20 symbols occurs twice"),
    _Need("cells", "test", 50_000, "100 blocks of 500 symbols confirm a cell against chance"),
    _Need("gates", "test", 10_000, "shares of saturated gates are then known to about one point in a hundred"),
    _Need("memory", "test", 20_000, "20 separate stretches of 1,000 symbols show how far back a network looks"),
    _Need("errors", "test", 25_000, "some 10,000 errors give shares of error classes to one point in a hundred"),
)
_CLOSING_NEEDED = 200


@dataclass(frozen=True)
class Description:
    """Facts about a text.

    Args:
        name, source, kind, encoding, sha256, byte_count, notes: as in `Text`.
        symbols: N.
        alphabet_size: distinct symbols.
        once: how many of them occur exactly once.
        lines: newline-terminated lines, and the unterminated last one.
        longest_line: symbols in the longest line, without its newline.
        classes: share of the text by class of symbol, in [0, 1].
        most_frequent: up to 20 symbols, most frequent first.
        files: how many files, 0 where boundaries are unknown.
        split: name of the split; refused: why it cannot be made, or "".
        parts: symbols in train, valid and test; empty if refused.
        dropped: symbols in no part.
        split_notes: what the split has to say.
        settings: what `auto` would choose, with its reasons; None if refused.
        analyses: for each later analysis whether the text is large enough.
    """

    name: str
    source: str
    kind: Kind
    encoding: str
    sha256: str
    byte_count: int
    notes: tuple[str, ...]
    symbols: int
    alphabet_size: int
    once: int
    lines: int
    longest_line: int
    classes: dict[str, float]
    most_frequent: tuple[Symbol, ...]
    files: int
    split: str
    refused: str
    parts: dict[str, int]
    dropped: int
    split_notes: tuple[str, ...]
    settings: auto.Settings | None
    analyses: tuple[Judgement, ...]

    def to_dict(self) -> dict[str, Any]:
        """Give plain data for JSON."""
        rows = {
            "most_frequent": [symbol._asdict() for symbol in self.most_frequent],
            "analyses": [judgement._asdict() for judgement in self.analyses],
        }
        return asdict(self) | rows

    def to_text(self) -> str:
        """Write the description for people, one fact a line."""
        unit = self.kind if self.kind == "bytes" else f"characters ({self.encoding})"
        files = f", {self.files:,} files" if self.files else ""
        common = ", ".join(f"{row.name} {row.share:.1%}" for row in self.most_frequent)
        lines = [
            f"{self.name}: {self.symbols:,} {unit}, {self.byte_count:,} bytes{files}",
            f"  source    {self.source}",
            f"  sha256    {self.sha256}",
            f"  alphabet  {self.alphabet_size:,} symbols, {self.once:,} of them occur once",
            f"  lines     {self.lines:,}, the longest of {self.longest_line:,} symbols",
            "  made of   " + ", ".join(f"{name} {share:.1%}" for name, share in self.classes.items()),
            f"  most      {common}",
        ]
        parts = ", ".join(f"{part} {size:,}" for part, size in self.parts.items())
        lines.append(f"  {self.split}: {self.refused or parts + f', in no part {self.dropped:,}'}")
        reasons = self.settings.reasons if self.settings else ()
        lines += [f"  note: {note}" for note in (*self.notes, *self.split_notes)]
        lines += [f"  auto: {reason}" for reason in reasons]
        lines += [f"  {'enough' if row.enough else 'too small'} for {row.name}: {row.why}" for row in self.analyses]
        return "\n".join(names.printable(line) for line in lines)


def describe(text: Text, config: CorpusConfig | None = None) -> Description:
    """Say what a text is made of.

    Args:
        text: any text.
        config: how it would be split; None for the defaults.
    """
    config = config or CorpusConfig(text=text.source)
    codes, counts = count(text.codes_N, text.kind)
    order = np.argsort(-counts, kind="stable")[:MOST_FREQUENT]
    newlines = np.flatnonzero(text.codes_N == ord("\n"))
    ends = np.append(newlines, len(text)) if text.codes_N[-1] != ord("\n") else newlines
    try:
        parts, refused = split.make(len(text), config, text.files), ""
    except InputError as error:
        parts, refused = None, str(error)
    return Description(
        name=text.name,
        source=text.source,
        kind=text.kind,
        encoding=text.encoding,
        sha256=text.sha256,
        byte_count=text.byte_count,
        notes=text.notes,
        symbols=len(text),
        alphabet_size=len(codes),
        once=int((counts == 1).sum()),
        lines=len(ends),
        longest_line=int(np.diff(ends, prepend=-1).max()) - 1,
        classes=_classes(codes, counts, text.kind),
        most_frequent=tuple(
            Symbol(names.name(int(codes[at]), text.kind), int(counts[at]), float(counts[at] / len(text)))
            for at in order
        ),
        files=len(text.files),
        split=config.split,
        refused=refused,
        parts={part: parts.size(part) for part in split.PARTS} if parts else {},
        dropped=parts.dropped if parts else 0,
        split_notes=parts.notes if parts else (),
        settings=auto.choose(parts.size("train"), parts.size("valid")) if parts else None,
        analyses=judge(text, parts, len(codes)),
    )


def judge(text: Text, parts: split.Split | None, alphabet_size: int) -> tuple[Judgement, ...]:
    """Say for each analysis whether the text is large enough.

    Args:
        text: the text.
        parts: its split; None if it cannot be split.
        alphabet_size: distinct symbols of the text.
    """
    needs = [need.name for need in _NEEDS] + ["brackets"]
    if parts is None:
        return tuple(Judgement(name, False, "without parts nothing can be trained or measured") for name in needs)
    if alphabet_size == 1:
        return tuple(Judgement(name, False, "the text has one symbol: nothing is left to predict") for name in needs)
    found = []
    for need in _NEEDS:
        have = parts.size(need.part)
        why = f"{have:,} symbols in the {need.part} part, at least {need.least:,} wanted: {need.reason}"
        found.append(Judgement(need.name, have >= need.least, why))
    closing = sum(
        int(np.count_nonzero(text.codes_N[start:stop] == ord(sign)))
        for start, stop in parts.parts["test"]
        for sign in _CLOSING
    )
    why = (
        f"{closing:,} closing brackets in the test part, at least {_CLOSING_NEEDED} wanted: 20 at each of 10 distances"
    )
    return (*found, Judgement("brackets", closing >= _CLOSING_NEEDED, why))


def _classes(codes: np.ndarray[Any, Any], counts: np.ndarray[Any, Any], kind: Kind) -> dict[str, float]:
    totals: dict[str, int] = {}
    for code, number in zip(codes.tolist(), counts.tolist(), strict=True):
        name = _class(code, kind)
        totals[name] = totals.get(name, 0) + number
    whole = sum(totals.values())
    return {name: number / whole for name, number in sorted(totals.items(), key=lambda item: -item[1])}


def _class(code: int, kind: Kind) -> str:
    if kind == "bytes" and code > 0x7F:
        return "bytes above 127"
    character = chr(code)
    if character.isspace():
        return "blanks and newlines"
    category = unicodedata.category(character)
    words = {"L": "letters", "M": "combining marks", "N": "digits", "P": "punctuation", "S": "signs"}
    return words.get(category[0], "controls and others")
