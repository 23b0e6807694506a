"""What `rnnscope errors` and `rnnscope memory` left beside the models of a page, as long as it is of these models."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rnnscope.artifacts import sealed
from rnnscope.artifacts.counts import CountFolder
from rnnscope.artifacts.run import RunFolder
from rnnscope.errors import InputError

ERRORS_FILE, ERRORS_KIND = "errors.json", "errors"


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
