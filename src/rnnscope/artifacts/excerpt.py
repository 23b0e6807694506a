"""The small form of a trained run: a run folder with its best weights and a thinned log, and nothing to go on from.

It opens, evaluates, samples and records like the run itself and has the run's id, since settings, alphabet and
environment are the same bytes. Training states, other checkpoints and results of stages stay behind, and its status
calls the best weights its last ones, because they are the last it has.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from rnnscope.artifacts import commit, log
from rnnscope.artifacts.manifest import MANIFEST
from rnnscope.artifacts.run import RunFolder
from rnnscope.artifacts.status import FILE, Status
from rnnscope.artifacts.steps import Steps

ROWS = 600
"""Rows of metrics that are kept, beside those with a validation loss."""


def thin(rows: Sequence[dict[str, Any]], limit: int = ROWS) -> list[dict[str, Any]]:
    """Keep every row with a validation loss, and `limit` of the others, evenly spread, the last among them.

    A row says what happened since the row before it in the whole log, and is kept as it is.

    Args:
        rows: of `metrics.jsonl`, in order.
        limit: at least 0.
    """
    others = [index for index, row in enumerate(rows) if row.get("valid_loss_nats") is None]
    if len(others) > limit:
        # Counted from the end, so that the last one is among them.
        picked = len(others) - 1 - np.arange(limit) * len(others) // max(1, limit)
        others = [others[index] for index in picked]
    kept = set(others)
    return [row for index, row in enumerate(rows) if index in kept or row.get("valid_loss_nats") is not None]


def excerpt(run: RunFolder, out: str | Path, *, rows: int = ROWS, overwrite: bool = False) -> RunFolder:
    """Write the small form of a run, whole or not at all. The caller holds the run's lock.

    Args:
        run: a run with weights.
        out: the folder to make.
        rows: how many rows of metrics to keep, see `thin`.
        overwrite: take the place of an older folder.

    Returns:
        The new folder, opened.

    Raises:
        InputError: nothing is trained yet, or `out` is taken.
        DamagedArtifact: the run is not what was written.
    """
    out = Path(out)
    best = run.read_checkpoint("best")
    now = Status.model_validate(run.status())
    metrics, samples = thin(run.read_log("metrics.jsonl"), rows), run.read_log("samples.jsonl")
    manifest = commit.verify(run.path.resolve(), "run", exact=False)
    with commit.commit(out, kind="run", made_from=manifest.made_from, overwrite=overwrite) as draft:
        draft.facts.update(manifest.facts)
        for name in manifest.files:
            draft.write(name, commit.read(run.path, manifest, name))
        assert draft.seal() == run.id, f"{MANIFEST} of the same files is the same"
        pins = {
            "metrics.jsonl": _write_log(draft.folder / "metrics.jsonl", metrics),
            "samples.jsonl": _write_log(draft.folder / "samples.jsonl", samples),
        }
        steps = Steps(draft.folder / "checkpoints", "checkpoint", "weights.safetensors", run.id)
        steps.write(best.step, best.tensors, best.facts | {"logs": pins})
        # A snapshot of a run that goes on is not itself going on.
        state = "interrupted" if now.state == "running" else now.state
        draft.write(FILE, now.model_copy(update={"state": state, "last_step": best.step}).dump(run.id))
    return RunFolder.open(out)


def _write_log(path: Path, rows: list[dict[str, Any]]) -> log.Pin:
    written = log.Log(path)
    written.append(rows)
    return written.prefix()
