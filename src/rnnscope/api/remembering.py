"""How long a network remembers: the stage `memory` over a run folder."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, get_args

import numpy as np
from numpy.typing import NDArray

from rnnscope.analyse import memory as measures
from rnnscope.analyse.errors.battery import EVENTS
from rnnscope.analyse.errors.words import code_points
from rnnscope.api.opening import open_run
from rnnscope.api.run import Run
from rnnscope.api.texts import chosen_text
from rnnscope.artifacts.lock import exclusive
from rnnscope.config import Part, RecurrentConfig
from rnnscope.corpus.lanes import LANES, WARM, reading_lanes
from rnnscope.errors import InputError

Announce = Callable[[str], None]

GRADIENT_CASES = 200
CONTEXT_LANES = 1000
DISTANCES = 300
STAGES = 4
"""Saved weights from during training that are followed back beside the untrained and the chosen ones, at most."""


def memory(
    run: str | Path,
    text: str | Path | None = None,
    *,
    part: Part | None = None,
    distances: int = DISTANCES,
    cases: int = GRADIENT_CASES,
    lanes: int = CONTEXT_LANES,
    older: str = "replaced",
    seed: int = 0,
    checkpoint: str | int = "best",
    announce: Announce | None = None,
) -> dict[str, Any]:
    """Measure how far back a network's losses reach: by gradients, and by what hiding older text costs.

    Args:
        run: the run folder; the result is kept below it.
        text: another text than the run's own.
        part: which part; by default test of the own text, all of another.
        distances: how many symbols back, at least 1; more than the steps of training is what is interesting.
        cases: losses of each kind of event that are followed back.
        lanes: stretches of text for the loss as a function of the context; each gives one symbol for every context.
        older: what stands in the place of older text: replaced, reset or shuffled.
        seed: of what is drawn.
        checkpoint: which weights: best, last or a step.
        announce: is told what is being computed.

    Returns:
        "gradients" (`GradientCurve`s), "context" (`ContextCurve`s), "steps" of training, "what", "older"; "training":
        the gradients of all symbols' losses with the starting weights, with those kept during training and with the
        chosen ones, by "step".

    Raises:
        InputError: the network has no recurrence, or the part is too short.
    """
    from rnnscope.model.char_rnn import CharRNN
    from rnnscope.model.read import score
    from rnnscope.record.context import Older, context_curve, sample_starts
    from rnnscope.record.gradients import gradient_norms

    say = announce or (lambda line: None)
    opened = open_run(run, checkpoint)
    network = opened.network
    if not isinstance(opened.model, RecurrentConfig) or not isinstance(network, CharRNN):
        raise InputError(
            tried="measure a memory",
            given=str(run),
            why="a window network carries nothing from symbol to symbol",
            todo="Name the run of a recurrent network.",
        )
    _refuse_settings(distances=distances, cases=cases, lanes=lanes)
    if older not in get_args(Older):
        raise InputError(
            tried="measure a memory",
            given=f"--older {older}",
            why=f"older text can be {', '.join(get_args(Older))}",
            todo="Choose one of these.",
        )
    chosen = chosen_text(opened, part, text, LANES)
    ids = opened.alphabet.encode(chosen.text.codes_N)
    points = code_points(chosen.text)
    inside_N = np.zeros(len(ids), bool)
    for start, stop in chosen.segments:
        inside_N[start:stop] = True
    inside_N[: distances + 1] = False
    kinds = {"all": inside_N} | {
        name: inside_N & np.isin(points, [ord(symbol) for symbol in symbols]) for name, symbols in EVENTS.items()
    }
    positions_P, kinds_P = _cases(kinds, cases, seed)
    if not len(positions_P):
        raise _too_short(chosen.what, distances)
    say(f"following {len(positions_P):,} losses back over {distances:,} symbols")
    norms = gradient_norms(network, ids, positions_P, distances).norms
    training = _training(opened, ids, positions_P[kinds_P["all"]], distances, say)
    starts_S = sample_starts(chosen.segments, distances, lanes, seed, WARM)
    if not len(starts_S):
        raise _too_short(chosen.what, distances)
    say(f"reading {len(starts_S):,} stretches with older text {older}")
    limited_KS = context_curve(network, ids, starts_S, distances, older=older, seed=seed)  # type: ignore[arg-type] # checked above
    whole_N = np.full(len(ids), np.nan, np.float32)
    measured = np.unique(np.concatenate([np.arange(*segment) for segment in chosen.segments]))
    whole_N[measured] = score(network, ids, reading_lanes(chosen.segments, LANES, WARM))
    places_KS = starts_S + np.arange(distances + 1)[:, None]
    facts: dict[str, Any] = {
        "what": chosen.what,
        "steps": opened.config.train.steps,
        "distances": distances,
        "older": older,
        "gradients": [curve.to_dict() for curve in measures.gradient_curves(norms, kinds_P)],
        "training": training,
        "context": [
            measures.context_curve(limited_KS, whole_N[places_KS], older, name, mask_N[places_KS]).to_dict()
            for name, mask_N in kinds.items()
            if mask_N[places_KS].any()
        ],
    }
    folder = opened.folder("keep what was measured")
    made_from = {"checkpoint": opened.made_from["checkpoint"], "text": chosen.text.sha256}
    name = chosen.part if chosen.own else f"text-{chosen.text.sha256[:8]}"
    with exclusive(folder.path):
        folder.sweep()
        folder.write_result("memory", name, facts, made_from)
    return facts


def _training(
    opened: Run, ids: NDArray[np.integer[Any]], positions_P: NDArray[np.int64], distances: int, say: Announce
) -> list[dict[str, Any]]:
    """The gradients of the same losses with other weights of the run: how its memory came to be."""
    from rnnscope.model.build import build
    from rnnscope.model.char_rnn import CharRNN
    from rnnscope.record.gradients import gradient_norms

    folder = opened.folder("follow a training")
    chosen_step = opened.weights_step
    assert chosen_step is not None, "a run that was opened from its folder has one"
    kept = [step for step in folder.checkpoint_steps() if 0 < step != chosen_step]
    networks = {step: open_run(folder.path, step).network for step in spread(kept, STAGES)}
    networks[0] = build(opened.model, opened.alphabet.size, seed=opened.config.train.seed)
    networks[chosen_step] = opened.network
    stages = []
    for step, network in sorted(networks.items()):
        assert isinstance(network, CharRNN)
        say(f"following {len(positions_P):,} losses back with the weights of step {step:,}")
        norms = gradient_norms(network, ids, positions_P, distances).norms
        curves = measures.gradient_curves(norms, {"all": np.ones(len(positions_P), bool)})
        stages.append({"step": step, "gradients": [curve.to_dict() for curve in curves]})
    return stages


def spread(steps: list[int], count: int) -> list[int]:
    """At most `count` steps, spread evenly over the logarithm of the step, since most is learned at the beginning.

    >>> spread([1, 2, 4, 8, 16, 32, 64], 3)
    [1, 8, 64]
    """
    if len(steps) <= count:
        return steps
    wanted = np.geomspace(steps[0], steps[-1], count)
    return sorted({min(steps, key=lambda step: abs(np.log(step / place))) for place in wanted})


def _cases(
    kinds: dict[str, NDArray[np.bool_]], count: int, seed: int
) -> tuple[NDArray[np.int64], dict[str, NDArray[np.bool_]]]:
    """Some positions of every kind, and which of them belong to which."""
    random = np.random.default_rng(seed)
    drawn = {name: random.permutation(np.flatnonzero(mask_N))[:count] for name, mask_N in kinds.items()}
    positions_P = np.unique(np.concatenate(list(drawn.values())))
    # "all" is a sample of all symbols; the other kinds' extra cases would bend it.
    return positions_P, {name: np.isin(positions_P, chosen) for name, chosen in drawn.items()}


def _refuse_settings(**numbers: int) -> None:
    for name, number in numbers.items():
        if number < 1:
            raise InputError(
                tried="measure a memory",
                given=f"--{name} {number}",
                why="this is a number of at least 1",
                todo="Leave it out for the usual one.",
            )


def _too_short(what: str, distances: int) -> InputError:
    return InputError(
        tried="measure a memory",
        given=what,
        why=f"no stretch of it is longer than {distances:,} symbols and has {WARM:,} before it",
        todo="Use fewer --distances, or a longer text.",
    )
