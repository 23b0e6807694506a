"""Rows of a study's table: what each model's folder holds, beside the paper's numbers.

Nothing of a row belongs to a machine's clock: two studies of the same give the same rows, however often one of them was
stopped.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rnnscope.artifacts.counts import CountFolder
from rnnscope.artifacts.run import RunFolder
from rnnscope.config import RecurrentConfig
from rnnscope.errors import InputError
from rnnscope.report import paper
from rnnscope.study.book import Book
from rnnscope.study.plan import Training
from rnnscope.units import bits

RIVAL_CONTEXT = 20
"""Symbols of context of the n-gram that losses are compared with, so that texts can be."""

_NETWORKS_ONLY = ("layers", "budget", "hidden", "parameters")
_OVER = ("complete", "early-stopped")


def best(runs: Sequence[RunFolder]) -> RunFolder:
    """The run with the lowest validation loss; without a validation part the first."""
    return min(runs, key=_valid_or_last)


def _valid_or_last(run: RunFolder) -> float:
    loss = run.status()["best_valid_loss_nats"]
    return float("inf") if loss is None else float(loss)


def make_rows(
    found: Book, runs: Sequence[RunFolder], counts: Sequence[CountFolder], troubled: set[str] | frozenset[str]
) -> list[dict[str, Any]]:
    """Rows in the order of the plan: networks, then n-grams.

    Args:
        found: what the study is about.
        runs: networks that have weights.
        counts: n-gram models.
        troubled: models of which a task has failed.

    Returns:
        Rows with `run`, `cell`, `layers`, `budget`, `hidden`, `parameters`, `loss_nats`, `interval_nats`,
        `bits_per_char`, `valid_loss_nats`, `above_ngram_nats` (the loss less that of the text's own n-gram with 20
        symbols of context), `paper_nats`; what the numbers belong to: `text_sha256`, `split`, `fold`, `seed`, `epochs`,
        `epochs_reached`, `versions`; and `question`, `variant`, `chosen` (whether it is the best of its question's
        variants on the validation part), `state` (complete, early-stopped, unfinished, failed).

    The loss is that of the best weights on the test part; without a test part it is null. An n-gram model has one row,
    for the context that its validation part prefers: its `cell` is `ngram-` and that context.
    """
    by_name = {run.path.name: run for run in runs}
    rival = rival_of(counts)
    chosen = chosen_variants(found, by_name)
    rows = []
    for training in found.plan.trainings:
        run = by_name.get(training.name)
        row = _empty(found, training) if run is None else _row(run, training)
        row["chosen"] = training.variant in chosen
        row["state"] = _state(run, training, training.name in troubled)
        row["paper_nats"] = _paper_nats(row)
        rows.append(row)
    rows += [_count_row(count) for count in counts]
    for row in rows:
        if rival is not None and row["loss_nats"] is not None:
            row["above_ngram_nats"] = row["loss_nats"] - rival["loss_nats"]
    return rows


def chosen_variants(found: Book, runs: Mapping[str, RunFolder]) -> set[str]:
    """For each question the variant whose mean validation loss over its seeds is lowest."""
    losses: dict[str, dict[str, list[float]]] = {}
    for training in found.plan.trainings:
        if training.name in runs:
            here = losses.setdefault(training.question, {}).setdefault(training.variant, [])
            here.append(_valid_or_last(runs[training.name]))
    return {
        min(variants, key=lambda variant: sum(variants[variant]) / len(variants[variant]))
        for variants in losses.values()
    }


def _state(run: RunFolder | None, training: Training, troubled: bool) -> str:
    if run is None or troubled:
        return "failed"
    status, wanted = run.status(), training.options.get("epochs")
    over = status["state"] in _OVER and not (isinstance(wanted, int) and status["epochs"] < wanted)
    return str(status["state"]) if over else "unfinished"


def _row(run: RunFolder, training: Training) -> dict[str, Any]:
    model, config, status = run.config.model, run.config, run.status()
    test = fresh(run, "eval", "test")
    loss = test.get("loss_nats")
    return {
        "run": run.path.name,
        "cell": model.cell if isinstance(model, RecurrentConfig) else f"window-{model.window}",
        "layers": model.layers if isinstance(model, RecurrentConfig) else 1,
        "budget": model.budget if isinstance(model, RecurrentConfig) else None,
        "hidden": model.hidden,
        "parameters": fresh(run, "report", "about").get("parameters"),
        "loss_nats": loss,
        "interval_nats": test.get("interval_nats"),
        "bits_per_char": None if loss is None else bits(loss),
        "valid_loss_nats": status["best_valid_loss_nats"],
        "above_ngram_nats": None,
        "paper_nats": None,
        "text_sha256": run.environment["text"]["sha256"],
        "split": config.corpus.split,
        "fold": config.corpus.fold,
        "seed": config.train.seed,
        "epochs": status["epochs"],
        "epochs_reached": status["epoch"],
        "versions": run.environment["versions"],
        "question": training.question,
        "variant": training.variant,
    }


def _empty(found: Book, training: Training) -> dict[str, Any]:
    """The row of a network that was never saved."""
    options = training.options
    nothing = dict.fromkeys(("parameters", "loss_nats", "interval_nats", "bits_per_char", "valid_loss_nats"))
    window = options.get("window")
    hidden = options.get("hidden")
    return {
        "run": training.name,
        "cell": f"window-{window}" if window else options.get("cell", "lstm"),
        "layers": 1 if window else options.get("layers", 2),
        "budget": options.get("budget"),
        "hidden": hidden if isinstance(hidden, int) else None,
        **nothing,
        "above_ngram_nats": None,
        "paper_nats": None,
        "text_sha256": found.text_sha256,
        "split": options.get("split", "contiguous"),
        "fold": options.get("fold", 0),
        "seed": options["seed"],
        "epochs": options["epochs"] if isinstance(options.get("epochs"), int) else None,
        "epochs_reached": 0.0,
        "versions": None,
        "question": training.question,
        "variant": training.variant,
    }


def _count_row(folder: CountFolder) -> dict[str, Any]:
    corpus, facts = folder.config.corpus, folder.read_result("ngram", "table").facts
    wanted = facts["best_context"]
    context = folder.config.ngram.lengths[-1] if wanted is None else wanted
    (found,) = (row for row in facts["contexts"] if row["context"] == context)
    loss = found["loss_nats"]
    row = {
        "run": folder.path.name,
        "cell": f"ngram-{context}",
        **dict.fromkeys(_NETWORKS_ONLY),
        "loss_nats": loss,
        "interval_nats": found["interval_nats"],
        "bits_per_char": None if loss is None else bits(loss),
        "valid_loss_nats": None,
        "above_ngram_nats": None,
        "paper_nats": None,
        "text_sha256": folder.environment["text"]["sha256"],
        "split": corpus.split,
        "fold": corpus.fold,
        "seed": None,
        "epochs": None,
        "epochs_reached": None,
        "versions": folder.environment["versions"],
        "question": folder.path.name,
        "variant": folder.path.name,
        "chosen": True,
        "state": "complete",
    }
    row["paper_nats"] = _paper_nats(row)
    return row


def _paper_nats(row: Mapping[str, Any]) -> float | None:
    """What the paper gives for such a model; only for its own texts, cut as it cut them."""
    if row["split"] != "streams":
        return None
    known = paper.table_2(row["text_sha256"])
    kind, _, size = row["cell"].rpartition("-")
    if kind in ("window", "ngram"):
        listed = None if known is None else (known.network if kind == "window" else known.ngram)
        if known is None or listed is None or int(size) not in known.contexts:
            return None
        return listed[known.contexts.index(int(size))]
    return paper.figure_1(row["text_sha256"]).get((row["cell"], row["layers"], row["budget"]))


def rival_of(counts: Sequence[CountFolder]) -> dict[str, Any] | None:
    """Context and loss of the n-gram that losses are compared with: 20 symbols, or the longest that was counted."""
    for folder in counts:
        rows = folder.read_result("ngram", "table").facts["contexts"]
        usual = [row for row in rows if row["context"] == RIVAL_CONTEXT] or rows[-1:]
        if usual and usual[0]["loss_nats"] is not None:
            return {"context": usual[0]["context"], "loss_nats": usual[0]["loss_nats"]}
    return None


def fresh(run: RunFolder, stage: str, name: str) -> dict[str, Any]:
    """What a stage found with a run's best weights; nothing if it did not, or with others."""
    try:
        return run.read_result(stage, name, {"checkpoint": run.read_checkpoint("best").sha256}).facts
    except InputError:  # the split has no test part, or this task has failed
        return {}
