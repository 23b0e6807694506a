"""All analyses of errors over one set of scores: what `rnnscope errors` finds.

Everything here is arithmetic on what predictors gave to the true symbols, so it does not matter who they were: roles
say which one is explained, and with which rivals it is compared.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rnnscope.analyse.errors import brackets, oracles
from rnnscope.analyse.errors.gain import gain
from rnnscope.analyse.errors.matched import surroundings
from rnnscope.analyse.errors.onion import Onion, peel
from rnnscope.analyse.errors.oracles import Oracle
from rnnscope.analyse.errors.overlap import overlap
from rnnscope.analyse.errors.predictions import THRESHOLD, Predictions
from rnnscope.analyse.errors.symbols import advantages
from rnnscope.analyse.errors.watched import Watched
from rnnscope.analyse.errors.words import Words, code_points, words
from rnnscope.corpus.split import Segment
from rnnscope.corpus.text import Text

OTHER_THRESHOLDS = (0.3, 0.7)
"""Overlap is shown at these thresholds too."""

BRACKETS = ("{}", "()", "[]")

EVENTS = {
    "closing brackets": ")]}",
    "closing quotes": '"\u201d\u00bb\u2019',
    "newlines": "\n\r",
}
"""Symbols whose losses are looked at by themselves."""


@dataclass(frozen=True)
class Roles:
    """Which predictor is what.

    Args:
        explained: names of the networks whose errors are given causes, best first; at least one.
        rival: the n-gram with the longest context; None if there is none.
        window: the window network with the longest window; None if there is none.
        ngrams: names of the n-grams of the onion by context.
        twin: the first network trained from another seed, the control of the n-gram oracles; None if there is none.
        limited: the first network with older symbols replaced; None if it was not read so.
    """

    explained: tuple[str, ...]
    rival: str | None = None
    window: str | None = None
    ngrams: Mapping[int, str] = field(default_factory=dict)
    twin: str | None = None
    limited: str | None = None

    @property
    def rivals(self) -> list[str]:
        """The first network, the window and the n-gram, as far as they are there."""
        return [name for name in (self.explained[0], self.window, self.rival) if name is not None]


@dataclass(frozen=True, eq=False)
class Marks:
    """What is known about the text beyond its symbols.

    Args:
        ignored: symbols that are no code (strings and comments), [N] bool; None where the text is no code.
        spans: runs with a closer: name -> (inside, closers), see `brackets.match_spans`.
        watched: what predictors give to closers everywhere; None leaves out what is expected where none comes.
    """

    ignored: NDArray[np.bool_] | None = None
    spans: Mapping[str, tuple[NDArray[np.bool_], str]] = field(default_factory=dict)
    watched: Watched | None = None


@dataclass(frozen=True)
class Options:
    """Choices that the paper leaves open.

    Args:
        threshold: p(true) below which a position is an error.
        naive: match brackets over every symbol, strings and comments included.
        fold_case: whether words are compared without case.
        newline_letters: symbols after a newline that count as the beginning of a word.
        order: families of the onion in another order; None for the paper's.
        controls: whether control oracles are computed too.
        seed: of the places at which the control of the memory oracle looks.
    """

    threshold: float = THRESHOLD
    naive: bool = False
    fold_case: bool = False
    newline_letters: int = 1
    order: tuple[str, ...] | None = None
    controls: bool = True
    seed: int = 0


@dataclass(frozen=True, eq=False)
class Battery:
    """What was found.

    Args:
        facts: everything as plain JSON values, with the fixed keys "chars", "errors", "onion", "overlap", "brackets".
        onions: by network, with the class of every position.
    """

    facts: dict[str, Any]
    onions: Mapping[str, Onion]


def run(
    test: Predictions,
    valid: Predictions | None,
    roles: Roles,
    text: Text,
    training: Sequence[Segment],
    vocabulary: int,
    marks: Marks | None = None,
    options: Options | None = None,
) -> Battery:
    """Run every analysis that the predictors allow.

    Args:
        test: scores of the part whose errors are explained.
        valid: scores of another part, on which symbols are chosen; None leaves these advantages out.
        roles: which predictor is what; every name is in `test`.
        text: the whole text.
        training: its training part, in which words are counted.
        vocabulary: V.
        marks: from the features of the text.
        options: choices that the paper leaves open.
    """
    marks, options = marks or Marks(), options or Options()
    best = roles.explained[0]
    found = words(text, fold_case=options.fold_case)
    points = code_points(text)
    onions = peel_all(test, roles.explained, roles.ngrams, text, training, options)
    rivals = roles.rivals
    readers = [best, *([roles.limited] if roles.limited else []), *rivals[1:]]
    facts: dict[str, Any] = {
        "chars": len(test),
        "threshold": options.threshold,
        "network": best,
        "predictors": [
            {
                "name": name,
                "loss_nats": float(-row_N.mean(dtype=np.float64)),
                "errors": int(wrong_N.sum()),
            }
            for name, row_N, wrong_N in zip(test.names, test.log_probs, test.wrong(options.threshold), strict=True)
        ],
        **onions[best].to_dict(),
        "onions": {name: onion.to_dict() for name, onion in onions.items()},
        "overlap": overlap(test.only(*rivals), options.threshold).to_dict(),
        "overlap_at": [overlap(test.only(*rivals), threshold).to_dict() for threshold in OTHER_THRESHOLDS],
        "overlap_of_all": overlap(test.only(*dict.fromkeys([*readers, *roles.explained])), options.threshold).to_dict(),
        "brackets": _brackets(test.only(*readers), points, text, marks, options),
        "gain": None
        if roles.limited is None or roles.rival is None
        else [row.to_dict() for row in gain(test, best, roles.limited, roles.rival, _events(points[test.positions]))],
        "symbols": None
        if valid is None or roles.rival is None
        else advantages(valid, test, best, roles.rival, vocabulary).to_dict(),
        "controls": _controls(test, onions[best], roles, found, options) if options.controls else None,
    }
    return Battery(facts, onions)


def peel_all(
    test: Predictions,
    names: Sequence[str],
    ngrams: Mapping[int, str],
    text: Text,
    training: Sequence[Segment],
    options: Options,
) -> dict[str, Onion]:
    """The onions of several predictors, by name, with the same oracles.

    Args:
        test: scores of what is explained, and of the n-grams.
        names: whose errors are explained.
        ngrams: names of the n-grams by context.
        text, training, options: as for `run`.
    """
    found = words(text, fold_case=options.fold_case)
    shared = _shared_oracles(test, found, code_points(text), training, options)
    return {name: _onion(test, name, ngrams, shared, options) for name in names}


def _events(points_N: NDArray[np.uint32]) -> dict[str, NDArray[np.bool_]]:
    kinds = {name: np.isin(points_N, [ord(symbol) for symbol in symbols]) for name, symbols in EVENTS.items()}
    return {"all": np.ones(len(points_N), bool)} | kinds


def _shared_oracles(
    test: Predictions, found: Words, points: NDArray[np.uint32], training: Sequence[Segment], options: Options
) -> list[Oracle]:
    """The oracles that do not depend on whose errors are explained."""
    return [
        *oracles.memory_oracles(found, test.positions),
        *oracles.rare_word_oracles(found, test.positions, found.counts(training)),
        *oracles.word_start_oracles(points, test.positions, options.newline_letters),
        oracles.punctuation_oracle(points, test.positions),
    ]


def _onion(
    test: Predictions, name: str, ngrams: Mapping[int, str], shared: Sequence[Oracle], options: Options
) -> Onion:
    own = test.row(name)
    applied = [
        *oracles.ngram_oracles({context: test.row(ngram) for context, ngram in ngrams.items()}, options.threshold),
        *shared,
        *oracles.boost_oracles(own, threshold=options.threshold),
    ]
    # A family that is not there (no n-grams were given) is no reason to refuse the order of the others.
    present = {oracle.family for oracle in applied}
    order = None if options.order is None else [family for family in options.order if family in present]
    return peel(own, applied, test.block, threshold=options.threshold, order=order, residue=oracles.BOOST)


def closing_points(marks: Marks) -> list[int]:
    """Code points of every symbol that closes something: what is worth watching."""
    spans = [closer for _, closers in marks.spans.values() for closer in closers]
    return sorted({ord(symbol) for symbol in [*(kind[1] for kind in BRACKETS), *spans]})


def _brackets(
    test: Predictions, points: NDArray[np.uint32], text: Text, marks: Marks, options: Options
) -> list[dict[str, Any]]:
    ignored = None if options.naive else marks.ignored
    matched = {
        kind: (brackets.match_brackets(points, [kind], ignored=ignored, files=text.files), ignored) for kind in BRACKETS
    } | {name: (brackets.match_spans(inside, points, closers), None) for name, (inside, closers) in marks.spans.items()}
    found = []
    for kinds, (pairs, left_out) in matched.items():
        if not len(pairs.closers):
            continue
        elsewhere = None if marks.watched is None else surroundings(
            test.positions, pairs.openers, pairs.closers, pairs.depths, points, marks.watched, test.names, test.block,
            ignored=left_out,
        )  # fmt: skip
        found.append(brackets.by_distance(test, pairs, kinds, elsewhere=elsewhere).to_dict())
    return found


def _controls(test: Predictions, onion: Onion, roles: Roles, found: Words, options: Options) -> dict[str, Any]:
    """What oracles remove that should know nothing: a part of every class is chance.

    For the n-grams it is the same network from another seed, which errs elsewhere by luck alone; for the memory,
    windows of the same length at other places of the text, where words stand by their frequency.
    """
    random = np.random.default_rng(options.seed)
    shifts_W = random.integers(0, max(len(found.string), 1), len(found.starts))
    wrong_N = onion.of >= 0
    here = oracles.memory_oracles(found, test.positions)
    elsewhere = oracles.memory_oracles(found, test.positions, shifts=shifts_W)
    ngrams = oracles.ngram_oracles({n: test.row(name) for n, name in roles.ngrams.items()}, options.threshold)
    any_ngram_N = np.logical_or.reduce([oracle.removes for oracle in ngrams]) if ngrams else np.zeros(len(test), bool)
    twin_N, limited_N = (
        None if name is None else ~test.only(name).wrong(options.threshold)[0] for name in (roles.twin, roles.limited)
    )

    def share(removes_N: NDArray[np.bool_]) -> float:
        return float((removes_N & wrong_N).sum() / max(onion.errors, 1))

    return {
        "ngrams": {
            "share": share(any_ngram_N),
            "share_twin": None if twin_N is None else share(twin_N),
            "share_limited": None if limited_N is None else share(limited_N),
        },
        "memory": [
            {
                "class": own.name,
                "share": share(own.removes),
                "share_elsewhere": share(other.removes),
            }
            for own, other in zip(here, elsewhere, strict=True)
        ],
    }
