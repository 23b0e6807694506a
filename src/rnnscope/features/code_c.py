"""Where things are in C, by tree-sitter's grammar for it."""

from __future__ import annotations

import numpy as np

from rnnscope.corpus.text import Text
from rnnscope.features.spans import Spans, inner, joined, pairs, to_line_end, tokens
from rnnscope.features.steps import Positions
from rnnscope.features.syntax import Rows, Tree

_DIRECTIVES = ("#include", "#define", "#if", "#ifdef", "#ifndef", "#elif", "#elifdef", "#elifndef", "#else", "#endif")


def comments(tree: Tree, text: Text) -> Spans:
    """Comments, from the second sign of their opening on: the first one may be a division."""
    rows = tree.rows("comment")
    starts = tree.start[rows] + 1
    in_lines = text.codes_N[starts] == ord("/")
    return starts, tree.stop[rows] - ~in_lines


def strings(tree: Tree, text: Text) -> Spans:
    """String literals, from the quotation mark on."""
    rows = tree.rows("string_literal")
    return tree.stop[rows + 1] - 1, tree.stop[rows] - 1


def directives(tree: Tree, text: Text) -> Spans:
    """Preprocessor lines with their continuations."""
    starts = tree.start[tree.rows(*_DIRECTIVES, "preproc_directive")]
    return to_line_end(tree, text, starts, starts + 1, continued=True)


def conditions(tree: Tree, text: Text) -> Spans:
    """Parentheses after `if`."""
    return pairs(tree, "(", ")", _chosen(tree, tree.rows(field="condition", under=tree.of("if_statement"))))


def loop_headers(tree: Tree, text: Text) -> Spans:
    """Parentheses of `for`, `while` and `do`."""
    tested = tree.rows(field="condition", under=tree.of("while_statement", "do_statement"))
    under = tree.of("for_statement")
    under[tested] = True
    return pairs(tree, "(", ")", under)


def branches(tree: Tree, text: Text) -> Spans:
    """What an `if` and its `else` govern."""
    under_else = tree.rows(under=tree.of("else_clause"))
    alternatives = under_else[~tree.of("else", "comment")[under_else]]
    return _bodies(tree, np.append(tree.rows(field="consequence", under=tree.of("if_statement")), alternatives))


def loop_bodies(tree: Tree, text: Text) -> Spans:
    """What a loop repeats."""
    return _bodies(tree, tree.rows(field="body", under=tree.of("for_statement", "while_statement", "do_statement")))


def function_bodies(tree: Tree, text: Text) -> Spans:
    """Bodies of functions."""
    return inner(tree, tree.rows("compound_statement", field="body", under=tree.of("function_definition")))


def struct_bodies(tree: Tree, text: Text) -> Spans:
    """Members of struct, union and enum."""
    return pairs(tree, "{", "}", tree.of("field_declaration_list", "enumerator_list"))


def arguments(tree: Tree, text: Text) -> Spans:
    """Arguments of calls."""
    return pairs(tree, "(", ")", tree.of("argument_list"))


def parameters(tree: Tree, text: Text) -> Spans:
    """Parameters of functions and macros."""
    return pairs(tree, "(", ")", tree.of("parameter_list", "preproc_params"))


def expressions(tree: Tree, text: Text) -> Spans:
    """Parentheses and square brackets."""
    return joined(pairs(tree, "(", ")"), pairs(tree, "[", "]"))


def blocks(tree: Tree, text: Text) -> Spans:
    """Braces."""
    return pairs(tree, "{", "}")


def identifiers(tree: Tree, text: Text) -> Spans:
    """Names."""
    names = ("identifier", "field_identifier", "type_identifier", "statement_identifier")
    return tokens(tree, tree.rows(*names))


def keywords(tree: Tree, text: Text) -> Spans:
    """Reserved words and the types that the grammar knows."""
    return tokens(tree, np.append(tree.rows("primitive_type"), tree.words()))


def literals(tree: Tree, text: Text) -> Spans:
    """Numbers, strings, characters and constants."""
    kinds = ("number_literal", "string_literal", "char_literal", "true", "false", "null")
    return tokens(tree, tree.rows(*kinds))


def _chosen(tree: Tree, rows: Rows) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    chosen = np.zeros(len(tree.kind), np.bool_)
    chosen[rows] = True
    return chosen


def _bodies(tree: Tree, rows: Rows) -> Spans:
    return tree.start[rows], _earliest_stops(tree)[rows] - 1


def _earliest_stops(tree: Tree) -> Positions:
    """Where each statement may first be over.

    After `if (a) if (b) x;` an `else` may follow or not, so what a reader can know is that `x;` ended a statement.
    """
    stops = tree.stop.copy()
    last_parts = [
        tree.rows(field="consequence", under=tree.of("if_statement")),
        tree.rows(field="body", under=tree.of("for_statement", "while_statement")),
        _last_children(tree, tree.rows(under=tree.of("labeled_statement"))),
    ]
    # Children come after their parents, so that from the end on every part is known before what ends with it.
    for row in np.sort(np.concatenate(last_parts))[::-1].tolist():
        stops[tree.parent[row]] = stops[row]
    return stops


def _last_children(tree: Tree, rows: Rows) -> Rows:
    parents = tree.parent[rows]
    last: dict[int, int] = dict(zip(parents.tolist(), rows.tolist(), strict=True))
    return np.array(list(last.values()), np.int64)
