"""Sequences that can only be answered by remembering, with the answers that are asked for.

    temporal-order  A or B at a place in the second tenth and at one in the sixth, distractors c to f elsewhere; which
                    of AA, AB, BA, BB it was is asked after the last symbol (Hochreiter and Schmidhuber 1997, places
                    as in the experiments of Pascanu, Mikolov and Bengio 2013)
    memorisation    ten symbols of five values, blanks, a sign, and ten blanks during which the ten symbols are asked
                    for in their order (noiseless memorisation; Martens and Sutskever 2011)
    anbn            a n times, then b n times; from the first b on the next symbol is certain and asked for, the end too
                    (Gers and Schmidhuber 2001; Weiss, Goldberg and Yahav 2018)
    dyck-K-M        brackets of K kinds, nested at most M deep; wherever one closes, its kind is asked for before it is
                    read (Hewitt et al. 2020)

Symbols that enter and symbols that are asked for share one alphabet, as in every network here. The length T is the
number of symbols that a network reads. Dimension letters: T steps, B sequences.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from rnnscope.errors import InputError

NOTHING = -1
"""What enters beyond the end of a sequence, and the target where nothing is asked."""

Ids = NDArray[np.int64]


class Sequences(NamedTuple):
    """Some sequences of one task.

    Attributes:
        inputs: symbols in [0, V), or `NOTHING` beyond a sequence's end, [T, B].
        targets: symbols that are asked for after each step, or `NOTHING`, [T, B].
    """

    inputs: Ids
    targets: Ids


class Problem(ABC):
    """A task.

    Attributes:
        name: what commands call it.
        symbols: a sign for each of the V symbols, for people.
        shortest: the smallest length that the task makes sense with.
    """

    name: str
    symbols: str
    shortest: int

    @abstractmethod
    def draw(self, random: np.random.Generator, length: int, count: int, *, longest: bool = False) -> Sequences:
        """Draw sequences.

        Args:
            random: where all chance comes from.
            length: T, at least `shortest`.
            count: B.
            longest: only sequences that take all T steps, where a task's training has shorter ones as well.
        """


class TemporalOrder(Problem):
    """Which of two symbols came at two places, in this order."""

    name, symbols, shortest = "temporal-order", "ABcdef", 10

    def draw(self, random: np.random.Generator, length: int, count: int, *, longest: bool = False) -> Sequences:
        """Draw sequences (see `Problem.draw`); all have T symbols."""
        inputs_TB = random.integers(2, len(self.symbols), (length, count))
        signs_2B = random.integers(0, 2, (2, count))
        lanes_B = np.arange(count)
        for sign_B, (low, high) in zip(signs_2B, self.places(length), strict=True):
            inputs_TB[random.integers(low, high, count), lanes_B] = sign_B
        targets_TB = np.full((length, count), NOTHING)
        targets_TB[-1] = 2 * signs_2B[0] + signs_2B[1]
        return Sequences(inputs_TB, targets_TB)

    @staticmethod
    def places(length: int) -> tuple[tuple[int, int], tuple[int, int]]:
        """Where the two symbols may stand: [T/10, 2T/10) and [5T/10, 6T/10).

        >>> TemporalOrder.places(50)
        ((5, 10), (25, 30))
        """
        return (length // 10, 2 * length // 10), (5 * length // 10, 6 * length // 10)


class Memorisation(Problem):
    """Say ten symbols again after a long pause."""

    name, symbols, shortest = "memorisation", "01234.!", 22
    kept, values = 10, 5

    def draw(self, random: np.random.Generator, length: int, count: int, *, longest: bool = False) -> Sequences:
        """Draw sequences (see `Problem.draw`); all have T symbols."""
        pattern_KB = random.integers(0, self.values, (self.kept, count))
        inputs_TB = np.full((length, count), self.symbols.index("."))
        inputs_TB[: self.kept] = pattern_KB
        inputs_TB[-self.kept - 1] = self.symbols.index("!")
        targets_TB = np.full((length, count), NOTHING)
        targets_TB[-self.kept :] = pattern_KB
        return Sequences(inputs_TB, targets_TB)


class Counting(Problem):
    """As many b as there were a."""

    name, symbols, shortest = "anbn", "ab$", 2

    def draw(self, random: np.random.Generator, length: int, count: int, *, longest: bool = False) -> Sequences:
        """Draw sequences (see `Problem.draw`): n from 1 to T/2, each as likely, or n = T/2."""
        most = length // 2
        n_B = np.full(count, most) if longest else random.integers(1, most + 1, count)
        steps_T1 = np.arange(length)[:, None]
        inputs_TB = np.where(steps_T1 < n_B, 0, np.where(steps_T1 < 2 * n_B, 1, NOTHING))
        last_TB = steps_T1 == 2 * n_B - 1
        targets_TB = np.where(last_TB, 2, np.where((steps_T1 >= n_B) & (steps_T1 < 2 * n_B), 1, NOTHING))
        return Sequences(inputs_TB.astype(np.int64), targets_TB.astype(np.int64))


class Dyck(Problem):
    """Which kind of bracket is the innermost open one.

    Args:
        kinds: K, 1 to 4.
        depth: M, how many are open at once at most, at least 1.
    """

    shortest = 2
    OPENING, CLOSING = "([{<", ")]}>"

    def __init__(self, kinds: int, depth: int) -> None:
        assert 1 <= kinds <= len(self.OPENING), kinds
        assert depth >= 1, depth
        self.kinds, self.depth = kinds, depth
        self.name = f"dyck-{kinds}-{depth}"
        self.symbols = self.OPENING[:kinds] + self.CLOSING[:kinds]

    def draw(self, random: np.random.Generator, length: int, count: int, *, longest: bool = False) -> Sequences:
        """Draw sequences (see `Problem.draw`): T symbols, one less if T is odd, at the end of which all is closed.

        Where both are possible, opening and closing are as likely as each other.
        """
        even = length - length % 2
        inputs_TB = np.full((length, count), NOTHING)
        targets_TB = np.full((length, count), NOTHING)
        stack_MB, open_B = np.zeros((self.depth, count), np.int64), np.zeros(count, np.int64)
        lanes_B = np.arange(count)
        upward_TB = random.integers(0, 2, (even, count)).astype(bool)
        kinds_TB = random.integers(0, self.kinds, (even, count))
        for step in range(even):
            room_B = (open_B < self.depth) & (open_B < even - step)
            opens_B = (upward_TB[step] | (open_B == 0)) & room_B
            stack_MB[open_B[opens_B], lanes_B[opens_B]] = kinds_TB[step, opens_B]
            closing_B = self.kinds + stack_MB[open_B - 1, lanes_B]
            inputs_TB[step] = np.where(opens_B, kinds_TB[step], closing_B)
            if step:
                targets_TB[step - 1] = np.where(opens_B, NOTHING, closing_B)
            open_B += np.where(opens_B, 1, -1)
        return Sequences(inputs_TB, targets_TB)


_FIXED: tuple[Problem, ...] = (TemporalOrder(), Memorisation(), Counting())

NAMES = (*(problem.name for problem in _FIXED), "dyck-K-M")
"""What tasks are called; K and M stand for numbers."""


def problem(name: str) -> Problem:
    """The task of a name.

    >>> problem("dyck-2-3").symbols
    '([)]'

    Raises:
        InputError: there is no such task.
    """
    for known in _FIXED:
        if known.name == name:
            return known
    dyck = re.fullmatch(r"dyck-([1-4])-([1-9][0-9]?)", name, re.ASCII)
    if dyck:
        return Dyck(int(dyck[1]), int(dyck[2]))
    raise InputError(
        tried="find a task",
        given=name,
        why=f"the tasks are {', '.join(NAMES)}, with K from 1 to 4 kinds of brackets at most M, 1 to 99, deep",
        todo="Choose one of these, such as dyck-2-4.",
    )
