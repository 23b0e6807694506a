"""What is kept beside the models of a page: findings of `rnnscope errors` and `rnnscope memory`, weights, gradients."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rnnscope.artifacts import sealed, tensors
from rnnscope.artifacts.counts import CountFolder
from rnnscope.artifacts.results import Result
from rnnscope.artifacts.run import RunFolder
from rnnscope.cells.spec import CellSpec
from rnnscope.corpus.alphabet import Alphabet
from rnnscope.errors import InputError
from rnnscope.report.inputs import CellsInput, StepInput

GRADIENTS_FILE = "gradients.safetensors"
EXHIBITS_FILE = "exhibits.safetensors"

ERRORS_FILE, ERRORS_KIND = "errors.json", "errors"


def left_out(run: RunFolder) -> str:
    """Say of a network that never saved weights that it is not shown, and why."""
    diverged = run.status()["state"] == "diverged"
    why = "its loss was no longer a number" if diverged else "it has not trained that far, or was ended"
    return f"{run.path.resolve().name} is left out: {why} before any weights were saved."


def identities(models: Sequence[RunFolder | CountFolder]) -> dict[str, str]:
    """By name of a model the hash of what its scores are made from."""
    return {
        model.path.resolve().name: model.read_checkpoint("best").sha256 if isinstance(model, RunFolder) else model.id
        for model in models
    }


def errors_of(folder: Path, models: Sequence[RunFolder | CountFolder]) -> tuple[Mapping[str, Any] | None, list[str]]:
    """The facts of errors.json of a study; None with a warning where they are of other models.

    Raises:
        DamagedArtifact: the file is not what was written.
    """
    path = folder / ERRORS_FILE
    if not os.path.lexists(path):
        return None, []
    kept = sealed.read(path, ERRORS_KIND)
    if kept.made_from == identities(models):
        return kept.facts, []
    return None, [
        f"{ERRORS_FILE} is left out: models have changed or joined since it was made. Run `rnnscope errors` again."
    ]


def memories_of(runs: Sequence[RunFolder]) -> tuple[list[tuple[str, Mapping[str, Any]]], list[str]]:
    """What was measured on the runs' test parts, by name; stale results are left out with a warning.

    Raises:
        DamagedArtifact: a result is not what was committed.
    """
    found: list[tuple[str, Mapping[str, Any]]] = []
    warnings = []
    for run in runs:
        name = run.path.resolve().name
        if ("memory", "test") not in run.results():
            continue
        try:
            result = run.read_result("memory", "test", {"checkpoint": run.read_checkpoint("best").sha256})
        except InputError:  # stale: it is there
            warnings.append(
                f"The memory of {name} is left out: its weights have changed since. Run `rnnscope memory` again."
            )
        else:
            found.append((name, result.facts))
    return found, warnings


def cells_of(runs: Sequence[RunFolder]) -> tuple[list[CellsInput], list[str]]:
    """What `rnnscope cells` found, by run and text; stale results are left out with a warning.

    Raises:
        DamagedArtifact: a result is not what was committed.
    """
    found, warnings = results_of(runs, "cells")
    given = []
    for run, result in found:
        alphabet = Alphabet.from_json(run.alphabet)
        arrays = {}
        if EXHIBITS_FILE in result.manifest.files:
            arrays = tensors.decode(result.read(EXHIBITS_FILE), result.folder / EXHIBITS_FILE)
        codes = [*alphabet.codes.tolist(), *[-1] * (alphabet.size - len(alphabet.codes))]
        unit = run.config.corpus.symbols
        given.append(CellsInput(run.path.resolve().name, result.facts, codes, unit, arrays))
    return given, warnings


def gates_of(runs: Sequence[RunFolder]) -> tuple[list[tuple[str, Mapping[str, Any]]], list[str]]:
    """What `rnnscope gates` found, by run and text; stale results are left out with a warning.

    Raises:
        DamagedArtifact: a result is not what was committed.
    """
    found, warnings = results_of(runs, "gates")
    return [(run.path.resolve().name, result.facts) for run, result in found], warnings


def results_of(runs: Sequence[RunFolder], stage: str) -> tuple[list[tuple[RunFolder, Result]], list[str]]:
    """All results of one stage that are of the runs' best weights, and a warning for each that is not."""
    found, warnings = [], []
    for run in runs:
        names = [name for at, name in run.results() if at == stage]
        made_from = {"checkpoint": run.read_checkpoint("best").sha256} if names else {}
        for name in names:
            try:
                found.append((run, run.read_result(stage, name, made_from)))
            except InputError:  # stale: it is there
                warnings.append(
                    f"{stage}/{name} of {run.path.resolve().name} is left out: its weights have changed since. "
                    f"Run `rnnscope {stage}` again."
                )
    return found, warnings


def step_of(run: RunFolder, cell: CellSpec, gradients: Result) -> StepInput:
    """What computes one step of a run's best weights.

    Args:
        run: its folder.
        cell: its cell.
        gradients: the result `report/gradients`.

    Raises:
        DamagedArtifact: the weights or the gradients are not what was written.
    """
    weights = run.read_checkpoint("best").tensors
    layers: list[dict[str, Any]] = []
    while f"layers.{len(layers)}.weight_ih" in weights:
        prefix = f"layers.{len(layers)}."
        layers.append({name.removeprefix(prefix): weights[name] for name in weights if name.startswith(prefix)})
    data = gradients.read(GRADIENTS_FILE)
    decoded = tensors.decode(data, gradients.folder / GRADIENTS_FILE)
    # The order in a file is any; that of a page is always the same.
    return StepInput(cell, layers, {state: decoded[state] for state in sorted(decoded, reverse=True)})
