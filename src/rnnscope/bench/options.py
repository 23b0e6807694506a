"""What `rnnscope bench` is asked for, and the complete job that follows from it.

Everything that can be refused is refused here, before any time is spent: lists that are no numbers, options that mean
nothing for what is measured, a kernel or a precision that the machine does not have.
"""

from __future__ import annotations

from typing import Any, Literal, get_args

from pydantic import Field

from rnnscope.config import CellName, Stage
from rnnscope.environment import available_threads
from rnnscope.errors import InputError

What = Literal["train", "sample", "record", "ngram", "cells"]
Precision = Literal["float32", "bfloat16"]

CELLS: tuple[CellName, ...] = get_args(CellName)
BUDGETS = (64, 128, 256, 512)
"""Widths of a one-layer LSTM whose number of parameters `paper` matches."""

LARGEST = {"layers": 16, "hidden": 16384, "batch": 65536}

_DEFAULTS: dict[What, dict[str, Any]] = {
    "train": {
        "layers": "1,2,3", "hidden": "64,128,256,512", "batch": "100", "steps": 100, "matrix": 4096, "length": 1,
    },
    "sample": {
        "layers": "1,2,3", "hidden": "64,128,256,512", "batch": "1", "length": 2000, "steps": 1, "matrix": 0,
    },
    "record": {"layers": "2", "hidden": "128", "batch": "100", "steps": 100, "length": 300_000, "matrix": 0},
    "ngram": {"text": "warpeace,linux", "context": 20, "length": 300_000, "steps": 1, "matrix": 0},
    "cells": {
        "text": "stdlib", "layers": "3", "hidden": "512", "batch": "1", "length": 300_000, "longer": 10, "steps": 1,
        "matrix": 0,
    },
}  # fmt: skip
_COMMON: dict[str, Any] = {
    "cell": "lstm",
    "vocabulary": 87,
    "kernel": "fused",
    "instructions": "all",
    "repeats": 7,
    "seconds": 60.0,
}

_NETWORKS: tuple[What, ...] = ("train", "sample", "record")
_ANY_NETWORKS: tuple[What, ...] = (*_NETWORKS, "cells")

_ONLY: dict[str, tuple[What, ...]] = {
    "steps": ("train", "record"),
    "length": ("sample", "record", "ngram", "cells"),
    "precision": ("train",),
    "matrix": ("train",),
    "text": ("ngram", "cells"),
    "context": ("ngram",),
    "longer": ("cells",),
    **dict.fromkeys(("vocabulary", "batch", "instructions"), _NETWORKS),
    **dict.fromkeys(("cell", "layers", "hidden", "kernel"), _ANY_NETWORKS),
}
"""Options that mean something for these alone."""

_PASSED_ON = ("vocabulary", "steps", "length", "instructions", "repeats", "seconds", "matrix")


class BenchOptions(Stage):
    """The options of `rnnscope bench` as they are typed; what is not given is None."""

    cell: str | None = None
    """Cells, separated by commas, or all. Default: lstm."""
    layers: str | None = None
    """Layers L, separated by commas. Default: 1,2,3; record: 2; cells: 3."""
    hidden: str | None = None
    """Cells per layer H, separated by commas, or paper: equal in parameters. Default: 64,128,256,512;
    record: 128; cells: 512."""
    vocabulary: int | None = Field(default=None, ge=2, le=65536)
    """V, symbols. Default: 87."""
    batch: str | None = None
    """Lanes B side by side, separated by commas. Default: 100; sample: 1."""
    steps: int | None = Field(default=None, ge=1, le=65536)
    """train, record: T, symbols per chunk. Default: 100."""
    length: int | None = Field(default=None, ge=1, le=100_000_000)
    """All but train: characters drawn at a time, read, predicted or searched. Default: 300000; sample: 2000."""
    longer: int | None = Field(default=None, ge=1, le=1000)
    """cells: how many times as long the text of a second search is; 1 leaves it out. Default: 10."""
    text: str | None = None
    """ngram, cells: built-in texts, separated by commas. Default: warpeace,linux; cells: stdlib."""
    context: int | None = Field(default=None, ge=2, le=1000)
    """ngram: the longest context counted, and KenLM's order. Default: 20."""
    threads: int | None = Field(default=None, ge=1, le=1024)
    """Processor threads of both sides. Default: all there are; where text is drawn, torch gets one as well."""
    precision: Literal["both", "float32", "bfloat16"] | None = None
    """train: how products are computed here. Default: both where the processor multiplies bfloat16."""
    kernel: str | None = None
    """fused, or fused:PATH with PATH in portable, avx2, avx512, avx512bf16. Default: fused, the fastest path."""
    instructions: Literal["all", "avx2"] | None = None
    """avx2 holds both sides to AVX2. Default: all."""
    repeats: int | None = Field(default=None, ge=1, le=1000)
    """Measurements of every row. Default: 7."""
    seconds: float | None = Field(default=None, gt=0, le=86400)
    """Time after which a row is ended with at least 3 measurements. Default: 60."""
    matrix: int | None = Field(default=None, ge=0, le=32768)
    """train: side of the matrices whose product sets the limit; 0 leaves it out. Default: 4096."""


class Case(Stage):
    """One row: a network and how many lanes it has."""

    cell: CellName
    layers: int
    hidden: int
    budget: int | None
    batch: int


class Job(Stage):
    """Everything a measurement depends on, as it goes to the process that measures."""

    what: What
    cases: tuple[Case, ...]
    texts: tuple[str, ...] = ()
    context: int = 0
    longer: int = 1
    vocabulary: int
    steps: int
    length: int
    threads: int
    precisions: tuple[Precision, ...]
    path: str
    instructions: Literal["all", "avx2"]
    repeats: int
    seconds: float
    matrix: int
    seed: int
    command: str


def resolve(what: What, options: BenchOptions, seed: int = 1) -> Job:
    """The job that the options ask for.

    Raises:
        InputError: an option makes no sense, here or on this machine.
    """
    given = {name: value for name, value in options.model_dump().items() if value is not None}
    for name, meant in _ONLY.items():
        if name in given and what not in meant:
            raise _refusal(name, given[name], f"bench {what} does not depend on it", "Leave it out.")
    if not 0 <= seed < 2**32:
        raise _refusal("seed", seed, "a seed is a whole number from 0 to 4294967295", "Use --seed 1, for example.")
    asked = _COMMON | _DEFAULTS[what] | given
    rows: tuple[Case, ...] = ()
    names: tuple[str, ...] = ()
    path = "portable"
    if what == "ngram":
        names = _texts(asked["text"])
    else:
        names = _texts(asked["text"]) if what == "cells" else ()
        rows = cases(asked["cell"], asked["layers"], asked["hidden"], asked["batch"], asked["vocabulary"])
        path = _path(asked["kernel"], asked["instructions"])
    typed = given | ({} if seed == 1 else {"seed": seed})
    return Job(
        what=what,
        cases=rows,
        texts=names,
        context=asked.get("context", 0),
        longer=asked.get("longer", 1),
        precisions=_precisions(given.get("precision", "both" if what == "train" else "float32"), path, given),
        path=path,
        threads=given.get("threads", available_threads()),
        seed=seed,
        command=" ".join(["rnnscope bench", what, *(f"--{name} {value}" for name, value in typed.items())]),
        **{name: asked[name] for name in _PASSED_ON},
    )


def cases(cell: str, layers: str, hidden: str, batch: str, vocabulary: int) -> tuple[Case, ...]:
    """Every combination once, in the order of the lists; `paper` gives each cell and depth its own widths.

    Raises:
        InputError: an entry is not a cell, or not a number in its range.
    """
    from rnnscope.model.budget import width

    found: dict[tuple[Any, ...], Case] = {}
    for name in _cells(cell):
        for depth in _numbers("layers", layers):
            widths: list[tuple[int, int | None]] = []
            for word in _words("hidden", hidden):
                if word == "paper":
                    widths += [(width(budget, name, depth, vocabulary), budget) for budget in BUDGETS]
                else:
                    widths += [(number, None) for number in _numbers("hidden", word)]
            for size, budget in widths:
                for lanes in _numbers("batch", batch):
                    case = Case(cell=name, layers=depth, hidden=size, budget=budget, batch=lanes)
                    found.setdefault((name, depth, size, lanes), case)
    return tuple(found.values())


def _cells(text: str) -> tuple[CellName, ...]:
    if text == "all":
        return CELLS
    for word in _words("cell", text):
        if word not in CELLS:
            raise _refusal("cell", text, f"{word!r} is no cell", f"Name some of {', '.join(CELLS)}, or all.")
    return tuple(cell for word in _words("cell", text) for cell in CELLS if cell == word)


def _texts(text: str) -> tuple[str, ...]:
    from rnnscope.corpus.builtin import BUILTIN

    names = tuple(dict.fromkeys(_words("text", text)))
    for name in names:
        if name not in BUILTIN:
            todo = f"Name some of {', '.join(BUILTIN)}."
            raise _refusal("text", text, f"{name!r} is no built-in text", todo)
    return names


def _words(name: str, text: str) -> list[str]:
    words = [word.strip() for word in text.split(",")]
    if not all(words):
        raise _refusal(name, text, "an entry of the list is empty", "Separate the entries by single commas.")
    return words


def _numbers(name: str, text: str) -> list[int]:
    numbers = []
    for word in _words(name, text):
        number = int(word) if word.isascii() and word.isdigit() and len(word) < 10 else 0
        if not 1 <= number <= LARGEST[name]:
            why = f"{word!r} is not a whole number from 1 to {LARGEST[name]}"
            also = " or paper" if name == "hidden" else ""
            raise _refusal(name, text, why, f"Give numbers{also}, separated by commas.")
        numbers.append(number)
    return numbers


def _path(kernel: str, instructions: str) -> str:
    from rnnscope.native import why
    from rnnscope.native.network import PATHS, paths

    name, colon, path = kernel.partition(":")
    if name != "fused" or (colon and path not in PATHS):
        todo = f"Use --kernel fused, or --kernel fused:PATH with PATH in {', '.join(PATHS)}."
        raise _refusal("kernel", kernel, "only the compiled kernels are measured against torch", todo)
    if not paths():
        raise _refusal("kernel", kernel, f"there is no compiled library here: {why()}", "See rnnscope doctor.")
    if instructions == "avx2":
        if path not in ("", "avx2"):
            raise _refusal("kernel", kernel, "--instructions avx2 holds both sides to AVX2", "Leave one of them out.")
        path = "avx2"
    path = path or paths()[0]
    if path not in paths():
        todo = f"Use one of {', '.join(paths())}."
        raise _refusal("kernel", f"fused:{path}", "this processor or this library does not have it", todo)
    return path


def _precisions(precision: str, path: str, given: dict[str, Any]) -> tuple[Precision, ...]:
    from rnnscope.native.network import BFLOAT16_PATHS

    if path in BFLOAT16_PATHS:
        return (
            ("float32", "bfloat16")
            if precision == "both"
            else ("float32",)
            if precision == "float32"
            else ("bfloat16",)
        )
    if given.get("precision") in ("both", "bfloat16"):
        raise _refusal("precision", precision, f"the path {path} has no bfloat16", "Use --precision float32.")
    return ("float32",)


def _refusal(name: str, value: Any, why: str, todo: str) -> InputError:
    return InputError(tried="measure speed", given=f"--{name} {value}", why=why, todo=todo)
