"""The page-data contract: one JSON document that the report file and the explorer both draw.

Everything a page shows is in these models and nowhere else, so the drawing side needs no other knowledge, and `web/`
holds the same types in TypeScript (generated from here; a test keeps the two in step). Numbers keep their unit in the
name. Every text that came from outside passes `visible`, so no control, format or direction character is in a page.

Arrays travel as `Packed`: little-endian, gzip, base64; the value is `stored * scale`. They are opened one by one when
somebody looks at them.
"""

from __future__ import annotations

from typing import Literal

from rnnscope.artifacts.glyphs import GlyphKind
from rnnscope.report.page_base import Packed as Packed
from rnnscope.report.page_base import PageModel as PageModel
from rnnscope.report.page_base import Symbol as Symbol
from rnnscope.report.page_base import Text as Text
from rnnscope.report.page_cells import Cells, Gates
from rnnscope.report.page_cliff import Cliff
from rnnscope.report.page_findings import Errors, Memory
from rnnscope.report.page_step import Anatomy

PAGE_FORMAT = 1

QuantityKind = Literal["signed", "gate", "cell"]
RunState = Literal["new", "running", "complete", "interrupted", "diverged", "early-stopped"]


class ByteGroup(PageModel):
    """Neighbouring bytes that are one character in UTF-8 (byte mode, two bytes or more)."""

    start: int
    """Position of the first byte in the passage."""
    length: int
    glyph: str
    name: str
    kind: GlyphKind


class Quantity(PageModel):
    """One quantity of a cell (h, c, a gate) over a passage, for all layers and cells."""

    name: str
    kind: QuantityKind
    """signed: on [-1, 1]. gate: on [0, 1]. cell: unbounded, drawn as its tanh."""
    meaning: str
    """Two words: "forget gate"."""
    explained: str
    """A clause that says what it does in this cell."""
    layers: list[Packed]
    """For each layer an array [cell, position]."""
    mean: list[list[float]]
    """For each layer and cell, over the whole recorded text."""
    low: list[list[float]]
    high: list[list[float]]


class Passage(PageModel):
    """A stretch of text with what every cell did on it."""

    name: Text
    where: Text
    """A sentence: which text, which part, which positions."""
    unit: Literal["characters", "bytes"]
    symbols: list[Symbol]
    ids: Packed
    """[position] index into `symbols`."""
    groups: list[ByteGroup]
    log_prob_nats: Packed
    """[position] log p of the symbol given those before it."""
    next_ids: Packed
    """[position, rank] the symbols the network expects after this one, most likely first."""
    next_probs: Packed
    """[position, rank] their probabilities."""
    quantities: list[Quantity]
    anatomy: Anatomy | None
    """What computes one step: equations, weights, gradients; null where the network was not at hand."""


class Loss(PageModel):
    """Mean loss over one part of the text."""

    part: Text
    loss_nats: float
    symbols: int
    """How many symbols were scored."""
    interval_nats: tuple[float, float] | None
    """Lower and upper end of the 95 % interval of the loss, where one was computed."""


class CurveRow(PageModel):
    """One point of the learning curves."""

    step: int
    epoch: float
    train_loss_nats: float | None
    valid_loss_nats: float | None
    learning_rate: float | None
    gradient_norm: float | None


class Clipping(PageModel):
    """How often a training's gradient was shortened to a largest norm."""

    norm: float
    share: float | None
    """Of all updates up to the last row, counted; null where the training did not count them."""
    at_most: float
    """The same as `share`; where it is unknown, a share that the mean norms of the rows do not let it exceed."""


class Sample(PageModel):
    """Text that a network wrote."""

    step: int
    epoch: float | None
    temperature: float
    prime: Text
    """What it was given to continue; not part of `text`."""
    text: Text


class Run(PageModel):
    """One trained network."""

    name: Text
    cell: Text
    window: int | None
    """Symbols that a window network sees; null for recurrent networks."""
    layers: int
    hidden: int
    parameters: int
    budget: int | None
    """Width of a one-layer LSTM with as many parameters, where the width was chosen by it."""
    split: Text
    fold: int
    seed: int
    paper_nats: float | None
    """Test loss of such a network in the paper, on the same text."""
    description: Text
    """A noun phrase such as "a two-layer LSTM of 128 cells per layer"."""
    state: RunState
    epochs: int
    epochs_reached: float
    best_step: int | None
    losses: list[Loss]
    curve: list[CurveRow]
    clipping: Clipping | None
    """Null without clipping by norm."""
    samples: list[Sample]
    """Along training, in order."""
    temperatures: list[Sample]
    """From the finished network, in order of temperature."""
    passages: list[Passage]


class Unsaved(PageModel):
    """A network of the study that is shown nowhere else: its training ended before it saved weights."""

    name: Text
    cell: Text
    layers: int
    hidden: int
    seed: int
    state: RunState


class Discounts(PageModel):
    """What is taken off counts of 1, of 2, and of 3 or more."""

    values: tuple[float, float, float]
    fallback: bool
    """Whether they are fixed ones because too few counts are there for the formula."""


class NgramLevel(PageModel):
    """What counting found about n-grams of one length."""

    context: int
    """Symbols of context; the n-grams are one longer."""
    ngrams: int
    lower: Discounts | None
    """Where longer contexts back off to this one; null for the longest."""
    highest: Discounts
    """Where this context is the longest of its model."""


class ContextLoss(PageModel):
    """Losses by one length of context."""

    context: int
    valid_loss_nats: float | None
    valid_interval_nats: tuple[float, float] | None
    loss_nats: float | None
    """On the test part."""
    interval_nats: tuple[float, float] | None


class NgramSplit(PageModel):
    """Losses by all contexts, with the text cut in one way."""

    name: Text
    own: bool
    """Whether the saved model was counted on this split; others are there for comparison."""
    valid_symbols: int
    """Of the validation part."""
    symbols: int
    """Of the test part."""
    losses: list[ContextLoss]
    """Empty where the text cannot be cut like this."""
    why: Text | None
    """Why it cannot."""


class Mixed(PageModel):
    """A mixture of predictors, its weights fitted on the validation part."""

    name: Text
    meaning: Text
    loss_nats: float
    interval_nats: tuple[float, float] | None


class Paper(PageModel):
    """Table 2 of Karpathy, Johnson and Fei-Fei (2015): test losses in nats by symbols of context."""

    text: Text
    """Which text the numbers are of, and how they compare with the page's."""
    contexts: list[int]
    ngram: list[float]
    network: list[float | None]
    """The n-NN: a network that sees the last n symbols."""


class Ngram(PageModel):
    """One n-gram model of all contexts."""

    name: Text
    seams: Literal["true", "joined"]
    best_context: int | None
    """By the loss on the validation part."""
    longest: int
    bytes: int
    splits: list[NgramSplit]
    """Its own first."""
    levels: list[NgramLevel]
    mixtures: list[Mixed]
    paper: Paper | None


class Reference(PageModel):
    """A loss to compare with, such as that of a uniform guess."""

    name: Text
    loss_nats: float
    meaning: Text


class Note(PageModel):
    """Whether the text is large enough for a conclusion, and why."""

    name: Text
    enough: bool
    why: Text


class Row(PageModel):
    """One line of the provenance table."""

    name: Text
    value: Text


class Finding(PageModel):
    """What was found, in words."""

    page: str
    """Where it is shown."""
    text: Text


class Corpus(PageModel):
    """The text."""

    name: Text
    sha256: str
    unit: Literal["characters", "bytes"]
    symbols: int
    distinct: int
    parts: list[Row]


class Meta(PageModel):
    """What the page is about and where it comes from."""

    format: int
    title: Text
    summary: list[Text]
    """Sentences: what was trained on what, and what came out."""
    findings: list[Finding]
    version: str
    corpus: Corpus
    references: list[Reference]
    notes: list[Note]
    warnings: list[Text]
    provenance: list[Row]
    made_from: list[Row]
    """Artifact -> hash."""
    commands: list[Text]
    """What to type to make the same again."""
    method: list[Text]
    """Sentences about the exact protocol."""


class Page(PageModel):
    """Everything a report shows."""

    meta: Meta
    runs: list[Run]
    unsaved: list[Unsaved]
    ngrams: list[Ngram]
    errors: Errors | None
    """What `rnnscope errors` found; null where it has not run or is out of date."""
    memories: list[Memory]
    """Of the networks for which `rnnscope memory` has run."""
    cliff: Cliff | None
    """Why gradients explode, in one unit; null where nothing is said of memories."""
    cells: list[Cells]
    """What searches for cells found, by network and text."""
    gates: list[Gates]
    """Of the networks for which `rnnscope gates` has run."""
