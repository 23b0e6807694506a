"""Features of source code, from the parser's tree; the rules of each language are in `code_c` and `code_python`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import ModuleType
from typing import Literal

import numpy as np

from rnnscope.corpus.text import Text
from rnnscope.features import code_c, code_python, targets
from rnnscope.features.characters import WHITE
from rnnscope.features.feature import Feature, Language, Measured, Target
from rnnscope.features.source import Source
from rnnscope.features.spans import Spans, depth, joined, levels
from rnnscope.features.steps import Positions, merged
from rnnscope.features.syntax import Tree
from rnnscope.features.targets import target

Rule = Callable[[Tree, Text], Spans]
RULES: dict[Language, ModuleType] = {"c": code_c, "python": code_python}


def _spans(source: Source, rules: Mapping[Language, tuple[Rule, ...]]) -> Spans:
    found = [rule(tree, source.text) for language, tree in source.parsed.items() for rule in rules.get(language, ())]
    return joined(*found) if found else (np.zeros(0, np.int64), np.zeros(0, np.int64))


def _rules(*names: str) -> dict[Language, tuple[Rule, ...]]:
    """The rules of some names, in every language that has them all."""
    return {
        language: tuple(getattr(module, name) for name in names)
        for language, module in RULES.items()
        if all(name in vars(module) for name in names)
    }


def _feature(
    name: str,
    words: str,
    *rules: str,
    counted: str = "",
    causal: bool = True,
    memory: bool = True,
    bodies: bool = False,
    aims: Mapping[str, Target] | None = None,
) -> Feature:
    """A feature that is true inside some stretches, or counts them.

    Args:
        name, words, causal, memory: as in `Feature`.
        rules: functions of the modules of languages, whose stretches are joined.
        counted: what a graded feature counts; "" for a binary one.
        bodies: known inside the bodies of macros as well.
        aims: targets by language.
    """
    by_language = _rules(*rules)
    languages = frozenset(by_language)

    def measure(source: Source) -> Measured:
        inside_N = depth(len(source.text), _spans(source, by_language))
        values_N = inside_N if counted else inside_N > 0
        return Measured(values_N, *source.mask(languages, code=True, bodies=bodies))

    kind: Literal["binary", "graded"] = "graded" if counted else "binary"
    return Feature(name, "code", words, kind, measure, causal, memory, languages, counted, aims or {})


def _first_inks(source: Source) -> Positions:
    """First symbols of lines that are no blanks."""
    characters = source.characters
    first_M = ~characters.has(WHITE) & (characters.after(characters.line_is_blank_M) | (characters.column_M == 1))
    return np.flatnonzero(characters.only_last_bytes(first_M))


def _level(source: Source) -> Measured:
    rules = _rules("blocks")
    languages = frozenset(rules)
    depth_N = depth(len(source.text), _spans(source, rules))
    starts = np.array([start for start, _ in source.spans], np.int64)
    firsts = _first_inks(source)
    level_N = levels(len(source.text), depth_N, merged(starts, firsts))
    return Measured(level_N, *source.mask(languages, code=True))


_BRACE = target("}", targets.WHILE_LINE_IS_BLANK)
_BLANK = target(" ", targets.AFTER_LINE)
_COLON = target(":", targets.AFTER_NAME)
_ROUND = target(")", targets.AFTER_NAME)
_STRING = {"c": target('"', targets.AFTER_INK), "python": target("\"'", targets.AFTER_INK)}
_BODY = {"c": _BRACE, "python": _BLANK}
_ARGUMENTS = {"": target("),", targets.AFTER_NAME)}
# Where words are no code they are hardly ever followed by what follows names in code.
_CALL = target("(", targets.AFTER_LETTER, -1)
_STATEMENT = target(";", targets.AFTER_NAME, -1)

FEATURES = (
    _feature(
        "comment",
        "inside a comment; in C from the second sign of its opening on",
        "comments",
        aims={"c": target("/", targets.AFTER_STAR), "python": _CALL},
    ),
    _feature("string", "inside a string literal, from its quotation mark on", "strings", aims=_STRING),
    _feature(
        "comment-or-string",
        "inside a comment or a string literal",
        "comments",
        "strings",
        aims={"c": _STATEMENT, "python": _CALL},
    ),
    _feature("preprocessor", "in a preprocessor line, continuation lines included", "directives", bodies=True),
    _feature(
        "if-condition",
        "in the condition of an if: C inside its parentheses, Python to its colon",
        "conditions",
        aims={"c": _ROUND, "python": _COLON},
    ),
    _feature(
        "if-body",
        "in a branch of an if or its else; in C a branch without braces ends where its first statement may end",
        "branches",
        aims=_BODY,
    ),
    _feature(
        "loop-header",
        "in the head of a loop: C inside its parentheses, Python to its colon",
        "loop_headers",
        aims={"c": _ROUND, "python": _COLON},
    ),
    _feature("loop-body", "in the body of a loop, with ends as for if-body", "loop_bodies", aims=_BODY),
    _feature("function-body", "in the body of a function", "function_bodies", aims=_BODY),
    _feature("struct-body", "among the members of a struct, union, enum or class", "struct_bodies", aims=_BODY),
    _feature(
        "argument-list",
        "inside the parentheses of a call",
        "arguments",
        causal=False,
        aims=_ARGUMENTS,
    ),
    _feature(
        "parameter-list",
        "inside the parentheses of a definition's parameters",
        "parameters",
        causal=False,
        aims=_ARGUMENTS,
    ),
    _feature(
        "expression-depth",
        "open parentheses and square brackets of code, in Python braces as well",
        "expressions",
        counted="brackets",
        aims={"": _ROUND},
    ),
    _feature("block-depth", "open blocks: braces in C, blocks in Python", "blocks", counted="blocks", aims=_BODY),
    Feature(
        "indentation-level",
        "code",
        "blocks around the first sign of the line, held until the next line that is not blank begins",
        "graded",
        _level,
        languages=frozenset(RULES),
        unit="blocks",
        targets={"c": target("\t", targets.AFTER_LINE), "python": _BLANK},
    ),
    _feature(
        "docstring",
        "inside a string that is the first statement of a module, class or function",
        "docstrings",
        causal=False,
        aims={"python": target('"', targets.AFTER_SENTENCE_SIGN)},
    ),
    _feature("decorator", "in a decorator", "decorators"),
    _feature("identifier", "in a name", "identifiers", causal=False, memory=False),
    _feature("keyword", "in a reserved word or a built-in type", "keywords", causal=False, memory=False),
    _feature("literal", "in a number, string, character or constant", "literals", causal=False, memory=False),
)
