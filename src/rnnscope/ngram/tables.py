"""The arrays of a Kneser-Ney model: a trie of reversed contexts, its unary paths left out.

A *node* is a context that is followed in more than one place and preceded by more than one symbol there, or as long as
contexts go. Everything between two nodes is preceded by one symbol only, so all its adjusted counts are 1 and its raw
counts are those of the node below; everything below a context that occurs once is read off the text. Nodes are numbered
children first, so the root, the empty context, is the last, and what a node points to always has a smaller number.

Symbols are stored as id + 1; 0 stands before every stream. With sentence marks two more symbols follow the alphabet:
the end (predicted once) and the start (only ever a context).

Dimension letters: S symbols of the text, M nodes, E branches to the left, F followers, L levels (contexts 0..C).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rnnscope.errors import InputError

Symbols = NDArray[np.uint8] | NDArray[np.uint16] | NDArray[np.int32]
Ints = NDArray[np.int32]

LONGEST_CONTEXT = 65_535
"""More would only cost time: nothing this long is ever told apart by it."""

LONGEST_TEXT = 2**31 - 2
"""Symbols and separators that positions of 32 bits can count."""


@dataclass(frozen=True, eq=False)
class Tables:
    """Everything that is counted in a training text.

    Args:
        text: the streams, each with a 0 before it, [S].
        nodes: of each node the number of symbols of its context, a position of the text that it stands before, and
            where its branches and its followers begin; after them 0, 0 and where the last ones end, [M + 1, 4].
        branch_symbol: the symbol further left, ascending within a node, [E].
        branch_target: the node it leads to; or ~p if the longer context stands before position p only, [E].
        follower_symbol: a symbol seen after the context, ascending within a node, [F].
        follower_counts: how many different left neighbours it was seen with there, and how often, 1 or more, [F, 2].
        counts: number of n-grams, n1..n4 of adjusted counts, n1..n4 of raw counts, [L, 9].
    """

    text: Symbols
    nodes: Ints
    branch_symbol: Symbols
    branch_target: Ints
    follower_symbol: Symbols
    follower_counts: Ints
    counts: NDArray[np.int64]

    @property
    def context(self) -> int:
        """C, the longest context."""
        return len(self.counts) - 1

    @property
    def depth(self) -> Ints:
        """Symbols of each node's context, [M]."""
        return self.nodes[:-1, 0]

    @property
    def place(self) -> Ints:
        """A position that each node's context stands before, [M]."""
        return self.nodes[:-1, 1]

    @property
    def branches(self) -> Ints:
        """Where each node's branches begin, and where all end, [M + 1]."""
        return self.nodes[:, 2]

    @property
    def followers(self) -> Ints:
        """Where each node's followers begin, and where all end, [M + 1]."""
        return self.nodes[:, 3]

    @property
    def adjusted(self) -> Ints:
        """Adjusted counts of the followers, [F]."""
        return self.follower_counts[:, 0]

    @property
    def raw(self) -> Ints:
        """Raw counts of the followers, [F]."""
        return self.follower_counts[:, 1]

    def parts(self) -> dict[str, NDArray[Any]]:
        """Every array by its name."""
        return {field.name: getattr(self, field.name) for field in fields(self)}


def symbol_type(vocabulary: int, marks: bool) -> np.dtype[Any]:
    """The smallest type that holds every stored symbol."""
    largest = vocabulary + 2 * marks
    return np.dtype(np.uint8 if largest < 2**8 else np.uint16 if largest < 2**16 else np.int32)


def encode(streams: Sequence[NDArray[np.integer[Any]]], vocabulary: int, marks: bool) -> Symbols:
    """Put streams one after another, in stored symbols.

    Args:
        streams: ids in [0, V), each [N]; empty ones are left out.
        vocabulary: V.
        marks: the one stream gets a start and an end.

    Raises:
        InputError: an id is not in [0, V), or there are more symbols than can be counted.
    """
    assert not marks or len(streams) == 1, "a start and an end belong to one stream"
    kind = symbol_type(vocabulary, marks)
    pieces: list[NDArray[Any]] = []
    for stream in streams:
        ids = stored(stream, vocabulary, kind)
        if marks:
            pieces += [np.array([0, vocabulary + 2], kind), ids, np.array([vocabulary + 1], kind)]
        elif len(ids):
            pieces += [np.zeros(1, kind), ids]
    text = np.concatenate(pieces) if pieces else np.zeros(1, kind)
    if len(text) > LONGEST_TEXT:
        raise InputError(
            tried="fit n-grams",
            given=f"{len(text):,} symbols",
            why=f"positions of 32 bits count at most {LONGEST_TEXT:,}",
            todo="Give a shorter text.",
        )
    return text


def stored(ids: NDArray[np.integer[Any]], vocabulary: int, kind: np.dtype[Any]) -> NDArray[Any]:
    """Ids as stored symbols.

    Raises:
        InputError: an id is not in [0, V).
    """
    ids = np.asarray(ids)
    if ids.size and (ids.min() < 0 or ids.max() >= vocabulary):
        raise InputError(
            tried="read symbols",
            given=f"ids from {ids.min()} to {ids.max()}",
            why=f"an alphabet of {vocabulary:,} symbols has ids from 0 to {vocabulary - 1:,}",
            todo="Encode the text with the alphabet that the model was made for.",
        )
    symbols = ids.astype(kind)
    symbols += 1
    return symbols


def events(text: Symbols, vocabulary: int) -> Ints:
    """Positions of all symbols that follow a context, [N]: neither separators nor a start."""
    return np.flatnonzero((text != 0) & (text != vocabulary + 2)).astype(np.int32)
