"""The table of a study: one row per model, from what its folder holds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rnnscope.artifacts.counts import CountFolder
from rnnscope.artifacts.run import RunFolder
from rnnscope.config import RecurrentConfig
from rnnscope.errors import InputError
from rnnscope.units import bits


def rows(runs: Sequence[RunFolder], counts: Sequence[CountFolder] = ()) -> list[dict[str, Any]]:
    """Rows with `run`, `cell`, `layers`, `budget`, `hidden`, `parameters`, `loss_nats`, `interval_nats`, and what the
    numbers belong to: `text_sha256`, `split`, `fold`, `seed`, `epochs`, `versions`.

    The loss is that of the best weights on the test part; without a test part it is null. Speed is not in the table:
    it belongs to a machine, not to a network. An n-gram model has one row, for the context that its validation part
    prefers: its `cell` is `ngram-` and that context, and what only a network has is null.
    """
    return [*map(_row, runs), *map(_count_row, counts)]


def _row(run: RunFolder) -> dict[str, Any]:
    model, config = run.config.model, run.config
    test = _test(run)
    return {
        "run": run.path.name,
        "cell": model.cell if isinstance(model, RecurrentConfig) else f"window-{model.window}",
        "layers": model.layers if isinstance(model, RecurrentConfig) else 1,
        "budget": model.budget if isinstance(model, RecurrentConfig) else None,
        "hidden": model.hidden,
        "parameters": run.read_result("report", "about").facts["parameters"],
        "loss_nats": test.get("loss_nats"),
        "interval_nats": test.get("interval_nats"),
        "text_sha256": run.environment["text"]["sha256"],
        "split": config.corpus.split,
        "fold": config.corpus.fold,
        "seed": config.train.seed,
        "epochs": run.status()["epochs"],
        "versions": run.environment["versions"],
    }


def _count_row(folder: CountFolder) -> dict[str, Any]:
    corpus, facts = folder.config.corpus, folder.read_result("ngram", "table").facts
    best = facts["best_context"]
    context = folder.config.ngram.lengths[-1] if best is None else best
    (found,) = (row for row in facts["contexts"] if row["context"] == context)
    networks_only = dict.fromkeys(("layers", "budget", "hidden", "parameters"))
    return {
        "run": folder.path.name,
        "cell": f"ngram-{context}",
        **networks_only,
        "loss_nats": found["loss_nats"],
        "interval_nats": found["interval_nats"],
        "text_sha256": folder.environment["text"]["sha256"],
        "split": corpus.split,
        "fold": corpus.fold,
        "seed": None,
        "epochs": None,
        "versions": folder.environment["versions"],
    }


def _test(run: RunFolder) -> dict[str, Any]:
    try:
        return run.read_result("eval", "test").facts
    except InputError:  # the split has no test part
        return {}


def to_text(table: Sequence[dict[str, Any]]) -> str:
    """The table for a terminal."""
    head = f"{'model':<14} {'layers':>6} {'hidden':>6} {'parameters':>10} {'test nats':>9} {'bits':>6}  95 % interval"
    return "\n".join([head, *(_line(row) for row in table)])


def _line(row: dict[str, Any]) -> str:
    loss, interval = row["loss_nats"], row["interval_nats"]
    losses = f"{loss:9.4f} {bits(loss):6.3f}" if loss is not None else f"{'-':>9} {'-':>6}"
    between = f"{interval[0]:.4f} to {interval[1]:.4f}" if interval else "too short to say"
    sizes = f"{_size(row['layers']):>6} {_size(row['hidden']):>6} {_size(row['parameters']):>10}"
    return f"{row['cell']:<14} {sizes} {losses}  {between}"


def _size(number: int | None) -> str:
    return "-" if number is None else f"{number:,}"
