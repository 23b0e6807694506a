"""Linear mixtures of predictors, with the weights that make a text they were not made from most likely.

    p(symbol | past) = sum over k of w_k p_k(symbol | past),    w_k >= 0,    sum over k of w_k = 1

Positions may be told apart by what is known before the symbol is (`buckets`), each kind with weights of its own:
deleted interpolation (Jelinek and Mercer 1980). For the contexts of one n-gram the bucket is the length of the longest
context that training has seen; where a bucket has nothing to learn from, the weights over all positions stand in.

Weights are fitted by expectation maximisation (Dempster, Laird and Rubin 1977) from equal weights: w_k <- w_k g_k with
g_k = mean over positions of p_k / p, which never makes the text less likely. Steps grow as long as that stays so
(w_k g_k^s, normalised, with s = 1 wherever a longer step would have made it less likely: adaptive overrelaxation,
Salakhutdinov and Roweis 2003), which takes tens to hundreds of steps where plain ones take thousands. The mean
log-likelihood is concave in w, and g is its gradient, so no weights whatever are better by more than max g_k - 1 nats
per symbol: that bound is the criterion of convergence, and is reported as `gap_nats`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

TOLERANCE_NATS = 3e-4
"""A bound on what better weights could gain, in nats per symbol; what they do gain is a tenth of it and less."""

MOST_ITERATIONS = 10_000

GROWTH = 1.1
"""A step that made the text more likely is followed by one that is longer by this factor."""


class Weights(NamedTuple):
    """Weights of one mixture.

    Attributes:
        values: in [0, 1], summing to 1, [K] float64.
        loss_nats: of the text they were fitted on.
        gap_nats: no other weights have a loss on it that is lower by more than this.
        iterations: of expectation maximisation.
    """

    values: NDArray[np.float64]
    loss_nats: float
    gap_nats: float
    iterations: int


@dataclass(frozen=True, eq=False)
class Mixture:
    """Weights for every bucket.

    Attributes:
        weights: rows in [0, 1] that sum to 1, [D, K] float64; for buckets without positions those of all positions.
        positions: how many positions each bucket was fitted on, [D] int64.
        loss_nats: of the text they were fitted on.
        gap_nats: no other weights have a loss on it that is lower by more than this.
        iterations: of the bucket that took most.
    """

    weights: NDArray[np.float64]
    positions: NDArray[np.int64]
    loss_nats: float
    gap_nats: float
    iterations: int

    def log_probs(
        self, log_probs: NDArray[np.floating[Any]], buckets: NDArray[np.integer[Any]] | None = None
    ) -> NDArray[np.float32]:
        """Mix what the predictors gave to the symbols that came.

        Args:
            log_probs: natural logarithms of probabilities, [K, N].
            buckets: of the positions, [N], integers in [0, D); None where there is one bucket.

        Returns:
            Natural logarithms of the mixture's probabilities, [N].
        """
        buckets_N = np.zeros(log_probs.shape[1], np.int64) if buckets is None else buckets
        with np.errstate(divide="ignore"):
            log_weights_KN = np.log(self.weights)[buckets_N].T
        return log_sum_exp(log_probs + log_weights_KN).astype(np.float32)


class ScoredByDepth(Protocol):
    """What scoring a part with several contexts of one n-gram gives: log p [K, N], longest context seen [N]."""

    @property
    def log_probs(self) -> NDArray[np.float32]: ...
    @property
    def depths(self) -> NDArray[np.int32]: ...


class MixedByDepth(NamedTuple):
    """All contexts of an n-gram mixed by matched depth.

    Attributes:
        mixture: one row of weights for every depth 0..C.
        log_probs: of the test part's symbols, in nats, [N] float32.
        loss_nats: mean of -log p over the test part.
    """

    mixture: Mixture
    log_probs: NDArray[np.float32]
    loss_nats: float


def fit(log_probs: NDArray[np.floating[Any]], *, tolerance_nats: float = TOLERANCE_NATS) -> Weights:
    """Find the weights that make the symbols most likely.

    Args:
        log_probs: what each predictor gave to each symbol, natural logarithms, [K, N], K and N at least 1. -inf is
            allowed where another predictor has more.
        tolerance_nats: the bound on what better weights could gain at which to stop, above 0.

    Where neighbours in the list gave the same to every symbol, such as contexts longer than any that was seen, the
    first of them has the weight of all.
    """
    # A factor common to all predictors changes no weight, and keeps small probabilities from vanishing.
    best_N = log_probs.max(axis=0).astype(np.float64)
    assert np.isfinite(best_N).all(), "some predictor must think each symbol possible"
    told_apart = [k for k in range(len(log_probs)) if not k or not np.array_equal(log_probs[k], log_probs[k - 1])]
    relative_KN = np.exp(log_probs[told_apart] - best_N)
    weights_K = np.full(len(relative_KN), 1 / len(relative_KN))
    mixed_N = weights_K @ relative_KN
    likelihood, stretch = np.log(mixed_N).mean(), 1.0
    iterations = 0
    while iterations < MOST_ITERATIONS:
        gradient_K = relative_KN @ (1 / mixed_N) / len(mixed_N)
        gap_nats = max(0.0, float(gradient_K.max() - 1))
        if gap_nats <= tolerance_nats:
            break
        iterations += 1
        while True:
            tried_K = weights_K * gradient_K**stretch
            tried_K /= tried_K.sum()
            mixed_N = tried_K @ relative_KN
            tried = np.log(mixed_N).mean()
            if tried >= likelihood or stretch == 1:
                break
            stretch = 1.0
        weights_K, likelihood, stretch = tried_K, tried, stretch * GROWTH
    values_K = np.zeros(len(log_probs))
    values_K[told_apart] = weights_K
    return Weights(values_K, -float(likelihood + best_N.mean()), gap_nats, iterations)


def fit_buckets(
    log_probs: NDArray[np.floating[Any]],
    buckets: NDArray[np.integer[Any]],
    count: int,
    *,
    tolerance_nats: float = TOLERANCE_NATS,
) -> Mixture:
    """Find weights for each bucket by itself.

    Args:
        log_probs: as for `fit`, [K, N].
        buckets: of the positions, [N], integers in [0, count).
        count: D, the number of buckets.
        tolerance_nats: as for `fit`, for every bucket.
    """
    sizes_D = np.bincount(buckets, minlength=count)
    assert len(sizes_D) == count, "a bucket is beyond the last"
    order_N = np.argsort(buckets, kind="stable")
    stops_D = np.cumsum(sizes_D)
    weights_DK = np.empty((count, len(log_probs)))
    found = {}
    for bucket in np.flatnonzero(sizes_D).tolist():
        members = order_N[stops_D[bucket] - sizes_D[bucket] : stops_D[bucket]]
        found[bucket] = fit(log_probs[:, members], tolerance_nats=tolerance_nats)
        weights_DK[bucket] = found[bucket].values
    if len(found) < count:
        weights_DK[sizes_D == 0] = fit(log_probs, tolerance_nats=tolerance_nats).values
    shares = {bucket: sizes_D[bucket] / len(buckets) for bucket in found}
    return Mixture(
        weights=weights_DK,
        positions=sizes_D,
        loss_nats=float(sum(shares[bucket] * weights.loss_nats for bucket, weights in found.items())),
        gap_nats=float(sum(shares[bucket] * weights.gap_nats for bucket, weights in found.items())),
        iterations=max(weights.iterations for weights in found.values()),
    )


def by_depth(valid: ScoredByDepth, test: ScoredByDepth, context: int) -> MixedByDepth:
    """Mix all scored contexts of one n-gram, the weights depending on the longest context that training has seen.

    Args:
        valid: scores of the validation part, which the weights are fitted on.
        test: scores of the test part with the same contexts.
        context: C, the model's longest context: depths are at most that.
    """
    mixture = fit_buckets(valid.log_probs, valid.depths, context + 1)
    log_probs_N = mixture.log_probs(test.log_probs, test.depths)
    return MixedByDepth(mixture, log_probs_N, -float(np.mean(log_probs_N, dtype=np.float64)))


def linear(valid: Sequence[NDArray[np.floating[Any]]]) -> Mixture:
    """Find one weight for each of several predictors of any kind.

    Args:
        valid: for each predictor, what it gave to the same symbols of the validation part, natural logarithms, [N].
    """
    return fit_buckets(np.stack(valid), np.zeros(len(valid[0]), np.int64), 1)


def log_sum_exp(values: NDArray[np.floating[Any]]) -> NDArray[np.float64]:
    """Logarithm of the sum of exponentials over the first axis; -inf where all are."""
    best = values.max(axis=0).astype(np.float64)
    shift = np.where(np.isfinite(best), best, 0.0)
    with np.errstate(divide="ignore"):
        found: NDArray[np.float64] = np.log(np.exp(values - shift).sum(axis=0)) + shift
    return found
