"""Extra readings for the stage `errors`: a network that forgets, watched symbols, a training followed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rnnscope.analyse.dynamics import Dynamics, follow
from rnnscope.analyse.errors.watched import Watched, watch
from rnnscope.api.comparing import Chunks, Model, expected, ngram_name, windows
from rnnscope.api.counts import Ngram
from rnnscope.api.opening import open_run
from rnnscope.api.run import Run
from rnnscope.artifacts.lock import exclusive
from rnnscope.artifacts.scores import Scores
from rnnscope.corpus.split import Split
from rnnscope.errors import InputError

Announce = Callable[[str], None]
Ids = NDArray[np.integer[Any]]

LEAST_CHECKPOINTS = 5
"""With fewer a training is not followed."""

SHORT_MEMORIES = range(1, 8)
"""Symbols of context of the rivals beside which it is."""

FOLLOWED = 200
"""Symbols of each lane of the test part at which it is."""


def limited_name(network: str, context: int) -> str:
    """What a network is called whose older symbols are replaced."""
    return f"{network}, last {context}"


def limited(model: Model, ids: Ids, positions: NDArray[np.int64], context: int, say: Announce) -> Scores:
    """Scores of a network with everything older than k symbols replaced; kept in its folder, since they take long.

    Args:
        model: a network.
        ids: the whole text.
        positions: of the test part, increasing.
        context: k, at least 1.
        say: is told if they have to be made.
    """
    assert isinstance(model.opened, Run)
    network = model.opened.network

    def forget() -> Scores:
        from rnnscope.record.context import limited_scores

        say(f"scoring the test part with {model.name}, all but the last {context} symbols replaced")
        found = limited_scores(network, ids, positions, context)
        facts = {"part": "test", "context": context}
        return Scores(positions, ids[positions].astype(np.int32), found.log_probs, found.best, found.ranks, facts)

    return kept_scores(model, f"limited-{context}", forget)


def kept_scores(model: Model, name: str, make: Callable[[], Scores]) -> Scores:
    """Scores under `errors` in a network's folder; made if they are not there or are of other weights.

    Args:
        model: a network.
        name: of the result.
        make: gives the scores, with their facts.
    """
    assert isinstance(model.opened, Run)
    folder = model.opened.folder("keep scores")
    made_from = {"checkpoint": model.opened.made_from["checkpoint"], "text": folder.environment["text"]["sha256"]}
    try:
        kept = folder.read_result("errors", name, made_from)
        return Scores.read(kept.folder, kept.manifest)
    except InputError:  # absent, or made from other weights
        pass
    scores = make()
    with exclusive(folder.path):
        folder.sweep()
        with folder.begin_result("errors", name, made_from) as draft:
            scores.write(draft)
            draft.facts["loss_nats"] = scores.loss_nats
    return scores


def watched(
    models: Sequence[Model],
    names: Sequence[str],
    ids: Ids,
    cut: Split,
    positions: NDArray[np.int64],
    points: Sequence[int],
    say: Announce,
) -> Watched | None:
    """What some predictors gave to some symbols at every position of the test part; None if the alphabet has none.

    Args:
        models: all that take part.
        names: of predictors among them; networks and contexts of the n-gram model.
        ids: the whole text.
        cut: its split.
        positions: of the test part, increasing.
        points: code points of the symbols; those that are no symbol of the alphabet are left out.
        say: is told what is read.
    """
    alphabet = models[0].opened.alphabet
    codes = alphabet.codes.tolist()
    # A code point beyond 127 is more than one byte: no single symbol's probability stands for it.
    single = [point for point in points if point in codes and (alphabet.kind == "characters" or point < 128)]
    if not single:
        return None
    columns = [codes.index(point) for point in single]
    probs = {}
    for name in names:
        say(f"watching {''.join(map(chr, single))} with {name}")
        probs[name] = watch(expected(predictor(models, name), ids, cut, "test"), positions, columns)
    return Watched(tuple(single), probs)


def predictor(models: Sequence[Model], name: str) -> Run | Ngram:
    """The network or the context of the n-gram model that has a name."""
    for model in models:
        if isinstance(model.opened, Run) and model.name == name:
            return model.opened
        if isinstance(model.opened, Ngram) and name.removesuffix("-gram").isdecimal():
            return model.opened.at(int(name.removesuffix("-gram")))
    raise AssertionError(name)


def dynamics(network: Model, models: Sequence[Model], ids: Ids, cut: Split, say: Announce) -> Dynamics | None:
    """Follow a network that was trained with `--checkpoints early` beside windows and n-grams of 1 to 7 symbols.

    Returns:
        None where fewer than `LEAST_CHECKPOINTS` of its weights are kept, or there is nothing to compare with.
    """
    assert isinstance(network.opened, Run)
    steps = network.opened.checkpoints
    rivals: dict[str, Run | Ngram] = {}
    families: dict[str, list[str]] = {}
    for window, model in windows(models).items():
        if window in SHORT_MEMORIES and model is not network:
            rivals[model.name] = model.opened
            families.setdefault("window networks", []).append(model.name)
    for model in models:
        if isinstance(model.opened, Ngram):
            for context in SHORT_MEMORIES[: model.opened.model.context]:
                rivals[ngram_name(context)] = model.opened.at(context)
                families.setdefault("n-grams", []).append(ngram_name(context))
    if len(steps) < LEAST_CHECKPOINTS or not rivals:
        return None

    def read(model: Run | Ngram) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        return _in_order(expected(model, ids, cut, "test", first=FOLLOWED))

    say(f"following {network.name} through {len(steps)} checkpoints beside {', '.join(rivals)}")
    expectations = {name: read(model)[1] for name, model in rivals.items()}
    positions, _ = read(next(iter(rivals.values())))
    facts = network.opened.facts()
    steps_per_epoch = facts["step"] / facts["epoch"] if facts["epoch"] else 1.0

    def checkpoints() -> Iterator[tuple[int, float, NDArray[np.float32]]]:
        for step in steps:
            yield step, round(step / steps_per_epoch, 4), read(open_run(network.opened.path, step))[1]

    return follow(network.name, checkpoints(), expectations, families, ids[positions])


def _in_order(chunks: Chunks) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """All positions, increasing, and the distributions there, [N, V]."""
    positions, rows = zip(*chunks, strict=True)
    positions_N = np.concatenate(positions)
    order_N = np.argsort(positions_N, kind="stable")
    return positions_N[order_N], np.concatenate(rows)[order_N]
