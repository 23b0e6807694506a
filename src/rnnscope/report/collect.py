"""From run folders to the plain inputs of a report. Reads artifacts only; what is missing or stale is refused.

A run must have been made ready: its held-out parts scored, samples drawn and a passage recorded (`rnnscope report` does
that itself before it comes here).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rnnscope.artifacts.counts import CountFolder
from rnnscope.artifacts.folder import ModelFolder
from rnnscope.artifacts.results import Result
from rnnscope.artifacts.run import RunFolder
from rnnscope.artifacts.trace import Trace
from rnnscope.cells.spec import spec
from rnnscope.config import RecurrentConfig, WindowConfig
from rnnscope.corpus.alphabet import Alphabet
from rnnscope.errors import InputError
from rnnscope.report.inputs import (
    CorpusInput,
    NgramInput,
    PassageInput,
    ReportInput,
    RunInput,
    SampleInput,
    UnsavedInput,
)
from rnnscope.report.kept import cells_of, errors_of, gates_of, left_out, memories_of, step_of

PARTS = ("train", "valid", "test")
_PART_NAMES = {"train": "training", "valid": "validation", "test": "test"}
_METHOD = (
    "The text is read symbol by symbol; a model gives every symbol a probability before it sees which one comes.",
    "The loss is the mean of -log p(symbol): nats with the natural logarithm, bits with the logarithm to base 2.",
    "Intervals hold 95 % of the means over 1,000 texts drawn again from blocks of the test part, since neighbouring "
    "symbols are not independent.",
)
_METHOD_OF_NETWORKS = (
    "Held-out parts took no part in training. Networks read them in 100 lanes, each from the zero state after 1,000 "
    "symbols of context that are not scored.",
    "The weights shown are those with the lowest validation loss.",
    "A heat map alone is no proof of what a cell does: a cell that looks like a quote cell is an observation. What was "
    "tested says so: confirmed on other text, or causal, by changing the cell.",
)
_METHOD_OF_NGRAMS = (
    "N-grams are interpolated modified Kneser-Ney models (Chen and Goodman 1998) over symbols, unpruned. A context of n"
    " symbols is the order n + 1.",
    "Weights of mixtures are those under which the validation part is most likely; the test part took no part in it.",
)


def collect(
    runs: Sequence[RunFolder],
    counts: Sequence[tuple[CountFolder, NgramInput]] = (),
    study: Path | None = None,
    unsaved: Sequence[RunFolder] = (),
) -> ReportInput:
    """Collect what a page shows of models of one text; the first one's text is described.

    Args:
        runs: networks, each made ready.
        counts: n-gram models, with what is shown of them; at least one model of either kind is there.
        study: the folder that holds them; what `rnnscope errors` left there is shown.
        unsaved: networks of the study that never saved weights; they are named, and said to be left out.

    Raises:
        InputError: a run has not been made ready, or its results are stale.
        DamagedArtifact: something in a folder is not what was written.
    """
    folders: list[ModelFolder[Any]] = [*runs, *(folder for folder, _ in counts)]
    first = folders[0]
    text, cut, corpus = first.environment["text"], first.environment["split"], first.config.corpus
    about = _about(runs[0]) if runs else None
    distinct = len(first.alphabet["codes"])
    names = _names(folders)
    errors, errors_warnings = (None, []) if study is None else errors_of(study, [*runs, *(each for each, _ in counts)])
    memories, memory_warnings = memories_of(runs)
    cells, cells_warnings = cells_of(runs)
    gates, gates_warnings = gates_of(runs)
    return ReportInput(
        title=f"rnnscope: {text['name']}",
        corpus=CorpusInput(
            name=text["name"],
            sha256=text["sha256"],
            unit=corpus.symbols,
            symbols=text["symbols"],
            distinct=distinct,
            parts=[(_PART_NAMES[part], cut[part]) for part in PARTS],
        ),
        runs=[_run(run, name) for run, name in zip(runs, names, strict=False)],
        ngrams=[ngram for _, ngram in counts],
        references=_references(distinct, about),
        notes=[(row["name"], row["enough"], row["why"]) for row in about["analyses"]] if about else [],
        errors=errors,
        memories=memories,
        cells=cells,
        gates=gates,
        unsaved=[_unsaved(run) for run in unsaved],
        warnings=[
            *map(left_out, unsaved),
            *_warnings(runs, names),
            *errors_warnings,
            *memory_warnings,
            *cells_warnings,
            *gates_warnings,
        ],
        provenance=_provenance(first),
        made_from=[(name, folder.id) for folder, name in zip(folders, names, strict=True)],
        commands=[*(_about(run)["command"] for run in runs), *(ngram.command for _, ngram in counts)],
        method=[*_METHOD, *(_METHOD_OF_NETWORKS if runs else ()), *(_METHOD_OF_NGRAMS if counts else ())],
    )


def _references(distinct: int, about: dict[str, Any] | None) -> list[tuple[str, float, str]]:
    """What a model must beat to have learned anything."""
    blind = ("blind guess", math.log(distinct), "every symbol of the alphabet equally likely")
    loss_nats = about["frequency_loss_nats"] if about else None
    if loss_nats is None:
        return [blind]
    return [blind, ("symbol frequencies", loss_nats, "how often each symbol occurs in the training part, nothing else")]


def _names(folders: Sequence[ModelFolder[Any]]) -> list[str]:
    """Names of folders, which are those of the models in them."""
    return [folder.path.resolve().name for folder in folders]


def _made_from(run: RunFolder) -> dict[str, str]:
    checkpoint = run.read_checkpoint("best").sha256
    return {"checkpoint": checkpoint, "text": run.environment["text"]["sha256"]}


def _about(run: RunFolder) -> dict[str, Any]:
    return _ready(run, "report", "about").facts


def _ready(run: RunFolder, stage: str, name: str) -> Result:
    try:
        return run.read_result(stage, name, _made_from(run))
    except InputError as error:
        todo = f"Run `rnnscope report {run.path}`, which makes it."
        raise InputError(tried=error.tried, given=error.given, why=error.why, todo=todo) from None


def _run(run: RunFolder, name: str) -> RunInput:
    about, status, model = _about(run), run.status(), run.config.model
    losses, intervals = [], {}
    for part in ("valid", "test"):
        if run.environment["split"][part]:
            facts = _ready(run, "eval", part).facts
            losses.append((_PART_NAMES[part], facts["loss_nats"], facts["chars"]))
            if facts["interval_nats"]:
                intervals[_PART_NAMES[part]] = (facts["interval_nats"][0], facts["interval_nats"][1])
    return RunInput(
        name=name,
        clip=run.config.train.clip,
        cell=model.cell if isinstance(model, RecurrentConfig) else "window",
        layers=model.layers if isinstance(model, RecurrentConfig) else 1,
        hidden=model.hidden,
        window=model.window if isinstance(model, WindowConfig) else None,
        parameters=about["parameters"],
        budget=model.budget if isinstance(model, RecurrentConfig) else None,
        split=run.config.corpus.split,
        fold=run.config.corpus.fold,
        seed=run.config.train.seed,
        state=status["state"],
        epochs=status["epochs"],
        epochs_reached=status["epoch"],
        best_step=status["best_step"],
        metrics=run.read_log("metrics.jsonl"),
        losses=losses,
        intervals=intervals,
        samples=[
            SampleInput(row["step"], row["text"], row["temperature"], epoch=row["epoch"])
            for row in run.read_log("samples.jsonl")
        ],
        temperatures=[SampleInput(about["step"], row["text"], row["temperature"]) for row in about["temperatures"]],
        passages=[_passage(run)] if isinstance(model, RecurrentConfig) else [],
    )


def _unsaved(run: RunFolder) -> UnsavedInput:
    model = run.config.model
    return UnsavedInput(
        name=run.path.resolve().name,
        cell=model.cell if isinstance(model, RecurrentConfig) else "window",
        layers=model.layers if isinstance(model, RecurrentConfig) else 1,
        hidden=model.hidden,
        seed=run.config.train.seed,
        state=run.status()["state"],
    )


def _passage(run: RunFolder) -> PassageInput:
    result = _ready(run, "report", "passage")
    trace, facts = Trace.read(result.folder, result.manifest), result.facts
    alphabet = Alphabet.from_json(run.alphabet)
    assert isinstance(run.config.model, RecurrentConfig)
    reserved = [-1] * (alphabet.size - len(alphabet.codes))
    unit = run.config.corpus.symbols
    return PassageInput(
        name=f"{_PART_NAMES[facts['part']]} part",
        where=f"{facts['stop'] - facts['start']:,} {unit} of the {_PART_NAMES[facts['part']]} part of "
        f"{facts['text_name']}, positions {facts['start']:,} to {facts['stop'] - 1:,} of the text",
        unit=unit,
        codes=[*alphabet.codes.tolist(), *reserved],
        ids=trace.ids,
        log_probs=trace.log_probs_N,
        next_ids=trace.top_next.ids,
        next_probs=trace.top_next.probabilities,
        quantities=trace.quantities,
        ranges=trace.spec.ranges,
        step=step_of(run, spec(run.config.model), _ready(run, "report", "gradients")),
    )


def _warnings(runs: Sequence[RunFolder], names: Sequence[str]) -> list[str]:
    told: dict[str, None] = {}
    for run, name in zip(runs, names, strict=False):
        state = run.status()["state"]
        if state not in ("complete", "early-stopped"):
            told[f"{name} is not finished ({state}): what is shown is what was saved last."] = None
    return list(told)


def _provenance(folder: ModelFolder[Any]) -> list[tuple[str, str]]:
    facts, corpus = folder.environment, folder.config.corpus
    shares = "/".join(f"{share:g}" for share in corpus.fractions)
    kernel = facts["kernel"]
    rows = [
        ("text", facts["text"]["name"]),
        *(("note", note) for note in facts["notes"]),
        ("text SHA-256", facts["text"]["sha256"]),
        ("symbols", corpus.symbols),
        ("split", f"{corpus.split}, fold {corpus.fold}, {shares}"),
        *([("seed", str(folder.config.train.seed))] if isinstance(folder, RunFolder) else []),
        ("kernel", kernel if isinstance(kernel, str) else f"{kernel['name']} ({kernel['reason']})"),
        ("threads", str(facts["threads"])),
        ("processor", facts["processor"]),
        ("platform", facts["platform"]),
    ]
    return rows + [(f"version of {name}", version) for name, version in facts["versions"].items()]
