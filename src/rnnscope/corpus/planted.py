"""A generated text whose structure is known at every symbol: what discovery of cells must find again.

The text is a sequence of paragraphs of three kinds, drawn at random from one seed:

    prose    words wrapped at 64 columns, with speech in "..." that may run over several lines
    code     statements on lines: nested calls (), lists [] and blocks {}, "strings", comments from # to the end
    counts   lines of n times a followed by n times b, n from 1 to 12

Brackets and # also occur inside speech and comments, where they mean nothing, so that a cell which merely follows the
symbols differs from one that follows the structure. A longer text of the same seed begins with the shorter one.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

WIDTH = 64
DEEPEST = 6
LONGEST_COUNT = 12

WORDS = re.findall(
    r"\w+",
    """
    the of and to in that was his he it with had her as at on not for you is she but be all him by they were from said
    one there what which have or when who so this would out time then could are no more man been now upon them into
    some only little about over after before against morning evening window garden letter river soldier answer silence
    carriage winter thought remember nothing everything another through without between himself together suddenly
    """,
)
NAMES = re.findall(r"\w+", "f g open close read next sum split node item table first last left right count value key")
_PLAIN, _QUOTE, _COMMENT, _COUNT = range(4)
_BRACKETS = {"round": "()", "square": "[]", "curly": "{}"}


@dataclass(frozen=True, eq=False)
class Planted:
    """A generated text of N symbols and the truth about each.

    Args:
        text: printable ASCII and newlines.
        tracks: name -> [N]; the value at i is the state once symbol i has been read. `quote`, `comment` (bool):
            inside one, its opening sign included and its closing sign not. `round`, `square`, `curly` (int16): open
            brackets of one kind, 0 in prose; `depth` their sum. `column` (int16): symbols since the last newline.
            `count` (int16): how many b are still owed in a line of counts.
    """

    text: str
    tracks: dict[str, NDArray[Any]]


class Writer:
    """Collects pieces of text with the kind of place they stand in; all chance comes from its `random`."""

    def __init__(self, seed: int) -> None:
        # Only random() is used: its sequence is the same in every version of Python.
        self.random = random.Random(seed).random
        self.pieces: list[str] = []
        self.kinds: list[int] = []
        self.length = 0
        self.column = 0

    def put(self, piece: str, kind: int = _PLAIN) -> None:
        self.pieces.append(piece)
        self.kinds.append(kind)
        self.length += len(piece)
        newline = piece.rfind("\n")
        self.column = self.column + len(piece) if newline < 0 else len(piece) - newline - 1

    def below(self, n: int) -> int:
        return int(self.random() * n)

    def pick(self, choices: Sequence[str]) -> str:
        # Squaring makes early entries likelier, as words of real texts are.
        return choices[int(self.random() ** 2 * len(choices))]


def planted(seed: int, length: int) -> Planted:
    """Generate a text.

    Args:
        seed: any integer; the text is a function of it.
        length: N, symbols; at least 1.
    """
    assert length >= 1
    writer = Writer(seed)
    kinds: tuple[Callable[[Writer], None], ...] = (_prose, _code, _counts)
    while writer.length < length:
        kinds[writer.below(len(kinds))](writer)
        writer.put("\n")
    text = "".join(writer.pieces)[:length]
    codes_N = np.frombuffer(text.encode("ascii"), np.uint8)
    sizes = [len(piece) for piece in writer.pieces]
    kinds_N = np.repeat(np.array(writer.kinds, np.uint8), sizes)[:length]
    return Planted(text, _tracks(codes_N, kinds_N))


def _prose(writer: Writer) -> None:
    left, speech = 30 + writer.below(90), 0
    kind = _PLAIN
    while left > 0 or speech:
        if not speech and writer.random() < 0.06:
            speech, kind = 3 + writer.below(25), _QUOTE
            writer.put('"', kind)
        word = writer.pick(WORDS)
        if kind == _QUOTE and writer.random() < 0.04:
            word = writer.pick("([{#}])")
        writer.put(word, kind)
        left -= 1
        if speech:
            speech -= 1
            if not speech:
                kind = _PLAIN
                writer.put('"')
        elif writer.random() < 0.1:
            writer.put(writer.pick(",.;"))
        # The next word is not known yet; the longest one decides, so that no line passes the width.
        writer.put("\n" if writer.column > WIDTH - 12 else " ", kind)
    writer.put("\n")


def _code(writer: Writer) -> None:
    _block(writer, 0, 2 + writer.below(6))


def _block(writer: Writer, depth: int, statements: int) -> None:
    for _ in range(statements):
        writer.put("  " * depth)
        if depth < 3 and writer.random() < 0.25:
            writer.put(f"{writer.pick(NAMES)} {{\n")
            _block(writer, depth + 1, 1 + writer.below(4))
            writer.put("  " * depth + "}\n")
            continue
        writer.put(f"{writer.pick(NAMES)} = ")
        _expression(writer, 0)
        if writer.random() < 0.3:
            writer.put(" ")
            writer.put("#", _COMMENT)
            for _ in range(1 + writer.below(6)):
                sign = writer.random() < 0.1
                writer.put(" " + writer.pick('([{"}])' if sign else WORDS), _COMMENT)
        writer.put("\n")


def _expression(writer: Writer, depth: int) -> None:
    draw = writer.random() if depth < DEEPEST - 3 else 1.0
    if draw < 0.35:
        writer.put(f"{writer.pick(NAMES)}(")
        _items(writer, depth, ")")
    elif draw < 0.5:
        writer.put("[")
        _items(writer, depth, "]")
    elif draw < 0.65:
        writer.put('"', _QUOTE)
        for number in range(1 + writer.below(6)):
            sign = writer.random() < 0.1
            writer.put(" " * (number > 0) + writer.pick("([{#}])" if sign else WORDS), _QUOTE)
        writer.put('"')
    else:
        writer.put(writer.pick(NAMES) if writer.random() < 0.7 else str(writer.below(100)))


def _items(writer: Writer, depth: int, closing: str) -> None:
    for number in range(1 + writer.below(3)):
        if number:
            writer.put(", ")
        _expression(writer, depth + 1)
    writer.put(closing)


def _counts(writer: Writer) -> None:
    for _ in range(1 + writer.below(8)):
        n = 1 + writer.below(LONGEST_COUNT)
        writer.put("a" * n + "b" * n, _COUNT)
        writer.put("\n")


def _tracks(codes_N: NDArray[np.uint8], kinds_N: NDArray[np.uint8]) -> dict[str, NDArray[Any]]:
    def balance(opening: str, closing: str, kind: int) -> NDArray[np.int16]:
        signs_N = (codes_N == ord(opening)).astype(np.int16) - (codes_N == ord(closing))
        return np.cumsum(np.where(kinds_N == kind, signs_N, 0), dtype=np.int16)

    tracks: dict[str, NDArray[Any]] = {"quote": kinds_N == _QUOTE, "comment": kinds_N == _COMMENT}
    tracks |= {name: balance(signs[0], signs[1], _PLAIN) for name, signs in _BRACKETS.items()}
    tracks["depth"] = tracks["round"] + tracks["square"] + tracks["curly"]
    here_N = np.arange(len(codes_N))
    newlines_N = np.maximum.accumulate(np.where(codes_N == ord("\n"), here_N, -1))
    tracks["column"] = (here_N - newlines_N).astype(np.int16)
    tracks["count"] = balance("a", "b", _COUNT)
    return tracks
