"""A report on small networks with random weights, each of another cell, with all that the page One step needs."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from rnnscope.config import RecurrentConfig
from rnnscope.corpus.alphabet import Alphabet
from rnnscope.model.char_rnn import CharRNN
from rnnscope.model.checkpoint import tensors
from rnnscope.record.text import record_text
from rnnscope.record.unrolled import passage_gradients
from rnnscope.report.inputs import PassageInput, ReportInput, StepInput

from . import sample_data

CELLS = ("rnn", "lstm", "lstm-peephole", "lstm-coupled", "gru", "gru-torch")
HIDDEN, LAYERS = 6, 2


def report_input(text: str = sample_data.CODE[:120], *, weights: bool = True) -> ReportInput:
    """One run for each cell, named after it."""
    given = sample_data.report_input()
    runs = [
        replace(
            given.runs[0], name=cell, cell=cell, hidden=HIDDEN, layers=LAYERS, passages=[_passage(cell, text, weights)]
        )
        for cell in CELLS
    ]
    return replace(given, runs=runs)


def _passage(cell: str, text: str, weights: bool) -> PassageInput:
    points = np.array([ord(symbol) for symbol in text], np.uint32)
    alphabet = Alphabet("characters", np.unique(points))
    config = RecurrentConfig(cell=cell, layers=LAYERS, hidden=HIDDEN, init_scale=0.7)  # type: ignore[arg-type] # from CELLS
    network = CharRNN(config, alphabet.size, seed=4)
    trace = record_text(network, alphabet, alphabet.encode(points))
    named = tensors(network)
    layers = [
        {name.removeprefix(prefix): array for name, array in named.items() if name.startswith(prefix)}
        for prefix in (f"layers.{layer}." for layer in range(LAYERS))
    ]
    return PassageInput(
        name="whole", where="All of it.", unit="characters", codes=alphabet.codes.tolist(), ids=trace.ids,
        log_probs=trace.log_probs_N, next_ids=trace.top_next.ids, next_probs=trace.top_next.probabilities,
        quantities=trace.quantities, ranges=trace.spec.ranges,
        step=StepInput(network.spec, layers if weights else (), passage_gradients(network, trace)),
    )  # fmt: skip
