"""From a text and loose options to everything a training run starts from, checked before anything is written.

Options are flat, named like the flags of `rnnscope train`; `batch`, `steps` and `epochs` may be `"auto"`, `budget`
stands for the width that matches it. What was left open is decided here, once, and the reasons are kept; the width of
a window network alone needs trainings to decide, and stands here as the widest until `train.widths` has made them.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel

from rnnscope.cells.dispatch import training_precision
from rnnscope.config import CorpusConfig, RecurrentConfig, RunConfig, TrainConfig, WindowConfig, checked
from rnnscope.corpus import auto, builtin, disk, split
from rnnscope.corpus.alphabet import Alphabet
from rnnscope.corpus.lanes import TrainingLanes
from rnnscope.corpus.read import load
from rnnscope.corpus.text import Text
from rnnscope.errors import InputError, MachineError
from rnnscope.model import budget
from rnnscope.train.schedule import kept_steps
from rnnscope.units import bytes_text

AUTO = "auto"
_BYTES_A_PARAMETER = 4 * 4  # float32: the weight, its gradient, and two numbers of the optimiser
CHOSEN_BY_AUTO = ("batch", "steps", "epochs")
WIDEST = 2048
"""Units of a window network whose width is left open."""
LEAST_VALIDATIONS = 8
"""With `auto`, validations are spread over the run so that a learning curve has at least about this many points."""


@dataclass(frozen=True)
class Prepared:
    """A text with its alphabet and parts, and the resolved settings.

    Attributes:
        config: everything that makes the run what it is.
        text: the text as read.
        alphabet: its V symbols.
        ids_N: the text as symbol ids, [N], integers in [0, V).
        split: where the parts lie.
        notes: sentences on what was decided or dropped, for people.
    """

    config: RunConfig
    text: Text
    alphabet: Alphabet
    ids_N: NDArray[np.unsignedinteger[Any]]
    split: split.Split
    notes: tuple[str, ...]


def prepare(
    source: str, options: Mapping[str, Any], *, stdin: BinaryIO | None = None, download: bool = False
) -> Prepared:
    """Read the text and resolve the options for a new run.

    Args:
        source: a file, a folder, `-` for standard input, or a built-in name.
        options: settings by flag name (`hidden`, `split`, `seed`, ...); None and absent mean the default.
        stdin: where `-` reads from.
        download: whether a built-in text may be fetched from its public address.

    Raises:
        InputError: the text cannot be read, an option is unknown or out of range, or a part is too small.
        MachineError: the network does not fit in memory.
    """
    given = {name: value for name, value in options.items() if value is not None}
    refuse_unknown(given)
    corpus_fields = builtin.usual(source) | _fields(CorpusConfig, given) | {"text": source}
    corpus_config = checked(CorpusConfig, corpus_fields)
    train_fields = {name: value for name, value in _fields(TrainConfig, given).items() if value != AUTO}
    fixed = checked(TrainConfig, train_fields)
    train_fields["precision"] = training_precision(fixed.precision)
    text = load(source, symbols=corpus_config.symbols, encoding=corpus_config.encoding, stdin=stdin, download=download)
    alphabet = Alphabet.of(text, unseen=corpus_config.unseen)
    model_config = _model(given, alphabet.size)
    _refuse_huge(model_config, alphabet.size)
    parts = split.make(len(text), corpus_config, text.files)

    notes = (*text.notes, *parts.notes)
    left_open = [name for name in CHOSEN_BY_AUTO if given.get(name) == AUTO]
    if left_open:
        settings = auto.choose(
            parts.size("train"),
            parts.size("valid"),
            batch=None if "batch" in left_open else fixed.batch,
            steps=None if "steps" in left_open else fixed.steps,
            epochs=None if "epochs" in left_open else fixed.epochs,
        )
        train_fields |= {name: getattr(settings, name) for name in left_open}
        notes += settings.reasons
        if "validate_every" not in train_fields and settings.epochs < LEAST_VALIDATIONS:
            updates = settings.epochs * -(-parts.size("train") // (settings.batch * settings.steps))
            train_fields["validate_every"] = max(1, updates // LEAST_VALIDATIONS)
    train_config = checked(TrainConfig, train_fields)
    # An untrained network needs a symbol for every lane all the same: it can be trained later.
    auto.check(parts, train_config.batch, train_config.steps if train_config.epochs else 1)
    ids_N = alphabet.encode(text.codes_N)
    lanes = TrainingLanes(ids_N, parts.parts["train"], train_config.batch, train_config.steps)
    kept_steps(train_config.checkpoints, lanes.chunks, train_config.epochs)  # refuses steps beyond the end

    config = RunConfig(
        corpus=corpus_config.model_copy(update={"text": text.source}), model=model_config, train=train_config
    )
    return Prepared(config, text, alphabet, ids_N, parts, notes)


def prepare_again(config: RunConfig, text: Text, alphabet: Alphabet) -> Prepared:
    """The same for a run that exists: nothing is decided anew.

    Raises:
        InputError: the text holds symbols that the run's alphabet does not, or parts came out too small.
    """
    parts = split.make(len(text), config.corpus, text.files)
    return Prepared(config, text, alphabet, alphabet.encode(text.codes_N), parts, (*text.notes, *parts.notes))


def _model(given: Mapping[str, Any], vocabulary: int) -> RecurrentConfig | WindowConfig:
    if "window" in given:
        misplaced = sorted(set(given) & set(RecurrentConfig.model_fields) - set(WindowConfig.model_fields))
        if misplaced:
            raise InputError(
                tried="set up a window network",
                given=", ".join("--" + name.replace("_", "-") for name in misplaced),
                why="these belong to recurrent networks, and --window trains a network without recurrence",
                todo="Leave them out, or leave --window out.",
            )
        fields = _fields(WindowConfig, given)
        return checked(WindowConfig, fields | ({"hidden": WIDEST} if given.get("hidden") == AUTO else {}))
    if given.get("hidden") == AUTO:
        raise InputError(
            tried="choose the width",
            given="--hidden auto",
            why="only widths of window networks are tried and chosen on the validation part",
            todo="Give a number or a --budget, or train a window network with --window.",
        )
    fields = _fields(RecurrentConfig, given)
    if "budget" in given:
        if "hidden" in given:
            raise InputError(
                tried="choose the width",
                given=f"--hidden {given['hidden']} --budget {given['budget']}",
                why="the budget decides the width",
                todo="Give one of the two.",
            )
        fields["hidden"] = 1  # replaced once cell, layers and budget have been checked
        asked = checked(RecurrentConfig, fields)
        assert asked.budget is not None
        fields["hidden"] = budget.width(asked.budget, asked.cell, asked.layers, vocabulary, peephole=asked.peephole)
    config = checked(RecurrentConfig, fields)
    for name, owner in (("peephole", "lstm-peephole"), ("activation", "rnn")):
        if name in given and config.cell != owner:
            raise InputError(
                tried=f"set up a network of {config.cell} cells",
                given=f"--{name} {given[name]}",
                why=f"only {owner} has this choice",
                todo=f"Leave it out, or use --cell {owner}.",
            )
    return config


def _refuse_huge(config: RecurrentConfig | WindowConfig, vocabulary: int) -> None:
    """Refuse a network whose weights, gradients and optimiser this machine cannot hold, before anything is made."""
    if isinstance(config, RecurrentConfig):
        count = budget.parameters(config.cell, config.layers, config.hidden, vocabulary, peephole=config.peephole)
    else:
        count = budget.window_parameters(config.window, config.hidden, vocabulary)
    needed, have = count * _BYTES_A_PARAMETER, disk.memory_bytes()
    if have and needed > have:
        raise MachineError(
            tried="set up the network",
            given=f"{count:,} parameters",
            why=f"training them takes {bytes_text(needed)} and this machine has {bytes_text(have)}",
            todo="Use fewer --layers or a smaller --hidden.",
        )


def _fields(stage: type[BaseModel], given: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in given.items() if name in stage.model_fields}


def refuse_unknown(given: Mapping[str, Any]) -> None:
    """Refuse an option that no stage knows, naming the nearest one.

    Raises:
        InputError: an unknown name.
    """
    stages: tuple[type[BaseModel], ...] = (CorpusConfig, RecurrentConfig, WindowConfig, TrainConfig)
    known = {name for stage in stages for name in stage.model_fields} - {"text", "kind"}
    for name in given:
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            raise InputError(
                tried="use the settings",
                given=f"{name} = {given[name]!r}",
                why="no setting has this name" + (f"; the nearest is {near[0]}" if near else ""),
                todo="See rnnscope train --help for all settings.",
            )
