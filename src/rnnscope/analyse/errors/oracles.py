"""Oracles: each says for every position whether one kind of help would remove an error there (paper, section 4.4).

An oracle is a mask over the N scored positions. Nothing here asks which positions are errors; `onion` does, and the
order in which oracles are applied decides which of them gets an error that several would remove. Families, in the order
of the paper: n-grams, dynamic memory, rare words, word starts, punctuation, boosts.
"""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rnnscope.analyse.errors.predictions import THRESHOLD
from rnnscope.analyse.errors.words import OUTSIDE, Words, is_punctuation

MEMORIES = (100, 500, 1000, 5000)
"""Symbols in which the memory oracle looks for a word."""

RARE = (0, 1, 2, 3, 4, 5)
"""Occurrences in the training part up to which a word is rare."""

BOOSTS = (0.1, 0.2, 0.3, 0.4, 0.5)
"""What the boost oracles add to the probability of the true symbol."""

BOOST = "boost"
"""The family that explains nothing: it only says by how little the rest was missed."""

FAMILIES = ("n-gram", "memory", "rare words", "word starts", "punctuation", BOOST)
"""All families, in the order of the paper."""

QUOTES = "\"'\u00ab\u00bb\u201c\u201d\u201e\u2018\u2019\u201a\u2039\u203a"
NEWLINES = "\n\r\u2028\u2029\x0b\x0c\x85"


@dataclass(frozen=True, eq=False)
class Oracle:
    """One kind of help.

    Args:
        name: such as "3-gram".
        family: oracles of one family stay together and in order; "n-gram", for example.
        removes: positions at which it would remove an error, [N] bool.
    """

    name: str
    family: str
    removes: NDArray[np.bool_]


def ngram_oracles(log_probs: Mapping[int, NDArray[np.float32]], threshold: float = THRESHOLD) -> list[Oracle]:
    """An n-gram model is right: its p(true) reaches the threshold.

    Args:
        log_probs: by symbols of context, log p of each true symbol, [N] each.
        threshold: as for the errors.
    """
    least = np.float32(np.log(threshold))
    return [Oracle(f"{n}-gram", "n-gram", row_N >= least) for n, row_N in sorted(log_probs.items())]


def memory_oracles(
    words: Words,
    positions: NDArray[np.int64],
    memories: Sequence[int] = MEMORIES,
    shifts: NDArray[np.int64] | None = None,
) -> list[Oracle]:
    """The word stands in the last n symbols: all of its symbols but the first are removed.

    A word is looked for as a substring of the n symbols before it.

    Args:
        words: of the whole text.
        positions: what is scored, [N].
        memories: n, each at least 1.
        shifts: for the control: how far from its own place each word's window lies, [W] of any sign, modulo the text;
            None looks at its own place.
    """
    longest, count = max(memories), len(words.string)
    distances_W = np.full(len(words.starts), count + longest + 1, np.int64)
    of_N = words.of[positions]
    inside_N = (of_N != OUTSIDE) & (words.place[positions] > 0)
    for word in np.unique(of_N[inside_N]).tolist():
        end = int(words.starts[word])
        if shifts is not None:
            end = int((end + shifts[word]) % (count + 1))
        found = words.string.rfind(words.forms[word], max(0, end - longest), end)
        if found >= 0:
            distances_W[word] = end - found
    near_N = np.where(inside_N, distances_W[of_N] if len(distances_W) else 0, count + longest + 1)
    return [Oracle(f"{n} memory", "memory", near_N <= n) for n in sorted(memories)]


def rare_word_oracles(
    words: Words, positions: NDArray[np.int64], training: Counter[str], rare: Sequence[int] = RARE
) -> list[Oracle]:
    """The word occurs at most n times in the training part: all of its symbols are removed.

    Args:
        words: of the whole text.
        positions: what is scored, [N].
        training: how often each word occurs in the training part, see `Words.counts`.
        rare: n, each at least 0.
    """
    counts_W = np.array([training[form] for form in words.forms], np.int64)
    of_N = words.of[positions]
    counts_N = np.where(of_N == OUTSIDE, np.iinfo(np.int64).max, counts_W[of_N] if len(counts_W) else 0)
    return [Oracle(f"word {n}-train", "rare words", counts_N <= n) for n in sorted(rare)]


def word_start_oracles(
    points: NDArray[np.uint32], positions: NDArray[np.int64], newline_letters: int = 1
) -> list[Oracle]:
    """A word begins: the symbol stands after a space or a quote, or within the first symbols after a newline.

    Args:
        points: code point of every symbol of the text, see `words.code_points`.
        positions: what is scored, [N].
        newline_letters: how many symbols after a newline count, at least 1; 3 in the paper's picture, where the text
            does not say.
    """
    newline = _one_of(points, NEWLINES)
    space_or_quote = _one_of(points, QUOTES) | _is_space(points) & ~newline
    before_N = positions - 1
    after_space_N = (before_N >= 0) & space_or_quote[before_N]
    after_newline_N = np.zeros(len(positions), bool)
    for back in range(1, newline_letters + 1):
        earlier_N = positions - back
        after_newline_N |= (earlier_N >= 0) & newline[earlier_N]
    return [
        Oracle("after space or quote", "word starts", after_space_N),
        Oracle("after newline", "word starts", after_newline_N),
    ]


def punctuation_oracle(points: NDArray[np.uint32], positions: NDArray[np.int64]) -> Oracle:
    """The true symbol is punctuation (Unicode categories P and S)."""
    return Oracle("punctuation", "punctuation", is_punctuation(points[positions]))


def boost_oracles(
    log_probs: NDArray[np.float32], boosts: Sequence[float] = BOOSTS, threshold: float = THRESHOLD
) -> list[Oracle]:
    """The true symbol had a little more probability. A boost of the whole threshold removes everything that is left.

    Args:
        log_probs: of the predictor whose errors are explained, [N].
        boosts: what is added, each above 0.
        threshold: as for the errors.
    """
    probs_N = np.exp(log_probs.astype(np.float64))
    return [
        Oracle(f"{boost:g} boost", BOOST, (probs_N + boost >= threshold) | (boost >= threshold))
        for boost in sorted(boosts)
    ]


def _one_of(points: NDArray[np.uint32], symbols: str) -> NDArray[np.bool_]:
    return np.isin(points, [ord(symbol) for symbol in symbols])


def _is_space(points: NDArray[np.uint32]) -> NDArray[np.bool_]:
    distinct_D, places_N = np.unique(points, return_inverse=True)
    known_D = np.array([unicodedata.category(chr(code)) == "Zs" or code == 9 for code in distinct_D.tolist()])
    found: NDArray[np.bool_] = known_D[places_N] if len(points) else np.zeros(0, bool)
    return found
