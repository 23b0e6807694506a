"""How often gradients were shortened: counted where the training counted, bounded where it did not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rnnscope.report.page import Clipping


def clipping(metrics: Sequence[Mapping[str, Any]], norm: float) -> Clipping | None:
    """The share of clipped updates of one training.

    A row gives the mean norm of a few updates. Norms are not negative, so at most mean / norm of these updates can have
    had a larger one (Markov); the mean of this bound over rows holds for the updates of the rows that are kept.

    Args:
        metrics: rows of metrics.jsonl in their order; some may have been left out.
        norm: the largest norm; 0 = no clipping.

    Returns:
        None without clipping, or where no update was made.
    """
    rows = [row for row in metrics if row.get("gradient_norm") is not None]
    if not norm or not rows:
        return None
    counted = rows[-1].get("clipped_updates")
    if counted is not None:
        share = counted / rows[-1]["step"]
        return Clipping(norm=norm, share=share, at_most=share)
    at_most = sum(min(1.0, row["gradient_norm"] / norm) for row in rows) / len(rows)
    return Clipping(norm=norm, share=None, at_most=at_most)
