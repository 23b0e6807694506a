"""The onion: every remaining error gets the first cause whose oracle removes it (paper, section 4.4 and Figure 6).

Oracles are applied one after another, so the order matters: the paper's goes from causes that are easily mended to ones
that are not. How much it matters is shown beside each class: what its family would take if it came first, and what it
would take if it came last.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rnnscope.analyse.errors.oracles import Oracle
from rnnscope.analyse.errors.predictions import THRESHOLD
from rnnscope.analyse.stats import block_bootstrap_ratio
from rnnscope.errors import InputError

NO_ERROR = -1
UNEXPLAINED = "unexplained"


@dataclass(frozen=True)
class Layer:
    """One class of errors.

    Args:
        name, family: of the oracle that removes them.
        errors: how many.
        share: of all errors, in [0, 1].
        interval: 95 % interval of the share; None where there are fewer than two blocks.
        nats: sum of -log p over them.
        share_of_nats: of the sum over all errors, in [0, 1].
        share_first, share_last: share of errors if the whole family were applied before, or after, all others; a
            residue stays behind them all.
    """

    name: str
    family: str
    errors: int
    share: float
    interval: tuple[float, float] | None
    nats: float
    share_of_nats: float
    share_first: float
    share_last: float


@dataclass(frozen=True, eq=False)
class Onion:
    """All classes in the order in which they were taken; their errors sum to `errors`.

    Args:
        chars: scored positions.
        errors: positions with p(true) below the threshold.
        nats: sum of -log p over these.
        layers: the classes; the last is `UNEXPLAINED` where something was left.
        of: which layer each position belongs to, [N] int16; `NO_ERROR` where p(true) was large enough.
    """

    chars: int
    errors: int
    nats: float
    threshold: float
    layers: tuple[Layer, ...]
    of: NDArray[np.int16]

    def family(self, name: str) -> tuple[int, float]:
        """Errors of a whole family and their share."""
        errors = sum(layer.errors for layer in self.layers if layer.family == name)
        return errors, errors / max(self.errors, 1)

    def to_dict(self) -> dict[str, Any]:
        """Everything but the class of each position, as plain JSON values."""
        return {
            "chars": self.chars,
            "errors": self.errors,
            "nats": self.nats,
            "threshold": self.threshold,
            "onion": [{"class": layer.name, **_without_name(layer)} for layer in self.layers],
        }


def peel(
    log_probs: NDArray[np.float32],
    oracles: Sequence[Oracle],
    block: int,
    *,
    threshold: float = THRESHOLD,
    order: Sequence[str] | None = None,
    residue: str | None = None,
) -> Onion:
    """Give every error its class.

    Args:
        log_probs: of the predictor whose errors are explained, log p of the true symbol, [N].
        oracles: in the order in which they are applied.
        block: symbols per block of the bootstrap.
        threshold: probability below which a position is an error.
        order: families in another order; every family once.
        residue: a family that explains nothing, such as boosts, which remove whatever is left: what a family takes last
            is what it takes just before that one.

    Raises:
        InputError: the order leaves a family out or names one that is not there.
    """
    families = list(dict.fromkeys(oracle.family for oracle in oracles))
    ordered = _ordered(oracles, families, order)
    wrong_N = log_probs < np.float32(np.log(threshold))
    of_N = _first_of(ordered, wrong_N)
    names = [(oracle.name, oracle.family) for oracle in ordered]
    if (of_N == len(ordered)).any():
        names.append((UNEXPLAINED, UNEXPLAINED))
    errors, nats_N = int(wrong_N.sum()), -log_probs.astype(np.float64)
    nats = float(nats_N[wrong_N].sum())
    alone = _first_and_last(ordered, families, wrong_N, residue)
    layers = []
    for index, (name, family) in enumerate(names):
        here_N = of_N == index
        count, its_nats = int(here_N.sum()), float(nats_N[here_N].sum())
        first, last = alone.get(name, (count, count))
        layers.append(
            Layer(
                name=name,
                family=family,
                errors=count,
                share=count / max(errors, 1),
                interval=block_bootstrap_ratio(here_N.astype(np.float64), wrong_N.astype(np.float64), block),
                nats=its_nats,
                share_of_nats=its_nats / nats if nats else 0.0,
                share_first=first / max(errors, 1),
                share_last=last / max(errors, 1),
            )
        )
    return Onion(len(log_probs), errors, nats, threshold, tuple(layers), of_N)


def _ordered(oracles: Sequence[Oracle], families: Sequence[str], order: Sequence[str] | None) -> list[Oracle]:
    if order is None:
        return list(oracles)
    if sorted(order) != sorted(families):
        raise InputError(
            tried="order the classes of errors",
            given=", ".join(order),
            why=f"the families are: {', '.join(families)}",
            todo="Name each of them once.",
        )
    return [oracle for family in order for oracle in oracles if oracle.family == family]


def _first_of(oracles: Sequence[Oracle], wrong_N: NDArray[np.bool_]) -> NDArray[np.int16]:
    """Index of the first oracle that removes each error; one more than the last where none does."""
    of_N = np.where(wrong_N, np.int16(len(oracles)), np.int16(NO_ERROR))
    for index, oracle in reversed(list(enumerate(oracles))):
        of_N[wrong_N & oracle.removes] = index
    return of_N


def _first_and_last(
    oracles: Sequence[Oracle], families: Sequence[str], wrong_N: NDArray[np.bool_], residue: str | None
) -> dict[str, tuple[int, int]]:
    """Errors of each oracle if its family, in its own order, were applied before all others, and after them."""
    found: dict[str, tuple[int, int]] = {}
    for family in families:
        own = [oracle for oracle in oracles if oracle.family == family]
        behind = {family} if family == residue else {family, residue}
        others = [oracle.removes for oracle in oracles if oracle.family not in behind]
        left_N = wrong_N & ~np.logical_or.reduce(others) if others else wrong_N
        firsts, lasts = _first_of(own, wrong_N), _first_of(own, left_N)
        for index, oracle in enumerate(own):
            found[oracle.name] = (int((firsts == index).sum()), int((lasts == index).sum()))
    return found


def _without_name(layer: Layer) -> dict[str, Any]:
    return {key: value for key, value in asdict(layer).items() if key != "name"}
