"""Stretches of code from the table of nodes: what holds for every language that is parsed.

A stretch begins at its first symbol and ends at its last, which is no longer inside, like the brackets of any text.
Tokens (identifiers, keywords, literals) have no closing sign and are inside to their end.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from rnnscope.corpus.text import Text
from rnnscope.features.steps import Positions, covered, held, merged
from rnnscope.features.syntax import Rows, Tree

Spans = tuple[Positions, Positions]

NOTHING: Spans = (np.zeros(0, np.int64), np.zeros(0, np.int64))


def joined(*spans: Spans) -> Spans:
    """All stretches of several kinds."""
    return np.concatenate([starts for starts, _ in spans]), np.concatenate([stops for _, stops in spans])


def inner(tree: Tree, rows: Rows) -> Spans:
    """From the first symbol of each node to the one before its last."""
    return tree.start[rows], tree.stop[rows] - 1


def tokens(tree: Tree, rows: Rows) -> Spans:
    """All symbols of each node."""
    return tree.start[rows], tree.stop[rows]


def pairs(tree: Tree, opening: str, closing: str, under: NDArray[np.bool_] | None = None) -> Spans:
    """Brackets that the parser took as such, from the opening one to before the closing one.

    Args:
        tree: the code.
        opening, closing: tokens; the k-th of one parent belong together, and parents that lack one are left out.
        under: which nodes may be the parent; None for any.
    """
    opened, closed = tree.rows(opening, under=under), tree.rows(closing, under=under)
    size = len(tree.kind)
    whole = np.bincount(tree.parent[opened], minlength=size) == np.bincount(tree.parent[closed], minlength=size)
    opened, closed = opened[whole[tree.parent[opened]]], closed[whole[tree.parent[closed]]]
    opened = opened[np.argsort(tree.parent[opened], kind="stable")]
    closed = closed[np.argsort(tree.parent[closed], kind="stable")]
    return tree.start[opened], tree.start[closed]


def to_line_end(tree: Tree, text: Text, starts: Positions, after: Positions, *, continued: bool) -> Spans:
    """From each start to the end of the line that the position `after` is on, without its line feed.

    Args:
        tree: the code; a file's end ends a line.
        text: the text.
        starts: where the stretches begin.
        after: from where the line end is looked for; beyond the start, so that no earlier file's end is found.
        continued: a line that ends with a backslash goes on in the next.
    """
    ends = np.flatnonzero(text.codes_N == 0x0A)
    if continued:
        before = np.maximum(ends - 1, 0)
        before = np.where(text.codes_N[before] == 0x0D, np.maximum(before - 1, 0), before)
        ends = ends[text.codes_N[before] != ord("\\")]
    ends = merged(ends, tree.file_stops)
    return starts, ends[np.searchsorted(ends, after)]


def levels(n: int, depth_N: NDArray[np.int32], firsts: Positions) -> NDArray[np.int32]:
    """Blocks around the first symbol of each line, held until the next line begins.

    Args:
        n: symbols of the text.
        depth_N: blocks around each position.
        firsts: first symbols of lines that are no blanks; one that closes a block, or opens it, stands outside it.
    """
    outside = np.where(firsts > 0, depth_N[np.maximum(firsts - 1, 0)], 0)
    return held(n, firsts, np.minimum(outside, depth_N[firsts]))


def depth(n: int, spans: Spans) -> NDArray[np.int32]:
    """How many stretches each position is in."""
    return covered(n, *spans)
