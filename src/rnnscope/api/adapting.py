"""What adaptation would fix: a network that learns while it reads, and one with a cache, for the stage `errors`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rnnscope.analyse.errors.adapted import adaptation
from rnnscope.analyse.errors.battery import Options, Roles
from rnnscope.analyse.errors.oracles import MEMORIES
from rnnscope.analyse.errors.predictions import Predictions
from rnnscope.api import following, mixing
from rnnscope.api.comparing import Model
from rnnscope.api.run import Run
from rnnscope.artifacts.scores import Scores
from rnnscope.corpus.lanes import LANES, Piece, reading_lanes
from rnnscope.corpus.split import Split
from rnnscope.corpus.text import Text
from rnnscope.errors import InputError

Announce = Callable[[str], None]
Ids = NDArray[np.integer[Any]]

PAST = max(MEMORIES)
"""Symbols before each stretch from which a network learns: as many as the longest memory oracle looks back, so that
it may know all that the oracle knows."""

TRIED = 20
"""Stretches of the validation part, at most, on which the learning rate and the weights of the cache are chosen."""


def explain_adapted(
    model: Model,
    test: Predictions,
    valid: Predictions | None,
    roles: Roles,
    text: Text,
    ids: Ids,
    cut: Split,
    stretches: int,
    options: Options,
    say: Announce,
) -> dict[str, Any]:
    """The onion of a network beside those of itself with dynamic evaluation, with a cache, and with both.

    Args:
        model: the network.
        test, valid: scores of all predictors on both parts.
        roles: which of them are the n-grams.
        text, ids, cut: the whole text, as symbols, and its parts.
        stretches: how many of the pieces into which the test part is cut are read, evenly spread; at least 1.
        options: as for the onion.
        say: is told what is read.

    Returns:
        The facts of `adaptation`, and "stretches", "past", "segment", "learning_rate", "tried", "cache".

    Raises:
        InputError: there is no validation part, on which rate and weights could be chosen.
    """
    if valid is None:
        raise InputError(
            tried="explain what adaptation would fix",
            given=model.name,
            why="learning rate and weights are chosen on the validation part, and there is none",
            todo="Train with --fractions that leave one, such as 80/10/10, or leave --adapt out.",
        )
    assert isinstance(model.opened, Run)
    pieces = {"valid": spread(cut, "valid", min(stretches, TRIED)), "test": spread(cut, "test", stretches)}
    learning = _learning(model, ids, pieces, stretches, say)
    chosen = {part: given.at(_positions(pieces[part])) for part, given in (("valid", valid), ("test", test))}
    plain = {part: given.row(model.name) for part, given in chosen.items()}
    learnt = {part: scores.log_probs for part, scores in learning.items()}
    read = {part: (ids, own) for part, own in pieces.items()}
    vocabulary = model.opened.alphabet.size
    rows = {
        f"{model.name}, dynamic evaluation": learnt["test"],
        f"{model.name} and a cache": mixing.mix_with_cache(plain, read, vocabulary)[0],
        f"{model.name}, dynamic evaluation and a cache": mixing.mix_with_cache(learnt, read, vocabulary)[0],
    }
    given = chosen["test"]
    for name, row_N in rows.items():
        given = given.beside(name, row_N)
    return adaptation(given, model.name, list(rows), roles.ngrams, text, cut.parts["train"], options) | {
        "stretches": len(pieces["test"]),
        "past": PAST,
        **{key: learning["valid"].facts[key] for key in ("segment", "learning_rate", "tried")},
        "cache": {"context": mixing.CACHE_CONTEXT, "window": mixing.CACHE_WINDOW},
    }


def spread(cut: Split, part: str, count: int) -> list[Piece]:
    """Some of the pieces into which a part is cut for evaluation, evenly spread, each with the past before it."""
    pieces = reading_lanes(cut.parts[part], LANES, PAST)
    places = np.unique(np.linspace(0, len(pieces) - 1, min(count, len(pieces))).round().astype(int))
    return [pieces[place] for place in places.tolist()]


def _learning(
    model: Model, ids: Ids, pieces: dict[str, list[Piece]], stretches: int, say: Announce
) -> dict[str, Scores]:
    """Scores of a network that learns while it reads, by part; kept in its folder, since they take long."""
    assert isinstance(model.opened, Run)
    network = model.opened.network

    def choose() -> Scores:
        from rnnscope.record.adapting import SEGMENT, choose_rate

        say(f"choosing the learning rate of {model.name} on {len(pieces['valid'])} stretches of the validation part")
        found = choose_rate(network, ids, pieces["valid"])
        tried = [
            {"learning_rate": rate, "loss_nats": loss if np.isfinite(loss) else None}
            for rate, loss in found.losses_nats.items()
        ]
        return _with(found.scores, {"learning_rate": found.rate, "segment": SEGMENT, "tried": tried})

    valid = following.kept_scores(model, f"adapted-valid-{stretches}", choose)

    def follow() -> Scores:
        from rnnscope.record.adapting import adapted_scores

        rate = valid.facts["learning_rate"]
        say(f"reading {len(pieces['test'])} stretches of the test part with {model.name} learning at {rate:g}")
        return _with(adapted_scores(network, ids, pieces["test"], rate), dict(valid.facts))

    return {"valid": valid, "test": following.kept_scores(model, f"adapted-{stretches}", follow)}


def _with(scores: Scores, facts: dict[str, Any]) -> Scores:
    return Scores(scores.positions, scores.ids, scores.log_probs, scores.best, scores.ranks, facts)


def _positions(pieces: Sequence[Piece]) -> NDArray[np.int64]:
    return np.concatenate([np.arange(piece.start, piece.stop, dtype=np.int64) for piece in pieces])
