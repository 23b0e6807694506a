"""The compiled n-gram kernel: counts a text, checks tables, answers what is asked of them; NumPy arrays in and out.

It computes what `ngram/fitting.py`, `ngram/checking.py` and `ngram/reference.py` compute, the same numbers bit for bit.
What the arrays mean is said in `ngram/tables.py`; here they only have names, types and lengths.

Dimension letters: N positions, V symbols, K contexts, L levels (contexts 0..C).
"""

from __future__ import annotations

import ctypes
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from rnnscope.errors import MachineError
from rnnscope.native.loading import Library, load

Arrays = Mapping[str, NDArray[Any]]

COUNTED = ("nodes", "branch_symbol", "branch_target", "follower_symbol", "follower_counts")
FAULTS = ("", "text", "counts", "branch_symbol", "follower_symbol", "nodes", "follower_counts", "branch_target")
"""Names of the arrays that rnnscope_ngram_fault numbers."""


class _Tables(ctypes.Structure):
    """rnnscope_ngram."""

    _fields_ = (
        *((name, ctypes.c_int32) for name in ("symbol_bytes", "context", "vocabulary", "marks")),
        *((name, ctypes.c_int64) for name in ("symbols", "node_count", "branch_count", "follower_count")),
        *((name, ctypes.c_void_p) for name in ("text", *COUNTED)),
    )


class _Query(ctypes.Structure):
    """rnnscope_ngram_query."""

    _fields_ = (
        ("text", ctypes.c_void_p),
        ("symbols", ctypes.c_int64),
        ("positions", ctypes.c_void_p),
        ("positions_count", ctypes.c_int64),
        ("contexts", ctypes.c_void_p),
        ("contexts_count", ctypes.c_int32),
        ("threads", ctypes.c_int32),
        ("lower", ctypes.c_void_p),
        ("highest", ctypes.c_void_p),
        ("uniform", ctypes.c_double),
        *((name, ctypes.c_void_p) for name in ("p", "best", "ranks", "depths", "distributions")),
    )


class Answer(NamedTuple):
    """What K contexts gave at N positions.

    Attributes:
        p: probability of the true symbol, [K, N].
        best: the most likely symbol, the smallest id of equals, [K, N].
        ranks: 1 + the number of symbols that were more likely than the true one, [K, N].
        depths: length of the longest context that training has seen, at most C, [N].
    """

    p: NDArray[np.float64]
    best: NDArray[np.int32]
    ranks: NDArray[np.int32]
    depths: NDArray[np.int32]


def fit(text: NDArray[Any], vocabulary: int, context: int, threads: int) -> dict[str, NDArray[Any]]:
    """Count the n-grams of a text with contexts of 0 to `context` symbols.

    Args:
        text: stored symbols, the first one 0.
        vocabulary: V, without marks.
        context: C.
        threads: 1 or more; no result depends on it.

    Raises:
        MachineError: memory or threads cannot be had.
    """
    calls = _library().calls
    handle = calls.rnnscope_ngram_fit(_pointer(text), text.itemsize, len(text), vocabulary, context, threads)
    if not handle:
        raise _no_room("fit n-grams", f"{len(text):,} symbols, {threads} threads")
    taken = False
    try:
        sizes = (ctypes.c_int64 * 3)()
        calls.rnnscope_ngram_sizes(handle, sizes)
        nodes, branches, followers = sizes
        symbol = text.dtype
        arrays: dict[str, NDArray[Any]] = {
            "nodes": np.empty((nodes + 1, 4), np.int32),
            "branch_symbol": np.empty(branches, symbol),
            "branch_target": np.empty(branches, np.int32),
            "follower_symbol": np.empty(followers, symbol),
            "follower_counts": np.empty((followers, 2), np.int32),
            "counts": np.empty((context + 1, 9), np.int64),
        }
        addresses = (ctypes.c_void_p * len(arrays))(*(_pointer(array) for array in arrays.values()))
        taken = True
        calls.rnnscope_ngram_take(handle, addresses)
    finally:
        if not taken:
            calls.rnnscope_ngram_take(handle, None)
    return arrays


def fault(arrays: Arrays, vocabulary: int, marks: bool) -> str:
    """Name of the first array that makes tables unusable; empty if they are sound. Types and lengths must be right."""
    tables = _tables(arrays, vocabulary, marks)
    counts = _pointer(arrays["counts"])
    return FAULTS[_library().calls.rnnscope_ngram_fault(ctypes.byref(tables), counts)]


class NativeNgram:
    """Reads probabilities off tables without fault.

    Args:
        arrays: the tables by name; kept.
        vocabulary, marks: V, and whether two more symbols are marks.
        lower, highest: discounts of adjusted and of raw counts of 0, 1, 2, 3 or more, [L, 4].
        uniform: probability of every symbol below the empty context.
    """

    def __init__(
        self,
        arrays: Arrays,
        vocabulary: int,
        marks: bool,
        lower: NDArray[np.float64],
        highest: NDArray[np.float64],
        uniform: float,
    ) -> None:
        self._calls = _library().calls
        self._kept = (arrays, np.ascontiguousarray(lower), np.ascontiguousarray(highest))
        self._tables = _tables(arrays, vocabulary, marks)
        self._vocabulary, self._uniform = vocabulary, uniform

    def probabilities(
        self, text: NDArray[Any], positions: NDArray[np.int32], contexts: Sequence[int], threads: int = 1
    ) -> NDArray[np.float64]:
        """Probabilities of the symbols at some positions, [K, N].

        Args:
            text: stored symbols with a 0 before the first.
            positions: indices of this text, [N].
            contexts: lengths, ascending, each once.
            threads: 1 or more; no result depends on it.

        Raises:
            MachineError: memory or threads cannot be had.
        """
        p_KN = np.empty((len(contexts), len(positions)))
        self._ask(text, positions, contexts, threads, p=p_KN)
        return p_KN

    def scores(
        self, text: NDArray[Any], positions: NDArray[np.int32], contexts: Sequence[int], threads: int = 1
    ) -> Answer:
        """What every context gives for the symbols at some positions; arguments as for `probabilities`."""
        shape = len(contexts), len(positions)
        answer = Answer(
            np.empty(shape), np.empty(shape, np.int32), np.empty(shape, np.int32), np.empty(shape[1], np.int32)
        )
        self._ask(text, positions, contexts, threads, **answer._asdict())
        return answer

    def distributions(
        self,
        text: NDArray[Any],
        positions: NDArray[np.int32],
        context: int,
        out: NDArray[np.float32],
        threads: int = 1,
    ) -> None:
        """Natural logarithms of the distributions of what may follow, into `out`, [N, V].

        Args:
            text, positions, threads: as for `probabilities`, but a position may be the text's length.
            context: the longest context to use.
            out: where they go.
        """
        assert out.shape == (len(positions), self._vocabulary), out.shape
        assert out.dtype == np.float32, out.dtype
        self._ask(text, positions, [context], threads, distributions=out)

    def _ask(
        self,
        text: NDArray[Any],
        positions: NDArray[np.int32],
        contexts: Sequence[int],
        threads: int,
        **out: NDArray[Any],
    ) -> None:
        assert text.itemsize == self._tables.symbol_bytes, f"symbols of {text.itemsize} bytes"
        assert positions.dtype == np.int32, positions.dtype
        wanted = np.asarray(contexts, np.int32)
        _, lower, highest = self._kept
        query = _Query(
            text=_pointer(text), symbols=len(text), positions=_pointer(positions), positions_count=len(positions),
            contexts=_pointer(wanted), contexts_count=len(wanted), threads=threads, lower=_pointer(lower),
            highest=_pointer(highest), uniform=self._uniform, **{name: _pointer(array) for name, array in out.items()},
        )  # fmt: skip
        if self._calls.rnnscope_ngram_ask(ctypes.byref(self._tables), ctypes.byref(query)):
            raise _no_room("read probabilities off an n-gram model", f"{self._vocabulary:,} symbols, {threads} threads")


def _tables(arrays: Arrays, vocabulary: int, marks: bool) -> _Tables:
    return _Tables(
        symbol_bytes=arrays["text"].itemsize, context=len(arrays["counts"]) - 1, vocabulary=vocabulary, marks=marks,
        symbols=len(arrays["text"]), node_count=len(arrays["nodes"]) - 1, branch_count=len(arrays["branch_symbol"]),
        follower_count=len(arrays["follower_symbol"]), **{name: _pointer(arrays[name]) for name in ("text", *COUNTED)},
    )  # fmt: skip


def _pointer(array: NDArray[Any]) -> int:
    assert array.flags.c_contiguous, "rows must follow each other in memory"
    return int(array.ctypes.data)


def _library() -> Library:
    library = load()
    assert library is not None, "there is no compiled library"
    return library


def _no_room(tried: str, given: str) -> MachineError:
    return MachineError(
        tried=tried,
        given=given,
        why="memory or threads cannot be had",
        todo="Use fewer --threads, shorter contexts or a shorter text.",
    )
