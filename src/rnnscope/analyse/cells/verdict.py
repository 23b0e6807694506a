"""From effects of interventions to verdicts: observed, confirmed, causal.

The primary test is the interchange: a cell is set to values that it has in the opposite condition, and the change in
the log-odds of the target symbol is measured. Effects come with the sign that was written down before: positive is as
predicted. A claim is causal that is confirmed and whose mean effect at target positions exceeds both the largest mean
effect of the matched cells, whatever its sign, and its own mean effect elsewhere. Both differences are drawn again over
blocks of text, the largest matched cell chosen anew in every draw; the larger of the two probabilities counts, and
Holm's correction over all claims that were tested is applied (Holm 1979).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from rnnscope.analyse.cells.blocks import Array
from rnnscope.analyse.cells.effects import ERASE, WRITE, Effects
from rnnscope.analyse.cells.matched import MATCHED
from rnnscope.units import NATS_PER_BIT

Verdict = Literal["observed", "confirmed", "causal"]

RESAMPLES = 9_999
LEVEL = 0.05
LEAST_EVENTS = 20
"""Moments of either direction, at targets; with fewer nothing is tested."""


@dataclass
class Proof:
    """What the interventions on one cell showed. Effects in bits of log-odds, positive as predicted.

    Args:
        effect_bits: mean at targets, over quantiles and both directions. interval_bits: of 99 % at each end.
        write_bits, erase_bits: in each direction alone. quantile_bits: for each quantile.
        elsewhere_bits: mean at other positions. matched_bits: of the matched cells, largest first.
        events: moments at targets.
        chance_matched: probability that the largest matched cell has as large an effect.
        chance_elsewhere: probability that the effect elsewhere is as large.
        chance: the larger of both, after Holm's correction.
        causal: whether all of it holds. why_not: in words, where it does not.
    """

    effect_bits: float
    interval_bits: tuple[float, float]
    write_bits: float | None
    erase_bits: float | None
    quantile_bits: list[float]
    elsewhere_bits: float | None
    matched_bits: list[float]
    events: int
    chance_matched: float
    chance_elsewhere: float
    chance: float = 1.0
    causal: bool = False
    why_not: str = ""


def prove(effects: Sequence[Effects], *, resamples: int = RESAMPLES, seed: int = 0) -> list[Proof]:
    """Judge all claims that were tested, together.

    Args:
        effects: of every confirmed claim whose feature declares targets, with one moment at targets or more.
        resamples: draws; the smallest probability is 1 / (resamples + 1).
        seed: of the draws.
    """
    proofs = [_measure(one, resamples, seed + k) for k, one in enumerate(effects)]
    corrected = holm([max(proof.chance_matched, proof.chance_elsewhere) for proof in proofs])
    for proof, chance, one in zip(proofs, corrected, effects, strict=True):
        proof.chance = chance
        proof.why_not = _why_not(proof, one)
        proof.causal = not proof.why_not
    return proofs


def _measure(one: Effects, resamples: int, seed: int) -> Proof:
    random = np.random.default_rng(seed)
    own_E, elsewhere_D = one.targets.mean(axis=0), one.elsewhere.mean(axis=0)
    # One draw of blocks serves targets and other positions: they are from the same text.
    _, block = np.unique(np.concatenate([one.blocks, one.elsewhere_blocks]), return_inverse=True)
    count = int(block.max()) + 1
    drawn_RB = random.multinomial(count, np.full(count, 1 / count), resamples).astype(np.float64)
    at_E, at_D = block[: len(own_E)], block[len(own_E) :]
    own_R = _drawn_means(own_E[None], at_E, drawn_RB)[0]
    largest_R = np.abs(_drawn_means(one.matched, at_E, drawn_RB)).max(axis=0, initial=0.0)
    elsewhere_R = _drawn_means(elsewhere_D[None], at_D, drawn_RB)[0]
    bits_M = one.matched.mean(axis=1) / NATS_PER_BIT
    interval = np.nanquantile(own_R, [0.01, 0.99]) / NATS_PER_BIT
    return Proof(
        effect_bits=float(own_E.mean() / NATS_PER_BIT),
        interval_bits=(float(interval[0]), float(interval[1])),
        write_bits=_mean_bits(own_E[one.direction == WRITE]),
        erase_bits=_mean_bits(own_E[one.direction == ERASE]),
        quantile_bits=(one.targets.mean(axis=1) / NATS_PER_BIT).tolist(),
        elsewhere_bits=_mean_bits(elsewhere_D),
        matched_bits=sorted(bits_M.tolist(), key=abs, reverse=True),
        events=len(own_E),
        chance_matched=_chance(own_R - largest_R),
        chance_elsewhere=_chance(own_R - elsewhere_R),
    )


def _drawn_means(values_ME: Array, block_E: NDArray[np.int64], drawn_RB: Array) -> Array:
    """Means over moments when blocks are drawn again, [M, R]; NaN where a draw has none."""
    count = drawn_RB.shape[1]
    sums_MB = np.array([np.bincount(block_E, row, count) for row in values_ME]).reshape(len(values_ME), count)
    sizes_R = drawn_RB @ np.bincount(block_E, minlength=count)
    means_MR: Array = (sums_MB @ drawn_RB.T) / np.where(sizes_R > 0, sizes_R, np.nan)
    return means_MR


def _chance(differences_R: NDArray[np.float64]) -> float:
    """The share of draws without a positive difference; undefined draws count as such."""
    return (1 + int(np.count_nonzero(~(differences_R > 0)))) / (1 + len(differences_R))


def _mean_bits(nats: NDArray[np.float64]) -> float | None:
    return float(nats.mean() / NATS_PER_BIT) if len(nats) else None


def _why_not(proof: Proof, one: Effects) -> str:
    """The first reason against a causal verdict, or nothing."""
    fewest = int(np.bincount(one.direction, minlength=2).min())
    if len(one.matched) < MATCHED:
        return f"only {len(one.matched)} matched cells in the layer, {MATCHED} are asked for"
    if fewest < LEAST_EVENTS:
        return f"only {fewest} moments in one of the directions, {LEAST_EVENTS} are asked for"
    if min(proof.write_bits or 0.0, proof.erase_bits or 0.0) <= 0:
        return "not as predicted in both directions"
    if proof.chance > LEVEL:
        other = (
            "that of the largest matched cell" if proof.chance_matched >= proof.chance_elsewhere else "that elsewhere"
        )
        return f"the effect does not exceed {other} beyond chance"
    return ""


def holm(chances: Sequence[float]) -> list[float]:
    """Holm's step-down correction.

    >>> holm([0.01, 0.04, 0.03])
    [0.03, 0.06, 0.06]
    """
    order = np.argsort(chances, kind="stable").tolist()
    corrected, largest = [1.0] * len(chances), 0.0
    for rank, k in enumerate(order):
        largest = max(largest, min(1.0, (len(chances) - rank) * chances[k]))
        corrected[k] = largest
    return corrected


def verdict(*, confirmed: bool, proof: Proof | None) -> Verdict:
    """What may be said of a claim: causal needs confirmed, and targets that were declared beforehand."""
    if not confirmed:
        return "observed"
    return "causal" if proof is not None and proof.causal else "confirmed"


@dataclass(frozen=True)
class Pair:
    """Two cells with the same claim, ablated alone and together; effects in bits of log-odds at the same moments.

    Args:
        alone_bits, partner_bits, both_bits: mean loss of the predicted effect.
        more_bits: lower 99 % bound of what both do beyond the larger of the two.
        beyond_sum_bits: lower 99 % bound of what both do beyond the sum of the two.
    """

    alone_bits: float
    partner_bits: float
    both_bits: float
    more_bits: float
    beyond_sum_bits: float

    @property
    def redundant(self) -> bool:
        """Whether the partner does the job too: without both the effect is lost, and more of it than without either."""
        return self.more_bits > 0 and self.both_bits > 0

    @property
    def backup(self) -> bool:
        """Whether each stands in for the other: more is lost without both than the two losses together."""
        return self.beyond_sum_bits > 0


def redundancy(
    alone: NDArray[np.float64],
    partner: NDArray[np.float64],
    both: NDArray[np.float64],
    blocks: NDArray[np.int64],
    *,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> Pair:
    """Judge a pair from what ablations cost, in nats, [E] each, at moments of the given blocks."""
    _, block_E = np.unique(blocks, return_inverse=True)
    count = int(block_E.max()) + 1
    drawn_RB = np.random.default_rng(seed).multinomial(count, np.full(count, 1 / count), resamples).astype(np.float64)
    alone_R, partner_R, both_R = _drawn_means(np.stack([alone, partner, both]), block_E, drawn_RB) / NATS_PER_BIT
    more, beyond = both_R - np.maximum(alone_R, partner_R), both_R - alone_R - partner_R
    alone_bits, partner_bits, both_bits = (float(nats.mean() / NATS_PER_BIT) for nats in (alone, partner, both))
    bounds = float(np.nanquantile(more, 0.01)), float(np.nanquantile(beyond, 0.01))
    return Pair(alone_bits, partner_bits, both_bits, *bounds)
