"""Counting all n-grams of all lengths in NumPy: the readable form of what fit.cpp does, with the same tables.

One sort puts all positions in the order of their reversed contexts; then the positions after one context are a run, at
every length. Beside the order only the number of symbols is needed that neighbours have in common.

Dimension letters: N events (positions with a symbol to predict), R runs, A events in runs of two or more.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rnnscope.ngram.tables import Ints, Symbols, Tables, events

Mask = NDArray[np.bool_]
Longs = NDArray[np.int64]


@dataclass(frozen=True)
class _Nodes:
    """Nodes of one depth, by their runs [first, last) of sorted events; followers and branches lie flat."""

    first: Longs
    last: Longs
    follower_count: Longs
    follower_symbol: Symbols
    adjusted: Longs
    raw: Longs
    branch_count: Longs
    branch_symbol: Symbols
    branch_first: Longs
    branch_last: Longs


def fit(text: Symbols, vocabulary: int, context: int) -> Tables:
    """Count the n-grams of a text.

    Args:
        text: what `tables.encode` made.
        vocabulary: V, without marks.
        context: C, the longest context, 0 or more.
    """
    places_N = events(text, vocabulary)
    longest = _longest_stream(text)
    order_N = _sorted(text, places_N, min(context, longest))
    common_N = _common(text, order_N, context)
    counts = np.zeros((context + 1, 9), np.int64)
    nodes = [_level(k, context, text, order_N, common_N, counts[k]) for k in range(min(context, longest) + 1)]
    # An event that has fewer than k symbols before it is in a run of its own at level k, but is no n-gram.
    before_N = _symbols_before(text, places_N)
    alone = np.bincount(before_N[before_N < context] + 1, minlength=context + 1).cumsum()
    counts[:, [0, 5]] -= alone[:, None]
    counts[:-1, 1] -= alone[:-1]
    if context > longest:
        counts[longest + 1 :] = 0
    return _assembled(text, order_N, nodes, counts)


def _longest_stream(text: Symbols) -> int:
    edges = np.append(np.flatnonzero(text == 0), len(text))
    return int(np.diff(edges).max()) - 1


def _symbols_before(text: Symbols, places_N: Ints) -> Longs:
    """How many symbols of its stream precede each event."""
    starts = np.flatnonzero(text == 0)
    stream_N = np.searchsorted(starts, places_N) - 1
    before: Longs = places_N - starts[stream_N] - 1
    return before


def _sorted(text: Symbols, places_N: Ints, depth: int) -> Ints:
    """Events in the order of the symbols before them, nearest first; events alike in `depth` symbols by position.

    A radix sort, least significant symbol first. It reads on across the start of a stream: order among contexts that
    are the same up to there does not matter.
    """
    padded = np.concatenate([np.zeros(depth + 1, text.dtype), text])
    # NumPy sorts integers of 16 bits by radix: two small symbols at once, or half of a large one.
    if text.dtype == np.uint8:
        farther = np.append(np.zeros(1, np.uint8), padded[:-1])
        pairs = (padded.astype(np.uint16) << 8) | farther
        digits = [(padded, depth)] * (depth % 2) + [(pairs, k) for k in range(depth - depth % 2 - 1, 0, -2)]
    elif text.dtype == np.uint16:
        digits = [(padded, k) for k in range(depth, 0, -1)]
    else:
        halves = (padded & 0xFFFF).astype(np.uint16), (padded >> 16).astype(np.uint16)
        digits = [(half, k) for k in range(depth, 0, -1) for half in halves]
    order_N = places_N
    for digit, k in digits:
        order_N = order_N[np.argsort(digit[order_N + (depth + 1 - k)], kind="stable")]
    return order_N


def _common(text: Symbols, order_N: Ints, context: int) -> Ints:
    """Symbols that each event's context has in common with the event's before it in the order, at most C, [N]."""
    common_N = np.zeros(len(order_N), np.int32)
    alike = np.arange(1, len(order_N))
    left, right = order_N[:-1], order_N[1:]
    for k in range(1, context + 1):
        symbols = text[left - k]
        same = (symbols == text[right - k]) & (symbols != 0)
        alike, left, right = alike[same], left[same], right[same]
        common_N[alike] = k
        if not len(alike):
            break
    return common_N


def _level(k: int, context: int, text: Symbols, order_N: Ints, common_N: Ints, counts: Longs) -> _Nodes:
    """Count the n-grams with contexts of length k; into `counts`, [9], go those of contexts seen once as well."""
    begins_N = common_N < k
    begins_N[:1] = True
    # Events alone in their run tell nothing new; the root is wanted even if it is such a one.
    single_N = begins_N & np.append(begins_N[1:], True) if k else np.zeros(len(order_N), bool)
    active = np.flatnonzero(~single_N)
    begins_A, order_A = begins_N[active], order_N[active]
    run_A = begins_A.cumsum() - 1
    child_A = _children(k, context, text, order_A, common_N[active], begins_A)
    symbols_A = text[order_A]

    # All events of a run with the same follower, those of one left neighbour side by side.
    key_A = run_A * (int(text.max()) + 1) + symbols_A
    by_follower = np.argsort(key_A, kind="stable")
    key_A, sorted_child_A = key_A[by_follower], child_A[by_follower]
    new_A = np.append(True, key_A[1:] != key_A[:-1])[: len(key_A)]
    starts = np.flatnonzero(new_A)
    new_child_A = new_A | np.append(True, sorted_child_A[1:] != sorted_child_A[:-1])[: len(key_A)]
    raw = np.diff(np.append(starts, len(key_A)))
    adjusted = np.add.reduceat(new_child_A, starts, dtype=np.int64) if len(starts) else raw

    alone = len(order_N) - len(active)
    counts[0] = alone + len(raw)
    counts[1:5] = _few(adjusted, alone) if k < context else 0
    counts[5:] = _few(raw, alone)

    # Nodes are the runs in which contexts go apart right here.
    runs = int(run_A[-1]) + 1 if len(run_A) else int(k == 0)  # the root of an empty text has no events
    apart_R = np.full(runs, k in (0, context))
    apart_R[run_A[~begins_A & (common_N[active] == k)]] = True
    first_R = active[begins_A] if len(active) else np.zeros(runs, np.int64)
    size_R = np.bincount(run_A, minlength=runs)
    kept = apart_R[run_A[by_follower[starts]]]
    follower_run = run_A[by_follower[starts[kept]]]
    branch, branch_run, branch_size = _branches(k, context, text, order_A, child_A, run_A, apart_R)
    return _Nodes(
        first=first_R[apart_R],
        last=(first_R + size_R)[apart_R],
        follower_count=np.bincount(follower_run, minlength=runs)[apart_R],
        follower_symbol=symbols_A[by_follower[starts[kept]]],
        adjusted=adjusted[kept],
        raw=raw[kept],
        branch_count=np.bincount(branch_run, minlength=runs)[apart_R],
        branch_symbol=text[order_A[branch] - k - 1],
        branch_first=active[branch],
        branch_last=active[branch] + branch_size,
    )


def _few(counts: Longs, ones: int) -> Longs:
    """How many counts are 1, 2, 3, 4, with some ones that are not listed, [4]."""
    few: Longs = np.bincount(counts[counts < 5], minlength=5)[1:]
    few[0] += ones
    return few


def _children(k: int, context: int, text: Symbols, order_A: Ints, common_A: Ints, begins_A: Mask) -> Longs:
    """Number the longer contexts, one symbol further left: [A]. All starts of streams count as one."""
    if k == context:
        return begins_A.cumsum()
    ended_A = text[order_A - k - 1] == 0
    new_A = begins_A | (common_A <= k)
    new_A[1:] &= begins_A[1:] | ~(ended_A[1:] & ended_A[:-1])
    return new_A.cumsum()


def _branches(
    k: int, context: int, text: Symbols, order_A: Ints, child_A: Longs, run_A: Longs, apart_R: Mask
) -> tuple[Longs, Longs, Longs]:
    """First event, run and size of every longer context of the runs that become nodes."""
    first = np.flatnonzero(np.append(True, child_A[1:] != child_A[:-1])[: len(child_A)])
    size = np.diff(np.append(first, len(child_A)))
    kept = apart_R[run_A[first]] & (text[order_A[first] - k - 1] != 0) & (k < context)
    return first[kept], run_A[first[kept]], size[kept]


def _assembled(text: Symbols, order_N: Ints, levels: list[_Nodes], counts: Longs) -> Tables:
    """Number the nodes of all levels, children first, and point the branches at them."""

    def joined(name: str) -> NDArray[Any]:
        return np.concatenate([getattr(level, name) for level in levels])

    depth_M = np.repeat(np.arange(len(levels)), [len(level.first) for level in levels])
    first_M, last_M = joined("first"), joined("last")
    by_number = np.lexsort((-depth_M, last_M))
    number_M = np.empty(len(by_number), np.int64)
    number_M[by_number] = np.arange(len(by_number))

    # A longer context with several events leads to the node with the same events.
    span = len(order_N) + 1
    key_M = first_M * span + last_M
    by_key = np.argsort(key_M)
    branch_first, branch_last = joined("branch_first"), joined("branch_last")
    found = np.searchsorted(key_M[by_key], branch_first * span + branch_last)
    node = number_M[by_key[np.minimum(found, len(by_key) - 1)]]
    leaf = ~order_N[branch_first] if len(order_N) else branch_first
    target = np.where(branch_last - branch_first > 1, node, leaf)

    branches, branch = _moved(joined("branch_count"), by_number)
    followers, follower = _moved(joined("follower_count"), by_number)
    place = order_N[first_M[by_number]] if len(order_N) else np.zeros(1, np.int32)
    nodes = np.append(depth_M[by_number], 0), np.append(place, 0), branches, followers
    return Tables(
        text=text,
        nodes=np.stack(nodes, 1).astype(np.int32),
        branch_symbol=joined("branch_symbol")[branch],
        branch_target=target[branch].astype(np.int32),
        follower_symbol=joined("follower_symbol")[follower],
        follower_counts=np.stack([joined("adjusted")[follower], joined("raw")[follower]], 1).astype(np.int32),
        counts=counts,
    )


def _moved(count_M: Longs, by_number: Longs) -> tuple[Longs, Longs]:
    """Starts of the nodes' groups in the new order, and where their members were in the old one."""
    old_M = count_M.cumsum() - count_M
    count_M, old_M = count_M[by_number], old_M[by_number]
    starts = np.append(0, count_M.cumsum())
    return starts, np.repeat(old_M - starts[:-1], count_M) + np.arange(starts[-1])
