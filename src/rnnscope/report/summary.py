"""The sentences at the top of a page: what was made of which text, and what came out."""

from __future__ import annotations

import math
from collections.abc import Sequence

from rnnscope.report.inputs import ReportInput
from rnnscope.report.page import ContextLoss, Ngram, Run
from rnnscope.units import bits

_CELL_NAMES = {
    "rnn": "recurrent network",
    "lstm": "LSTM",
    "lstm-peephole": "peephole LSTM",
    "lstm-coupled": "coupled-gate LSTM",
    "gru": "GRU",
    "gru-torch": "GRU (reset-after form)",
}
_COUNTS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")


def summary(inputs: ReportInput, runs: Sequence[Run], ngrams: Sequence[Ngram]) -> list[str]:
    """Say in a few sentences what a page shows.

    Args:
        inputs: what the page is made from.
        runs: its networks.
        ngrams: its n-gram models; at least one of either is there.
    """
    corpus = inputs.corpus
    text = f"{corpus.name}: {corpus.symbols:,} {corpus.unit}, {corpus.distinct:,} of them distinct"
    if not runs:
        longest = max(ngram.longest for ngram in ngrams)
        sentences = [f"All n-grams of a text were counted, with contexts of up to {_many(longest, 'symbol')} ({text})."]
    elif len(runs) == 1:
        run = runs[0]
        subject = run.description[0].upper() + run.description[1:]
        sentences = [f"{subject} learned to predict the next symbol of a text ({text}), {_progress(run)}."]
    else:
        sentences = [f"{len(runs)} networks learned to predict the next symbol of one text ({text})."]
    best_run = min(
        ((loss.loss_nats, run.name, loss.symbols) for run in runs for loss in run.losses if loss.part == "test"),
        default=None,
    )
    best_ngram = min(filter(None, map(_best_loss, ngrams)), default=None)
    if best_run is not None:
        loss, name, symbols = best_run
        who = "it" if len(runs) == 1 else f"the best, {name},"
        sentences.append(_loss_sentence(loss, symbols, who, inputs))
        if best_ngram is not None:
            rival, context, _ = best_ngram
            sentences.append(
                f"An n-gram that sees {_many(context, 'symbol')} needs {rival:.3f} nats = {bits(rival):.3f} bits: "
                f"{_comparison(rival - loss)}."
            )
    elif best_ngram is not None:
        loss, context, symbols = best_ngram
        sentences.append(_loss_sentence(loss, symbols, f"the n-gram that sees {_many(context, 'symbol')}", inputs))
    return sentences


def _loss_sentence(loss: float, symbols: int, who: str, inputs: ReportInput) -> str:
    return (
        f"On {symbols:,} {inputs.corpus.unit} it had never seen, {who} needs {loss:.3f} nats = {bits(loss):.3f} bits "
        f"per symbol: as unsure as a fair choice among {math.exp(loss):.1f} symbols, where a blind guess chooses among "
        f"{inputs.corpus.distinct:,}."
    )


def _best_loss(ngram: Ngram) -> tuple[float, int, int] | None:
    """Test loss, context and scored symbols of the context that the validation part prefers."""
    own = ngram.splits[0]
    rows: list[ContextLoss] = [row for row in own.losses if row.context == ngram.best_context]
    return (rows[0].loss_nats, rows[0].context, own.symbols) if rows and rows[0].loss_nats is not None else None


def _comparison(ahead_nats: float) -> str:
    """How a network compares with an n-gram, by how much less it needs."""
    if abs(ahead_nats) < 0.0005:
        return "as much as the network"
    return f"{abs(ahead_nats):.3f} nats {'more' if ahead_nats > 0 else 'less'} than the network"


def describe_network(cell: str, layers: int, hidden: int, window: int | None = None) -> str:
    """Say what a network is.

    >>> describe_network("lstm", 2, 128)
    'a two-layer LSTM of 128 cells per layer'
    """
    if window is not None:
        return f"a window network of {_many(hidden, 'unit')} over the last {_many(window, 'symbol')}"
    kind = _CELL_NAMES.get(cell, cell)
    count = _COUNTS[layers] if layers < len(_COUNTS) else str(layers)
    article = "an" if count.startswith(("e", "11", "18")) else "a"
    return f"{article} {count}-layer {kind} of {_many(hidden, 'cell')} per layer"


def _many(number: int, name: str) -> str:
    return f"{number:,} {name}" + ("" if number == 1 else "s")


def _progress(run: Run) -> str:
    if run.epochs == 0:
        return "or rather did not: this is the untrained network"
    if run.epochs_reached >= run.epochs:
        return "reading it once" if run.epochs == 1 else f"reading it {run.epochs:,} times"
    return f"and was stopped ({run.state}) after {run.epochs_reached:.2f} of {run.epochs} readings"
