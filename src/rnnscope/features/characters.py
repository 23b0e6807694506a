"""A text as characters with their Unicode classes, lines, paragraphs and brackets; symbols may be bytes.

Features of prose are about characters. For a text of bytes they are computed on the characters that the bytes spell in
UTF-8 and handed down: a byte has the value of the last character that is whole when it has been read. A byte that
spells nothing is a character without any class and is excluded. Every count starts anew with a file.
"""

from __future__ import annotations

import unicodedata
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rnnscope.corpus.alphabet import count
from rnnscope.corpus.text import Text
from rnnscope.features import brackets
from rnnscope.features.steps import Positions, held, merged, since

LETTER, MARK, UPPER, LOWER, DIGIT = 1, 2, 4, 8, 16
PUNCTUATION, SIGN, BLANK, BREAK = 32, 64, 128, 256
OPENING, CLOSING, STOP, DASH = 512, 1024, 2048, 4096
WORD = LETTER | MARK
WHITE = BLANK | BREAK

_CATEGORIES = {"L": LETTER, "M": MARK, "Lu": UPPER, "Lt": UPPER, "Ll": LOWER, "Nd": DIGIT, "P": PUNCTUATION, "S": SIGN}
_CATEGORIES |= {"Zs": BLANK, "Zl": BREAK, "Zp": BREAK, "Pd": DASH}
_CATEGORIES |= {"Ps": OPENING, "Pi": OPENING, "Pe": CLOSING, "Pf": CLOSING}
_BREAKS = "\n\r\x85"
_BLANKS = "\t\v\f"
# Full stops, question and exclamation marks of the scripts that end sentences with a sign of their own.
_STOPS = ".!?\u2026\u061f\u06d4\u0964\u0965\u104b\u1362\u17d4\u203c\u2047\u2048\u2049\u3002\uff01\uff0e\uff1f\uff61"


class Characters:
    """M characters of a text.

    Args:
        text: the text, in its original order.
        files: [start, stop) of its files in symbols, covering it.
    """

    def __init__(self, text: Text, files: list[tuple[int, int]]) -> None:
        self.n_symbols = len(text)
        if text.kind == "characters":
            self.codes_M, self.ends_M = text.codes_N.astype(np.uint32, copy=False), None
            self.starts = np.array([start for start, _ in files], np.int64)
        else:
            self.codes_M, self.ends_M, self.starts = _spelled(text, files)
        self._begun = self._bytes_before_characters([start for start, _ in files])

    def __len__(self) -> int:
        return len(self.codes_M)

    def to_symbols(self, values_M: NDArray[Any]) -> NDArray[Any]:
        """Hand values of characters down to symbols, [M] -> [N]; 0 before the first character of a file is whole."""
        if self.ends_M is None:
            return values_M
        values_N = held(self.n_symbols, self.ends_M, values_M)
        values_N[self._begun] = 0
        return values_N

    def _bytes_before_characters(self, file_starts: list[int]) -> Positions:
        """Symbols that begin a file and complete no character."""
        if self.ends_M is None:
            return np.zeros(0, np.int64)
        ends = self.ends_M[self.starts].tolist()
        return np.concatenate([np.arange(start, end) for start, end in zip(file_starts, ends, strict=True)])

    def only_last_bytes(self, chosen_M: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Hand chosen characters down to the one symbol that completes each, [M] -> [N]."""
        if self.ends_M is None:
            return chosen_M
        chosen_N = np.zeros(self.n_symbols, np.bool_)
        chosen_N[self.ends_M[chosen_M]] = True
        return chosen_N

    @cached_property
    def flags_M(self) -> NDArray[np.uint16]:
        """Classes of each character, as a sum of the constants of this module."""
        distinct, _ = count(self.codes_M, "characters")
        table = np.zeros(int(distinct[-1]) + 1, np.uint16)
        for code in distinct.tolist():
            table[code] = _flags(chr(code))
        found: NDArray[np.uint16] = table[self.codes_M]
        return found

    def has(self, flags: int) -> NDArray[np.bool_]:
        """Where a character is of any of the classes."""
        found_M: NDArray[np.bool_] = (self.flags_M & flags) != 0
        return found_M

    def any_of(self, characters: str) -> NDArray[np.bool_]:
        """Where one of a few characters stands."""
        found_M = np.zeros(len(self), np.bool_)
        for character in characters:
            found_M |= self.codes_M == ord(character)
        return found_M

    def after(self, found_M: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Where the previous character of the same file is among those found."""
        shifted_M = np.zeros(len(self), np.bool_)
        shifted_M[1:] = found_M[:-1]
        shifted_M[self.starts] = False
        return shifted_M

    def before(self, found_M: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Where the next character of the same file is among those found."""
        shifted_M = np.zeros(len(self), np.bool_)
        shifted_M[:-1] = found_M[1:]
        shifted_M[self.starts[1:] - 1] = False
        return shifted_M

    def starts_of(self, found_M: NDArray[np.bool_]) -> Positions:
        """First characters of the runs of characters that are found; a run ends with its file."""
        return np.flatnonzero(found_M & ~self.after(found_M))

    def last_index(self, found_M: NDArray[np.bool_]) -> NDArray[np.int32]:
        """Index of the last character found at or before each one, -1 where there is none."""
        here_M = np.where(found_M, np.arange(len(self), dtype=np.int32), np.int32(-1))
        latest: NDArray[np.int32] = np.maximum.accumulate(here_M)
        return latest

    @cached_property
    def column_M(self) -> NDArray[np.int32]:
        """Characters of the line read so far; 0 at the characters that break lines."""
        breaks = np.flatnonzero(self.has(BREAK))
        at = np.concatenate([self.starts, breaks])
        firsts = np.concatenate([self.starts, breaks + 1])
        order = np.argsort(at, kind="stable")
        return np.arange(1, len(self) + 1, dtype=np.int32) - held(len(self), at[order], firsts[order].astype(np.int32))

    @cached_property
    def line_is_blank_M(self) -> NDArray[np.bool_]:
        """Whether the line read so far holds nothing but blanks; True at breaks."""
        here_M = np.arange(len(self), dtype=np.int32)
        return here_M - self.last_index(~self.has(WHITE)) >= self.column_M

    @cached_property
    def line_feed_of_pair_M(self) -> NDArray[np.bool_]:
        """Line feeds that belong to the CR before them."""
        line_feed_M: NDArray[np.bool_] = self.codes_M == 0x0A
        return line_feed_M & self.after(self.codes_M == 0x0D)

    @cached_property
    def breaks(self) -> Positions:
        """Where lines end: each break once, CR LF at its CR."""
        return np.flatnonzero(self.has(BREAK) & ~self.line_feed_of_pair_M)

    @cached_property
    def paragraphs(self) -> Positions:
        """Where everything of prose is closed: starts of files, and the breaks that end blank lines."""
        blank = self.line_is_blank_M[np.maximum(self.breaks - 1, 0)]
        return merged(self.starts, self.breaks[blank])

    @cached_property
    def brackets(self) -> brackets.Events:
        """Brackets, matched."""
        return brackets.match(self)

    def since(self, starts: Positions) -> NDArray[np.int32]:
        """Count characters since the last start, which is number 1; 0 before the first of a file."""
        at = np.concatenate([self.starts, starts])
        real = np.zeros(len(at), np.bool_)
        real[len(self.starts) :] = True
        order = np.argsort(at, kind="stable")
        counting_M = held(len(self), at[order], real[order])
        return np.where(counting_M, since(len(self), at[order]), np.int32(0))


def _flags(character: str) -> int:
    category = unicodedata.category(character)
    flags = _CATEGORIES.get(category[0], 0) | _CATEGORIES.get(category, 0)
    if character in _STOPS:
        flags |= STOP
    if character in _BREAKS:
        flags = BREAK
    return BLANK if character in _BLANKS else flags


def _spelled(
    text: Text, files: list[tuple[int, int]]
) -> tuple[NDArray[np.uint32], NDArray[np.int64] | None, Positions]:
    """Read bytes as UTF-8, file by file: codes, index of the last byte of each, first characters of the files.

    A byte that is no UTF-8 becomes the code 0xDC00 + byte, which no text in UTF-8 can hold.
    """
    if int(text.codes_N.max()) < 0x80:
        return text.codes_N.astype(np.uint32), None, np.array([start for start, _ in files], np.int64)
    pieces, starts, length = [], [], 0
    for start, stop in files:
        string = text.codes_N[start:stop].astype(np.uint8).tobytes().decode("utf-8", "surrogateescape")
        pieces.append(np.frombuffer(string.encode("utf-32-le", "surrogatepass"), "<u4").astype(np.uint32))
        starts.append(length)
        length += len(pieces[-1])
    codes_M = np.concatenate(pieces)
    sizes_M = 1 + (codes_M >= 0x80).astype(np.int64) + (codes_M >= 0x800) + (codes_M >= 0x10000)
    sizes_M[undecodable(codes_M)] = 1
    return codes_M, np.cumsum(sizes_M) - 1, np.array(starts, np.int64)


def undecodable(codes_M: NDArray[np.uint32]) -> NDArray[np.bool_]:
    """Where a byte stands that spells no character."""
    return (codes_M >= 0xDC80) & (codes_M < 0xDD00)
