"""Inside quotation marks of any style. The end of a paragraph closes all, since speech that goes on is opened anew.

A straight mark opens and closes in turn. An apostrophe is no quotation mark: a straight single one or a right single
one after a letter closes only once no letter follows it, so that a reader knows one character later. A mark after an
odd number of backslashes is a character like any other.
"""

from __future__ import annotations

from functools import partial

import numpy as np
from numpy.typing import NDArray

from rnnscope.features import targets
from rnnscope.features.characters import DIGIT, OPENING, WHITE, WORD, Characters
from rnnscope.features.feature import Feature
from rnnscope.features.source import binary
from rnnscope.features.steps import Positions, held, merged, switched
from rnnscope.features.targets import target

_Bools = NDArray[np.bool_]


def _unescaped(c: Characters, marks: Positions) -> Positions:
    """Those marks that no odd number of backslashes precedes."""
    backslash_M = c.codes_M == ord("\\")
    if not backslash_M.any():
        return marks
    here = marks - 1
    run = here - c.last_index(~backslash_M)[np.maximum(here, 0)]
    free: Positions = marks[(run % 2 == 0) | (marks == 0)]
    return free


def _double(c: Characters) -> _Bools:
    """Straight double marks in turn."""
    marks = _unescaped(c, np.flatnonzero(c.codes_M == ord('"')))
    at = np.concatenate([c.paragraphs, marks])
    is_mark = np.zeros(len(at), np.int64)
    is_mark[len(c.paragraphs) :] = 1
    order = np.argsort(at, kind="stable")
    total = np.cumsum(is_mark[order])
    # Marks before the latest end of a paragraph are none of this one's.
    earlier = np.maximum.accumulate(np.where(is_mark[order] == 0, total, 0))
    return held(len(c), at[order], (total - earlier) % 2 == 1)


def _between(c: Characters, on: Positions, off: Positions) -> _Bools:
    return switched(len(c), on, merged(off, c.paragraphs[~np.isin(c.paragraphs, on)]))


def _closing_marks(c: Characters, marks_M: _Bools) -> Positions:
    """Where marks that may be apostrophes close: at once, or after a letter one character later, if none follows."""
    letters_M = c.has(WORD | DIGIT)
    after_letter_M = marks_M & c.after(letters_M)
    at_once = _unescaped(c, np.flatnonzero(marks_M & ~after_letter_M & c.after(~c.has(WHITE))))
    return merged(at_once, np.flatnonzero(c.after(after_letter_M) & ~letters_M))


def _single(c: Characters) -> _Bools:
    """A straight single mark opens after white space, an opening bracket, a dash or another mark."""
    marks_M = c.codes_M == ord("'")
    may_open_M = ~c.after(~c.has(WHITE | OPENING) & ~c.any_of('"=,:\u2014\u2013-'))
    on = _unescaped(c, np.flatnonzero(marks_M & may_open_M))
    off = _closing_marks(c, marks_M & ~may_open_M)
    return _between(c, on, off)


def _pair(c: Characters, opening: str, closing: str) -> _Bools:
    return _between(c, np.flatnonzero(c.any_of(opening)), np.flatnonzero(c.any_of(closing)))


def _low(c: Characters) -> _Bools:
    return _pair(c, "\u201e", "\u201c\u201d")


def _curly(c: Characters) -> _Bools:
    opening_M = c.any_of("\u201c") & ~c.after(_low(c))
    return _between(c, np.flatnonzero(opening_M), np.flatnonzero(c.any_of("\u201d")))


def _curly_single(c: Characters) -> _Bools:
    return _between(c, np.flatnonzero(c.any_of("\u2018")), _closing_marks(c, c.any_of("\u2019")))


_quotes = partial(binary, "any")

FEATURES: tuple[Feature, ...] = (
    _quotes(
        "double-quotes", 'inside straight double quotation marks " "', _double, target('"', targets.AFTER_SENTENCE_SIGN)
    ),
    _quotes(
        "single-quotes", "inside straight single quotation marks ' '", _single, target("'", targets.AFTER_SENTENCE_SIGN)
    ),
    _quotes(
        "guillemets",
        "inside \u00ab \u00bb",
        lambda c: _pair(c, "\u00ab", "\u00bb"),
        target("\u00bb", targets.AFTER_INK),
    ),
    _quotes("low-quotes", "inside \u201e \u201c or \u201e \u201d", _low, target("\u201c\u201d", targets.AFTER_INK)),
    _quotes("curly-quotes", "inside \u201c \u201d", _curly, target("\u201d", targets.AFTER_SENTENCE_SIGN)),
    _quotes(
        "curly-single-quotes", "inside \u2018 \u2019", _curly_single, target("\u2019", targets.AFTER_SENTENCE_SIGN)
    ),
)
