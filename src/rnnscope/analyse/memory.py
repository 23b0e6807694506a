"""How long a network remembers: gradients and losses as functions of the distance, summed up in a few numbers.

Two measures, which mean different things. The gradient of a loss with respect to a state k symbols back says how a
small change of that state would be felt; through saturated gates it can be small although the state matters. What the
loss rises by when everything older than k symbols is replaced says what memory is worth to the predictions.
Dimension letters: K distances, P positions, L layers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rnnscope.analyse.errors.predictions import LEAST_CASES

HORIZONS = (1e-2, 1e-3)
"""Shares of the nearest gradient below which it counts as gone."""

QUANTILES = (0.1, 0.5, 0.9)


@dataclass(frozen=True)
class GradientCurve:
    """Norms of d loss / d state over many positions, by distance.

    Args:
        state, layer: which state of which layer, counted from 1.
        event: which symbols the losses belong to.
        cases: P, losses followed back.
        low, median, high: 10 %, 50 % and 90 % quantiles of the norm at each distance, [K] each.
        ratio: median of the norm over its own value at distance 0, [K].
        half_life: smallest distance from which on `ratio` stays below one half; None if it does not within K.
        horizons: for 1e-2 and 1e-3 the same.
        decay_per_step: factor by which the median ratio shrinks with each symbol, from a line through its logarithm
            between distance 1 and the last one that is above 1e-6; None where there are fewer than three.
        underflow: share of all norms that are exactly 0 in float32.
        enough: whether there are at least 50 cases.
    """

    state: str
    layer: int
    event: str
    cases: int
    low: tuple[float, ...]
    median: tuple[float, ...]
    high: tuple[float, ...]
    ratio: tuple[float, ...]
    half_life: int | None
    horizons: dict[str, int | None]
    decay_per_step: float | None
    underflow: float
    enough: bool

    def to_dict(self) -> dict[str, Any]:
        """Everything as plain JSON values."""
        return asdict(self)


def gradient_curves(
    norms: Mapping[str, NDArray[np.float32]], events: Mapping[str, NDArray[np.bool_]]
) -> list[GradientCurve]:
    """Sum up gradient norms by state, layer and event.

    Args:
        norms: by state, [L, K, P]; distance 0 first.
        events: which positions each kind of event covers, [P]; kinds without a position are left out.
    """
    return [
        _curve(state, layer + 1, event, norms_LKP[layer][:, chosen_P])
        for event, chosen_P in events.items()
        if chosen_P.any()
        for state, norms_LKP in norms.items()
        for layer in range(len(norms_LKP))
    ]


def _curve(state: str, layer: int, event: str, norms_KP: NDArray[np.float32]) -> GradientCurve:
    values_KP = norms_KP.astype(np.float64)
    low_K, median_K, high_K = np.quantile(values_KP, QUANTILES, axis=1)
    nearest_P = np.where(values_KP[0] > 0, values_KP[0], np.nan)
    with np.errstate(invalid="ignore"):
        ratios_KP = values_KP / nearest_P
    known_P = ~np.isnan(nearest_P)
    ratio_K = np.median(ratios_KP[:, known_P], axis=1) if known_P.any() else np.zeros(len(values_KP))
    return GradientCurve(
        state=state,
        layer=layer,
        event=event,
        cases=values_KP.shape[1],
        low=tuple(low_K.tolist()),
        median=tuple(median_K.tolist()),
        high=tuple(high_K.tolist()),
        ratio=tuple(ratio_K.tolist()),
        half_life=stays_below(ratio_K, 0.5),
        horizons={f"{level:g}": stays_below(ratio_K, level) for level in HORIZONS},
        decay_per_step=_decay(ratio_K),
        underflow=float(np.mean(norms_KP == 0)),
        enough=values_KP.shape[1] >= LEAST_CASES,
    )


def stays_below(values: NDArray[np.float64], level: float) -> int | None:
    """Smallest index from which on all values lie below a level; None if the last one does not.

    >>> stays_below(np.array([1.0, 0.4, 0.6, 0.2, 0.1]), 0.5)
    3
    """
    above = np.flatnonzero(values >= level)
    first = int(above[-1]) + 1 if len(above) else 0
    return first if first < len(values) else None


def _decay(ratio_K: NDArray[np.float64]) -> float | None:
    distances_J = np.flatnonzero(ratio_K > 1e-6)
    distances_J = distances_J[distances_J >= 1]
    if len(distances_J) < 3:
        return None
    slope = np.polyfit(distances_J, np.log(ratio_K[distances_J]), 1)[0]
    return float(np.exp(slope))


@dataclass(frozen=True)
class ContextPoint:
    """What a context of k symbols costs.

    Args:
        contexts: (fewest, most) symbols of context that were taken together.
        cases: symbols measured.
        loss_nats: mean of -log p with this context.
        excess_nats: mean of what that is above the same symbols' loss with the whole memory.
        interval_nats: 95 % interval of the excess, from lanes drawn again; None with fewer than two lanes.
        enough: whether there are at least 50 cases.
    """

    contexts: tuple[int, int]
    cases: int
    loss_nats: float
    excess_nats: float
    interval_nats: tuple[float, float] | None
    enough: bool


@dataclass(frozen=True)
class ContextCurve:
    """Loss as a function of the context, for one kind of event and one way of hiding older text.

    Args:
        older: replaced, reset or shuffled.
        event: which symbols were measured.
        points: by growing context.
        reach: fewest symbols of context with an excess below 0.01 nats, there and beyond; None if it never is.
    """

    older: str
    event: str
    points: tuple[ContextPoint, ...]
    reach: int | None

    def to_dict(self) -> dict[str, Any]:
        """Everything as plain JSON values."""
        return asdict(self)


NEGLIGIBLE_NATS = 0.01


def context_buckets(longest: int) -> list[tuple[int, int]]:
    """Contexts that are taken together: one by one up to 5, then ever more.

    >>> context_buckets(20)
    [(0, 0), (1, 1), (2, 2), (3, 3), (4, 4), (5, 6), (7, 9), (10, 14), (15, 19), (20, 20)]
    """
    edges = [0, 1, 2, 3, 4, 5, 7, 10, 15, 20, 30, 50, 75, 100, 150, 200, 300, 500, 750, 1000]
    edges = [edge for edge in edges if edge <= longest] + [longest + 1]
    return [(low, high - 1) for low, high in pairwise(edges)]


def context_curve(
    limited: NDArray[np.float32],
    whole: NDArray[np.float32],
    older: str,
    event: str,
    chosen: NDArray[np.bool_],
    *,
    resamples: int = 1000,
    seed: int = 0,
) -> ContextCurve:
    """Sum up what limited contexts cost.

    Args:
        limited: log p with k symbols of context, [K, S], k from 0.
        whole: log p of the same symbols with the whole memory, [K, S].
        older, event: what is told.
        chosen: which of them belong to the event, [K, S].
        resamples, seed: of the bootstrap over lanes.
    """
    excess_KS = np.where(chosen, whole.astype(np.float64) - limited, 0.0)
    drawn_RS = np.random.default_rng(seed).integers(0, limited.shape[1], (resamples, limited.shape[1]))
    points = []
    for low, high in context_buckets(len(limited) - 1):
        here = slice(low, high + 1)
        cases_S, sums_S = chosen[here].sum(axis=0), excess_KS[here].sum(axis=0)
        cases = int(cases_S.sum())
        losses_nats = -float(limited[here][chosen[here]].sum(dtype=np.float64))
        drawn_R = cases_S[drawn_RS].sum(axis=1)
        interval = None
        if (cases_S > 0).sum() >= 2:
            means_R = (sums_S[drawn_RS].sum(axis=1) / np.maximum(drawn_R, 1))[drawn_R > 0]
            lower, upper = np.quantile(means_R, [0.025, 0.975])
            interval = (float(lower), float(upper))
        points.append(
            ContextPoint(
                contexts=(low, high),
                cases=cases,
                loss_nats=losses_nats / max(cases, 1),
                excess_nats=float(sums_S.sum()) / max(cases, 1),
                interval_nats=interval,
                enough=cases >= LEAST_CASES,
            )
        )
    told = [point for point in points if point.enough]
    first = stays_below(np.array([point.excess_nats for point in told]), NEGLIGIBLE_NATS) if told else None
    return ContextCurve(older, event, tuple(points), None if first is None else told[first].contexts[0])
