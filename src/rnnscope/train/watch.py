"""What the loop tells whoever watches it: a terminal, a study, a notebook, or nobody."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Plan:
    """What is about to happen, told once before the first update.

    Attributes:
        path: the run folder.
        step: updates already done; above 0 when a run is resumed.
        last_step: updates in all.
        steps_per_epoch: updates in one pass over the training part.
        parameters: numbers that are learned.
        kernel: who computes the recurrence, and why.
        notes: sentences about the text, the parts and what was chosen.
        kept: how many checkpoints are kept beside best and last.
        checkpoint_bytes: most that weights and training state will take on disk.
    """

    path: str
    step: int
    last_step: int
    steps_per_epoch: int
    parameters: int
    kernel: str
    notes: tuple[str, ...]
    kept: int
    checkpoint_bytes: int


class Watch:
    """Watches and says nothing; surfaces override what they show."""

    def tried(self, hidden: int, valid_loss_nats: float) -> None:
        """A width was tried (`train.widths`), before anything else is told; the loss is infinite if it diverged."""

    def planned(self, plan: Plan) -> None:
        """Everything is checked and the first step comes next."""

    def row(self, row: dict[str, Any]) -> None:
        """A row was added to `metrics.jsonl`."""

    def sample(self, row: dict[str, Any]) -> None:
        """A row was added to `samples.jsonl`."""

    def ended(self, state: str, step: int) -> None:
        """Training is over; `state` is one of complete, early-stopped, interrupted, diverged."""
