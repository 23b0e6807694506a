"""The result of an evaluation, in both units."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from rnnscope.units import bits


@dataclass(frozen=True)
class Evaluation:
    """How well a text was predicted.

    Args:
        what: which symbols of which text, in words.
        loss_nats: mean of -log p, in nats per symbol.
        chars: symbols scored.
        seconds: how long it took.
    """

    what: str
    loss_nats: float
    chars: int
    seconds: float

    @property
    def bits_per_char(self) -> float:
        """The loss in bits per symbol."""
        return bits(self.loss_nats)

    @property
    def chars_per_second(self) -> float:
        """Symbols scored per second."""
        return self.chars / max(self.seconds, 1e-9)

    def to_dict(self) -> dict[str, Any]:
        """Everything as plain JSON values."""
        values = {"loss_nats": self.loss_nats, "bits_per_char": self.bits_per_char, "chars": self.chars}
        return values | {"chars_per_second": self.chars_per_second, "what": self.what}
