"""How unlike two predictors are, whatever their losses: the symmetric Kullback-Leibler divergence of what they expect.

The paper follows a network through its training and asks which model with a known memory it resembles (Figure 5 right).
Whole distributions are compared at every position, so they come chunk by chunk and only sums are kept. The paper does
not say whether its two directions are added or averaged; here both are given, and `symmetric` is their sum.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Divergence:
    """Two predictors compared, in nats per symbol.

    Args:
        first, second: their names.
        chars: positions compared.
        forward: mean of KL(first || second), at least 0.
        backward: mean of KL(second || first), at least 0.
        loss_difference: mean loss of the second less that of the first; above 0 where the first predicts better.
    """

    first: str
    second: str
    chars: int
    forward: float
    backward: float
    loss_difference: float

    @property
    def symmetric(self) -> float:
        """KL in both directions, added."""
        return self.forward + self.backward

    def to_dict(self) -> dict[str, Any]:
        """Everything as plain JSON values."""
        return asdict(self) | {"symmetric": self.symmetric}


@dataclass
class DivergenceFold:
    """Compares pairs of predictors chunk by chunk.

    Args:
        pairs: which predictors are compared, by name.
    """

    pairs: Sequence[tuple[str, str]]
    _chars: int = 0
    _sums: dict[tuple[str, str], NDArray[np.float64]] = field(default_factory=dict)

    def fresh(self) -> Self:
        """An empty fold of the same pairs."""
        return type(self)(self.pairs)

    def update(self, ids: NDArray[np.integer[Any]], log_probs: Mapping[str, NDArray[np.floating[Any]]]) -> None:
        """Take in what all predictors expected at the same positions.

        Args:
            ids: the symbols that came, [N].
            log_probs: by name, natural logarithms of whole distributions, [N, V]; none of them 0 in probability.
        """
        rows_N = np.arange(len(ids))
        logs = {name: values_NV.astype(np.float64) for name, values_NV in log_probs.items()}
        probs = {name: np.exp(values_NV) for name, values_NV in logs.items()}
        for pair in self.pairs:
            one_NV, two_NV = (logs[name] for name in pair)
            ratio_NV = one_NV - two_NV
            forward, backward = (float(np.vdot(probs[name], ratio_NV)) for name in pair)
            found = np.array([forward, -backward, ratio_NV[rows_N, ids].sum()])
            self._sums[pair] = self._sums.get(pair, np.zeros(3)) + found
        self._chars += len(ids)

    def merge(self, other: Self) -> None:
        """Take in what another fold of the same pairs took in."""
        assert tuple(self.pairs) == tuple(other.pairs), (self.pairs, other.pairs)
        self._chars += other._chars
        for pair, sums in other._sums.items():
            self._sums[pair] = self._sums.get(pair, np.zeros(3)) + sums

    def result(self) -> list[Divergence]:
        """Means over all positions, in the order of the pairs."""
        count = max(self._chars, 1)
        zeros = np.zeros(3)
        means = [(pair, (self._sums.get(pair, zeros) / count).tolist()) for pair in self.pairs]
        return [Divergence(*pair, self._chars, max(one, 0.0), max(two, 0.0), loss) for pair, (one, two, loss) in means]


def nearest(divergences: Iterable[Divergence], to: str) -> Divergence | None:
    """The comparison of one predictor with the one that it resembles most; None where it was compared with nobody."""
    return min(
        (one for one in divergences if to in (one.first, one.second)), key=lambda one: one.symmetric, default=None
    )
