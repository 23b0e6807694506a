"""Which cells track what: the stage `cells` over a run folder."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rnnscope.api.opening import open_run
from rnnscope.api.run import Run
from rnnscope.api.search.material import Material
from rnnscope.api.texts import chosen_text
from rnnscope.artifacts import sealed, tensors
from rnnscope.artifacts.lock import exclusive
from rnnscope.config import RecurrentConfig
from rnnscope.errors import InputError

if TYPE_CHECKING:
    from rnnscope.features.feature import Feature

Announce = Callable[[str], None]

SYMBOLS = 100_000
"""Of each of the three parts, at most."""

MOST_THREADS = 4


def cells(
    run: str | Path | Run,
    text: str | Path | None = None,
    *,
    features: Sequence[str] | None = None,
    regex: Sequence[str] = (),
    spans: Sequence[str] = (),
    python: Sequence[str] = (),
    symbols: int = SYMBOLS,
    seed: int = 1,
    checkpoint: str | int = "best",
    along: bool = False,
    beside: Sequence[str | Path] = (),
    announce: Announce | None = None,
) -> dict[str, Any]:
    """Find what each cell tracks, confirm it on other text, and prove it by intervention.

    Args:
        run: the run folder, or the run that was opened; the findings are kept below it.
        text: another text than the run's own, of which the test part is searched.
        features: names of hypotheses; None for all that are registered and the user's own.
        regex, spans, python: the user's own hypotheses: NAME=RE, FILE.jsonl, FILE.py:FUNC (`features.user`).
        symbols: of each of the three parts at most.
        seed: of everything that is drawn.
        checkpoint: which weights: best, last or a step.
        along: whether the best tracker of every feature is followed through all kept checkpoints ("lives").
        beside: folders of other networks that were searched in the same way: in how many is there a tracker ("census")?
        announce: is told what is being done.

    Returns:
        "claims" and "searched" as `analyse.cells.findings` describes them, "probes", "directions", "parts", "nulls",
        "what", "seed", "steps", "network"; "lives" and "census" where they were asked for.

    Raises:
        InputError: the network has no recurrence, the text is too short, a feature is not known or does not fit, there
            are no checkpoints to follow, or a network beside was not searched.
    """
    from rnnscope.api.across import counted, lives
    from rnnscope.api.search.exhibits import exhibits
    from rnnscope.api.search.hunt import Settings, hunt
    from rnnscope.api.search.kept import KeptScores
    from rnnscope.features.user import from_python, from_regex, from_spans
    from rnnscope.model.char_rnn import CharRNN
    from rnnscope.report.kept import EXHIBITS_FILE

    say = announce or (lambda line: None)
    opened = run if isinstance(run, Run) else open_run(run, checkpoint)
    network = opened.network
    if not isinstance(opened.model, RecurrentConfig) or not isinstance(network, CharRNN):
        raise refuse_window("search for cells that track something", str(run))
    if symbols < 1:
        raise InputError(
            tried="search a part of the text",
            given=f"--symbols {symbols}",
            why="this is a number of at least 1",
            todo=f"Leave it out for {SYMBOLS:,}.",
        )
    own: list[Feature] = [
        *(from_regex(given) for given in regex),
        *(from_spans(given) for given in spans),
        *(from_python(given) for given in python),
    ]
    names = features if features is None else [*features, *(feature.name for feature in own)]
    chosen = chosen_text(opened, None, text)
    config = opened.config
    say(f"measuring features of {chosen.text.name}")
    material = Material.of(
        chosen.text,
        opened.alphabet,
        chosen.segments,
        rows=chosen.own and config.corpus.split == "streams",
        names=names,
        extra=own,
        seed=seed,
        most=symbols,
    )
    threads = min(len(os.sched_getaffinity(0)), MOST_THREADS)
    settings = Settings(seed=seed, steps=config.train.steps, threads=threads, own_seed=config.train.seed)
    found = hunt(network, material, settings, say, KeptScores()).to_json()
    facts = found | {
        "what": chosen.what,
        "network": f"{opened.model.cell} {opened.model.layers} x {opened.model.hidden}",
        "steps": config.train.steps,
        "seed": seed,
        "language": next(iter(material.tracks.languages)),
    }
    name = chosen.part if chosen.own else f"text-{chosen.text.sha256[:8]}"
    asked = {
        "features": list(material.tracks.tracks),
        "own": [*regex, *spans, *python],
        "symbols": symbols,
        "seed": seed,
        "segments": [list(segment) for segment in chosen.segments],
    }
    origins = {"text": chosen.text.sha256, "settings": hashlib.sha256(sealed.canonical(asked)).hexdigest()}
    if beside:
        facts["census"] = counted(facts, beside, name, origins)
    if along:
        facts["lives"] = lives(opened, material, facts["claims"], say)
    say("collecting what is shown of the cells that stood out")
    facts["exhibits"], arrays = exhibits(network, material, facts, seed=seed)
    folder = opened.folder("keep the findings")
    made_from = origins | {"checkpoint": opened.made_from["checkpoint"]}
    with exclusive(folder.path):
        folder.sweep()
        folder.write_result(
            "cells", name, facts, made_from, {EXHIBITS_FILE: tensors.encode(arrays)} if arrays else None
        )
    return facts


def refuse_window(tried: str, given: str) -> InputError:
    """A network that reads windows has no cells that remember."""
    return InputError(
        tried=tried,
        given=given,
        why="a window network carries nothing from symbol to symbol",
        todo="Name the run of a recurrent network.",
    )
