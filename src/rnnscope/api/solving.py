"""How far back networks can learn to remember: the stage `tasks`, trainings on sequences whose answers are known."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from rnnscope.analyse.trials import clipping, summarise
from rnnscope.artifacts import sealed
from rnnscope.artifacts.commit import commit_file
from rnnscope.errors import InputError
from rnnscope.report.tasks import markdown

KIND = "tasks"
RESULT, PAGE = "tasks.json", "tasks.md"

Announce = Callable[[str], None]


def tasks(
    task: str,
    out: str | Path,
    *,
    lengths: Sequence[int],
    cells: Sequence[str] = ("rnn",),
    starts: Sequence[str] = (),
    clips: Sequence[float] = (1.0, 0.0),
    seeds: Sequence[int] = (1, 2, 3, 4, 5),
    announce: Announce | None = None,
    **shared: Any,
) -> dict[str, Any]:
    """Train networks on a synthetic task, and count how many solve it.

    Args:
        task: temporal-order, memorisation, anbn or dyck-K-M.
        out: the folder that keeps every training; a second call goes on where the first one was stopped.
        lengths: of the sequences, in symbols.
        cells: recurrences.
        starts: starting weights; none takes each cell's usual one.
        clips: largest norms of the gradient; 0 = no clipping.
        seeds: one training each.
        announce: is told which training is made and how it goes.
        shared: settings of `TaskConfig` that all have in common: updates, hidden, optimiser, learning_rate, batch,
            beyond.

    Returns:
        "task", "settings" that all trainings share, "groups" (see `analyse.trials.summarise`), and "clipping" (see
        `analyse.trials.clipping`) where clipping was tried beside none.

    Raises:
        InputError: a setting is not possible, or the folder holds a sweep with others.
        Locked: another process works on this folder.
    """
    from rnnscope.tasks.sweep import plan, run_sweep

    for name, values in {"lengths": lengths, "cells": cells, "clips": clips, "seeds": seeds}.items():
        if not values:
            raise InputError(
                tried="plan a task", given=f"no {name}", why="at least one is needed", todo=f"Give --{name} a value."
            )
    trials = plan(task, lengths=lengths, cells=cells, starts=starts, clips=clips, seeds=seeds, **shared)  # type: ignore[arg-type] # checked there
    found = run_sweep(Path(out), trials, announce)
    varied = ("length", "cell", "start", "clip", "seed")
    settings = {name: value for name, value in trials[0].model_dump(mode="json").items() if name not in varied}
    groups = summarise(found)
    facts = {"task": task, "settings": settings, "seeds": list(seeds), "groups": groups, "clipping": clipping(groups)}
    commit_file(Path(out) / RESULT, sealed.dump(KIND, {}, facts))
    commit_file(Path(out) / PAGE, markdown(facts).encode())
    return facts
