"""Interpolated modified Kneser-Ney models of every context length up to C at once, unpruned, over any alphabet.

One fit counts the n-grams of all lengths; afterwards any context from 0 to C can be asked for the same price. The
equations stand in reference.py and discounts.py, what is stored in tables.py, why it is fast in README.md.

Dimension letters: N positions, V symbols, K contexts asked for.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from rnnscope.errors import DamagedArtifact, InputError
from rnnscope.native import load, why
from rnnscope.native import ngram as native
from rnnscope.ngram import discounts, fitting
from rnnscope.ngram.checking import fault
from rnnscope.ngram.discounts import Level
from rnnscope.ngram.reference import Reference, Smoothing, logarithms
from rnnscope.ngram.tables import LONGEST_CONTEXT, Tables, encode, stored, symbol_type

Kernel = Literal["auto", "native", "reference"]
Piece = tuple[int, int]

CHUNK = 8192

NUMBERS_AT_ONCE = 6 << 20
"""Logarithms held at the same time while distributions are streamed: 25 MB, which an allocator can use again."""


@dataclass(frozen=True)
class Scored:
    """What models of K contexts gave for the symbols at N positions.

    Attributes:
        log_probs: natural logarithm of the true symbol's probability, [K, N] float32.
        best: the most likely symbol, the smallest id of equals, [K, N] int32.
        ranks: 1 + the number of symbols that were more likely than the true one, [K, N] int32.
        depths: length of the longest context that training has seen, at most C, [N] int32.
    """

    log_probs: NDArray[np.float32]
    best: NDArray[np.int32]
    ranks: NDArray[np.int32]
    depths: NDArray[np.int32]


class KneserNey:
    """Models of all contexts up to C; made by `fit` or `from_parts`, never changed.

    Without sentence marks the start of a stream is a left neighbour that equals no symbol, the lowest level is uniform
    over the alphabet, and every distribution sums to 1. With marks the convention is KenLM's: one start and one end of
    the text are symbols of n-grams, the lowest level is 1 / (distinct symbols + 2), and a symbol that never occurred
    gets what KenLM gives to the unknown word: distributions sum to 1 over the symbols that occurred, the end and one
    unknown symbol, not over the alphabet.

    Args:
        tables: what was counted.
        vocabulary: V, the number of symbols.
        marks: whether the text has a start and an end as symbols.
        kernel: who computes; no result depends on it beyond the rounding of logarithms.
    """

    def __init__(self, tables: Tables, vocabulary: int, *, marks: bool, kernel: Kernel = "auto") -> None:
        self._tables = tables
        self.vocabulary = vocabulary
        self.context = tables.context
        self.marks = marks
        self.levels: tuple[Level, ...] = tuple(
            discounts.level(k, self.context, counts_9) for k, counts_9 in enumerate(tables.counts)
        )
        self.kernel = _chosen(kernel)

    @classmethod
    def fit(
        cls,
        streams: Sequence[NDArray[np.integer[Any]]],
        vocabulary: int,
        context: int,
        *,
        marks: bool = False,
        kernel: Kernel = "auto",
        threads: int = 1,
    ) -> KneserNey:
        """Count all n-grams of some streams.

        Args:
            streams: ids in [0, V), each [N]; no n-gram crosses from one to the next. Without symbols the model is the
                uniform distribution.
            vocabulary: V, 1 or more.
            context: C, in [0, LONGEST_CONTEXT]; it may be longer than the text.
            marks: KenLM's convention; there must be one stream.
            kernel: auto (compiled where it can be), native or reference (NumPy).
            threads: of the compiled kernel; no result depends on it.

        Raises:
            InputError: an argument is out of range.
        """
        if not 0 <= context <= LONGEST_CONTEXT:
            raise _refused(f"a context of {context:,}", f"it must be from 0 to {LONGEST_CONTEXT:,}", "Use such a one.")
        text = encode(streams, vocabulary, marks)
        if _chosen(kernel) == "native":
            tables = Tables(text=text, **native.fit(text, vocabulary, context, threads))
        else:
            tables = fitting.fit(text, vocabulary, context)
        return cls(tables, vocabulary, marks=marks, kernel=kernel)

    @property
    def bytes(self) -> int:
        """Memory that all arrays take, and room for a saved model."""
        return sum(array.nbytes for array in self.parts().values())

    def log_probs_of_true(
        self, ids: NDArray[np.integer[Any]], pieces: Iterable[Piece], contexts: Sequence[int], *, threads: int = 1
    ) -> NDArray[np.float32]:
        """Natural logarithms of the probabilities of the symbols in some pieces of a text, [K, N].

        Args:
            ids: the text, in [0, V); what stands before a position in it is that position's context, whatever piece it
                is in.
            pieces: [start, stop) of what is scored, one after another.
            contexts: lengths in [0, C].
            threads: of the compiled kernel; no result depends on it.

        Raises:
            InputError: an id, a piece or a context is out of range.
        """
        text, positions_N, wanted = self._asked(ids, pieces, contexts)
        return _logarithms(self._reader.probabilities(text, positions_N, wanted, threads))[_order(contexts, wanted)]

    def score(
        self, ids: NDArray[np.integer[Any]], pieces: Iterable[Piece], contexts: Sequence[int], *, threads: int = 1
    ) -> Scored:
        """What every context gives for the symbols in some pieces of a text; arguments as for `log_probs_of_true`."""
        text, positions_N, wanted = self._asked(ids, pieces, contexts)
        order = _order(contexts, wanted)
        scores = self._reader.scores(text, positions_N, wanted, threads)
        return Scored(_logarithms(scores.p)[order], scores.best[order], scores.ranks[order], scores.depths)

    def distributions(
        self,
        ids: NDArray[np.integer[Any]],
        pieces: Iterable[Piece],
        context: int,
        chunk: int = CHUNK,
        *,
        threads: int = 1,
    ) -> Iterator[tuple[NDArray[np.int64], NDArray[np.float32]]]:
        """Whole distributions, chunk by chunk in text order: positions [n] and natural logarithms [n, V].

        Args:
            ids, pieces: as for `log_probs_of_true`; a piece may reach one position beyond the text, which asks what may
                come next.
            context: the model's, in [0, C].
            chunk: positions at once, 1 or more; fewer where the alphabet is so large that they would not fit into
                NUMBERS_AT_ONCE. No number depends on it.
            threads: of the compiled kernel; no result depends on it.
        """
        text, positions_N, _ = self._asked(ids, pieces, [context], beyond=1)
        chunk = max(1, min(chunk, NUMBERS_AT_ONCE // self.vocabulary))
        # Several chunks are read at once, in whatever order is quickest, and handed over one after the other.
        block = chunk * max(1, NUMBERS_AT_ONCE // (chunk * self.vocabulary))
        for start in range(0, len(positions_N), block):
            asked_N = positions_N[start : start + block]
            # New memory each time: what was handed over may be kept.
            log_probs_NV = np.empty((len(asked_N), self.vocabulary), np.float32)
            self._reader.distributions(text, asked_N, context, log_probs_NV, threads)
            for first in range(0, len(asked_N), chunk):
                rows = slice(first, min(first + chunk, len(asked_N)))
                yield asked_N[rows].astype(np.int64) - 1, log_probs_NV[rows]

    def parts(self) -> dict[str, NDArray[Any]]:
        """The arrays to save."""
        return self._tables.parts()

    def facts(self) -> dict[str, int | bool]:
        """The plain values to save."""
        return {"vocabulary": self.vocabulary, "context": self.context, "marks": self.marks}

    @classmethod
    def from_parts(
        cls, parts: Mapping[str, NDArray[Any]], facts: Mapping[str, Any], *, kernel: Kernel = "auto"
    ) -> KneserNey:
        """A saved model.

        Args:
            parts, facts: what the methods of these names gave.
            kernel: as for `fit`.

        Raises:
            DamagedArtifact: they do not belong together, or describe no model.
        """
        wrong = fault(parts, facts, compiled=_chosen(kernel) == "native")
        if wrong:
            raise DamagedArtifact(
                tried="load an n-gram model",
                given="its tables",
                why=wrong,
                todo="Fit the model again (rnnscope ngram).",
            )
        return cls(Tables(**parts), facts["vocabulary"], marks=facts["marks"], kernel=kernel)

    @cached_property
    def _reader(self) -> Reference | native.NativeNgram:
        smoothing = self._smoothing()
        if self.kernel == "reference":
            return Reference(self._tables, smoothing)
        return native.NativeNgram(
            self.parts(), self.vocabulary, self.marks, smoothing.lower, smoothing.highest, smoothing.uniform
        )

    def _smoothing(self) -> Smoothing:
        def table(chosen: Iterable[discounts.Discounts | None]) -> NDArray[np.float64]:
            return np.array([(0.0, *found.values) if found else (0.0,) * 4 for found in chosen])

        if self.marks:
            # Beside the alphabet's symbols that occur, the end of the text and the unknown symbol share the mass.
            seen = np.bincount(self._tables.text, minlength=self.vocabulary + 1)[1 : self.vocabulary + 1]
            shared = int(np.count_nonzero(seen)) + 2
        else:
            shared = self.vocabulary
        lower, highest = (level.lower for level in self.levels), (level.highest for level in self.levels)
        return Smoothing(table(lower), table(highest), 1 / shared, self.vocabulary)

    def _asked(
        self, ids: NDArray[np.integer[Any]], pieces: Iterable[Piece], contexts: Sequence[int], *, beyond: int = 0
    ) -> tuple[NDArray[Any], NDArray[np.int32], list[int]]:
        """The text in stored symbols after a 0, positions in it, contexts ascending and each once."""
        pieces = list(pieces)
        for start, stop in pieces:
            if not 0 <= start <= stop <= len(ids) + beyond:
                raise _refused(
                    f"positions {start:,} to {stop:,} of a text of {len(ids):,} symbols",
                    "they are not all inside the text",
                    "Score pieces of the text itself.",
                )
        wanted = sorted(set(contexts))
        if wanted and not (wanted[0] >= 0 and wanted[-1] <= self.context):
            raise _refused(
                f"contexts from {wanted[0]} to {wanted[-1]}",
                f"the model knows contexts from 0 to {self.context}",
                "Use one of these, or fit a model with longer contexts.",
            )
        kind = symbol_type(self.vocabulary, self.marks)
        text = np.concatenate([np.zeros(1, kind), stored(ids, self.vocabulary, kind)])
        ranges = [np.arange(start + 1, stop + 1, dtype=np.int32) for start, stop in pieces]
        return text, np.concatenate([np.empty(0, np.int32), *ranges]), wanted


def _chosen(kernel: Kernel) -> Literal["native", "reference"]:
    assert kernel in ("auto", "native", "reference"), kernel
    if kernel == "native" and load() is None:
        raise _refused("kernel native", f"there is no compiled library ({why()})", "Use kernel auto or reference.")
    return "reference" if kernel == "reference" or load() is None else "native"


def _order(contexts: Sequence[int], ascending: list[int]) -> list[int]:
    return [ascending.index(context) for context in contexts]


def _logarithms(p_KN: NDArray[np.float64]) -> NDArray[np.float32]:
    return logarithms(p_KN, np.empty(p_KN.shape, np.float32))


def _refused(given: str, why: str, todo: str) -> InputError:
    return InputError(tried="use an n-gram model", given=given, why=why, todo=todo)
