"""Hand-wired networks with the truth about their cells: 20 in which a cell must be found, 20 in which it must not.

Every network has random cells beside the planted ones. `CASES` are functions of their names alone.
"""

from __future__ import annotations

import string
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
    asked,
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
    voiced,
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
        signs: symbols that the cell has to do with.
        after: symbols after which the prediction is at stake, those of the declared target positions; where these
            depend on what comes next, symbols after which it comes often.
    """

    name: str
    text: str
    track: str
    symbols: str
    signs: str
    after: str


_INK = string.ascii_letters + string.digits + ",.?"

QUOTE = Feature("double-quotes", "speech", "quote", '"', '"\t', ",.?")
GUILLEMET = Feature("guillemets", "guillemets", "quote", GUILLEMETS[1], GUILLEMETS, _INK + GUILLEMETS[1])
COLUMN = Feature("line-position", "speech", "column", "\n", "\n", ",.?dy")
COMMENT = Feature("comment", "c", "comment", "/", "*/", "*")
DEPTH = Feature("expression-depth", "c", "depth", ")", "();", string.ascii_letters + string.digits + ")")


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
        return [self.alphabet.index(symbol) for symbol in symbols if symbol in self.alphabet]

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


def found(name: str, feature: Feature, cell: str, layers: int, hidden: int, seed: int, *, at: int = 0,
          ramping: float = 0.0, weight: float = 8.0) -> Case:  # fmt: skip
    """A case with one carrier, which is heard at the feature's target positions alone.

    It lies in layer `at`, told of symbols by echoes below. In the top layer, an LSTM's output gate lets it be heard
    there; elsewhere a cell of the top layer passes on what it knows there, and those between pass it on everywhere.
    """
    number, above, helpers, told, signs, top = 7, 3, (11, 12), 30, 20, layers - 1

    def plan(ids: _Ids) -> tuple[list[Planted], list[Readout]]:
        def hears(layer: int, place: int, symbols: str) -> Line:
            return heard(cell, place, below=True) if layer else ids.reads(symbols)

        def sees(sign: str) -> Line:
            return hears(at, signs + feature.signs.index(sign), sign)

        planted: list[Planted] = []
        for below in range(top):
            # From the carrier on, only the target positions have to be known.
            places = dict(enumerate(feature.signs, signs)) if below < at else {}
            planted += [
                Planted(below, place, echo(cell, hears(below, place, symbols)))
                for place, symbols in {**places, told: feature.after}.items()
            ]
        asking = hears(top, told, feature.after)
        gates = ramp(cell, sees("\n"), ramping) if ramping else _tracker(feature, cell, number, sees, helpers)
        planted += _helpers(feature, cell, at, helpers, sees)
        planted.append(Planted(at, number, gates if at < top else voiced(gates, asking)))
        for higher in range(at + 1, top + 1):
            passed = Line(below={number if higher == at + 1 else above: 2.0})
            passing = relay(cell, passed) if higher < top else asked(cell, passed, asking)
            planted.append(Planted(higher, above, passing))
        loud = above if at < top else number
        return planted, [Readout(loud, ids(feature.symbols), weight)] if weight else []

    expected: Expected = "causal" if weight else "confirmed"
    carriers = {(at, number): expected} | {(higher, above): expected for higher in range(at + 1, top)}
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
    numbers, above, helpers, told = (7, 8, 9), 3, (11, 12), 30

    def plan(ids: _Ids) -> tuple[list[Planted], list[Readout]]:
        planted = _helpers(feature, cell, 0, helpers, ids.reads)
        planted += [Planted(0, number, _tracker(feature, cell, number, ids.reads, helpers)) for number in numbers]
        # Off is 0, as silence is: two silenced cells of three turn the vote.
        assert cell in ("lstm", "lstm-peephole")
        vote = relay(cell, 10.0 * (heard(cell, *numbers, below=True) - 1.5))
        planted.append(Planted(0, told, echo(cell, ids.reads(feature.after))))
        planted.append(Planted(1, above, voiced(vote, heard(cell, told, below=True))))
        return planted, [Readout(above, ids(feature.symbols), 4.0)]

    carriers: dict[tuple[int, int], Expected] = {(0, number): "redundant" for number in numbers}
    return Case(name, feature, cell, 2, hidden, carriers | {(1, above): "causal"}, plan, seed)


CASES: Sequence[Case] = (
    found("quote: lstm", QUOTE, "lstm", 2, 64, 1),
    found("quote: lstm, middle layer of three", QUOTE, "lstm", 3, 64, 2, at=1),
    found("quote: lstm, passed on by a cell of layer two of three", QUOTE, "lstm", 3, 80, 3),
    found("quote: lstm-coupled", QUOTE, "lstm-coupled", 2, 72, 4),
    found("quote: gru", QUOTE, "gru", 2, 64, 5),
    found("guillemets: rnn", GUILLEMET, "rnn", 2, 64, 6),
    found("guillemets: gru-torch, middle layer of three", GUILLEMET, "gru-torch", 3, 96, 7, at=1),
    found("counter: lstm, one layer", COLUMN, "lstm", 1, 64, 8, weight=16),
    found("counter: lstm-peephole, one layer", COLUMN, "lstm-peephole", 1, 96, 9, weight=16),
    found("counter: lstm, upper layer of three", COLUMN, "lstm", 3, 64, 10, at=2, weight=16),
    found("ramp: lstm, one layer", COLUMN, "lstm", 1, 128, 11, ramping=0.03, weight=16),
    found("ramp: lstm-coupled, one layer", COLUMN, "lstm-coupled", 1, 64, 12, ramping=0.05, weight=16),
    found("ramp: gru", COLUMN, "gru", 2, 64, 13, ramping=0.05, weight=16),
    found("ramp: gru-torch", COLUMN, "gru-torch", 2, 80, 14, ramping=0.04, weight=16),
    found("comment: lstm, one layer", COMMENT, "lstm", 1, 64, 15),
    found("comment: lstm-peephole, one layer", COMMENT, "lstm-peephole", 1, 72, 16),
    found("comment: gru, passed on by a cell of layer two of three", COMMENT, "gru", 3, 64, 17),
    found("depth: lstm, one layer", DEPTH, "lstm", 1, 64, 18, weight=12),
    found("depth: lstm-peephole, one layer", DEPTH, "lstm-peephole", 1, 128, 19, weight=12),
    found("depth: lstm", DEPTH, "lstm", 2, 64, 20, weight=12),
)
"""A search must find the carriers, with verdict causal."""

_VOWELS = "aeiou"

DECOYS: Sequence[Case] = (
    found("unheard quote: lstm", QUOTE, "lstm", 2, 64, 31, weight=0),
    found("unheard guillemets: gru", GUILLEMET, "gru", 2, 64, 32, weight=0),
    found("unheard counter: lstm, upper layer of two", COLUMN, "lstm", 2, 64, 33, at=1, weight=0),
    found("unheard ramp: gru", COLUMN, "gru", 2, 80, 34, ramping=0.05, weight=0),
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
