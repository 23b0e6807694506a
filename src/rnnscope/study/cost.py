"""What a study will cost, said before it runs: a model of time, fitted to measured trainings.

A network reads and learns one symbol in 6 P + a units + b operations: P weights in matrix products (one-hot input is
a look-up), 2 P forward and 4 P backward; gate units and a symbol have costs of their own, in operations of equal time.
On one core of an AMD EPYC (Zen 5) that did 225 GFLOP/s, a = 560 and b = 67,500 give the times of
benchmarks/results/train_*.md within a fifth. Another machine is taken to be faster or slower as its small matrix
products are; that is measured in a tenth of a second. Without the compiled library trainings take two to six times as
long. Everything else is small beside training and estimated by one figure a kind. An estimate is for planning: it
decides which task starts first, and no result.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from rnnscope.cells.spec import spec
from rnnscope.config import RecurrentConfig, TrainConfig, WindowConfig, checked
from rnnscope.corpus import auto
from rnnscope.corpus.lanes import LANES, WARM
from rnnscope.model import budget
from rnnscope.study.plan import AUTO, Training

OPERATIONS_A_UNIT, OPERATIONS_A_SYMBOL = 560.0, 67_500.0
USUAL_RATE = 2.25e11
"""Operations a second of the core that the model was fitted on."""

_PROBE_SIDE, _PROBE_RATE = 64, 1.15e11
"""Side of the matrices of the probe, and what it measures on that core."""
_WIDTHS_TRIED, _PASSES_A_WIDTH = (256, 512, 1024, 2048), 2
_START_SECONDS = 2.0


@dataclass(frozen=True)
class Sizes:
    """A text as far as costs depend on it.

    Args:
        vocabulary: V, distinct symbols.
        train, valid, test: symbols of the parts.
    """

    vocabulary: int
    train: int
    valid: int
    test: int


def probe() -> float:
    """Operations a second of one core here, on the scale of `USUAL_RATE`; takes a tenth of a second."""
    left, right = np.ones((2, _PROBE_SIDE, _PROBE_SIDE), np.float32)
    best, end = 0.0, time.perf_counter() + 0.1
    while time.perf_counter() < end:
        started = time.perf_counter()
        for _ in range(50):
            left @ right  # small enough for one thread
        best = max(best, 50 * 2 * _PROBE_SIDE**3 / (time.perf_counter() - started))
    return best / _PROBE_RATE * USUAL_RATE


def shape(training: Training, vocabulary: int) -> tuple[int, int]:
    """Units of each layer and parameters of a network; of a window network of open width those of the widest."""
    options = training.options
    if "window" in options:
        hidden = _WIDTHS_TRIED[-1] if options.get("hidden") == AUTO else int(options.get("hidden", 512))
        return hidden, budget.window_parameters(options["window"], hidden, vocabulary)
    model = _recurrent(options)
    hidden = model.hidden
    if model.budget is not None:
        hidden = budget.width(model.budget, model.cell, model.layers, vocabulary, peephole=model.peephole)
    return hidden, budget.parameters(model.cell, model.layers, hidden, vocabulary, peephole=model.peephole)


def epochs(training: Training, sizes: Sizes) -> int:
    """Passes over the training part, also where they are left open."""
    train = TrainConfig()
    given = training.options
    asked: dict[str, Any] = {name: given.get(name, getattr(train, name)) for name in ("batch", "steps", "epochs")}
    if AUTO not in asked.values():
        return int(asked["epochs"])
    batch, steps, passes = (None if value == AUTO else int(value) for value in asked.values())
    chosen = auto.choose(sizes.train, sizes.valid, batch=batch, steps=steps, epochs=passes)
    return chosen.epochs


def training_seconds(training: Training, passes: float, sizes: Sizes, rate: float, *, first: bool) -> float:
    """Seconds on one core for some passes over the training part, and as many validations.

    Args:
        training: which network.
        passes: over the training part.
        sizes: of the text.
        rate: of `probe`.
        first: whether this begins the training; a width that is left open is chosen then.
    """
    symbols = passes * (sizes.train + (sizes.valid + LANES * WARM) / 3)
    seconds = symbols * _operations(training, sizes.vocabulary) / rate
    if first and "window" in training.options and training.options.get("hidden") == AUTO:
        window, vocabulary = training.options["window"], sizes.vocabulary
        each = [_window_operations(window, hidden, vocabulary) for hidden in _WIDTHS_TRIED]
        seconds += _PASSES_A_WIDTH * sizes.train * sum(each) / rate
    return seconds + _START_SECONDS


def reading_seconds(training: Training, symbols: int, sizes: Sizes, rate: float) -> float:
    """Seconds to score a part: a third of the operations of training, and every lane's warm-up."""
    return (symbols + LANES * WARM) * _operations(training, sizes.vocabulary) / 3 / rate


def analysis_seconds(kind: str, training: Training, settings: Mapping[str, Any], sizes: Sizes, rate: float) -> float:
    """Seconds of an analysis of one network."""
    own = _operations(training, sizes.vocabulary) / rate
    if kind == "gates":
        return 4 * reading_seconds(training, sizes.test, sizes, rate) + _START_SECONDS
    if kind == "memory":
        # Losses of four kinds, each followed back over all distances, and as many stretches read beside each other.
        cases, distances = int(settings.get("cases", 200)), int(settings.get("distances", 300))
        return 4 * cases * distances * 60 * own + int(settings.get("lanes", 1000)) * distances * 8 * own + 10
    # The null networks read what is searched, 22 times.
    return 3 * int(settings.get("symbols", 100_000)) * 22 * 2 * own + 60


def counting_seconds(sizes: Sizes, rate: float) -> float:
    """Seconds to count, to score all contexts and to weigh their mixtures."""
    return (sizes.train * 0.5e-6 + (sizes.valid + sizes.test) * 30e-6) * USUAL_RATE / rate + _START_SECONDS


def _recurrent(options: Mapping[str, Any]) -> RecurrentConfig:
    return checked(RecurrentConfig, {key: options[key] for key in options if key in RecurrentConfig.model_fields})


def _operations(training: Training, vocabulary: int) -> float:
    """Operations that learning one symbol takes."""
    options = training.options
    hidden, _ = shape(training, vocabulary)
    if "window" in options:
        return _window_operations(options["window"], hidden, vocabulary)
    model = _recurrent(options)
    gates = len(spec(model).blocks)
    weights = hidden * (gates * hidden * (2 * model.layers - 1) + vocabulary)
    return 6 * weights + OPERATIONS_A_UNIT * gates * hidden * model.layers + OPERATIONS_A_SYMBOL


def _window_operations(window: int, hidden: int, vocabulary: int) -> float:
    settings = checked(WindowConfig, {"window": window, "hidden": hidden})
    return 6 * settings.hidden * vocabulary + OPERATIONS_A_UNIT * hidden * (1 + window / 8) + OPERATIONS_A_SYMBOL
