"""Plans from TOML: the presets of this package and files of one's own.

    about = "one sentence"
    pauses = [10, 25]               # epochs at which every network waits until all have come so far
    [shared]                        # settings of all networks, by flag name
    split = "streams"
    [ngram]                         # settings of the n-gram model; without this section there is none
    contexts = "1-9,20"
    [analyses.cells]                # settings of analyses
    symbols = 20000
    [[networks]]                    # a list stands for one network with each of its values
    cell = ["rnn", "lstm"]
    budget = [64, 128]
    dropout = [0.0, 0.25]
    choose = ["dropout"]            # settings that are chosen on the validation part
    seeds = 3
    analyses = ["gates", "memory"]

Every key that is not known is refused with the nearest one that is.
"""

from __future__ import annotations

import difflib
import itertools
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from rnnscope.config import CorpusConfig, NgramConfig, RecurrentConfig, TrainConfig, WindowConfig, checked
from rnnscope.errors import InputError
from rnnscope.study.plan import ANALYSES, AUTO, Counting, Plan, Training

PRESETS = ("demo", "quick", "paper", "modern")
LARGEST_BYTES = 1 << 20

_TOP = ("about", "pauses", "shared", "ngram", "analyses", "networks")
_OWN = ("name", "seeds", "analyses", "choose")
_NETWORK = frozenset(
    {name for stage in (RecurrentConfig, WindowConfig, TrainConfig) for name in stage.model_fields} - {"kind", "seed"}
)
_CORPUS = frozenset(CorpusConfig.model_fields) - {"text"}
_COUNTING = frozenset(NgramConfig.model_fields)
_CELLS = ("symbols",)
_MEMORY = ("distances", "cases", "lanes", "older")
_OF_ANALYSES: Mapping[str, tuple[str, ...]] = {"gates": (), "memory": _MEMORY, "cells": _CELLS}
_IN_NAMES = ("layers", "budget", "hidden", "window")
"""Settings whose value stands in a network's name without that of the setting."""


@dataclass(frozen=True)
class Asked:
    """What the user asked of a plan.

    Args:
        seed: of the first training of each variant.
        seeds: how many trainings each variant gets; None for what the plan says.
        epochs: where every training ends that the plan lets go on longer; None for the plan's ends.
        threads: of each task.
        options: settings of the corpus, by flag name.
    """

    seed: int = 1
    seeds: int | None = None
    epochs: int | None = None
    threads: int = 1
    options: Mapping[str, Any] | None = None


def preset(name: str, asked: Asked) -> Plan:
    """The plan of a preset."""
    assert name in PRESETS, name
    text = resources.files("rnnscope.study").joinpath("presets", f"{name}.toml").read_text("utf-8")
    return from_document(name, tomllib.loads(text), asked, f"the preset {name}")


def from_file(path: Path, asked: Asked) -> Plan:
    """The plan that a file describes.

    Raises:
        InputError: it cannot be read, or something in it is not known or not possible.
    """
    try:
        data = path.read_bytes() if path.is_file() and path.stat().st_size <= LARGEST_BYTES else None
        if data is None:
            raise ValueError("this is not a file, or too large for one with settings")
        document = tomllib.loads(data.decode("utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        why = getattr(error, "strerror", None) or str(error)
        raise _refused(f"--plan {path}", why, "Give a TOML file; docs/study.md has the form.") from None
    return from_document(path.stem, document, asked, str(path))


def from_document(name: str, document: Mapping[str, Any], asked: Asked, where: str) -> Plan:
    """The plan that a parsed document describes.

    Args:
        name: of the plan.
        document: see the head of this module.
        asked: what the user asked for; it beats the document.
        where: the document's name, for messages.

    Raises:
        InputError: something in it is not known or not possible.
    """
    _refuse_unknown(document, _TOP, where)
    shared = _section(document, "shared", where)
    _refuse_unknown(shared, _NETWORK | _CORPUS | {"seeds"}, f"[shared] of {where}")
    shared = {"seeds": 1} | shared | dict(asked.options or {}) | {"threads": asked.threads}
    pauses = tuple(document.get("pauses", ()))
    if any(type(epoch) is not int or epoch < 1 for epoch in pauses) or list(pauses) != sorted(set(pauses)):
        raise _refused(f"pauses = {list(pauses)} in {where}", "these are epochs, ascending", "Write [10, 25], say.")
    rows = document.get("networks", [])
    if not isinstance(rows, list) or not rows or not all(isinstance(row, dict) for row in rows):
        raise _refused(where, "a plan has at least one [[networks]]", "Add one; docs/study.md has the form.")
    trainings = [each for row in rows for each in _networks(shared | row, row, asked, pauses, where)]
    names = [training.name for training in trainings]
    for each in names:
        if names.count(each) > 1:
            raise _refused(f"two networks called {each} in {where}", "a name is a folder", "Give one another name.")
    countings: tuple[Counting, ...] = ()
    if "ngram" in document:
        ngram = _section(document, "ngram", where)
        _refuse_unknown(ngram, _COUNTING, f"[ngram] of {where}")
        settings = {"threads": asked.threads} | {key: shared[key] for key in shared if key in _CORPUS} | ngram
        checked(NgramConfig, {key: settings[key] for key in settings if key in _COUNTING})
        countings = (Counting("ngram", settings),)
    analyses = _section(document, "analyses", where)
    _refuse_unknown(analyses, ANALYSES, f"[analyses] of {where}")
    for analysis, settings in analyses.items():
        _refuse_unknown(settings, _OF_ANALYSES[analysis], f"[analyses.{analysis}] of {where}")
    return Plan(name, tuple(trainings), countings, analyses)


def _networks(
    settings: Mapping[str, Any], row: Mapping[str, Any], asked: Asked, pauses: Sequence[int], where: str
) -> Iterator[Training]:
    """The networks that one row of a plan stands for."""
    here = f"[[networks]] of {where}"
    _refuse_unknown(row, _NETWORK | frozenset(_OWN), here)
    settings = dict(settings)
    analyses, choose = tuple(settings.pop("analyses", ())), tuple(settings.pop("choose", ()))
    _refuse_unknown(dict.fromkeys(analyses), ANALYSES, f"analyses in {here}")
    seeds = settings.pop("seeds") if asked.seeds is None else asked.seeds
    settings.pop("seeds", None)
    if type(seeds) is not int or not 1 <= seeds <= 1000:
        raise _refused(f"seeds = {seeds!r} in {here}", "this is a number from 1 to 1,000", "Write 3, say.")
    base = settings.pop("name", None)
    varied = [key for key, value in settings.items() if isinstance(value, list) and key != "fractions"]
    for key in choose:
        if key not in varied:
            raise _refused(f"choose = {list(choose)} in {here}", f"{key} is no list of values", "Choose among lists.")
    for values in itertools.product(*(settings[key] for key in varied)):
        options = settings | dict(zip(varied, values, strict=True))
        last = options.get("epochs", TrainConfig.model_fields["epochs"].default)
        if asked.epochs is not None:
            options["epochs"] = last = asked.epochs if last == AUTO else min(asked.epochs, last)
        _check(options | {"seed": asked.seed + seeds - 1})
        _check(options | {"seed": asked.seed})
        question = _name(base, options, [key for key in varied if key not in choose])
        variant = _name(base, options, varied)
        for number in range(seeds):
            yield Training(
                name=variant if number == 0 else f"{variant}-seed-{asked.seed + number}",
                variant=variant,
                question=question,
                options=options | {"seed": asked.seed + number},
                analyses=analyses if number == 0 else (),
                pauses=() if last == AUTO else tuple(epoch for epoch in pauses if epoch < last),
            )


def _name(base: str | None, options: Mapping[str, Any], varied: Sequence[str]) -> str:
    """What a network is called: lstm-2-128, or lstm-2-128-dropout-0.1."""
    if base is None:
        words = [str(options.get("cell", "lstm")) if "window" not in options else "window"]
        words += [
            str(options[key]) for key in _IN_NAMES if key in options and not (key == "hidden" and "window" in options)
        ]
    else:
        words = [base] + [str(options[key]) for key in varied if key in ("cell", *_IN_NAMES)]
    for key in varied:
        if key not in ("cell", *_IN_NAMES):
            words += [key.replace("_", "-"), str(options[key]).replace(".", "p")]
    return "-".join(words).lower()


def _check(options: Mapping[str, Any]) -> None:
    """Refuse values that are out of range before anything runs."""
    model: type[BaseModel] = WindowConfig if "window" in options else RecurrentConfig
    stages: tuple[type[BaseModel], ...] = (model, TrainConfig)
    for stage in stages:
        checked(stage, {key: value for key, value in options.items() if key in stage.model_fields and value != AUTO})


def _section(document: Mapping[str, Any], name: str, where: str) -> dict[str, Any]:
    section = document.get(name, {})
    if not isinstance(section, dict):
        raise _refused(f"{name} in {where}", "this is a section", f"Write [{name}] and its settings below it.")
    return dict(section)


def _refuse_unknown(given: Mapping[str, Any], known: Sequence[str] | frozenset[str], where: str) -> None:
    for key in given:
        if key not in known:
            near = difflib.get_close_matches(key, known, n=1)
            why = "nothing has this name here" + (f"; the nearest is {near[0]}" if near else "")
            raise _refused(f"{key} in {where}", why, f"Known are: {', '.join(sorted(known))}.")


def _refused(given: str, why: str, todo: str) -> InputError:
    return InputError(tried="read the plan of a study", given=given, why=why, todo=todo)
