"""Features of prose: sentences, paragraphs, speech that dashes open, lines that were wrapped.

A sentence begins with a paragraph, and with a character that is no small letter after white space after a full stop, a
question or an exclamation mark, which closing marks may follow. A paragraph begins after a blank line.
"""

from __future__ import annotations

from functools import partial

import numpy as np
from numpy.typing import NDArray

from rnnscope.features import targets
from rnnscope.features.characters import BLANK, CLOSING, DASH, LOWER, STOP, WHITE, WORD, Characters
from rnnscope.features.feature import Language
from rnnscope.features.source import binary, graded
from rnnscope.features.steps import Positions, held, merged, switched
from rnnscope.features.targets import target

PROSE: frozenset[Language] = frozenset({"prose"})

# A line in this range may have been wrapped, so that its paragraph goes on; a shorter one ends its paragraph, and a
# longer one is a paragraph by itself.
_WRAPPED = (50, 100)

_Bools = NDArray[np.bool_]
_Counts = NDArray[np.int32]


def _paragraph_starts(c: Characters) -> Positions:
    """First characters of paragraphs that are no white space."""
    ink = np.flatnonzero(~c.has(WHITE))
    found = np.searchsorted(ink, c.paragraphs)
    return ink[merged(found[found < len(ink)])]


def _sentence_starts(c: Characters) -> Positions:
    white_M = c.has(WHITE)
    passed_M = white_M | c.has(CLOSING) | c.any_of("\"'")
    last = c.last_index(~passed_M)
    stopped_M = c.has(STOP)[np.maximum(last, 0)] & (last >= 0)
    starts_M = ~white_M & c.after(white_M) & ~c.has(LOWER) & c.after(stopped_M)
    return merged(_paragraph_starts(c), np.flatnonzero(starts_M))


def _since_within_paragraph(c: Characters, starts: Positions) -> _Counts:
    """Characters since the last start, counted on until the paragraph ends."""
    at = np.concatenate([c.paragraphs, starts])
    open_ = np.zeros(len(at), np.bool_)
    open_[len(c.paragraphs) :] = True
    order = np.argsort(at, kind="stable")
    return c.since(starts) * held(len(c), at[order], open_[order])


def _sentence_words(c: Characters) -> _Counts:
    words_M = np.zeros(len(c), np.int32)
    words_M[c.starts_of(c.has(WORD))] = 1
    total_M = np.cumsum(words_M, dtype=np.int32)
    starts = merged(_sentence_starts(c), c.paragraphs)
    return total_M - held(len(c), starts, total_M[starts] - words_M[starts])


def _speech(c: Characters) -> _Bools:
    """From a dash that begins a line to the end of its paragraph."""
    first_ink_M = ~c.has(WHITE) & (c.after(c.line_is_blank_M) | (c.column_M == 1))
    opened = np.flatnonzero(first_ink_M & c.has(DASH) & ~c.any_of("-"))
    # A hyphen is a dash where a blank follows, which is known at the blank.
    hyphen_M = first_ink_M & c.any_of("-")
    opened = merged(opened, np.flatnonzero(c.any_of(" \u00a0") & c.after(hyphen_M)))
    length = c.column_M[np.maximum(c.breaks - 1, 0)]
    may_go_on = (length >= _WRAPPED[0]) & (length <= _WRAPPED[1])
    indented_M = c.has(BLANK) & (c.column_M == 1)
    closed = merged(c.paragraphs, c.breaks[~may_go_on], np.flatnonzero(indented_M))
    return switched(len(c), opened, np.setdiff1d(closed, opened))


def _about_to_wrap(c: Characters) -> _Bools:
    """The next white space is the break of a line whose paragraph goes on in the next line."""
    ends = c.breaks + c.before(c.line_feed_of_pair_M)[c.breaks]
    ink = np.append(np.flatnonzero(~c.has(WHITE)), len(c) - 1)
    next_ink = ink[np.minimum(np.searchsorted(ink[:-1], ends), len(ink) - 1)]
    # The next sign stands on the next line exactly if its column is its distance from the break.
    in_file = c.before(np.ones(len(c), np.bool_))[ends]
    wraps_M = np.zeros(len(c) + 1, np.bool_)
    inked = c.after(~c.line_is_blank_M)[c.breaks]
    wraps_M[c.breaks[inked & in_file & (c.column_M[next_ink] == next_ink - ends) & ~c.has(WHITE)[next_ink]]] = True
    # Of each position the next white space, or the next file, whose first character ends no line with ink.
    found_M = c.has(WHITE)
    found_M[c.starts] = True
    here_M = np.where(found_M, np.arange(len(c), dtype=np.int32), np.int32(len(c)))
    next_M = np.minimum.accumulate(here_M[::-1])[::-1]
    next_wraps_M: _Bools = wraps_M[np.append(next_M[1:], np.int32(len(c)))]
    return next_wraps_M


_binary = partial(binary, "prose", languages=PROSE)
_graded = partial(graded, "prose", languages=PROSE)

FEATURES = (
    _graded(
        "sentence-position",
        "characters of the sentence read so far, its first one being number 1, until the next one begins",
        lambda c: _since_within_paragraph(c, _sentence_starts(c)),
        "characters",
    ),
    _graded("sentence-words", "words of the sentence that have begun", _sentence_words, "words"),
    _graded(
        "paragraph-position",
        "characters of the paragraph read so far; a blank line ends it",
        lambda c: _since_within_paragraph(c, _paragraph_starts(c)),
        "characters",
        target("\n\r", targets.AFTER_INKED_LINE),
    ),
    _binary(
        "dash-speech",
        "in a paragraph of direct speech that a dash at the beginning of a line opens, the narrator's words included;"
        " it ends at a blank line, a line that is indented, and a line break unless the line had 50 to 100 characters",
        _speech,
    ),
    _binary(
        "about-to-wrap",
        "the next white space breaks the line, and the next line goes on with the paragraph",
        _about_to_wrap,
        target("\n\r", targets.BEFORE_WHITE_SPACE),
        causal=False,
    ),
)
