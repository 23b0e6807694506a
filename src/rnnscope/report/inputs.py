"""What a page is built from, as plain data: NumPy arrays, numbers and strings.

The stages before the report know run folders and traces; the report knows only these. Whoever collects them fills one
`ReportInput`; `build_page` turns it into the page-data contract.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from rnnscope.cells.spec import CellSpec
from rnnscope.report.page import RunState

Floats = npt.NDArray[np.floating[Any]]
Integers = npt.NDArray[np.integer[Any]]
Unit = Literal["characters", "bytes"]


@dataclass(frozen=True)
class CellStatistics:
    """Mean, lowest and highest value of every cell over the whole recorded text, each [L, H]."""

    mean: Floats
    low: Floats
    high: Floats


@dataclass(frozen=True)
class StepInput:
    """What computes one step of a network.

    Args:
        spec: the cell.
        layers: for each layer its weights, by the names of `CellSpec.parameter_shapes`; empty where they are not at
            hand.
        gradients: state -> [L, K, N] norms of d loss / d state: [l, k, n] belongs to the state k symbols before
            position n and to the loss of the symbol after n; NaN where the passage does not reach as far.
    """

    spec: CellSpec
    layers: Sequence[Mapping[str, Floats]] = ()
    gradients: Mapping[str, Floats] = field(default_factory=dict)


@dataclass(frozen=True)
class PassageInput:
    """A stretch of text and what the network did on it.

    Args:
        name: short, unique within the run ("test, first 1,500").
        where: a sentence that says which text and which positions.
        unit: what one symbol is.
        codes: [V] code point or byte value of each id; -1 for the reserved id.
        ids: [N] the text.
        log_probs: [N] log p (nats) of each symbol given those before it.
        next_ids: [N, K] ids the network expects after each position, most likely first (K is 5).
        next_probs: [N, K] their probabilities, in [0, 1].
        quantities: name -> [L, N, H]; h and c first, then gates in the order of the cell.
        ranges: name -> (low, high), None where unbounded.
        statistics: name -> statistics over the whole recorded text; taken from the passage where absent.
        step: what computes one step; None where only the recording is at hand.
    """

    name: str
    where: str
    unit: Unit
    codes: Sequence[int]
    ids: Integers
    log_probs: Floats
    next_ids: Integers
    next_probs: Floats
    quantities: Mapping[str, Floats]
    ranges: Mapping[str, tuple[float | None, float | None]]
    statistics: Mapping[str, CellStatistics] = field(default_factory=dict)
    step: StepInput | None = None


@dataclass(frozen=True)
class SampleInput:
    """Text that the network wrote after `step` updates, at `temperature`, continuing `prime`."""

    step: int
    text: str
    temperature: float = 1.0
    prime: str = ""
    epoch: float | None = None


@dataclass(frozen=True)
class RunInput:
    """One network.

    Args:
        window: symbols that a window network sees; None for recurrent networks.
        budget: width of a one-layer LSTM with as many parameters, where the width was chosen by it.
        split: how the text was cut; with its fold.
        seed: of the training.
        clip: largest norm of its gradient; 0 = no clipping.
        metrics: rows of metrics.jsonl; only the keys of `CurveRow` are read, and clipped_updates.
        losses: (part, loss in nats per symbol, symbols scored).
        intervals: part -> lower and upper end of the 95 % interval of its loss, in nats.
        samples: along training.
        temperatures: from the finished network.
    """

    name: str
    cell: str
    layers: int
    hidden: int
    parameters: int
    state: RunState
    epochs: int
    epochs_reached: float
    best_step: int | None = None
    metrics: Sequence[Mapping[str, Any]] = ()
    losses: Sequence[tuple[str, float, int]] = ()
    intervals: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    samples: Sequence[SampleInput] = ()
    temperatures: Sequence[SampleInput] = ()
    passages: Sequence[PassageInput] = ()
    window: int | None = None
    budget: int | None = None
    split: str = "contiguous"
    fold: int = 0
    seed: int = 1
    clip: float = 0.0


@dataclass(frozen=True)
class NgramInput:
    """One n-gram model.

    Args:
        table: what counting and scoring found: the facts of `ngram/table`.
        other_splits: the same of the text cut in other ways; where it cannot be, no contexts and `why`.
        mixtures: (name, meaning, test loss in nats, its 95 % interval) of mixtures it is part of.
        command: what to type to make it again.
    """

    name: str
    table: Mapping[str, Any]
    other_splits: Sequence[Mapping[str, Any]] = ()
    mixtures: Sequence[tuple[str, str, float, tuple[float, float] | None]] = ()
    command: str = ""


@dataclass(frozen=True)
class CellsInput:
    """What one search for cells found in one network.

    Args:
        run: name of the network.
        facts: of the result `cells/NAME`.
        codes: [V] code point or byte value of each id; -1 for the reserved id.
        unit: what one symbol is.
        arrays: its passages (`api.search.exhibits`); empty where there are none.
    """

    run: str
    facts: Mapping[str, Any]
    codes: Sequence[int]
    unit: Unit
    arrays: Mapping[str, npt.NDArray[Any]] = field(default_factory=dict)


@dataclass(frozen=True)
class CorpusInput:
    """The text: its name, hash, size in symbols, number of distinct symbols, and (part, symbols) of the split."""

    name: str
    sha256: str
    unit: Unit
    symbols: int
    distinct: int
    parts: Sequence[tuple[str, int]]


@dataclass(frozen=True)
class UnsavedInput:
    """A network of which there is nothing to show: its training ended before it saved weights."""

    name: str
    cell: str
    layers: int
    hidden: int
    seed: int
    state: RunState


@dataclass(frozen=True)
class ReportInput:
    """Everything a report is made from.

    Args:
        references: (name, loss in nats, meaning) of losses to compare with.
        notes: (name, enough, why) for every conclusion the text may be too small for.
        warnings: sentences about what went wrong or is unusual.
        provenance: (name, value): text, hash, symbols, split, fold, seed, versions, kernel and reason, threads.
        made_from: (artifact, sha256).
        commands: what to type to make the same again.
        method: sentences about the protocol.
        errors: the facts of errors.json.
        memories: (name of the run, facts of its result `memory/PART`).
        cliff: what `analyse.cliff.pictures` computed; None where nothing is said of memories.
        cells: searches for cells.
        gates: (name of the run, facts of its result `gates/PART`).
        unsaved: networks of the study that never saved weights.
    """

    title: str
    corpus: CorpusInput
    runs: Sequence[RunInput]
    references: Sequence[tuple[str, float, str]] = ()
    notes: Sequence[tuple[str, bool, str]] = ()
    warnings: Sequence[str] = ()
    provenance: Sequence[tuple[str, str]] = ()
    made_from: Sequence[tuple[str, str]] = ()
    commands: Sequence[str] = ()
    method: Sequence[str] = ()
    ngrams: Sequence[NgramInput] = ()
    errors: Mapping[str, Any] | None = None
    memories: Sequence[tuple[str, Mapping[str, Any]]] = ()
    cliff: Mapping[str, Any] | None = None
    cells: Sequence[CellsInput] = ()
    gates: Sequence[tuple[str, Mapping[str, Any]]] = ()
    unsaved: Sequence[UnsavedInput] = ()
