"""`--hidden auto`: the width of a window network, chosen on the validation part of its text.

The paper cross-validates the width of its n-NN without saying among which and how. Here each of four widths is trained
for two epochs at most, from the same starting seed, with the chunks, update rule and clipping of the run; the learning
rate goes through its whole course in this time, because what a high rate hides at the beginning decides in the end.
The width with the lowest validation loss is then trained from the start. The test part is not looked at.

Refused: texts without a validation part, and runs that shall not train.
"""

from __future__ import annotations

import math
from dataclasses import replace

import torch

from rnnscope.config import WindowConfig
from rnnscope.corpus.lanes import TrainingLanes
from rnnscope.errors import Diverged, InputError
from rnnscope.model.build import build, use_threads
from rnnscope.train.evaluate import mean_loss_nats
from rnnscope.train.optimiser import Optimiser
from rnnscope.train.prepare import WIDEST, Prepared
from rnnscope.train.schedule import learning_rate
from rnnscope.train.watch import Watch

WIDTHS = (256, 512, 1024, WIDEST)
"""Numbers of units that are tried."""

EPOCHS = 2
"""Most passes over the training part that each of them gets."""


def choose(prepared: Prepared, watch: Watch | None = None) -> Prepared:
    """Try every width and take the best.

    Args:
        prepared: a window network of any width, with its text and settings.
        watch: who is told the loss of each width.

    Returns:
        The same with the chosen width, and a note that says what was seen.

    Raises:
        InputError: there is nothing to validate on, or nothing to train.
        Diverged: no width gave a finite loss.
    """
    train = prepared.config.train
    if not prepared.split.parts["valid"] or not train.epochs:
        raise InputError(
            tried="choose the width on the validation part",
            given=f"--hidden auto, {prepared.split.size('valid'):,} symbols of validation, --epochs {train.epochs}",
            why="each width is trained for a while and compared there",
            todo="Give the width as a number, or a validation part and epochs above 0.",
        )
    use_threads(train.threads)
    losses_nats: dict[int, float] = {}
    for hidden in WIDTHS:
        loss_nats = losses_nats[hidden] = short_training(_with_width(prepared, hidden))
        (watch or Watch()).tried(hidden, loss_nats)
    best = min(losses_nats, key=lambda hidden: losses_nats[hidden])
    if not math.isfinite(losses_nats[best]):
        raise Diverged(
            tried="choose the width on the validation part",
            given=", ".join(f"{hidden:,}" for hidden in WIDTHS) + " units",
            why="training has diverged with each of them",
            todo="Use a lower --learning-rate, a tighter --clip or a smaller --init-scale.",
        )
    seen = ", ".join(f"{hidden:,} units {loss_nats:.4f} nats" for hidden, loss_nats in losses_nats.items())
    passes = min(EPOCHS, train.epochs)
    note = f"{best:,} units were best on the validation part after {passes} epoch{'s' * (passes > 1)} each: {seen}"
    chosen = _with_width(prepared, best)
    return replace(chosen, notes=(*chosen.notes, note))


def short_training(prepared: Prepared) -> float:
    """Train for the short time of a trial.

    Returns:
        Mean validation loss in nats; infinite if training diverged.
    """
    config = prepared.config.train
    assert config.precision != "auto", "resolved when the run was prepared"
    network = build(
        prepared.config.model,
        prepared.alphabet.size,
        seed=config.seed,
        kernel=config.kernel,
        precision=config.precision,
    )
    optimiser = Optimiser(list(network.named_parameters()), config, network.kernel.path)
    lanes = TrainingLanes(prepared.ids_N, prepared.split.parts["train"], config.batch, config.steps)
    last_step = min(EPOCHS, config.epochs) * lanes.chunks
    state = network.initial_state(config.batch)
    for step in range(last_step):
        if step % lanes.chunks == 0:
            state = network.initial_state(config.batch)
        inputs_TB, targets_TB = (torch.from_numpy(array) for array in lanes.chunk(step % lanes.chunks))
        loss_nats_sum, _, state = network.gradients(inputs_TB, targets_TB, state)
        norm = optimiser.gradient_norm()
        if not (math.isfinite(loss_nats_sum) and math.isfinite(norm)):
            return math.inf
        optimiser.step(learning_rate(config, step * config.epochs // last_step), norm)
    try:
        return mean_loss_nats(network, prepared.ids_N, prepared.split.parts["valid"])
    except Diverged:
        return math.inf


def _with_width(prepared: Prepared, hidden: int) -> Prepared:
    model = prepared.config.model
    assert isinstance(model, WindowConfig), "prepare allows it for window networks only"
    config = prepared.config.model_copy(update={"model": model.model_copy(update={"hidden": hidden})})
    return replace(prepared, config=config)
