"""The walk through the tables in NumPy: for many positions at once, from the empty context to the longest known one.

Dimension letters: N positions, A those whose context is still known, V symbols, P pairs of a position and a symbol that
follows its context, L levels (contexts 0..C), M nodes, E branches, F followers.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from rnnscope.ngram.tables import Ints, Tables

Floats = NDArray[np.float64]
Longs = NDArray[np.int64]

NONE = -1


@dataclass(frozen=True)
class Counts:
    """One kind of count of some contexts: sums over the symbols that follow."""

    ones: Longs
    twos: Longs
    more: Longs
    total: Longs

    def of(self, nodes_A: Longs) -> Counts:
        return Counts(self.ones[nodes_A], self.twos[nodes_A], self.more[nodes_A], self.total[nodes_A])

    def where(self, chosen_A: NDArray[np.bool_], other: Counts) -> Counts:
        pairs = zip(vars(self).values(), vars(other).values(), strict=True)
        return Counts(*(np.where(chosen_A, mine, others) for mine, others in pairs))

    def gamma(self, discount_4: Floats) -> Floats:
        """What is left for the next lower level; all of it where nothing was seen."""
        left = discount_4[1] * self.ones + discount_4[2] * self.twos + discount_4[3] * self.more
        gamma: Floats = np.divide(left, self.total, out=np.ones(len(left)), where=self.total > 0)
        return gamma


@dataclass(frozen=True)
class Step:
    """One level of the walk for the positions whose context of this length is known.

    Args:
        level: k, the length of the contexts.
        rows: which positions these are, [A].
        nodes: the node at or below each context; NONE where it occurs only once, [A].
        leaves: the place in the training text where it occurs then, NONE elsewhere, [A].
        lower, highest: sums of adjusted and of raw counts of these contexts.
        whole: whether the context is the node's own: above it, adjusted counts are 1, [A].
    """

    level: int
    rows: Longs
    nodes: Longs
    leaves: Longs
    lower: Counts
    highest: Counts
    whole: NDArray[np.bool_]


class Followers(NamedTuple):
    """Symbols seen after the contexts of a step: index of the context, id, adjusted and raw count, each [P]."""

    context: Longs
    symbol: Longs
    adjusted: Longs
    raw: Longs


class Walk:
    """Looks contexts up in tables.

    Args:
        tables: what was counted.
        vocabulary: V.
    """

    def __init__(self, tables: Tables, vocabulary: int) -> None:
        self.tables = tables
        self.vocabulary = vocabulary

    def steps(self, text: NDArray[Any], positions_N: Ints, longest: int) -> Iterator[Step]:
        """Every level from 0 to `longest`, whether positions are left or not."""
        tables = self.tables
        rows = np.arange(len(positions_N))
        nodes = np.full(len(rows), len(tables.depth) - 1)
        leaves = np.full(len(rows), NONE)
        for k in range(longest + 1):
            yield self._step(k, rows, nodes, leaves)
            symbols = text[np.maximum(positions_N[rows] - k - 1, 0)].astype(np.int64)
            # Along a path on which the training text knows one continuation, the text itself is read.
            inner = nodes != NONE
            ends = inner & (tables.depth[nodes] == k)
            place = np.where(inner, tables.place[nodes], leaves)
            on_path = tables.text[np.maximum(place - k - 1, 0)] == symbols
            branch = self._find(self._branch_keys, nodes, symbols)
            target = np.where(branch == NONE, NONE, tables.branch_target[branch] if len(tables.branch_target) else NONE)
            known = (symbols != 0) & np.where(ends, branch != NONE, on_path)
            nodes = np.where(ends, np.maximum(target, NONE), nodes)
            leaves = np.where(ends & (target < 0), ~target, leaves)
            rows, nodes, leaves = rows[known], nodes[known], leaves[known]

    def _step(self, k: int, rows: Longs, nodes: Longs, leaves: Longs) -> Step:
        inner = nodes != NONE
        whole = inner & (self.tables.depth[nodes] == k)
        number = np.where(inner, self._size[nodes], 1)
        ones = Counts(number, np.zeros_like(number), np.zeros_like(number), number)
        lower = self._adjusted.of(nodes).where(whole, ones)
        return Step(k, rows, nodes, leaves, lower, self._raw.of(nodes).where(inner, ones), whole)

    def counts_of(self, step: Step, symbols_A: Longs) -> tuple[Longs, Longs]:
        """Adjusted and raw count of one symbol after each context; 0 if it was not seen there."""
        tables = self.tables
        found = self._find(self._follower_keys, step.nodes, symbols_A)
        at_leaf = (step.nodes == NONE) & (tables.text[step.leaves] == symbols_A)
        if not len(tables.raw):
            return at_leaf.astype(np.int64), at_leaf.astype(np.int64)
        adjusted = np.where(step.whole, tables.adjusted[found], 1)
        return (
            np.where(found != NONE, adjusted, at_leaf).astype(np.int64),
            np.where(found != NONE, tables.raw[found], at_leaf).astype(np.int64),
        )

    def followers(self, step: Step) -> Followers:
        """All symbols seen after each context that are no marks."""
        tables = self.tables
        inner = np.flatnonzero(step.nodes != NONE)
        nodes = step.nodes[inner]
        size = self._size[nodes]
        begin = np.repeat(tables.followers[nodes] - (size.cumsum() - size), size)
        found = begin + np.arange(len(begin))
        leaf = np.flatnonzero(step.nodes == NONE)
        ones = np.ones(len(leaf), np.int64)
        context_P = np.concatenate([np.repeat(inner, size), leaf])
        symbol_P = np.concatenate([tables.follower_symbol[found], tables.text[step.leaves[leaf]]]).astype(np.int64) - 1
        adjusted = np.where(np.repeat(step.whole[inner], size), tables.adjusted[found], 1)
        adjusted_P = np.concatenate([adjusted, ones])
        raw_P = np.concatenate([tables.raw[found], ones])
        kept = symbol_P < self.vocabulary
        return Followers(context_P[kept], symbol_P[kept], adjusted_P[kept], raw_P[kept])

    def _find(self, keys: Longs, nodes_A: Longs, symbols_A: Longs) -> Longs:
        """Index of each pair of a node and a symbol among sorted keys; NONE where there is none."""
        if not len(keys):
            return np.full(len(nodes_A), NONE)
        wanted = nodes_A * self._base + symbols_A
        found = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
        return np.where((keys[found] == wanted) & (nodes_A != NONE), found, NONE)

    @cached_property
    def _base(self) -> int:
        return self.vocabulary + 3

    @cached_property
    def _size(self) -> Longs:
        return np.diff(self.tables.followers).astype(np.int64)

    @cached_property
    def _branch_keys(self) -> Longs:
        node_E = np.repeat(np.arange(len(self.tables.depth)), np.diff(self.tables.branches))
        return node_E * self._base + self.tables.branch_symbol

    @cached_property
    def _follower_keys(self) -> Longs:
        return np.repeat(np.arange(len(self._size)), self._size) * self._base + self.tables.follower_symbol

    @cached_property
    def _adjusted(self) -> Counts:
        return _sums(self.tables.adjusted, self.tables.followers)

    @cached_property
    def _raw(self) -> Counts:
        return _sums(self.tables.raw, self.tables.followers)


def _sums(counts_F: NDArray[np.int32], starts_M1: NDArray[np.int32]) -> Counts:
    def summed(values_F: NDArray[Any]) -> Longs:
        return np.diff(np.append(0, values_F.cumsum(dtype=np.int64))[starts_M1])

    return Counts(summed(counts_F == 1), summed(counts_F == 2), summed(counts_F > 2), summed(counts_F))
