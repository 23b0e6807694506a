"""Hand-wired networks with the truth about their cells: 20 in which a cell must be found, 20 in which it must not.

Every network has random cells beside the planted ones. `CASES` are functions of their names alone.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from rnnscope.config import RecurrentConfig
from rnnscope.corpus.planted import Planted as PlantedText
from rnnscope.corpus.planted_kinds import c_code, speech
from rnnscope.model.build import build
from rnnscope.model.char_rnn import CharRNN
from rnnscope.model.wired import (
    Gates,
    Line,
    Planted,
    Readout,
    both,
    counter,
    depth,
    echo,
    heard,
    latch,
    ramp,
    reads,
    relay,
    rnn_latch,
    toggle,
    trace,
    wire,
)

LENGTH = 120_000
GUILLEMETS = "\u00ab\u00bb"

Expected = Literal["causal", "confirmed", "redundant", "none"]
"""The most that may be said of a cell: causal (and it must be); confirmed and never causal; the same, and redundant;
nothing (observed at most)."""

TEXTS: dict[str, Callable[[], PlantedText]] = {
    "speech": lambda: speech(11, LENGTH),
    "guillemets": lambda: speech(12, LENGTH, GUILLEMETS),
    "c": lambda: c_code(13, LENGTH),
}


@dataclass(frozen=True, eq=False)
class Feature:
    """What is to be found in a text.

    Args:
        name: in rnnscope.features.
        text: key of TEXTS.
        track: of the generated text.
        symbols: whose log-odds it predicts.
    """

    name: str
    text: str
    track: str
    symbols: str


QUOTE = Feature("double-quotes", "speech", "quote", '"')
GUILLEMET = Feature("guillemets", "guillemets", "quote", GUILLEMETS[1])
COLUMN = Feature("line-position", "speech", "column", "\n")
COMMENT = Feature("comment", "c", "comment", "/")
DEPTH = Feature("expression-depth", "c", "depth", ")")


@dataclass(frozen=True, eq=False)
class Case:
    """One network and the truth about it.

    Args:
        name: of the case.
        feature: that the planted cells have to do with.
        cell: name of the cell type. layers, hidden: L, H.
        carriers: (layer, cell) -> the most that may be said of it for this feature.
        plan: cells and readouts, made from the ids of symbols.
        seed: of the random cells.
    """

    name: str
    feature: Feature
    cell: str
    layers: int
    hidden: int
    carriers: dict[tuple[int, int], Expected]
    plan: Callable[[_Ids], tuple[list[Planted], list[Readout]]] = field(repr=False)
    seed: int

    @property
    def text(self) -> str:
        """The text that the network reads."""
        return _text(self.feature.text).text

    @property
    def values_N(self) -> NDArray[Any]:
        """The feature at every symbol."""
        return _text(self.feature.text).tracks[self.feature.track]

    @property
    def alphabet(self) -> str:
        """The symbols, in the order of their ids."""
        return _read(self.feature.text)[0]

    @property
    def ids_N(self) -> NDArray[np.int64]:
        """The text in ids."""
        return _read(self.feature.text)[1]

    def network(self) -> CharRNN:
        """Make it."""
        config = RecurrentConfig.model_validate(
            {"cell": self.cell, "layers": self.layers, "hidden": self.hidden, "init_scale": 0.3}
        )
        made = build(config, len(self.alphabet), self.seed)
        assert isinstance(made, CharRNN)
        # Random cells are heard as well as planted ones, each in its own strength.
        spread_H = np.random.default_rng(self.seed).uniform(1, 6, self.hidden).astype(np.float32)
        made.output["weight"].data *= made.output["weight"].new_tensor(spread_H)
        return wire(made, *self.plan(_Ids(self.alphabet)))


class _Ids:
    def __init__(self, alphabet: str) -> None:
        self.alphabet = alphabet

    def __call__(self, symbols: str) -> list[int]:
        return [self.alphabet.index(symbol) for symbol in symbols]

    def reads(self, symbols: str) -> Line:
        return reads(*self(symbols))


@cache
def _text(name: str) -> PlantedText:
    return TEXTS[name]()


@cache
def _read(name: str) -> tuple[str, NDArray[np.int64]]:
    symbols, ids_N = np.unique(list(_text(name).text), return_inverse=True)
    return "".join(symbols), ids_N.astype(np.int64)


def _tracker(feature: Feature, cell: str, number: int, sees: Callable[[str], Line], helpers: tuple[int, int]) -> Gates:
    """The program that follows a feature, from what tells which symbol is read."""
    if feature is QUOTE:
        return toggle(cell, number, sees('"'), sees("\t"))
    if feature is GUILLEMET:
        on, off = (sees(mark) for mark in GUILLEMETS)
        return rnn_latch(number, on, off) if cell == "rnn" else latch(cell, on, off)
    if feature is COMMENT:
        slash, star = (heard(cell, helper) for helper in helpers)
        # Neither // nor ** occurs, so a star and a slash beside each other, in either order, are a change.
        near = sees("*") + sees("/") + slash + star - 1.0
        return latch(cell, both(sees("*"), slash), both(sees("/"), star), either=near)
    if feature is DEPTH:
        return depth(sees("("), sees(")"), sees(";"), 0.25)
    return counter(sees("\n"), 1 / 64)


def _helpers(
    feature: Feature, cell: str, layer: int, helpers: tuple[int, int], sees: Callable[[str], Line]
) -> list[Planted]:
    if feature is not COMMENT:
        return []
    return [Planted(layer, helper, echo(cell, sees(sign))) for helper, sign in zip(helpers, "/*", strict=True)]


def found(name: str, feature: Feature, cell: str, layers: int, hidden: int, seed: int, *, low: bool = False,
          ramping: float = 0.0, weight: float = 8.0) -> Case:  # fmt: skip
    """A case with one carrier at the top, told of symbols by echoes below, or at the bottom and passed on (`low`)."""
    number, above, helpers = 7, 3, (11, 12)
    layer = 0 if low else layers - 1

    def plan(ids: _Ids) -> tuple[list[Planted], list[Readout]]:
        planted: list[Planted] = []
        signs = {QUOTE: '"\t', GUILLEMET: GUILLEMETS, COMMENT: "*/", DEPTH: "();", COLUMN: "\n"}[feature]
        for below in range(layer):
            for place, sign in enumerate(signs, 20):
                line = heard(cell, place, below=True) if below else ids.reads(sign)
                planted.append(Planted(below, place, echo(cell, line)))

        def sees(sign: str) -> Line:
            return heard(cell, 20 + signs.index(sign), below=True) if layer else ids.reads(sign)

        gates = ramp(cell, sees("\n"), ramping) if ramping else _tracker(feature, cell, number, sees, helpers)
        planted += [*_helpers(feature, cell, layer, helpers, sees), Planted(layer, number, gates)]
        for higher in range(layer + 1, layers):
            planted.append(Planted(higher, above, relay(cell, Line(below={above if higher > 1 else number: 2.0}))))
        top = above if low and layers > 1 else number
        return planted, [Readout(top, ids(feature.symbols), weight)] if weight else []

    expected: Expected = "causal" if weight else "confirmed"
    carriers = {(layer, number): expected} | {(higher, above): expected for higher in range(layer + 1, layers)}
    return Case(name, feature, cell, layers, hidden, carriers, plan, seed)


def echoing(
    name: str, feature: Feature, cell: str, signs: str, decay: float, seed: int, *, before: bool = False
) -> Case:
    """A cell that repeats recent symbols, and is heard where the feature would be; `before`: the symbol before last."""

    def plan(ids: _Ids) -> tuple[list[Planted], list[Readout]]:
        planted = [Planted(0, 7, trace(cell, ids.reads(signs), decay))]
        if before:
            planted.append(Planted(0, 8, echo(cell, heard(cell, 7))))
        return planted, [Readout(8 if before else 7, ids(feature.symbols), 8.0)]

    carriers: dict[tuple[int, int], Expected] = {(0, 7): "none"}
    return Case(name, feature, cell, 1, 64, carriers | ({(0, 8): "none"} if before else {}), plan, seed)


def doubled(name: str, feature: Feature, cell: str, hidden: int, seed: int) -> Case:
    """Three equal cells of which a cell above takes the majority: none of them matters alone, two together do."""
    numbers, above = (7, 8, 9), 3

    def plan(ids: _Ids) -> tuple[list[Planted], list[Readout]]:
        helpers = (11, 12)
        planted = _helpers(feature, cell, 0, helpers, ids.reads)
        planted += [Planted(0, number, _tracker(feature, cell, number, ids.reads, helpers)) for number in numbers]
        # Off is 0, as silence is: two silenced cells of three turn the vote.
        assert cell in ("lstm", "lstm-peephole")
        planted.append(Planted(1, above, relay(cell, 10.0 * (heard(cell, *numbers, below=True) - 1.5))))
        return planted, [Readout(above, ids(feature.symbols), 4.0)]

    carriers: dict[tuple[int, int], Expected] = {(0, number): "redundant" for number in numbers}
    return Case(name, feature, cell, 2, hidden, carriers | {(1, above): "causal"}, plan, seed)


CASES: Sequence[Case] = (
    found("quote: lstm", QUOTE, "lstm", 1, 64, 1),
    found("quote: lstm, upper layer of two", QUOTE, "lstm", 2, 64, 2),
    found("quote: lstm, lower layer of two", QUOTE, "lstm", 2, 80, 3, low=True),
    found("quote: lstm-coupled", QUOTE, "lstm-coupled", 1, 72, 4),
    found("quote: gru", QUOTE, "gru", 1, 64, 5),
    found("guillemets: rnn", GUILLEMET, "rnn", 1, 64, 6),
    found("guillemets: gru-torch, upper layer of two", GUILLEMET, "gru-torch", 2, 96, 7),
    found("counter: lstm", COLUMN, "lstm", 1, 64, 8, weight=12),
    found("counter: lstm-peephole", COLUMN, "lstm-peephole", 1, 96, 9, weight=12),
    found("counter: lstm, upper layer of three", COLUMN, "lstm", 3, 64, 10, weight=12),
    found("ramp: lstm", COLUMN, "lstm", 1, 128, 11, ramping=0.03),
    found("ramp: lstm-coupled", COLUMN, "lstm-coupled", 1, 64, 12, ramping=0.05),
    found("ramp: gru", COLUMN, "gru", 1, 64, 13, ramping=0.05),
    found("ramp: gru-torch", COLUMN, "gru-torch", 1, 80, 14, ramping=0.04),
    found("comment: lstm", COMMENT, "lstm", 1, 64, 15),
    found("comment: lstm-peephole", COMMENT, "lstm-peephole", 1, 72, 16),
    found("comment: gru, lower layer of two", COMMENT, "gru", 2, 64, 17, low=True),
    found("depth: lstm", DEPTH, "lstm", 1, 64, 18, weight=12),
    found("depth: lstm-peephole", DEPTH, "lstm-peephole", 1, 128, 19, weight=12),
    found("depth: lstm, lower layer of two", DEPTH, "lstm", 2, 64, 20, low=True, weight=12),
)
"""A search must find the carriers, with verdict causal."""

_VOWELS = "aeiou"

DECOYS: Sequence[Case] = (
    found("unheard quote: lstm", QUOTE, "lstm", 1, 64, 31, weight=0),
    found("unheard guillemets: gru", GUILLEMET, "gru", 1, 64, 32, weight=0),
    found("unheard counter: lstm, upper layer of two", COLUMN, "lstm", 2, 64, 33, weight=0),
    found("unheard ramp: gru", COLUMN, "gru", 1, 80, 34, ramping=0.05, weight=0),
    found("unheard comment: lstm", COMMENT, "lstm", 1, 64, 35, weight=0),
    found("unheard depth: lstm-peephole", DEPTH, "lstm-peephole", 1, 64, 36, weight=0),
    echoing("echo of the mark: lstm", QUOTE, "lstm", '"', 0.0, 37),
    echoing("echo of the mark: gru", GUILLEMET, "gru", GUILLEMETS, 0.0, 38),
    echoing("echo of sentence signs: lstm", QUOTE, "lstm", ",.?", 0.0, 39),
    echoing("fading sentence signs: lstm", QUOTE, "lstm", ",.?", 0.6, 40),
    echoing("the symbol before the last: gru", QUOTE, "gru", ' "', 0.0, 41, before=True),
    echoing("fading blanks: gru-torch", COLUMN, "gru-torch", " ", 0.7, 42),
    echoing("fading vowels: lstm-coupled", COLUMN, "lstm-coupled", _VOWELS, 0.8, 43),
    echoing("echo of stars: lstm", COMMENT, "lstm", "*", 0.0, 44),
    echoing("the bracket before the last: lstm", DEPTH, "lstm", "(", 0.0, 45, before=True),
    echoing("echo of openers: rnn", DEPTH, "rnn", "(", 0.0, 46),
    doubled("three quotes: lstm", QUOTE, "lstm", 64, 47),
    doubled("three guillemets: lstm", GUILLEMET, "lstm", 80, 48),
    doubled("three comments: lstm-peephole", COMMENT, "lstm-peephole", 72, 49),
    doubled("three quotes: lstm-peephole", QUOTE, "lstm-peephole", 96, 50),
)
"""Nothing marked other than causal may be called causal; echoes may not be called trackers; threefold cells stand in
for each other."""
