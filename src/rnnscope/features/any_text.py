"""Features of any text: lines, words, numbers, brackets, addresses, and what the last symbols were."""

from __future__ import annotations

from functools import partial

import numpy as np
from numpy.typing import NDArray

from rnnscope.features import targets
from rnnscope.features.brackets import KINDS
from rnnscope.features.characters import (
    BLANK,
    BREAK,
    DIGIT,
    LETTER,
    LOWER,
    PUNCTUATION,
    SIGN,
    UPPER,
    WHITE,
    WORD,
    Characters,
)
from rnnscope.features.source import binary, graded
from rnnscope.features.steps import held, merged, since, switched
from rnnscope.features.targets import target

_Bools = NDArray[np.bool_]
_Counts = NDArray[np.int32]


def _indentation(c: Characters) -> _Counts:
    """Columns of the blanks that begin the line, 8 for a tab, read so far."""
    widths_M: _Counts = np.where(c.codes_M == 9, np.int32(8), np.int32(1)) * (c.has(BLANK) & c.line_is_blank_M)
    total_M: _Counts = np.cumsum(widths_M, dtype=np.int32)
    at = merged(c.starts, np.flatnonzero(c.has(BREAK)))
    # A break is no blank, so the sum at it is the sum before its line; a file may begin with one.
    return total_M - held(len(c), at, total_M[at] - widths_M[at])


def _previous_indentation(c: Characters) -> _Counts:
    """The final indentation of the last line with ink, from its break on."""
    inked = c.breaks[~c.line_is_blank_M[np.maximum(c.breaks - 1, 0)] & ~np.isin(c.breaks, c.starts)]
    at = np.concatenate([c.starts, inked])
    values = np.concatenate([np.zeros(len(c.starts), np.int32), _indentation(c)[inked - 1]])
    order = np.argsort(at, kind="stable")
    return held(len(c), at[order], values[order])


def _line_ends_next(c: Characters) -> _Bools:
    breaks_M = np.zeros(len(c), np.bool_)
    breaks_M[c.breaks] = True
    return c.before(breaks_M)


def _word_length(c: Characters) -> _Counts:
    word_M = c.has(WORD)
    return c.since(c.starts_of(word_M)) * word_M


def _capitalised(c: Characters) -> _Bools:
    word_M = c.has(WORD)
    starts = c.starts_of(word_M)
    capital_M = held(len(c), starts, c.has(UPPER)[starts])
    return word_M & capital_M


def _number(c: Characters) -> _Bools:
    token_M = c.has(WORD | DIGIT) | c.any_of("_")
    starts = c.starts_of(token_M)
    number_M = token_M & held(len(c), starts, c.has(DIGIT)[starts])
    return number_M | (c.any_of(".,") & c.after(number_M & c.has(DIGIT)))


def _run(c: Characters) -> _Counts:
    new_M = np.ones(len(c), np.bool_)
    new_M[1:] = c.codes_M[1:] != c.codes_M[:-1]
    new_M[c.starts] = True
    return since(len(c), np.flatnonzero(new_M))


def _address(c: Characters) -> _Bools:
    slash_M, colon_M = c.any_of("/"), c.any_of(":")
    opened_M = slash_M & c.after(slash_M & c.after(colon_M & c.after(c.has(LETTER))))
    closed_M = c.has(WHITE) | c.any_of("<>\"'`)]}")
    return switched(len(c), np.flatnonzero(opened_M), merged(np.flatnonzero(closed_M), c.starts))


def _depth(c: Characters, kinds: str) -> _Counts:
    chosen = [KINDS.index(kind) for kind in kinds]
    return held(len(c), c.brackets.at, c.brackets.depths[:, chosen].sum(axis=1, dtype=np.int32))


def _opener_distance(c: Characters) -> _Counts:
    openers_M = held(len(c), c.brackets.at, c.brackets.opener.astype(np.int32), -1)
    here_M = np.arange(1, len(c) + 1, dtype=np.int32)
    return np.where(openers_M >= 0, here_M - openers_M, np.int32(0))


_binary = partial(binary, "any")
_graded = partial(graded, "any")
_recent = partial(binary, "any", memory=False)

FEATURES = (
    _graded(
        "line-position",
        "characters of the line read so far, 0 at its break",
        lambda c: c.column_M,
        "characters",
        target("\n\r", targets.BEFORE_WHITE_SPACE),
    ),
    _binary(
        "line-end-next",
        "the next character breaks the line",
        _line_ends_next,
        target("\n\r", targets.AFTER_CODE_SIGN),
        causal=False,
    ),
    _recent(
        "line-is-blank",
        "the line read so far holds nothing but blanks",
        lambda c: c.line_is_blank_M,
        target(" \t", targets.IN_INDENTATION),
    ),
    _graded(
        "indentation",
        "columns of blanks that begin the line, as far as it is read; a tab counts 8",
        _indentation,
        "columns",
    ),
    _graded(
        "previous-indentation",
        "columns of blanks that began the last line that was not blank, from its break on; a tab counts 8",
        _previous_indentation,
        "columns",
        target(" \t", targets.AFTER_LINE),
    ),
    _recent("in-word", "the last character is of a word: a run of letters and marks", lambda c: c.has(WORD)),
    _graded(
        "word-length",
        "characters of the word read so far, 0 outside words",
        _word_length,
        "characters",
        target(" ", targets.AFTER_LETTER),
        memory=False,
    ),
    _binary("capitalised-word", "in a word that begins with a capital letter", _capitalised, memory=False),
    _binary(
        "in-number",
        "in a run of letters, digits and _ that begins with a digit, or at a point or comma after a digit of it",
        _number,
        memory=False,
    ),
    _binary(
        "in-parentheses",
        "inside ( ), which a blank line closes",
        lambda c: _depth(c, "(") > 0,
        target(")", targets.AFTER_INK),
    ),
    _graded(
        "round-depth",
        "open ( by the rule of brackets",
        lambda c: _depth(c, "("),
        "brackets",
        target(")", targets.AFTER_INK),
    ),
    _graded(
        "square-depth",
        "open [ by the rule of brackets",
        lambda c: _depth(c, "["),
        "brackets",
        target("]", targets.AFTER_INK),
    ),
    _graded(
        "curly-depth",
        "open { by the rule of brackets",
        lambda c: _depth(c, "{"),
        "brackets",
        target("}", targets.WHILE_LINE_IS_BLANK),
    ),
    _graded(
        "angle-depth",
        "open < of tags and templates by the rule of brackets",
        lambda c: _depth(c, "<"),
        "brackets",
        target(">", targets.AFTER_INK),
    ),
    _graded(
        "bracket-depth",
        "open brackets of all kinds by the rule of brackets",
        lambda c: _depth(c, KINDS),
        "brackets",
        target(")]}", targets.AFTER_INK),
    ),
    _graded(
        "opener-distance",
        "characters since the innermost open bracket, which is number 1; 0 where none is open",
        _opener_distance,
        "characters",
    ),
    _binary(
        "in-url",
        "in an address, from the second slash of :// to white space, a quotation mark or ) ] } >",
        _address,
        target("/", targets.AFTER_LETTER),
    ),
    _graded(
        "run-length",
        "how many times in a row the last character has been read, 0 before the first",
        _run,
        "characters",
        memory=False,
    ),
    _recent("repeated-run", "the last character has been read three times in a row or more", lambda c: _run(c) >= 3),
    _recent("last-letter", "the last character is a letter", lambda c: c.has(LETTER)),
    _recent("last-upper", "the last character is a capital letter", lambda c: c.has(UPPER)),
    _recent("last-lower", "the last character is a small letter", lambda c: c.has(LOWER)),
    _recent("last-digit", "the last character is a digit", lambda c: c.has(DIGIT)),
    _recent("last-blank", "the last character is a blank that breaks no line", lambda c: c.has(BLANK)),
    _recent("last-break", "the last character breaks a line", lambda c: c.has(BREAK)),
    _recent("last-punctuation", "the last character is punctuation", lambda c: c.has(PUNCTUATION)),
    _recent("last-sign", "the last character is a mathematical, currency or other sign", lambda c: c.has(SIGN)),
    _recent("second-last-letter", "the character before the last one is a letter", lambda c: c.after(c.has(LETTER))),
)
