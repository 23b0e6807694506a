"""Models of one text side by side: found in folders, opened, and refused where they cannot be compared."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rnnscope.analyse.errors.predictions import Predictions
from rnnscope.analyse.stats import block_length
from rnnscope.api import folders
from rnnscope.api.counts import Ngram
from rnnscope.api.opening import open
from rnnscope.api.run import Run
from rnnscope.artifacts.scores import Scores
from rnnscope.config import RecurrentConfig, WindowConfig
from rnnscope.corpus import split
from rnnscope.corpus.lanes import LANES, WARM, reading_lanes
from rnnscope.corpus.split import Segment, Split
from rnnscope.errors import InputError
from rnnscope.ngram import seams

Chunks = Iterator[tuple[NDArray[np.int64], NDArray[np.float32]]]


@dataclass(frozen=True)
class Model:
    """One model that takes part.

    Args:
        name: of its folder.
        opened: the model.
        identity: hash of what its scores were made from.
    """

    name: str
    opened: Run | Ngram
    identity: str


def opened(named: Sequence[Path], announce: Callable[[str], None]) -> tuple[list[Model], list[str]]:
    """Open the models in some folders: folders of models, studies, folders of folders.

    Args:
        named: the folders.
        announce: is told which networks of a study are left out for want of weights.

    Returns:
        The models, and what was announced.

    Raises:
        InputError: there is none, they are not of one text and split, or two n-gram models would have the same names.
    """
    found = [folders.find(path, of_folders=True) for path in named]
    left_out = [sentence for each in found for sentence in each.left_out()]
    for sentence in left_out:
        announce(sentence)
    models = [_opened(folder.path) for each in found for folder in each.ready]
    _refuse_other_texts(models)
    _refuse_second_ngram(models)
    return models, left_out


def _opened(path: Path) -> Model:
    model = open(path)
    identity = model.made_from.get("checkpoint", model.made_from["run"])
    return Model(path.resolve().name, model, identity)


def _refuse_other_texts(models: Sequence[Model]) -> None:
    def facts(model: Model) -> tuple[Any, ...]:
        folder: Any = model.opened.folder("compare predictors")
        cut = folder.environment["split"]
        return folder.environment["text"]["sha256"], cut["name"], cut["fold"], cut["test"], folder.config.corpus.symbols

    for model in models[1:]:
        if facts(model) != facts(models[0]):
            raise InputError(
                tried="compare predictors",
                given=f"{models[0].name} and {model.name}",
                why="they are not of the same text, cut in the same way, with the same symbols",
                todo="Compare predictors of one text with one split.",
            )


def _refuse_second_ngram(models: Sequence[Model]) -> None:
    names = [model.name for model in models if isinstance(model.opened, Ngram)]
    if len(names) > 1:
        raise InputError(
            tried="compare predictors",
            given=f"the n-gram models {' and '.join(names)}",
            why="they have the same contexts, so their names would be the same",
            todo="Name one of them.",
        )


def predictions(models: Sequence[Model], part: str) -> tuple[Predictions, dict[str, NDArray[np.int32]]] | None:
    """Scores of all models, and what each held to be most likely; None where the split has no such part.

    Args:
        models: made ready for a report, so that they are scored.
        part: test or valid.
    """
    cut = models[0].opened.folder("read scores").environment["split"]
    if not cut[part]:
        return None
    scores: dict[str, Scores] = {}
    for model in models:
        result = model.opened.folder("read scores").read_result("eval", part)
        if isinstance(model.opened, Ngram):
            table = model.opened.scores("test" if part == "test" else "valid")
            scores |= {ngram_name(context): table.scores(context) for context in table.contexts}
        else:
            scores[model.name] = Scores.read(result.folder, result.manifest)
    rows = cut[part] // split.ROWS if cut["name"] == "streams" else None
    found = Predictions.of(scores, block_length(cut[part], rows))
    return found, {name: one.best[np.argsort(one.positions, kind="stable")] for name, one in scores.items()}


def ngram_name(context: int) -> str:
    """What one context of an n-gram model is called."""
    return f"{context}-gram"


def kind(run: Run) -> str:
    """The cell of a recurrent network, or "window"."""
    return run.model.cell if isinstance(run.model, RecurrentConfig) else "window"


def windows(models: Sequence[Model]) -> dict[int, Model]:
    """The window networks by their window, shortest first; of two with one window the later."""
    found = {
        model.opened.model.window: model
        for model in models
        if isinstance(model.opened, Run) and isinstance(model.opened.model, WindowConfig)
    }
    return dict(sorted(found.items()))


def expected(
    model: Run | Ngram, ids: NDArray[np.integer[Any]], cut: Split, part: str, *, first: int | None = None
) -> Chunks:
    """What a model expects at every position of a part, as it was scored there.

    Args:
        model: a network, or one context of an n-gram model.
        ids: the whole text.
        cut: its split.
        part: test or valid.
        first: of each lane (each row, for `streams`) that many positions only; None for all.

    Yields:
        Text positions, [n], each of them once and in no order, and natural logarithms of distributions, [n, V].
    """
    pieces = reading_lanes(cut.parts[part], LANES, WARM)
    if first is not None:
        pieces = [piece._replace(stop=min(piece.stop, piece.start + first)) for piece in pieces]
    if isinstance(model, Run):
        from rnnscope.record.distributions import distributions

        yield from distributions(model.network, ids, pieces)
        return
    read_M, scored = seams.reading(ids, cut, part, model.config.ngram.seams)
    positions_N = seams.positions(cut.parts[part])
    places_N = seams.positions(scored)  # where in what is read the same symbols stand
    if first is not None:
        wanted_N = np.isin(positions_N, np.concatenate([np.arange(piece.start, piece.stop) for piece in pieces]))
        positions_N, places_N = positions_N[wanted_N], places_N[wanted_N]
        scored = _runs(places_N)
    for at_n, log_probs_nV in model.model.distributions(read_M, scored, model.context):
        yield positions_N[np.searchsorted(places_N, at_n)], log_probs_nV


def _runs(places: NDArray[np.int64]) -> list[Segment]:
    """Increasing places as stretches without a gap."""
    cuts = np.flatnonzero(np.diff(places) != 1) + 1
    return [Segment(int(run[0]), int(run[-1]) + 1) for run in np.split(places, cuts) if len(run)]
