"""Turn plain inputs into the page-data contract: sentences, thinned curves, packed passages.

Nothing is measured here. Numbers are shortened only where a screen could not show them anyway: a curve keeps at most
`CURVE_POINTS` training rows (means over equal stretches; every validation row stays), arrays are quantised by `pack`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from rnnscope.report.cells import build_cells
from rnnscope.report.cliff import build_cliff
from rnnscope.report.clipping import clipping
from rnnscope.report.findings import build_errors, build_memory
from rnnscope.report.gates import build_gates
from rnnscope.report.inputs import ReportInput, RunInput, SampleInput
from rnnscope.report.ngrams import build_ngram
from rnnscope.report.overview import findings
from rnnscope.report.page import (
    PAGE_FORMAT,
    Corpus,
    CurveRow,
    Loss,
    Meta,
    Note,
    Page,
    Reference,
    Row,
    Run,
    Sample,
    Unsaved,
)
from rnnscope.report.paper import figure_1
from rnnscope.report.passage import build_passage
from rnnscope.report.summary import describe_network, summary

CURVE_POINTS = 800


def build_page(inputs: ReportInput, *, version: str) -> Page:
    """Build the page data.

    Args:
        inputs: what was trained, on what, and what was recorded.
        version: of rnnscope, for the provenance.
    """
    runs = [_run(run, inputs.corpus.sha256) for run in inputs.runs]
    ngrams = [build_ngram(ngram, inputs.corpus.sha256) for ngram in inputs.ngrams]
    corpus = inputs.corpus
    errors = None if inputs.errors is None else build_errors(inputs.errors)
    memories = [build_memory(name, facts) for name, facts in inputs.memories]
    cells = [build_cells(given) for given in inputs.cells]
    gates = [build_gates(name, facts) for name, facts in inputs.gates]
    meta = Meta(
        format=PAGE_FORMAT,
        title=inputs.title,
        summary=summary(inputs, runs, ngrams),
        findings=findings(runs, ngrams, errors, memories, cells, gates),
        version=version,
        corpus=Corpus(
            name=corpus.name,
            sha256=corpus.sha256,
            unit=corpus.unit,
            symbols=corpus.symbols,
            distinct=corpus.distinct,
            parts=_rows([(name, f"{size:,}") for name, size in corpus.parts]),
        ),
        references=[Reference(name=name, loss_nats=loss, meaning=text) for name, loss, text in inputs.references],
        notes=[Note(name=name, enough=enough, why=why) for name, enough, why in inputs.notes],
        warnings=list(inputs.warnings),
        provenance=_rows(inputs.provenance),
        made_from=_rows(inputs.made_from),
        commands=list(inputs.commands),
        method=list(inputs.method),
    )
    return Page(
        meta=meta,
        runs=runs,
        unsaved=[Unsaved(**vars(network)) for network in inputs.unsaved],
        ngrams=ngrams,
        errors=errors,
        memories=memories,
        cliff=None if inputs.cliff is None else build_cliff(inputs.cliff),
        cells=cells,
        gates=gates,
    )


def _rows(pairs: Sequence[tuple[str, str]]) -> list[Row]:
    return [Row(name=name, value=value) for name, value in pairs]


def _run(run: RunInput, text_sha256: str) -> Run:
    return Run(
        name=run.name,
        cell=run.cell,
        window=run.window,
        layers=run.layers,
        hidden=run.hidden,
        parameters=run.parameters,
        budget=run.budget,
        split=run.split,
        fold=run.fold,
        seed=run.seed,
        paper_nats=None if run.budget is None else figure_1(text_sha256).get((run.cell, run.layers, run.budget)),
        description=describe_network(run.cell, run.layers, run.hidden, run.window),
        state=run.state,
        epochs=run.epochs,
        epochs_reached=run.epochs_reached,
        best_step=run.best_step,
        losses=[
            Loss(part=part, loss_nats=loss, symbols=symbols, interval_nats=run.intervals.get(part))
            for part, loss, symbols in run.losses
        ],
        curve=thin_curve(run.metrics, CURVE_POINTS),
        clipping=clipping(run.metrics, run.clip),
        samples=[_sample(sample) for sample in run.samples],
        temperatures=[_sample(sample) for sample in run.temperatures],
        passages=[build_passage(passage, run.cell) for passage in run.passages],
    )


def _sample(sample: SampleInput) -> Sample:
    return Sample(
        step=sample.step,
        epoch=sample.epoch,
        temperature=sample.temperature,
        prime=sample.prime,
        text=sample.text,
    )


def thin_curve(metrics: Sequence[Mapping[str, Any]], points: int) -> list[CurveRow]:
    """Shorten the training curve to at most `points` rows plus the rows with a validation loss.

    Args:
        metrics: rows with step, epoch, train_loss_nats, valid_loss_nats, learning_rate, gradient_norm; in order.
        points: largest number of training rows; each is the mean over an equal stretch of rows.
    """
    training = [row for row in metrics if row.get("valid_loss_nats") is None]
    stretch = max(1, math.ceil(len(training) / points))
    rows = [_mean_row(training[start : start + stretch]) for start in range(0, len(training), stretch)]
    rows += [_curve_row(row) for row in metrics if row.get("valid_loss_nats") is not None]
    return sorted(rows, key=lambda row: (row.step, row.valid_loss_nats is not None))


def _mean_row(rows: Sequence[Mapping[str, Any]]) -> CurveRow:
    last = _curve_row(rows[-1])
    if len(rows) == 1:
        return last
    return last.model_copy(
        update={
            "train_loss_nats": _mean([row.get("train_loss_nats") for row in rows]),
            "gradient_norm": _mean([row.get("gradient_norm") for row in rows]),
        }
    )


def _mean(values: Sequence[float | None]) -> float | None:
    present = [value for value in values if value is not None]
    return _short(sum(present) / len(present)) if present else None


def _short(value: float | None) -> float | None:
    return None if value is None else float(f"{value:.6g}")


def _curve_row(row: Mapping[str, Any]) -> CurveRow:
    return CurveRow(
        step=row["step"],
        epoch=_short(row["epoch"]) or 0.0,
        train_loss_nats=_short(row.get("train_loss_nats")),
        valid_loss_nats=_short(row.get("valid_loss_nats")),
        learning_rate=_short(row.get("learning_rate")),
        gradient_norm=_short(row.get("gradient_norm")),
    )
