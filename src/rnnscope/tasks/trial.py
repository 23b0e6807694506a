"""One training on a synthetic task: fresh sequences at every update, until the task is solved or the budget is used up.

Solved means, as in Pascanu, Mikolov and Bengio (2013): fewer than 1 % of 10,000 fresh sequences are answered wrongly. A
sequence is answered wrongly if any answer in it is not the most likely symbol. Every sequence starts from the zero
state and no gradient is cut off. Whatever is random depends on the settings alone.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from rnnscope.config import TaskConfig, TrainConfig
from rnnscope.model.char_rnn import CharRNN
from rnnscope.model.seeds import derive
from rnnscope.tasks.problems import NOTHING, Problem, Sequences, problem
from rnnscope.tasks.starts import start_network
from rnnscope.train.optimiser import Optimiser

CHECK_EVERY = 1000
"""Updates between two looks at the errors."""
FRESH = 10_000
"""Sequences that decide whether a task is solved."""
GLANCE = 1000
"""Sequences of every look; where fewer than 1 % are wrong, `FRESH` others decide."""
SOLVED = 0.01
BLOCK = 50
"""Batches drawn at once."""
LANES = 1000
"""Sequences read side by side."""
TRAINING, LOOKING = 1, 2


def run_trial(config: TaskConfig, announce: Callable[[str], None] | None = None) -> dict[str, Any]:
    """Train one network on one task.

    Args:
        config: all that it depends on.
        announce: is told the errors at every look.

    Returns:
        "solved"; "ended" ("solved", "budget" or "not finite"); "updates" made; "error" and "symbol_error" on fresh
        sequences at the end; "beyond", the same of other lengths; "clipped", updates whose gradient was shortened;
        "largest_norm" of a gradient before that; "rows", one for every look, with means since the one before.
    """
    say = announce or (lambda line: None)
    task = problem(config.task)
    network = start_network(config.cell, config.start, config.hidden, len(task.symbols), config.seed)
    settings = TrainConfig(optimiser=config.optimiser, clip=config.clip)
    optimiser = Optimiser(list(network.named_parameters()), settings, network.kernel.path)
    fresh = np.random.default_rng(derive(config.seed, LOOKING))
    state = network.initial_state(config.batch)
    ended, rows, norms, stretch = "budget", [], [], _Stretch()
    for update, sequences in enumerate(_batches(task, config), 1):
        inputs_TB, targets_TB = map(torch.from_numpy, sequences)
        loss_nats_sum, asked, _ = network.gradients(inputs_TB, targets_TB, state)
        norm = optimiser.gradient_norm()
        if not (math.isfinite(loss_nats_sum) and math.isfinite(norm)):
            ended = "not finite"
            break
        optimiser.step(config.learning_rate, norm)
        norms.append(norm)
        stretch.add(loss_nats_sum / asked, norm)
        if update % CHECK_EVERY and update < config.updates:
            continue
        error = errors(network, task, config.length, GLANCE, fresh)["error"]
        rows.append({"update": update, **stretch.means(), "error": error})
        stretch = _Stretch()
        say(f"update {update:,}: loss {rows[-1]['loss_nats']:.4f} nats, {error:.1%} wrong")
        if error < SOLVED and errors(network, task, config.length, FRESH, fresh)["error"] < SOLVED:
            ended = "solved"
            break
    return {
        "solved": ended == "solved",
        "ended": ended,
        "updates": len(norms),
        **errors(network, task, config.length, FRESH, fresh),
        "beyond": {str(length): errors(network, task, length, GLANCE, fresh, longest=True) for length in config.beyond},
        "clipped": sum(norm > config.clip for norm in norms) if config.clip else 0,
        "largest_norm": max(norms, default=0.0),
        "rows": rows,
    }


@dataclass
class _Stretch:
    """Sums over the updates between two looks."""

    updates: int = 0
    loss_nats: float = 0.0
    norms: float = 0.0

    def add(self, loss_nats: float, norm: float) -> None:
        self.updates += 1
        self.loss_nats += loss_nats
        self.norms += norm

    def means(self) -> dict[str, float]:
        return {"loss_nats": self.loss_nats / self.updates, "gradient_norm": self.norms / self.updates}


def _batches(task: Problem, config: TaskConfig) -> Iterator[Sequences]:
    random = np.random.default_rng(derive(config.seed, TRAINING))
    for first in range(0, config.updates, BLOCK):
        drawn = task.draw(random, config.length, BLOCK * config.batch)
        for lane in range(0, min(BLOCK, config.updates - first) * config.batch, config.batch):
            lanes = slice(lane, lane + config.batch)
            yield Sequences(*(np.ascontiguousarray(ids_TB[:, lanes]) for ids_TB in drawn))


def errors(
    network: CharRNN, task: Problem, length: int, count: int, random: np.random.Generator, *, longest: bool = False
) -> dict[str, float]:
    """How often a network is wrong.

    Args:
        network: what answers.
        task, length, longest: which sequences (see `Problem.draw`).
        count: how many.
        random: where they come from.

    Returns:
        "error": share of sequences with a wrong answer; "symbol_error": share of all answers that are wrong.
    """
    wrong = wrong_symbols = asked = 0
    for first in range(0, count, LANES):
        drawn = task.draw(random, length, min(LANES, count - first), longest=longest)
        inputs_TB, targets_TB = map(torch.from_numpy, drawn)
        state = network.initial_state(inputs_TB.shape[1])
        scores = network.read(inputs_TB, state, log_probs=False, targets=targets_TB).scores
        assert scores is not None
        asked_TB = drawn.targets != NOTHING
        wrong_TB = asked_TB & (scores.best != drawn.targets)
        wrong += int(wrong_TB.any(axis=0).sum())
        wrong_symbols += int(wrong_TB.sum())
        asked += int(asked_TB.sum())
    return {"error": wrong / count, "symbol_error": wrong_symbols / asked}
