"""One frozen model per stage. Unknown keys are refused, ranges are checked, and nothing here is read at import.

A run's resolved configuration is written to `config.toml` in its folder and read back through the same models, so what
a run was made with is always what these classes accept.
"""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from rnnscope.errors import InputError

CellName = Literal["rnn", "lstm", "lstm-peephole", "lstm-coupled", "gru", "gru-torch"]
Symbols = Literal["characters", "bytes"]
SplitName = Literal["contiguous", "streams", "files"]
Part = Literal["train", "valid", "test", "all"]
Kernel = Literal["auto", "naive", "torch", "fused", "fused:portable", "fused:avx2", "fused:avx512", "fused:avx512bf16"]
Precision = Literal["float32", "bfloat16"]
UpdateRule = Literal["rmsprop", "adam", "sgd"]


class Stage(BaseModel):
    """What all stages' settings have in common: frozen, no unknown key, no infinity or NaN."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True, allow_inf_nan=False)

    @model_validator(mode="before")
    @classmethod
    def _no_truth_value_for_a_number(cls, fields: Any) -> Any:
        # Python counts True as 1; somebody who writes `epochs = true` means something else.
        for name, value in fields.items() if isinstance(fields, dict) else ():
            if isinstance(value, bool):
                raise ValueError(f"{name} = {str(value).lower()} means nothing: no setting is true or false")
        return fields


class CorpusConfig(Stage):
    """Which text, read how, cut how."""

    text: str
    """A file, a folder, `-` for standard input, or a built-in name (stdlib, planted, warpeace, linux)."""
    symbols: Symbols = "characters"
    """What one symbol is: a Unicode code point or a byte."""
    encoding: str = "utf-8"
    """Encoding of the text, for characters."""
    unseen: Literal["refuse", "reserve"] = "refuse"
    """Symbols outside the alphabet: refuse them, or give them one reserved id."""
    split: SplitName = "contiguous"
    """How the text is cut into training, validation and test parts."""
    fold: int = Field(default=0, ge=0)
    """Which block of a contiguous split is the test part; 0 is the last block of the text."""
    fractions: tuple[float, float, float] = (80.0, 10.0, 10.0)
    """Shares of training, validation and test parts, in percent."""

    @model_validator(mode="after")
    def _shares_make_sense(self) -> CorpusConfig:
        if any(share < 0 for share in self.fractions) or abs(sum(self.fractions) - 100) > 1e-6:
            raise ValueError("fractions must be three shares of at least 0 that sum to 100, such as 80/10/10")
        if self.fractions[0] == 0:
            raise ValueError("the training share must be above 0")
        if self.fold and self.split != "contiguous":
            raise ValueError("fold belongs to the contiguous split only")
        return self


class RecurrentConfig(Stage):
    """A stack of recurrent cells on one-hot symbols."""

    kind: Literal["recurrent"] = "recurrent"
    cell: CellName = "lstm"
    """The recurrence."""
    layers: int = Field(default=2, ge=1, le=16)
    """L, cells stacked on each other."""
    hidden: int = Field(default=128, ge=1, le=16384)
    """H, cells per layer; with `window`, `auto` chooses the width on the validation part."""
    budget: int | None = Field(default=None, ge=1, le=16384)
    """The one-layer LSTM width whose number of parameters `hidden` was chosen to match; None if it was given."""
    peephole: Literal["diagonal", "full"] = "diagonal"
    """lstm-peephole only: peephole weights as vectors (Gers) or as matrices."""
    activation: Literal["tanh", "relu", "sigmoid"] = "tanh"
    """rnn only: the nonlinearity."""
    dropout: float = Field(default=0.0, ge=0.0, lt=1.0)
    """Share of h dropped above every layer, the last included; never inside the recurrence."""
    init: Literal["uniform", "glorot", "orthogonal"] = "uniform"
    """Starting weights: uniform in [-init_scale, init_scale], Glorot uniform, or orthogonal recurrent matrices."""
    init_scale: float = Field(default=0.08, gt=0.0, le=10.0)
    """Half width of the uniform initialisation."""
    forget_bias: float = Field(default=0.0, ge=-100.0, le=100.0)
    """Added to b_ih of every forget gate (LSTM types) at the start."""


class WindowConfig(Stage):
    """The n-NN: a tanh layer over the one-hot codes of the n symbols before."""

    kind: Literal["window"] = "window"
    window: int = Field(ge=1, le=64)
    """n, symbols of context."""
    hidden: int = Field(default=512, ge=1, le=16384)
    """H, tanh units."""
    init_scale: float = Field(default=0.08, gt=0.0, le=10.0)
    """Half width of the uniform initialisation."""


ModelConfig = Annotated[RecurrentConfig | WindowConfig, Field(discriminator="kind")]


class TrainConfig(Stage):
    """How the weights are found. Defaults are the paper's recipe."""

    epochs: int = Field(default=50, ge=0, le=1_000_000)
    """Passes over the training part; 0 saves the untrained network."""
    batch: int = Field(default=100, ge=1, le=65536)
    """B, lanes read in parallel."""
    steps: int = Field(default=100, ge=1, le=65536)
    """T, symbols per chunk, through which gradients flow back."""
    optimiser: UpdateRule = "rmsprop"
    """Update rule."""
    learning_rate: float = Field(default=2e-3, gt=0.0, le=100.0)
    """Step size before any decay."""
    rmsprop_decay: float = Field(default=0.95, ge=0.0, lt=1.0)
    """Decay of the running mean of squared gradients (RMSProp)."""
    learning_rate_decay: float = Field(default=0.95, gt=0.0, le=1.0)
    """Factor on the learning rate after each epoch beyond `decay_after`."""
    decay_after: int = Field(default=10, ge=0)
    """Epochs before the learning rate starts to decay."""
    clip: float = Field(default=5.0, ge=0.0, le=1e9)
    """Largest norm of the whole gradient; 0 = no clipping."""
    clip_value: float = Field(default=0.0, ge=0.0, le=1e9)
    """Largest absolute value of a gradient's element; 0 = no clipping."""
    patience: int = Field(default=0, ge=0)
    """Epochs without a better validation loss before training stops; 0 = never."""
    seed: int = Field(default=1, ge=0, lt=2**32)
    """Starting weights, dropout and samples all derive from this."""
    checkpoints: str = Field(default="best", pattern=r"^(best|early|\d{1,9}(,\d{1,9})*)$")
    """Which weights are kept: best and last, an early dense schedule, or a list of steps beside these two."""
    validate_every: int = Field(default=0, ge=0)
    """Updates between two validations; 0 = once an epoch."""
    save_every: int = Field(default=500, ge=1)
    """Updates between two saves of the training state; a kill costs at most this many."""
    sample_length: int = Field(default=300, ge=0, le=100_000)
    """Symbols of the sample that is written at every validation; 0 = none."""
    kernel: Kernel = "auto"
    """Who computes: readable steps, torch's kernel, the compiled network, by a path it may name, or the fastest."""
    precision: Literal[Precision, "auto"] = "auto"
    """Numbers that matrix products of the training multiply; sums, weights, memory and reading are always float32."""
    threads: int = Field(default=1, ge=1, le=1024)
    """Processor threads; no result of the compiled network depends on them."""


LONGEST_CONTEXT = 1000
"""No n-gram looks further back: hardly anything repeats that far, and every length costs its share of time."""
MOST_CONTEXTS = 100
"""How many lengths are reported at once: what they give for every position is in memory together."""


def context_lengths(written: str) -> tuple[int, ...]:
    """The context lengths that a list such as `1-9,20` names, ascending.

    >>> context_lengths("1-3,20")
    (1, 2, 3, 20)

    Raises:
        ValueError: it is no such list.
    """
    lengths: set[int] = set()
    for part in written.split(","):
        match = re.fullmatch(r"\s*([0-9]{1,4})\s*(?:-\s*([0-9]{1,4})\s*)?", part, re.ASCII)
        if match is None:
            raise ValueError("contexts are lengths and ranges of lengths between commas, such as 1-9,20")
        first, last = int(match[1]), int(match[2] or match[1])
        if first > last:
            raise ValueError(f"the range {first}-{last} runs backwards")
        if last > LONGEST_CONTEXT:
            raise ValueError(f"a context has at most {LONGEST_CONTEXT:,} symbols")
        lengths.update(range(first, last + 1))
    if len(lengths) > MOST_CONTEXTS:
        raise ValueError(f"these are {len(lengths)} contexts, and at most {MOST_CONTEXTS} are reported at once")
    return tuple(sorted(lengths))


class NgramConfig(Stage):
    """How an n-gram model counts: exact modified Kneser-Ney, all lengths of context in one model."""

    contexts: str = "1-9,20"
    """Symbols of context to report, as lengths and ranges; context n is the order n + 1 of other programs."""
    seams: Literal["true", "joined"] = "true"
    """Where parts meet: each in its place in the text, or, as KenLM is fed, concatenated between sentence marks."""
    kernel: Literal["auto", "native", "reference"] = "auto"
    """Who counts: the compiled library, readable NumPy, or the faster one that is there."""
    threads: int = Field(default=1, ge=1, le=1024)
    """Processor threads; no result depends on them."""

    @field_validator("contexts")
    @classmethod
    def _contexts_are_lengths(cls, written: str) -> str:
        context_lengths(written)
        return written

    @property
    def lengths(self) -> tuple[int, ...]:
        """The context lengths, ascending."""
        return context_lengths(self.contexts)


class TaskConfig(Stage):
    """One training on a synthetic task. Defaults: Pascanu, Mikolov and Bengio (2013), but for the budget."""

    task: str
    """Which task."""
    length: int = Field(ge=2, le=10_000)
    """T, symbols of a sequence; gradients flow back through all of them."""
    cell: CellName = "rnn"
    """The recurrence; one layer."""
    start: Literal["sigmoid", "basic-tanh", "smart-tanh", "uniform", "glorot", "orthogonal"] = "smart-tanh"
    """Starting weights."""
    clip: float = Field(default=1.0, ge=0.0, le=1e9)
    """Largest norm of the whole gradient; 0 = no clipping."""
    hidden: int = Field(default=50, ge=1, le=4096)
    """H, cells."""
    optimiser: UpdateRule = "sgd"
    """Update rule."""
    learning_rate: float = Field(default=0.01, gt=0.0, le=100.0)
    """Step size, constant."""
    batch: int = Field(default=20, ge=1, le=4096)
    """B, fresh sequences in every update."""
    updates: int = Field(default=50_000, ge=1, le=100_000_000)
    """How many are made at most."""
    beyond: tuple[int, ...] = ()
    """Other lengths at which errors are counted at the end."""
    seed: int = Field(default=1, ge=0, lt=2**32)
    """Starting weights and sequences."""


class FolderConfig(Stage):
    """What the settings of every folder with a model begin with."""

    corpus: CorpusConfig


class RunConfig(FolderConfig):
    """Everything that makes a run what it is."""

    model: ModelConfig
    train: TrainConfig


class CountConfig(FolderConfig):
    """Everything that makes an n-gram model what it is."""

    ngram: NgramConfig


AnyStage = TypeVar("AnyStage", bound=BaseModel)


def checked(stage: type[AnyStage], fields: dict[str, Any]) -> AnyStage:
    """Make a stage's settings from plain values.

    Raises:
        InputError: a value is out of range, of the wrong type, or a key is unknown; the first fault is named.
    """
    try:
        return stage.model_validate(fields)
    except ValidationError as error:
        first = error.errors()[0]
        name = "--" + str(first["loc"][0]).replace("_", "-") if first["loc"] else "the settings"
        raise InputError(
            tried="use the settings",
            given=f"{name} = {first['input']!r}",
            why=first["msg"].removeprefix("Value error, "),
            todo="See --help for the values that are allowed.",
        ) from None
