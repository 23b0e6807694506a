"""A cell followed through training, and networks counted in which there is one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

BORN = 0.5
"""|score| from which on a cell counts as one that tracks its feature."""


@dataclass(frozen=True)
class Life:
    """One cell and its feature over the checkpoints of one training.

    Args:
        steps: of the checkpoints, ascending. scores: of the cell at each.
        born: the first checkpoint from which on |score| stays at 0.5 or more with the sign of the last; None if never.
        losses_nats: at the target positions at each checkpoint, where they were measured.
        drop_nats: how much that loss falls from the checkpoint before the birth to the one at it.
        drop_elsewhere_nats: the same at all other positions, without which a drop says nothing.
    """

    steps: list[int]
    scores: list[float]
    born: int | None
    losses_nats: list[float] | None
    drop_nats: float | None
    drop_elsewhere_nats: float | None


def follow(
    steps: Sequence[int],
    scores: Sequence[float],
    *,
    losses_nats: Sequence[float] | None = None,
    elsewhere_nats: Sequence[float] | None = None,
) -> Life:
    """Follow a cell by its place: the cell of this number at every checkpoint of one training.

    Args:
        steps: of the checkpoints, ascending.
        scores: of the cell for its feature, on the same text.
        losses_nats: mean at the feature's target positions. elsewhere_nats: at all others.
    """
    assert len(steps) == len(scores) > 0
    assert list(steps) == sorted(steps)
    signed = np.asarray(scores) * np.sign(scores[-1])
    low = np.flatnonzero(~(signed >= BORN))
    at = int(low[-1]) + 1 if len(low) else 0
    born = None if at == len(steps) else at
    drops = [
        None if born is None or born == 0 or losses is None else float(losses[born - 1] - losses[born])
        for losses in (losses_nats, elsewhere_nats)
    ]
    return Life(
        list(steps), list(scores), None if born is None else steps[born],
        None if losses_nats is None else list(losses_nats), *drops,
    )  # fmt: skip


@dataclass(frozen=True)
class Census:
    """In how many of n networks there is a confirmed cell for a feature; networks are what is counted, not cells."""

    feature: str
    networks: int
    found: int
    scores: list[float]


def census(feature: str, best_scores: Sequence[float], confirmed: Sequence[bool]) -> Census:
    """Count networks.

    Args:
        feature: its name.
        best_scores: |score| of the best cell of every network on the text of confirmation.
        confirmed: whether any cell of the network was confirmed for the feature.
    """
    assert len(best_scores) == len(confirmed)
    return Census(feature, len(confirmed), sum(confirmed), list(best_scores))
