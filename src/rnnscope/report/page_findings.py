"""The part of the page-data contract that holds what `rnnscope errors` and `rnnscope memory` found.

Shares are in [0, 1]; intervals are 95 %, lower and upper end.
"""

from __future__ import annotations

from rnnscope.report.page_base import PageModel, Text


class ErrorClass(PageModel):
    """One class of the onion."""

    name: Text
    family: Text
    errors: int
    share: float
    """Of all errors of the network."""
    interval: tuple[float, float] | None
    share_of_nats: float
    share_first: float
    """If its family were taken before all others."""
    share_last: float
    """If its family were taken after all others, just before the boosts."""
    paper: list[float]
    """Shares in the paper's large and small network; empty beside other texts."""


class Onion(PageModel):
    """The errors of one network, each in the first class that removes it."""

    network: Text
    errors: int
    classes: list[ErrorClass]


class PaperErrors(PageModel):
    """Figure 6 of Karpathy, Johnson and Fei-Fei (2015)."""

    text: Text
    networks: list[Text]
    """The large one first."""
    errors: list[int]
    symbols: int


class Region(PageModel):
    """Positions at which exactly these predictors err."""

    predictors: list[Text]
    errors: int
    share: float
    """Of all positions."""
    interval: tuple[float, float] | None


class Overlap(PageModel):
    """Which errors predictors share."""

    names: list[Text]
    threshold: float
    totals: list[int]
    """Errors of each predictor."""
    regions: list[Region]


class SymbolAdvantage(PageModel):
    """Mean probabilities that two predictors give to one symbol where it came."""

    name: Text
    count: int
    first: float
    second: float
    difference: float
    """First minus second."""
    interval: tuple[float, float] | None
    enough: bool


class Advantages(PageModel):
    """Symbols that one of two predictors knows better, largest difference first."""

    names: list[Text]
    first: list[SymbolAdvantage]
    second: list[SymbolAdvantage]


class CloserBucket(PageModel):
    """Closing symbols with a distance to their opener above `above`, up to `up_to` symbols."""

    above: int
    up_to: int
    cases: int
    probs: list[float]
    """Mean probability of the closing symbol, by predictor."""
    intervals: list[tuple[float, float] | None]
    enough: bool
    elsewhere: list[float | None]
    """The same where it does not come, at matched positions; null for predictors that nobody watched.

    Empty where these are fewer than 50.
    """


class Closers(PageModel):
    """How sure predictors are of one kind of closing symbol."""

    kind: Text
    names: list[Text]
    scored: int
    buckets: list[CloserBucket]


class Control(PageModel):
    """What an oracle that should know nothing removes."""

    name: Text
    meaning: Text
    share: float
    share_control: float


class MapPoint(PageModel):
    """A model in the plane."""

    name: Text
    kind: Text
    layers: int | None
    """Of a network; null for an n-gram."""
    parameters: int | None
    x: float
    y: float


class ClusterTest(PageModel):
    """Whether models of one kind agree more with each other than with the rest."""

    kind: Text
    within: float
    between: float
    p_value: float | None


class AgreementMap(PageModel):
    """Models that predict alike, near each other."""

    points: list[MapPoint]
    perplexity: float
    maps: int
    """How many were drawn, from as many seeds; this is the one that fits best."""
    tests: list[ClusterTest]


class Gain(PageModel):
    """What a network gains over an n-gram at one kind of event, in nats."""

    event: Text
    cases: int
    memory: float
    memory_interval: tuple[float, float] | None
    smoothing: float
    smoothing_interval: tuple[float, float] | None
    enough: bool


class Followed(PageModel):
    """A rival beside which a training was followed."""

    name: Text
    family: Text
    symmetric: list[float]
    """Kullback-Leibler divergence in both directions, added, in nats, by moment."""
    ahead: list[float]
    """Its loss less the network's, in nats, by moment."""
    overtaken: float | None
    """Epoch."""
    closest: float
    """Epoch."""


class Dynamics(PageModel):
    """A network in training beside predictors with a known memory."""

    network: Text
    symbols: int
    epochs: list[float]
    """Of the moments."""
    rivals: list[Followed]


class Errors(PageModel):
    """What remains wrong, and who knows it."""

    threshold: float
    symbols: int
    onions: list[Onion]
    """Of the network explained, and of a smaller one of the same cell, if there is one."""
    overlaps: list[Overlap]
    """By rising threshold."""
    overlap_of_all: Overlap | None
    """With the network that sees only the last symbols, and the smaller one; null where they are not more."""
    advantages: Advantages | None
    closers: list[Closers]
    gain: list[Gain]
    """Empty where nobody looked."""
    dynamics: Dynamics | None
    controls: list[Control]
    agreement: AgreementMap | None
    paper: PaperErrors | None


class GradientCurve(PageModel):
    """How gradients of losses shrink with the distance."""

    state: Text
    layer: int
    event: Text
    cases: int
    enough: bool
    ratio: list[float]
    """Median norm relative to distance 0, by distance."""
    half_life: int | None
    horizon_hundredth: int | None
    horizon_thousandth: int | None
    decay_per_symbol: float | None


class ContextPoint(PageModel):
    """What a context of `fewest` to `most` symbols costs."""

    fewest: int
    most: int
    cases: int
    loss_nats: float
    excess_nats: float
    interval_nats: tuple[float, float] | None
    enough: bool


class ContextCurve(PageModel):
    """Loss as a function of the context, for one kind of event."""

    event: Text
    reach: int | None
    """Context from which on the excess stays below 0.01 nats."""
    points: list[ContextPoint]


class GradientStage(PageModel):
    """Gradients with the weights after some updates, of the losses of all kinds of symbol."""

    step: int
    """Updates made; 0 is the untrained network."""
    gradients: list[GradientCurve]


class Memory(PageModel):
    """How long one network remembers."""

    run: Text
    what: Text
    """Which text was measured."""
    steps: int
    """Symbols over which training carried gradients back."""
    older: Text
    """What stood in the place of older text."""
    distances: int
    gradients: list[GradientCurve]
    training: list[GradientStage]
    """In the order of training; the last are not always the weights that all else is about."""
    context: list[ContextCurve]
