"""Losses as a sum and a count, so that chunks and lanes of unequal length are averaged correctly.

A target of -1 means "nothing is asked here": the padding of a short lane, a symbol with nothing before it, or a step of
a synthetic task that is not scored. Dimension letters: T steps, B lanes, V symbols, F features.
"""

from __future__ import annotations

import torch
from torch import Tensor

IGNORED = -1
"""The target that asks for nothing."""


def cross_entropy(logits: Tensor, targets: Tensor) -> tuple[Tensor, int]:
    """Sum of -log p(target) in nats over the targets that are asked for.

    Args:
        logits: unnormalised log-probabilities, [T, B, V] or [B, V].
        targets: symbols in [0, V), or -1 where nothing is asked, [T, B] or [B], int64.

    Returns:
        The sum in nats, a scalar that carries gradients (0 when nothing is asked), and the number of targets in it.
    """
    assert logits.shape[:-1] == targets.shape, f"logits {tuple(logits.shape)}, targets {tuple(targets.shape)}"
    sum_nats = torch.nn.functional.cross_entropy(
        logits.flatten(0, -2), targets.flatten(), ignore_index=IGNORED, reduction="sum"
    )
    return sum_nats, int((targets != IGNORED).sum())


def squared_error(outputs: Tensor, targets: Tensor, mask: Tensor) -> tuple[Tensor, int]:
    """Sum of squared differences over the steps that are asked for.

    Args:
        outputs: what the network says, [T, B, F].
        targets: what it should say, [T, B, F]; not read where the mask is False.
        mask: which steps are asked for, [T, B], bool.

    Returns:
        The sum, a scalar that carries gradients, and the number of values in it (masked steps times F): their ratio is
        the mean squared error.
    """
    assert outputs.shape == targets.shape, (outputs.shape, targets.shape)
    assert mask.shape == outputs.shape[:-1], (mask.shape, outputs.shape)
    return (outputs[mask] - targets[mask]).square().sum(), int(mask.sum()) * outputs.shape[-1]
