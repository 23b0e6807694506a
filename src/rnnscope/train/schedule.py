"""When things happen in a training run: the learning rate by epoch, and the steps whose weights are kept.

The learning rate is the paper's (section 3.3): constant, then multiplied by a factor after each further epoch.
The early schedule of checkpoints is the one its figure on training dynamics needs: dense while the network overtakes
the short windows, then once an epoch.
"""

from __future__ import annotations

from rnnscope.config import TrainConfig
from rnnscope.errors import InputError

EARLY_SPACING_EPOCHS = 0.09
EARLY_UNTIL_EPOCHS = 3.2


def learning_rate(config: TrainConfig, epoch: int) -> float:
    """Step size in an epoch, counted from 0.

    >>> config = TrainConfig()
    >>> learning_rate(config, 0), learning_rate(config, 9), round(learning_rate(config, 11), 6)
    (0.002, 0.002, 0.001805)
    """
    return config.learning_rate * config.learning_rate_decay ** max(0, epoch - config.decay_after + 1)


def kept_steps(policy: str, steps_per_epoch: int, epochs: int) -> frozenset[int]:
    """Steps whose weights are kept whatever happens later; best and last are kept besides.

    Args:
        policy: `best` (none), `early` (every 0.09 epoch up to 3.2, then every epoch), or steps such as `100,200`.
        steps_per_epoch: updates per epoch, at least 1.
        epochs: epochs planned.

    Raises:
        InputError: a listed step lies beyond the end of training.
    """
    last = steps_per_epoch * epochs
    if policy == "best":
        return frozenset()
    if policy == "early":
        count = int(EARLY_UNTIL_EPOCHS / EARLY_SPACING_EPOCHS)
        early = {max(1, round(k * EARLY_SPACING_EPOCHS * steps_per_epoch)) for k in range(1, count + 1)}
        epoch_ends = {epoch * steps_per_epoch for epoch in range(1, epochs + 1)}
        return frozenset(step for step in early | epoch_ends | {0} if step <= last)
    steps = frozenset(int(step) for step in policy.split(","))
    if max(steps) > last:
        raise InputError(
            tried="plan the checkpoints",
            given=f"--checkpoints {policy}",
            why=f"training ends at step {last} ({epochs} epochs of {steps_per_epoch} steps)",
            todo=f"Name steps from 0 to {last}, or train for more epochs.",
        )
    return steps
