"""The part of the page-data contract that holds what `rnnscope cells` and `rnnscope gates` found.

Layers and cells count from 1. Scores are in [-1, 1]; effects are in bits of log-odds, positive as the feature predicts.
Intervals of scores and effects are bounds of 99 % at either end.
"""

from __future__ import annotations

from typing import Literal

from rnnscope.report.page_base import Packed, PageModel, Symbol, Text

Interval = tuple[float, float]


class Probe(PageModel):
    """How well a linear reading of some cells predicts a feature, on text that it was not fitted on."""

    cells: int | None
    """How many; null for all."""
    score: float | None
    control: float | None
    """The same reading of labels drawn at random for each pair of symbols."""


class Hypothesis(PageModel):
    """A feature that was searched for."""

    name: Text
    words: Text
    """Its definition."""
    why_not: Text | None
    """Why it says nothing about this text."""
    probes: list[Probe]


class CellName(PageModel):
    """One cell."""

    layer: int
    cell: int


class Intervention(PageModel):
    """What changing the cell did to the predictions that the feature declares."""

    effect_bits: float
    interval_bits: Interval
    write_bits: float | None
    erase_bits: float | None
    elsewhere_bits: float | None
    quantile_bits: list[float]
    """By quantile of the values put in, lowest first."""
    matched_bits: list[float]
    """Of comparable cells, the largest size first."""
    moments: int
    chance: float
    """After correction for all claims that were tested."""
    why_not: Text
    """Why it is not causal; empty if it is."""


class Clamped(PageModel):
    """Mean change of the log-odds when the cell is held at a value."""

    name: Text
    holds_bits: float | None
    fails_bits: float | None


class Distance(PageModel):
    """Score and effect at some distances from the opener."""

    low: int
    high: int
    cases: int
    few: bool
    score: float | None
    effect_bits: float | None
    moments: int


class Check(PageModel):
    """One test of a claim."""

    name: Text
    passed: bool


class Claim(PageModel):
    """A cell and a feature, with what was tested."""

    layer: int
    cell: int
    quantity: Text
    feature: Text
    verdict: Literal["observed", "confirmed", "causal"]
    discovered: float | None
    """Score on the part on which the cell was found."""
    score: float | None
    """On the part on which it was tested, like all below."""
    interval: Interval | None
    doubled: Interval | None
    """The same from blocks twice as long."""
    shifted: float | None
    """The largest score of all candidates under shifts (99 % quantile)."""
    untrained: float | None
    """The largest score of any cell of the untrained networks."""
    permuted: float | None
    """The same of networks with permuted weights."""
    within: float | None
    """Score within classes of the last two symbols."""
    rest: float | None
    """Score of what 20 symbols do not explain."""
    recent: float | None
    """What a linear model of 20 symbols scores for the feature itself."""
    chance: float | None
    """Family-wise probability of the score under shifts."""
    checks: list[Check]
    """Those of confirmation, in their order; one that does not apply is not there."""
    intervention: Intervention | None
    clamps: list[Clamped]
    redundant: list[CellName]
    """Cells that stand in for this one."""
    holds_to: int | None
    """Symbols from the opener up to which it holds; null where that was not measured."""
    distances: list[Distance]
    notes: list[Text]


class Histogram(PageModel):
    """How often values of a cell occur, by label; bins of equal width."""

    feature: Text
    quantity: Text
    low: float
    high: float
    labels: list[Text]
    counts: list[list[int]]


class Trace(PageModel):
    """One quantity of a cell over its passages."""

    name: str
    kind: Literal["signed", "gate", "cell"]
    meaning: str
    values: Packed
    """[passage, position]"""


class Exhibit(PageModel):
    """Passages in which a cell is shown, and how its values are spread."""

    layer: int
    cell: int
    quantity: Text
    """By which the passages were chosen."""
    sign: Literal[-1, 1]
    feature: Text | None
    """The first claim; null for the cell that follows no feature."""
    kinds: list[Literal["top", "median", "random"]]
    starts: list[int]
    """Of each passage in the text."""
    ids: Packed
    """[passage, position] index into the symbols."""
    track: Packed | None
    """[passage, position] the feature; NaN where it is not defined."""
    traces: list[Trace]
    histograms: list[Histogram]


class Panel(PageModel):
    """One panel of Figure 2 of Karpathy, Johnson and Fei-Fei (2015), with what this network has for it."""

    title: Text
    paper: Text
    """What the paper's panel shows."""
    said: Text
    """What there is here, in a sentence or two."""
    features: list[Text]
    """Hypotheses that say it."""
    claim: int | None
    """The strongest claim, as its place in the list; null where there is none."""
    cell: CellName | None
    """What is shown; a cell that is not a tracker is shown all the same."""


class Cells(PageModel):
    """What one search found in one network."""

    run: Text
    what: Text
    """Which text was searched."""
    network: Text
    steps: int
    """Symbols over which training carried gradients back."""
    seed: int
    columns: int
    """Numbers that were searched: h, and c where there is one, of every cell."""
    untrained: int
    """Networks without training that served as a bar."""
    shifts: int
    tested: int
    """Pairs of cell and feature that were changed."""
    parts: list[Text]
    """Sizes of the three parts, in words."""
    claims: list[Claim]
    """The strongest first."""
    hypotheses: list[Hypothesis]
    panels: list[Panel]
    least: CellName | None
    """The cell that follows no feature."""
    least_score: float | None
    """Its best score."""
    unit: Literal["characters", "bytes"]
    symbols: list[Symbol]
    length: int
    """Symbols of a passage."""
    exhibits: list[Exhibit]
    notes: list[Text]


class GateUnits(PageModel):
    """One gate of one layer: for each cell its shares of time."""

    layer: int
    right: list[float]
    """Above 0.9."""
    left: list[float]
    """Below 0.1; below -0.9 where values are in [-1, 1]."""
    mean: list[float]


class Gate(PageModel):
    """One gate, or what every cell type has in common: 'keep'."""

    name: Text
    meaning: Text
    low: float
    """Below this a value is left-saturated."""
    layers: list[GateUnits]


class Memories(PageModel):
    """Time constants of the cells of one layer, in symbols."""

    layer: int
    steps: list[float]


class Gates(PageModel):
    """What the gates of one network did."""

    run: Text
    cell: Text
    what: Text
    positions: int
    keep: Text
    """Which gate keeps the memory: f, z or 1 - z; empty for none."""
    gates: list[Gate]
    """What is common to all cell types first."""
    memories: list[Memories]
