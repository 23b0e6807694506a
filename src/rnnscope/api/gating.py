"""What the gates do: the stage `gates` over a run folder."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rnnscope.analyse.cells.gates import GateFold, Gates
from rnnscope.api.opening import open_run
from rnnscope.api.searching import refuse_window
from rnnscope.api.texts import chosen_text
from rnnscope.artifacts.lock import exclusive
from rnnscope.config import Part, RecurrentConfig
from rnnscope.corpus.lanes import reading_lanes

Announce = Callable[[str], None]

OFTEN = 0.9
"""A unit that is saturated in this share of the time is counted as one that is always so."""


def gates(
    run: str | Path,
    text: str | Path | None = None,
    *,
    part: Part | None = None,
    checkpoint: str | int = "best",
    announce: Announce | None = None,
) -> dict[str, Any]:
    """Measure how often every gate unit is saturated, and how long every memory lasts.

    Args:
        run: the run folder; the result is kept below it.
        text: another text than the run's own.
        part: which part; by default test of the own text, all of another.
        checkpoint: which weights: best, last or a step.
        announce: is told what is being done.

    Returns:
        "cell", "what", "positions", "keep" (which gate, empty for none), "limits", "layers": for each layer (from 1)
        its number and "units", one for each cell: "right" and "left" saturated shares and "mean" by quantity, and
        "steps" and "plain_steps", the time constants.

    Raises:
        InputError: the network has no recurrence, or there is no such text or part.
    """
    from rnnscope.record import folds

    say = announce or (lambda line: None)
    opened = open_run(run, checkpoint)
    if not isinstance(opened.model, RecurrentConfig):
        raise refuse_window("measure gates", str(run))
    chosen = chosen_text(opened, part, text)
    ids = opened.alphabet.encode(chosen.text.codes_N)
    network: Any = opened.network
    fold = GateFold(network.spec, network.depth, network.hidden)
    say(f"reading {chosen.what}")
    folds.feed(network, ids, reading_lanes(chosen.segments), [fold], quantities=fold.quantities)
    facts = _facts(fold.result()) | {"what": chosen.what}
    folder = opened.folder("keep what was measured")
    made_from = {"checkpoint": opened.made_from["checkpoint"], "text": chosen.text.sha256}
    name = chosen.part if chosen.own else f"text-{chosen.text.sha256[:8]}"
    with exclusive(folder.path):
        folder.sweep()
        folder.write_result("gates", name, facts, made_from)
    return facts


def _facts(found: Gates) -> dict[str, Any]:
    layers = next(iter(found.saturation.values())).mean.shape[0]
    return {
        "cell": found.cell,
        "positions": found.positions,
        "keep": found.keep,
        "quantities": list(found.saturation),
        "layers": [
            {
                "layer": layer + 1,
                "units": {
                    name: {part: _row(getattr(one, part)[layer]) for part in ("right", "left", "mean")}
                    for name, one in found.saturation.items()
                },
                "always_right": {name: _always(one.right[layer]) for name, one in found.saturation.items()},
                "always_left": {name: _always(one.left[layer]) for name, one in found.saturation.items()},
                "mean_right": {name: float(one.right[layer].mean()) for name, one in found.saturation.items()},
                "mean_left": {name: float(one.left[layer].mean()) for name, one in found.saturation.items()},
                "steps": None if found.steps is None else _row(found.steps[layer]),
                "plain_steps": None if found.plain_steps is None else _row(found.plain_steps[layer]),
            }
            for layer in range(layers)
        ],
    }


def _row(values: NDArray[np.float64]) -> list[float]:
    return [round(float(value), 6) for value in values]


def _always(shares: NDArray[np.float64]) -> int:
    return int(np.count_nonzero(shares > OFTEN))
