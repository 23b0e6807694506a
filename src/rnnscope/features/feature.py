"""What a feature is: one hypothesis about the text, and what it predicts, fixed before any network is looked at.

The value at position i belongs to the state of a network that has read symbol i: inside a bracket begins at the
opening one and ends at the closing one, which is no longer inside.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from rnnscope.corpus.text import Kind

if TYPE_CHECKING:
    from rnnscope.features.source import Source

Family = Literal["any", "prose", "code", "user"]
Language = Literal["prose", "c", "python"]
LANGUAGES: tuple[Language, ...] = ("prose", "c", "python")
"""`prose` is whatever is not the source of a language that is parsed."""


class Measured(NamedTuple):
    """A feature of one text.

    Args:
        values_N: bool for binary features, numbers for graded ones.
        valid_N: False where the value is not known; arrays may be shared between features.
        excluded: how many symbols are not valid, by reason.
    """

    values_N: NDArray[Any]
    valid_N: NDArray[np.bool_]
    excluded: Mapping[str, int]


@dataclass(frozen=True)
class Target:
    """What a network that tracks a feature must do with it.

    Args:
        symbols: characters whose joint log-odds are measured.
        positions: text -> [N], True where the *next* symbol is predicted for the measurement: the log-odds are those
            of symbol i + 1, given by the state after symbol i. Never the last position.
        sign: +1 if the log-odds rise when the feature rises (or is switched on), -1 if they fall.
        words: the positions in words.
    """

    symbols: str
    positions: Callable[[Source], NDArray[np.bool_]]
    sign: Literal[1, -1]
    words: str

    def codes(self, kind: Kind) -> tuple[int, ...]:
        """The symbols as codes of a text; in bytes only those that are one byte, so there may be none."""
        return tuple(ord(symbol) for symbol in self.symbols if kind == "characters" or ord(symbol) < 0x80)


@dataclass(frozen=True)
class Feature:
    """One hypothesis about every position of a text.

    Args:
        name: kebab-case; stable, since findings name it.
        family: what it is about.
        words: the definition.
        kind: binary (0, 1) or graded (ordered numbers).
        measure: computes it.
        causal: whether a reader could know it. Then the value at i is a function of symbols 0 to i and the file
            boundaries among them. For features of code: of a text that parses.
        memory: whether knowing it takes more than the last few symbols.
        languages: in which files it means something; None for all.
        unit: what a graded feature counts, from 0 on; the greatest value depends on the text.
        targets: language -> what it predicts there; the key "" stands for all languages. Empty where nothing is
            predicted: then the feature can be confirmed, and never be called causal.
    """

    name: str
    family: Family
    words: str
    kind: Literal["binary", "graded"]
    measure: Callable[[Source], Measured] = field(repr=False)
    causal: bool = True
    memory: bool = True
    languages: frozenset[Language] | None = None
    unit: str = ""
    targets: Mapping[str, Target] = field(default_factory=dict)

    @property
    def range(self) -> str:
        """The range in words, such as `0, 1` or `0 and more characters`."""
        return "0, 1" if self.kind == "binary" else f"0 and more {self.unit}".rstrip()

    def target(self, language: str) -> Target | None:
        """What the feature predicts in texts of a language."""
        return self.targets.get(language, self.targets.get(""))
