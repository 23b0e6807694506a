"""Places where the next symbol shows what a network believes, for the targets of features.

Each is a function from a text to [N]: True where the next symbol is predicted for the measurement. The last symbol of a
file is never among them: what follows it belongs to another file.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from rnnscope.features.characters import (
    BLANK,
    BREAK,
    CLOSING,
    DIGIT,
    LETTER,
    OPENING,
    STOP,
    WHITE,
    WORD,
    Characters,
)
from rnnscope.features.feature import Target
from rnnscope.features.source import Source

_Where = Callable[[Characters], NDArray[np.bool_]]


def target(symbols: str, where: tuple[_Where, str], sign: Literal[1, -1] = 1) -> Target:
    """A target at one of the places of this module."""
    find, words = where

    def positions(source: Source) -> NDArray[np.bool_]:
        characters = source.characters
        everywhere_M = np.ones(len(characters), np.bool_)
        return characters.only_last_bytes(find(characters) & characters.before(everywhere_M))

    return Target(symbols, positions, sign, words)


def _sentence_signs(c: Characters) -> NDArray[np.bool_]:
    return c.has(STOP) | c.any_of(",")


def _before_white(c: Characters) -> NDArray[np.bool_]:
    return ~c.has(WHITE) & c.before(c.has(WHITE))


def _ink(c: Characters) -> NDArray[np.bool_]:
    return ~c.has(WHITE | OPENING)


def _names(c: Characters) -> NDArray[np.bool_]:
    return c.has(WORD | DIGIT | CLOSING) | c.any_of("_")


def _blank_so_far(c: Characters) -> NDArray[np.bool_]:
    return c.line_is_blank_M


def _line_ends(c: Characters) -> NDArray[np.bool_]:
    return c.has(BREAK) & ~c.before(c.line_feed_of_pair_M)


def _inked_line_ends(c: Characters) -> NDArray[np.bool_]:
    ends_M = np.zeros(len(c), np.bool_)
    ends_M[c.breaks] = True
    inked_M = ends_M & c.after(~c.line_is_blank_M)
    return _line_ends(c) & (inked_M | (c.line_feed_of_pair_M & c.after(inked_M)))


def _code_line_ends(c: Characters) -> NDArray[np.bool_]:
    return c.any_of(";{})>:,")


def _stars(c: Characters) -> NDArray[np.bool_]:
    return c.any_of("*")


def _letters(c: Characters) -> NDArray[np.bool_]:
    return c.has(LETTER)


def _indents(c: Characters) -> NDArray[np.bool_]:
    return _line_ends(c) | (c.line_is_blank_M & c.has(BLANK))


AFTER_SENTENCE_SIGN = (_sentence_signs, "after . , ? ! and the like")
BEFORE_WHITE_SPACE = (_before_white, "where white space follows a character that is none")
AFTER_INK = (_ink, "after any character but white space and opening brackets")
AFTER_NAME = (_names, "after a letter, a digit, _ or a closing bracket")
WHILE_LINE_IS_BLANK = (_blank_so_far, "while the line holds only blanks, its beginning included")
AFTER_LINE = (_line_ends, "after a line break")
AFTER_INKED_LINE = (_inked_line_ends, "after the line break of a line that is not blank")
AFTER_CODE_SIGN = (_code_line_ends, "after one of ; { } ) > : ,")
AFTER_STAR = (_stars, "after *")
AFTER_LETTER = (_letters, "after a letter")
IN_INDENTATION = (_indents, "after a line break, and after the blanks that begin a line")
