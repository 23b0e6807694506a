"""Whether arrays that come from a file are a model: nothing they say may lead outside them or to a wrong sum."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rnnscope.native import ngram as native
from rnnscope.ngram.tables import LONGEST_CONTEXT, LONGEST_TEXT, Tables, symbol_type

_COLUMNS = {"nodes": 4, "follower_counts": 2, "counts": 9}


def fault(parts: Mapping[str, NDArray[Any]], facts: Mapping[str, Any], *, compiled: bool) -> str | None:
    """Why these arrays are no model, as a clause; None if they are one.

    Afterwards every index lies inside its array, every walk ends and every sum of counts is above 0. That they count
    this very text is the business of checksums. The compiled library finds the same faults, sooner.
    """
    why = _shapes(parts, facts)
    if why:
        return why
    vocabulary, marks = facts["vocabulary"], facts["marks"]
    name = native.fault(parts, vocabulary, marks) if compiled else structure(Tables(**parts), vocabulary, marks)
    return f"{name} is not what a fit makes" if name else None


def _shapes(parts: Mapping[str, NDArray[Any]], facts: Mapping[str, Any]) -> str | None:
    names = [field.name for field in fields(Tables)]
    if sorted(parts) != sorted(names):
        return f"it has {', '.join(sorted(parts)) or 'no arrays'} where {', '.join(names)} are needed"
    vocabulary, context, marks = (facts.get(name) for name in ("vocabulary", "context", "marks"))
    # A bool is an int to isinstance.
    if type(vocabulary) is not int or type(context) is not int or type(marks) is not bool:
        return f"its facts are {dict(facts)}"
    if not 1 <= vocabulary < LONGEST_TEXT:
        return f"its alphabet has {vocabulary:,} symbols"
    if not 0 <= context <= LONGEST_CONTEXT or parts["counts"].shape != (context + 1, 9):
        return f"it has no counts for {context} contexts"
    symbol = symbol_type(vocabulary, marks)
    types = dict.fromkeys(names, np.dtype(np.int32)) | {"counts": np.dtype(np.int64)}
    types |= dict.fromkeys(("text", "branch_symbol", "follower_symbol"), symbol)
    for name, kind in types.items():
        columns = (_COLUMNS[name],) if name in _COLUMNS else ()
        if parts[name].dtype != kind or parts[name].shape[1:] != columns or not parts[name].flags.c_contiguous:
            return f"{name} is not an array of {kind.name} with {columns or 'no'} columns"
    size = {name: len(array) for name, array in parts.items()}
    pairs = ("branch_symbol", "branch_target"), ("follower_symbol", "follower_counts")
    if any(size[one] != size[other] for one, other in pairs) or not (1 <= size["text"] <= LONGEST_TEXT):
        return "its arrays do not have the same length"
    return None if size["nodes"] > 1 else "it has no root"


def structure(tables: Tables, vocabulary: int, marks: bool) -> str | None:
    """Name of the first array that makes tables unusable, None if they are sound; types and lengths must be right."""
    nodes = len(tables.depth)
    events = (tables.text > 0) & (tables.text <= vocabulary + marks)
    checks: dict[str, Callable[[], bool]] = {
        "text": lambda: bool(tables.text[0] == 0) and _within(tables.text, 0, vocabulary + 2 * marks),
        "counts": lambda: _within(tables.counts, 0, len(tables.text)),
        "branch_symbol": lambda: (
            _within(tables.branch_symbol, 1, vocabulary + 2 * marks) and _ordered(tables.branch_symbol, tables.branches)
        ),
        "follower_symbol": lambda: (
            _within(tables.follower_symbol, 1, vocabulary + marks)
            and _ordered(tables.follower_symbol, tables.followers)
        ),
        "nodes": lambda: (
            bool(tables.depth[-1] == 0)
            and _within(tables.depth, 0, tables.context)
            and _within(tables.place, 0, len(tables.text) - 1)
            # Only the root of an empty text has no followers.
            and bool(np.diff(tables.followers).all() or (nodes == 1 and not events.any()))
        ),
        "follower_counts": lambda: _within(tables.follower_counts, 1, len(tables.text)),
        "branch_target": lambda: _targets(tables, events),
    }
    return next((name for name, sound in checks.items() if not sound()), None)


def _within(values: NDArray[Any], low: int, high: int) -> bool:
    return not values.size or bool(low <= values.min() and values.max() <= high)


def _ordered(symbols: NDArray[Any], starts_M1: NDArray[np.int32]) -> bool:
    """Starts ascend to the number of symbols, and so do the symbols between two of them."""
    if starts_M1[0] != 0 or starts_M1[-1] != len(symbols) or (starts_M1[1:] < starts_M1[:-1]).any():
        return False
    first = np.zeros(len(symbols) + 1, bool)
    first[starts_M1] = True
    return bool((first[1:-1] | (symbols[1:] > symbols[:-1])).all())


def _targets(tables: Tables, events: NDArray[np.bool_]) -> bool:
    """Nodes point at nodes of a smaller number and longer context, or at places where a symbol follows."""
    target_E, owner_E = tables.branch_target, np.repeat(np.arange(len(tables.depth)), np.diff(tables.branches))
    leaf_E = target_E < 0
    inner = ~leaf_E
    leaves, nodes = ~target_E[leaf_E], target_E[inner]
    return bool(
        _within(leaves, 0, len(tables.text) - 1)
        and events[leaves].all()
        and (nodes < owner_E[inner]).all()
        and (tables.depth[nodes] > tables.depth[owner_E[inner]]).all()
        and (tables.depth[owner_E] < tables.context).all()
    )
