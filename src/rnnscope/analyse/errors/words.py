"""The words of a text: runs of letters and apostrophes, over Unicode.

The paper does not say what a word is. Here it is a longest run of letters (general category L), the marks that belong
to them (M) and apostrophes, and case counts, unless somebody asks otherwise. Bytes are read as the UTF-8 they are; what
is not UTF-8 belongs to no word.
"""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rnnscope.corpus.split import Segment
from rnnscope.corpus.text import Text

APOSTROPHES = "'\u2019"
OUTSIDE = -1
"""The word of a position that is in none."""


@dataclass(frozen=True, eq=False)
class Words:
    """Every word of a text.

    Args:
        starts, stops: positions [start, stop) of W words, increasing, [W] int64 each.
        forms: the words as they are compared, [W]: small letters only if case does not count.
        of: which word each position is in, [N] int32; `OUTSIDE` for none.
        string: one character for each symbol, in which words are looked for; for bytes their Latin-1 reading.
    """

    starts: NDArray[np.int64]
    stops: NDArray[np.int64]
    forms: tuple[str, ...]
    of: NDArray[np.int32]
    string: str

    @cached_property
    def place(self) -> NDArray[np.int64]:
        """How many symbols of its word come before each position, [N]; 0 outside of words."""
        positions_N = np.arange(len(self.of))
        return np.where(self.of == OUTSIDE, 0, positions_N - self.starts[self.of] if len(self.starts) else 0)

    def counts(self, segments: Sequence[Segment]) -> Counter[str]:
        """How often each word occurs, whole, inside some segments."""
        total: Counter[str] = Counter()
        for start, stop in segments:
            first, last = np.searchsorted(self.starts, start), np.searchsorted(self.stops, stop, side="right")
            total.update(self.forms[first:last])
        return total


def words(text: Text, *, fold_case: bool = False) -> Words:
    """Find the words of a text.

    Args:
        text: characters or bytes.
        fold_case: whether "The" and "the" are one word.
    """
    if text.kind == "bytes":
        string = text.codes_N.astype(np.uint8).tobytes().decode("latin-1")
    else:
        string = text.codes_N.astype("<u4").tobytes().decode("utf-32-le")
    letters_N = is_letter(code_points(text))
    if fold_case:
        folded = string.lower()
        string = folded if len(folded) == len(string) else "".join(_one_small(symbol) for symbol in string)
    edges_N = np.diff(np.concatenate([[0], letters_N.astype(np.int8), [0]]))
    starts_W, stops_W = np.flatnonzero(edges_N == 1), np.flatnonzero(edges_N == -1)
    of_N = np.where(letters_N, np.cumsum(edges_N[:-1] == 1) - 1, OUTSIDE).astype(np.int32)
    forms = tuple(string[start:stop] for start, stop in zip(starts_W.tolist(), stops_W.tolist(), strict=True))
    return Words(starts_W, stops_W, forms, of_N, string)


def is_letter(codes: NDArray[np.unsignedinteger[Any]]) -> NDArray[np.bool_]:
    """Whether code points are letters, marks or apostrophes, [N]."""
    distinct_D, places_N = np.unique(codes, return_inverse=True)
    known_D = np.array(
        [chr(code) in APOSTROPHES or unicodedata.category(chr(code))[0] in "LM" for code in distinct_D.tolist()]
    )
    found: NDArray[np.bool_] = known_D[places_N] if len(codes) else np.zeros(0, bool)
    return found


def is_punctuation(codes: NDArray[np.unsignedinteger[Any]]) -> NDArray[np.bool_]:
    """Whether code points are punctuation or symbols (general categories P and S), [N]."""
    distinct_D, places_N = np.unique(codes, return_inverse=True)
    known_D = np.array([unicodedata.category(chr(code))[0] in "PS" for code in distinct_D.tolist()])
    found: NDArray[np.bool_] = known_D[places_N] if len(codes) else np.zeros(0, bool)
    return found


def code_points(text: Text) -> NDArray[np.uint32]:
    """The character each symbol belongs to, as a code point, [N]; a byte that is in none stands for U+FFFD."""
    if text.kind == "characters":
        return text.codes_N.astype(np.uint32)
    decoded = text.codes_N.astype(np.uint8).tobytes().decode("utf-8", "surrogateescape")
    points_M = np.frombuffer(decoded.encode("utf-32-le", "surrogatepass"), "<u4")
    escaped_M = (points_M >= 0xDC80) & (points_M <= 0xDCFF)
    lengths_M = 1 + (points_M >= 0x80).astype(np.int64) + (points_M >= 0x800) + (points_M >= 0x10000)
    lengths_M[escaped_M] = 1
    return np.repeat(np.where(escaped_M, 0xFFFD, points_M), lengths_M).astype(np.uint32)


def _one_small(symbol: str) -> str:
    small = symbol.lower()
    return small if len(small) == 1 else symbol
