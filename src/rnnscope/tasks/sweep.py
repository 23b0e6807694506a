"""Many trainings on one task, kept one by one, so that a sweep that was stopped goes on with the next.

A finished training is a sealed file `trials/NAME.json` that holds all its settings. One that was begun with other
settings under the same name is refused: a folder is one sweep.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from itertools import product
from pathlib import Path
from typing import Any

from rnnscope.artifacts import files, sealed
from rnnscope.artifacts.commit import commit_file, sweep
from rnnscope.artifacts.lock import exclusive
from rnnscope.config import CellName, TaskConfig, checked
from rnnscope.errors import InputError
from rnnscope.model.build import use_threads
from rnnscope.tasks.problems import problem
from rnnscope.tasks.starts import Start, refuse_start, usual_start
from rnnscope.tasks.trial import run_trial

TRIAL_KIND = "task-trial"
TRIALS = "trials"


def plan(
    task: str,
    *,
    lengths: Sequence[int],
    cells: Sequence[CellName] = ("rnn",),
    starts: Sequence[Start] = (),
    clips: Sequence[float] = (1.0,),
    seeds: Sequence[int] = (1,),
    **shared: Any,
) -> list[TaskConfig]:
    """The trainings of a sweep: every combination, all others before the next seed, so that a part of it says most.

    Args:
        task: which task.
        lengths, cells, clips, seeds: what is varied; at least one of each.
        starts: starting weights to vary; none takes each cell's usual one.
        shared: settings of `TaskConfig` that all have in common.

    Raises:
        InputError: no such task, cell, start or number.
    """
    known = problem(task)
    trials = []
    for seed, length, cell in product(seeds, lengths, cells):
        for start, clip in product(starts or (usual_start(cell),), clips):
            varied = {"length": length, "cell": cell, "start": start, "clip": clip, "seed": seed}
            trials.append(checked(TaskConfig, {"task": task, **shared, **varied}))
    for trial in trials:
        refuse_start(trial.cell, trial.start)
        for length in (trial.length, *trial.beyond):
            if length < known.shortest:
                raise InputError(
                    tried="plan a task",
                    given=f"{task} of length {length}",
                    why=f"its sequences have at least {known.shortest} symbols",
                    todo="Use longer sequences.",
                )
    return trials


def name_of(trial: TaskConfig) -> str:
    """What its file is called.

    >>> name_of(TaskConfig(task="anbn", length=50, clip=0.5))
    'rnn_smart-tanh_length-50_clip-0.5_seed-1'
    """
    return f"{trial.cell}_{trial.start}_length-{trial.length}_clip-{trial.clip:g}_seed-{trial.seed}"


def run_sweep(
    out: Path, trials: Sequence[TaskConfig], announce: Callable[[str], None] | None = None
) -> list[dict[str, Any]]:
    """Make the trainings that are not there yet, and give what all of them found.

    Args:
        out: the folder that keeps them; made if absent.
        trials: from `plan`.
        announce: is told which training is made and how it goes.

    Returns:
        For every training its settings as "settings", with what `run_trial` found.

    Raises:
        InputError: the folder holds a training of the same name with other settings.
        Locked: another process works on this folder.
    """
    say = announce or (lambda line: None)
    use_threads(1)  # networks this small gain nothing from more
    folder = out / TRIALS
    for place in (out, folder):
        if not os.path.isdir(place):
            files.make_folder(place)
    found = []
    with exclusive(out):
        sweep(folder)
        for index, trial in enumerate(trials, 1):
            path = folder / f"{name_of(trial)}.json"
            label = f"{index} of {len(trials)}, {path.stem}"
            settings = trial.model_dump(mode="json")
            if not path.exists():
                say(label)
                facts = run_trial(trial, lambda line, label=label: say(f"{label}: {line}"))  # type: ignore[misc] # bound at once
                commit_file(path, sealed.dump(TRIAL_KIND, {}, {"settings": settings, **facts}))
            kept = sealed.read(path, TRIAL_KIND).facts
            _refuse_others(path, kept["settings"], settings)
            found.append(kept)
    return found


def _refuse_others(path: Path, kept: dict[str, Any], asked: dict[str, Any]) -> None:
    others = [name for name in asked if kept.get(name) != asked[name]]
    if others:
        raise InputError(
            tried="go on with a sweep of a task",
            given=str(path),
            why=f"it was made with other settings: {', '.join(f'{name} {kept.get(name)}' for name in others)}",
            todo="Use the same settings, or another folder.",
        )
