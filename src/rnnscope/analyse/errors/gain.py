"""Memory told apart from smoothing: what a network gains over an n-gram with what it has seen long ago, and without it.

A network beats an n-gram for two reasons: it smooths better over what both see, and it remembers what the n-gram does
not. The same network with everything older than k symbols replaced (`record.context.limited_scores`) stands between.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rnnscope.analyse.errors.predictions import LEAST_CASES, Predictions
from rnnscope.analyse.stats import block_bootstrap_ratio


@dataclass(frozen=True)
class Gain:
    """One kind of event.

    Args:
        event: its name.
        cases: positions.
        losses: of the network, the limited network and the n-gram, in nats; 0 where there are no cases.
        memory: limited network less network: what is worth what lies more than k symbols back.
        memory_interval: 95 % interval of that; None where it falls into fewer than two blocks.
        smoothing: n-gram less limited network: what the network does better with nearly the same symbols.
        smoothing_interval: likewise.
        enough: whether there are at least 50 cases.
    """

    event: str
    cases: int
    losses: tuple[float, float, float]
    memory: float
    memory_interval: tuple[float, float] | None
    smoothing: float
    smoothing_interval: tuple[float, float] | None
    enough: bool

    def to_dict(self) -> dict[str, Any]:
        """Everything as plain JSON values."""
        return asdict(self)


def gain(
    predictions: Predictions, network: str, limited: str, rival: str, events: Mapping[str, NDArray[np.bool_]]
) -> list[Gain]:
    """Split what a network gains over an n-gram.

    Args:
        predictions: of the three.
        network, limited, rival: their names.
        events: by name, which positions belong to it, [N].
    """
    network_N, limited_N, rival_N = (-predictions.row(name).astype(np.float64) for name in (network, limited, rival))

    def mean(values_N: NDArray[np.float64], here_N: NDArray[np.bool_]) -> float:
        return float(values_N[here_N].mean()) if here_N.any() else 0.0

    def interval(values_N: NDArray[np.float64], here_N: NDArray[np.bool_]) -> tuple[float, float] | None:
        return block_bootstrap_ratio(np.where(here_N, values_N, 0.0), here_N.astype(np.float64), predictions.block)

    found = []
    for event, here_N in events.items():
        losses = mean(network_N, here_N), mean(limited_N, here_N), mean(rival_N, here_N)
        found.append(
            Gain(
                event,
                int(here_N.sum()),
                losses,
                losses[1] - losses[0],
                interval(limited_N - network_N, here_N),
                losses[2] - losses[1],
                interval(rival_N - limited_N, here_N),
                int(here_N.sum()) >= LEAST_CASES,
            )
        )
    return found
