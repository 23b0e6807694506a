"""Where things are in Python, by tree-sitter's grammar for it.

A block has no closing sign: it begins after its colon and lasts until the first symbol of the next statement outside
it, where alone a reader can know that it is over.
"""

from __future__ import annotations

import numpy as np

from rnnscope.corpus.text import Text
from rnnscope.features.spans import Spans, joined, pairs, to_line_end, tokens
from rnnscope.features.steps import Positions
from rnnscope.features.syntax import Rows, Tree


def comments(tree: Tree, text: Text) -> Spans:
    """Comments."""
    return tokens(tree, tree.rows("comment"))


def strings(tree: Tree, text: Text) -> Spans:
    """String literals, from the quotation mark on, with what is interpolated in them."""
    return _strings(tree, text, tree.rows("string"))


def docstrings(tree: Tree, text: Text) -> Spans:
    """Strings that are the first statement of a module, class or function."""
    suites = tree.of("module")
    suites[tree.rows("block", under=tree.of("function_definition", "class_definition"))] = True
    within = tree.rows(under=suites)
    within = within[~tree.of("comment")[within]]
    firsts = within[np.unique(tree.parent[within], return_index=True)[1]]
    first = np.zeros(len(tree.kind), np.bool_)
    first[firsts[tree.of("expression_statement")[firsts]]] = True
    return _strings(tree, text, tree.rows("string", under=first))


def decorators(tree: Tree, text: Text) -> Spans:
    """Decorators, to the end of their last line."""
    rows = tree.rows("decorator")
    return to_line_end(tree, text, tree.start[rows], tree.stop[rows], continued=False)


def conditions(tree: Tree, text: Text) -> Spans:
    """From the first symbol after `if` or `elif` to the colon."""
    return _to_colon(tree, tree.rows(field="condition", under=tree.of("if_statement", "elif_clause")))


def loop_headers(tree: Tree, text: Text) -> Spans:
    """From the first symbol after `for` or `while` to the colon."""
    tested = tree.rows(field="condition", under=tree.of("while_statement"))
    return _to_colon(tree, np.append(tested, tree.rows(field="left", under=tree.of("for_statement"))))


def branches(tree: Tree, text: Text) -> Spans:
    """Blocks of `if`, `elif` and their `else`."""
    under = tree.of("if_statement", "elif_clause")
    under[tree.rows("else_clause", under=tree.of("if_statement"))] = True
    return _suites(tree, tree.rows("block", under=under))


def loop_bodies(tree: Tree, text: Text) -> Spans:
    """Blocks of `for` and `while`."""
    return _suites(tree, tree.rows("block", field="body", under=tree.of("for_statement", "while_statement")))


def function_bodies(tree: Tree, text: Text) -> Spans:
    """Blocks of `def`."""
    return _suites(tree, tree.rows("block", under=tree.of("function_definition")))


def struct_bodies(tree: Tree, text: Text) -> Spans:
    """Blocks of `class`."""
    return _suites(tree, tree.rows("block", under=tree.of("class_definition")))


def arguments(tree: Tree, text: Text) -> Spans:
    """Arguments of calls, and bases of classes."""
    under = tree.of("argument_list")
    under[tree.rows("generator_expression", field="arguments")] = True
    return pairs(tree, "(", ")", under)


def parameters(tree: Tree, text: Text) -> Spans:
    """Parameters of functions."""
    return pairs(tree, "(", ")", tree.of("parameters"))


def expressions(tree: Tree, text: Text) -> Spans:
    """Brackets of any kind, apart from the braces of interpolation."""
    interpolated = tree.of("interpolation", "format_expression")
    return joined(pairs(tree, "(", ")"), pairs(tree, "[", "]"), pairs(tree, "{", "}", ~interpolated))


def blocks(tree: Tree, text: Text) -> Spans:
    """All blocks."""
    return _suites(tree, tree.rows("block"))


def identifiers(tree: Tree, text: Text) -> Spans:
    """Names."""
    return tokens(tree, tree.rows("identifier"))


def keywords(tree: Tree, text: Text) -> Spans:
    """Reserved words."""
    return tokens(tree, tree.words())


def literals(tree: Tree, text: Text) -> Spans:
    """Numbers, strings and constants."""
    return tokens(tree, tree.rows("integer", "float", "string", "true", "false", "none", "ellipsis"))


def _strings(tree: Tree, text: Text, rows: Rows) -> Spans:
    marks = tree.stop[rows + 1] - 1
    triple = (marks - tree.start[rows + 1] >= 2) & (text.codes_N[marks - 1] == text.codes_N[marks])
    # After the second of three opening marks a reader has seen an empty string and nothing more.
    return joined((marks, tree.stop[rows] - 1), (marks[triple] - 2, marks[triple] - 1))


def _colons(tree: Tree) -> Positions:
    """Where the colon of each node is that has one among its own children, -1 elsewhere."""
    found = np.full(len(tree.kind) + 1, -1, np.int64)
    rows = tree.rows(":")
    found[tree.parent[rows]] = tree.start[rows]
    return found


def _to_colon(tree: Tree, rows: Rows) -> Spans:
    colons = _colons(tree)[tree.parent[rows]]
    return tree.start[rows][colons >= 0], colons[colons >= 0] + 1


def _suites(tree: Tree, rows: Rows) -> Spans:
    colons = _colons(tree)[tree.parent[rows]]
    rows, colons = rows[colons >= 0], colons[colons >= 0]
    return colons + 1, tree.leaves[np.searchsorted(tree.leaves, tree.stop[rows])]
