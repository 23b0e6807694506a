"""Sums what happens between two rows of `metrics.jsonl` and makes the rows.

The sums are saved with every training state, so a run that was killed between two rows continues to the very same rows.
Only `seconds` and `chars_per_second` depend on the clock.
"""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass, field
from typing import Any

ROW_EVERY = 10
"""Updates between two rows, at most."""

CLOCK_FIELDS = ("seconds", "chars_per_second")


@dataclass
class Journal:
    """What has happened since the last row, and how long training has taken in all."""

    loss_nats_sum: float = 0.0
    symbols: int = 0
    norm_sum: float = 0.0
    updates: int = 0
    seconds_before: float = 0.0
    step_seconds: float = 0.0
    clipped_updates: int | None = 0
    """Since training began; None in a training that began before they were counted."""
    _started: float = field(default_factory=time.perf_counter, repr=False)

    def add(self, loss_nats_sum: float, symbols: int, norm: float, step_seconds: float, clipped: bool = False) -> None:
        """Count one update.

        Args:
            loss_nats_sum, symbols: its loss summed over its symbols, in nats, and how many these are.
            norm: of its gradient before any clipping.
            step_seconds: the time inside the step.
            clipped: whether the gradient was shortened to the largest norm.
        """
        if self.clipped_updates is not None:
            self.clipped_updates += clipped
        self.loss_nats_sum += loss_nats_sum
        self.symbols += symbols
        self.norm_sum += norm
        self.updates += 1
        self.step_seconds += step_seconds

    def seconds(self) -> float:
        """Wall time spent on this run, over all its sessions."""
        return self.seconds_before + time.perf_counter() - self._started

    def row(self, *, step: int, epoch: float, rate: float, valid_loss_nats: float | None) -> dict[str, Any]:
        """Make one row and start the next; losses are means per symbol, the norm a mean per update.

        Clipped updates are counted from the beginning of training, so rows may be left out and the share between any
        two that are left is still known.
        """
        row = {
            "step": step,
            "epoch": epoch,
            "train_loss_nats": self.loss_nats_sum / self.symbols if self.symbols else None,
            "valid_loss_nats": valid_loss_nats,
            "learning_rate": rate,
            "gradient_norm": self.norm_sum / self.updates if self.updates else None,
            "clipped_updates": self.clipped_updates,
            "chars_per_second": round(self.symbols / self.step_seconds, 1) if self.step_seconds else None,
            "seconds": round(self.seconds(), 3),
        }
        self.loss_nats_sum, self.symbols, self.norm_sum, self.updates, self.step_seconds = 0.0, 0, 0.0, 0, 0.0
        return row

    @classmethod
    def from_facts(cls, facts: dict[str, Any]) -> Journal:
        """Take over what `facts` gave, also where an older version gave less."""
        return cls(**{"clipped_updates": None} | facts)

    def facts(self) -> dict[str, Any]:
        """What a saved training state must hold for the rows to go on unchanged."""
        sums = {key: value for key, value in asdict(self).items() if not key.startswith("_")}
        return sums | {"seconds_before": round(self.seconds(), 3)}
