"""Brackets of any text, matched with a stack.

A closing bracket closes the nearest open one of its kind and everything opened since; without one it means nothing. So
that one stray bracket does not colour the rest of a text, a blank line closes the ( and [ inside the innermost brace, a
closing brace in the first column closes everything, and so do two blank lines and the end of a file. < is followed
apart from the others: it opens only as a tag or a template does, when a letter or one of / ! ? follows, and from there
on; a line break or a semicolon closes it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from rnnscope.features.steps import merged

if TYPE_CHECKING:
    from rnnscope.features.characters import Characters

KINDS = "([{<"
_CLOSING = dict(zip(")]}", "([{", strict=True))
_BLANK_LINE, _LINE_END, _END = "blank line", "line end", "end"


class Events(NamedTuple):
    """What the open brackets are, from each position on where they change.

    Args:
        at: ascending positions.
        depths: open brackets by kind, in the order of `KINDS`, [len(at), 4].
        opener: position of the innermost open bracket, -1 where none is open.
    """

    at: NDArray[np.int64]
    depths: NDArray[np.int32]
    opener: NDArray[np.int64]


def match(characters: Characters) -> Events:
    """Follow the brackets of a text once, from left to right; each is put on a stack and taken off at most once."""
    positions, marks = _marks(characters)
    first_column = (characters.column_M[positions] == 1).tolist()
    stack: list[tuple[str, int]] = []
    angles: list[int] = []
    depth = dict.fromkeys("([{", 0)
    depths = np.zeros((len(positions), len(KINDS)), np.int32)
    openers = np.full(len(positions), -1, np.int64)

    def take() -> str:
        kind = stack.pop()[0]
        depth[kind] -= 1
        return kind

    for row, (at, mark) in enumerate(zip(positions.tolist(), marks, strict=True)):
        if mark in depth:
            stack.append((mark, at))
            depth[mark] += 1
        elif mark == "<":
            angles.append(at)
        elif mark == ">":
            del angles[-1:]
        elif mark in (_END, _LINE_END):
            angles.clear()
        elif mark == _BLANK_LINE:
            angles.clear()
            while stack and stack[-1][0] != "{":
                take()
        elif mark != "}" or not first_column[row]:
            kind = _CLOSING[mark]
            while depth[kind] and take() != kind:
                pass
        if mark == _END or (mark == "}" and first_column[row]):
            stack.clear()
            depth = dict.fromkeys(depth, 0)
        depths[row] = (*depth.values(), len(angles))
        openers[row] = max(stack[-1][1] if stack else -1, angles[-1] if angles else -1)
    return Events(positions, depths, openers)


def _marks(characters: Characters) -> tuple[NDArray[np.int64], list[str]]:
    """Everything that opens or closes, in order; of what falls on one position, what closes more comes first."""
    from rnnscope.features.characters import BREAK, LETTER

    opens_tag_M = characters.after(characters.codes_M == ord("<")) & (characters.has(LETTER) | characters.any_of("/!?"))
    arrow_M = (characters.codes_M == ord(">")) & characters.after(characters.any_of("-="))
    blank = characters.paragraphs[characters.has(BREAK)[characters.paragraphs]]
    second = np.diff(np.searchsorted(characters.breaks, blank), prepend=-2) == 1
    ends = merged(characters.starts, blank[second])
    found: list[tuple[NDArray[np.int64], str]] = [
        (ends, _END),
        (characters.paragraphs, _BLANK_LINE),
        (characters.breaks, _LINE_END),
        (np.flatnonzero(characters.codes_M == ord(";")), _LINE_END),
        (np.flatnonzero(opens_tag_M), "<"),
        (np.flatnonzero((characters.codes_M == ord(">")) & ~arrow_M), ">"),
    ]
    found += [(np.flatnonzero(characters.codes_M == ord(sign)), sign) for sign in "([{)]}"]
    positions = np.concatenate([at for at, _ in found])
    order = np.argsort(positions, kind="stable")
    names = np.repeat(np.arange(len(found)), [len(at) for at, _ in found])[order]
    return positions[order], [found[name][1] for name in names.tolist()]
