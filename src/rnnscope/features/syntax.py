"""Source code as a table of the parser's nodes, in symbols of the text; file by file.

Tree-sitter parses what it can and marks the rest. Nothing is claimed of what it marks: error nodes are excluded, and a
node that lacks a token is excluded whole. One stray macro can make a whole file of C an error, so such a file is parsed
again in pieces that end with a closing brace in the first column, and the reading that loses less is kept. The body of
a macro is raw text to the parser and is excluded as well.
"""

from __future__ import annotations

import re
from array import array
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np
import tree_sitter
import tree_sitter_c
import tree_sitter_python
from numpy.typing import NDArray

from rnnscope.corpus.text import Text
from rnnscope.features.feature import Language
from rnnscope.features.languages import symbol_at_byte, utf8
from rnnscope.features.steps import Positions, covered

GRAMMARS = {"c": tree_sitter_c.language, "python": tree_sitter_python.language}
ERROR = 0xFFFF
_COLUMNS = 5  # kind, start, stop, parent, field
_PIECE_END = {"c": re.compile(rb"(?m)^\}[^\n]*\n")}

Rows = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Tree:
    """The nodes of all files of one language, parents before children, in the order of the text.

    Args:
        n: N, symbols of the whole text.
        language: what was parsed.
        kind: kind of each node, as the grammar numbers them.
        start, stop: symbols of each node.
        parent: row of the parent, -1 for a root.
        field: the name under which the parent holds it, as the grammar numbers them, 0 for none.
        errors: rows of error nodes, and of nodes that lack a token.
        file_stops: where the parsed files end, ascending.
    """

    n: int
    language: Language
    kind: NDArray[np.uint16]
    start: Positions
    stop: Positions
    parent: Rows
    field: NDArray[np.uint16]
    errors: Rows
    file_stops: Positions

    @cached_property
    def grammar(self) -> tree_sitter.Language:
        """The grammar, which names kinds and fields."""
        return tree_sitter.Language(GRAMMARS[self.language]())

    def kinds(self, *names: str) -> NDArray[np.bool_]:
        """Which kinds have one of some names, [kinds + 1]; the last one stands for errors and is never chosen."""
        found = [self.grammar.node_kind_for_id(number) in names for number in range(self.grammar.node_kind_count)]
        return np.array([*found, False])

    def of(self, *names: str) -> NDArray[np.bool_]:
        """Which rows are of kinds with these names."""
        return self.kinds(*names)[np.minimum(self.kind, self.grammar.node_kind_count)]

    def rows(self, *names: str, field: str = "", under: NDArray[np.bool_] | None = None) -> Rows:
        """Rows of some kinds (all if none is named), held as a field, whose parents are among those chosen.

        Args:
            names: kinds; none for any.
            field: name of the field; "" for any.
            under: which rows may be the parent; None for any.
        """
        chosen = self.of(*names) if names else np.ones(len(self.kind), np.bool_)
        if field:
            chosen = chosen & (self.field == (self.grammar.field_id_for_name(field) or ERROR))
        if under is not None:
            chosen = chosen & (self.parent >= 0) & under[self.parent]
        return np.flatnonzero(chosen)

    def words(self) -> Rows:
        """Rows of tokens that the grammar spells out in letters: reserved words."""
        grammar = self.grammar
        numbers = range(grammar.node_kind_count)
        chosen = [not grammar.node_kind_is_named(i) and (grammar.node_kind_for_id(i) or "").isalpha() for i in numbers]
        spelled = np.array([*chosen, False])
        return np.flatnonzero(spelled[np.minimum(self.kind, grammar.node_kind_count)] & (self.stop > self.start))

    @cached_property
    def leaves(self) -> Positions:
        """Where tokens other than comments begin, and where files end: the places at which a block of Python ends."""
        inner = np.zeros(len(self.kind) + 1, np.bool_)
        inner[self.parent] = True  # the parent of roots is -1, the extra last entry
        tokens = ~inner[:-1] & ~self.of("comment") & (self.stop > self.start)
        return np.sort(np.concatenate([self.start[tokens], self.file_stops]))

    @cached_property
    def errors_N(self) -> NDArray[np.bool_]:
        """What was not parsed."""
        return covered(self.n, self.start[self.errors], self.stop[self.errors]) > 0

    @cached_property
    def bodies_N(self) -> NDArray[np.bool_]:
        """Bodies of macros."""
        rows = self.rows("preproc_arg")
        return covered(self.n, self.start[rows], self.stop[rows]) > 0


def parse(text: Text, language: Language, spans: list[tuple[int, int]]) -> Tree:
    """Parse some files of a text.

    Args:
        text: the text.
        language: a key of `GRAMMARS`.
        spans: [start, stop) of each file in symbols.
    """
    parser = tree_sitter.Parser(tree_sitter.Language(GRAMMARS[language]()))
    parts: list[list[NDArray[np.int64]]] = [[], [], [], [], [], []]
    rows = 0
    for start, stop in spans:
        data = utf8(text, start, stop)
        columns = _read(parser, data, _PIECE_END.get(language))
        begins, ends = (_to_symbols(text, start, stop, offsets) for offsets in columns[1:3])
        columns[3][columns[3] >= 0] += rows
        for part, column in zip(parts, (columns[0], begins, ends, *columns[3:5], columns[5] + rows), strict=True):
            part.append(column)
        rows += len(columns[0])
    kind, begin, end, parent, held_as, errors = (np.concatenate(part) for part in parts)
    return Tree(
        len(text),
        language,
        kind.astype(np.uint16),
        begin,
        end,
        parent,
        held_as.astype(np.uint16),
        errors,
        np.array([stop for _, stop in spans], np.int64),
    )


def _to_symbols(text: Text, start: int, stop: int, offsets: NDArray[np.int64]) -> Positions:
    return start + (offsets if text.kind == "bytes" else symbol_at_byte(text.codes_N[start:stop], offsets))


def _read(parser: tree_sitter.Parser, data: bytes, piece_end: re.Pattern[bytes] | None) -> list[NDArray[np.int64]]:
    """The columns of one file: kind, start, stop (bytes), parent, field, and the rows of errors."""
    whole = _table([(0, data)], parser)
    lost = _lost(whole)
    if piece_end is None or lost < max(1_000, 0.02 * len(data)):
        return whole
    cuts = [0, *(match.end() for match in piece_end.finditer(data)), len(data)]
    pieces = _table([(low, data[low:high]) for low, high in pairwise(cuts) if high > low], parser)
    return pieces if _lost(pieces) < lost else whole


def _lost(columns: list[NDArray[np.int64]]) -> int:
    _, start, stop, *_, errors = columns
    return int(np.count_nonzero(covered(int(stop.max()), start[errors], stop[errors])))


def _table(pieces: list[tuple[int, bytes]], parser: tree_sitter.Parser) -> list[NDArray[np.int64]]:
    numbers, errors = array("q"), array("q")
    for offset, data in pieces:
        _walk(parser.parse(data), offset, numbers, errors)
    table = np.array(numbers, np.int64).reshape(-1, _COLUMNS)
    return [*(np.ascontiguousarray(column) for column in table.T), np.array(errors, np.int64)]


def _walk(tree: tree_sitter.Tree, offset: int, numbers: array[int], errors: array[int]) -> None:
    """Append a row for each node, parents first."""
    cursor, parents = tree.walk(), [-1]
    while True:
        node = cursor.node
        assert node is not None
        row, kind, (start, stop) = len(numbers) // _COLUMNS, node.kind_id, node.byte_range
        numbers.extend((kind, offset + start, offset + stop, parents[-1], cursor.field_id or 0))
        if kind == ERROR:
            errors.append(row)
        elif start == stop and node.is_missing:
            errors.append(parents[-1])
        if cursor.goto_first_child():
            parents.append(row)
            continue
        while not cursor.goto_next_sibling():
            if not cursor.goto_parent():
                return
            parents.pop()
