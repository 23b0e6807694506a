"""How a network comes to be what it is: which predictor with a known memory it resembles while it is trained.

The paper follows an LSTM through its first epochs beside trained windows of 1 to 4 symbols (Figure 5, middle and
right): by the symmetric Kullback-Leibler divergence of what both expect, and by the difference of their losses.
Dimension letters: N positions, V symbols.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rnnscope.analyse.divergence import DivergenceFold

AT_ONCE = 4096
"""Positions that are compared at once."""


@dataclass(frozen=True)
class Moment:
    """One state of the weights.

    Args:
        step, epoch: when it was.
        loss_nats: of the network at the positions compared.
        symmetric: KL in both directions, added, to each rival, in nats per symbol.
        ahead: loss of each rival less that of the network, in nats; above 0 where the network predicts better.
        nearest: family -> the rival of least divergence.
    """

    step: int
    epoch: float
    loss_nats: float
    symmetric: dict[str, float]
    ahead: dict[str, float]
    nearest: dict[str, str]


@dataclass(frozen=True)
class Milestone:
    """What happened with one rival.

    Args:
        rival: its name.
        family: what it is compared among.
        loss_nats: of the rival at the positions compared.
        overtaken: epoch at which the network's loss fell below the rival's for good, between two moments on a straight
            line; None if it did not.
        closest: epoch of least divergence, among the moments.
        least: that divergence, in nats.
        nearest_from: first epoch at which it was the nearest of its family; None if it never was.
    """

    rival: str
    family: str
    loss_nats: float
    overtaken: float | None
    closest: float
    least: float
    nearest_from: float | None


@dataclass(frozen=True)
class Dynamics:
    """A training, followed.

    Args:
        network: its name.
        chars: positions compared.
        families: names of rivals by family, those with the shortest memory first.
        moments: by rising step.
        milestones: one for each rival, in the order of the families.
    """

    network: str
    chars: int
    families: dict[str, tuple[str, ...]]
    moments: tuple[Moment, ...]
    milestones: tuple[Milestone, ...]

    def to_dict(self) -> dict[str, Any]:
        """Everything as plain JSON values."""
        return asdict(self)


def follow(
    network: str,
    checkpoints: Iterable[tuple[int, float, NDArray[np.float32]]],
    rivals: Mapping[str, NDArray[np.float32]],
    families: Mapping[str, Sequence[str]],
    ids: NDArray[np.integer[Any]],
) -> Dynamics:
    """Compare a network in training with predictors that are trained already.

    Args:
        network: its name.
        checkpoints: step, epoch and what the network expected then: natural logarithms of distributions, [N, V]; by
            rising step. One of them is in memory at a time.
        rivals: what each rival expects at the same positions, [N, V].
        families: names of rivals, such as "window networks" and "n-grams"; each in one of them.
        ids: the symbols that came, [N].
    """
    rows_N = np.arange(len(ids))
    moments = []
    for step, epoch, log_probs_NV in checkpoints:
        fold = DivergenceFold([(network, rival) for rival in rivals])
        for first in range(0, len(ids), AT_ONCE):
            some = slice(first, first + AT_ONCE)
            fold.update(
                ids[some], {network: log_probs_NV[some]} | {name: values_NV[some] for name, values_NV in rivals.items()}
            )
        found = {one.second: one for one in fold.result()}
        symmetric = {name: one.symmetric for name, one in found.items()}
        moments.append(
            Moment(
                step,
                epoch,
                float(-log_probs_NV[rows_N, ids].mean(dtype=np.float64)),
                symmetric,
                {name: one.loss_difference for name, one in found.items()},
                {family: min(names, key=symmetric.__getitem__) for family, names in families.items()},
            )
        )
    losses = {name: float(-values_NV[rows_N, ids].mean(dtype=np.float64)) for name, values_NV in rivals.items()}
    return Dynamics(
        network,
        len(ids),
        {family: tuple(names) for family, names in families.items()},
        tuple(moments),
        tuple(_milestone(name, family, losses[name], moments) for family, names in families.items() for name in names),
    )


def _milestone(rival: str, family: str, loss_nats: float, moments: Sequence[Moment]) -> Milestone:
    closest = min(moments, key=lambda moment: moment.symmetric[rival])
    return Milestone(
        rival,
        family,
        loss_nats,
        _overtaken([moment.epoch for moment in moments], [moment.ahead[rival] for moment in moments]),
        closest.epoch,
        closest.symmetric[rival],
        next((moment.epoch for moment in moments if moment.nearest[family] == rival), None),
    )


def _overtaken(epochs: Sequence[float], ahead: Sequence[float]) -> float | None:
    """Where a series crosses 0 upwards for the last time, on a straight line; its beginning if it is never below."""
    behind = [index for index, value in enumerate(ahead) if value <= 0]
    if not behind:
        return epochs[0]
    last = behind[-1]
    if last == len(ahead) - 1:
        return None
    share = -ahead[last] / (ahead[last + 1] - ahead[last])
    return epochs[last] + share * (epochs[last + 1] - epochs[last])
