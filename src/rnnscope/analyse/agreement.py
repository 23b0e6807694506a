"""The map of models: which predictors predict alike, whatever their losses (paper, Figure 1 right).

The paper says two things about its picture. Its text: the fraction of positions at which two models agree on the most
likely symbol, which is what `agreement` gives and what the map is drawn from. Its caption: the probabilities that
models assign to the true symbols; `likeness` gives distances between these. A picture proves nothing, so whether models
of one kind stand together is tested on the matrix itself.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rnnscope.errors import InputError

LEAST_MODELS = 5
"""Fewer points make no map."""

PERMUTATIONS = 9999
"""Relabellings of the cluster test."""


def agreement(best: NDArray[np.int32]) -> NDArray[np.float64]:
    """Fraction of positions at which two predictors hold the same symbol to be the most likely one.

    Args:
        best: most likely symbols, [K, N].

    Returns:
        Symmetric, [K, K], ones on the diagonal.
    """
    assert best.shape[1] > 0, "there is something to agree on"
    return np.array([[np.mean(one == other) for other in best] for one in best])


def likeness(log_probs: NDArray[np.float32]) -> NDArray[np.float64]:
    """Root mean square difference of p(true) between predictors.

    Args:
        log_probs: of the true symbols, [K, N].

    Returns:
        Distances in [0, 1], [K, K], zeros on the diagonal.
    """
    probs_KN = np.exp(log_probs.astype(np.float64))
    return np.array([[np.sqrt(np.mean((one - other) ** 2)) for other in probs_KN] for one in probs_KN])


@dataclass(frozen=True, eq=False)
class Map:
    """Models in the plane.

    Args:
        points: one map for each seed, [S, K, 2]; only distances between near points mean anything.
        perplexity: about how many neighbours each model was given.
        seeds: of the maps.
        divergences: Kullback-Leibler divergence that each map was left with, in nats, [S]; the first map has the least.
    """

    points: NDArray[np.float64]
    perplexity: float
    seeds: tuple[int, ...]
    divergences: tuple[float, ...]


def embed(distances: NDArray[np.float64], *, perplexity: float | None = None, seeds: Sequence[int] = range(5)) -> Map:
    """Draw models in the plane by t-SNE (van der Maaten and Hinton 2008) from their distances.

    Args:
        distances: symmetric, at least 0, [K, K]; 1 - `agreement`, for example.
        perplexity: at least 1 and below K; by default a third of the other models, at most 30 and at least 2.
        seeds: one map is drawn for each.

    Raises:
        InputError: there are fewer than 5 models, or the perplexity is not possible.
    """
    from sklearn.manifold import TSNE

    models = len(distances)
    if models < LEAST_MODELS:
        raise InputError(
            tried="draw a map of models",
            given=f"{models} models",
            why=f"fewer than {LEAST_MODELS} points make no map",
            todo="Train more networks, or read the agreement matrix itself.",
        )
    wanted = min(30.0, max(2.0, (models - 1) / 3)) if perplexity is None else perplexity
    if not 1 <= wanted < models:
        raise InputError(
            tried="draw a map of models",
            given=f"perplexity {wanted:g} for {models} models",
            why="the perplexity is a number of neighbours",
            todo=f"Use a number from 1 to below {models}.",
        )
    drawn = []
    for seed in seeds:
        tsne = TSNE(
            perplexity=wanted,
            metric="precomputed",
            init="random",
            random_state=seed,
            learning_rate="auto",
            max_iter=2000,
        )
        points = tsne.fit_transform(distances)
        drawn.append((float(tsne.kl_divergence_), seed, points.astype(np.float64)))
    drawn.sort(key=lambda one: one[:2])
    divergences, ordered, points = zip(*drawn, strict=True)
    return Map(np.stack(points), float(wanted), tuple(ordered), tuple(divergences))


@dataclass(frozen=True)
class ClusterTest:
    """Do models with the same label agree more with each other than with the rest?

    Args:
        label: what was tested.
        within: mean agreement of pairs that both have the label.
        between: mean agreement of pairs of which one has it.
        p_value: share of relabellings with a difference at least as large, the given one counted; None where no
            relabelling differs enough to be a test (fewer than 20 of them).
        relabellings: how many were drawn.
    """

    label: str
    within: float
    between: float
    p_value: float | None
    relabellings: int

    def to_dict(self) -> dict[str, Any]:
        """Everything as plain JSON values."""
        return asdict(self)


def cluster_test(
    agreements: NDArray[np.float64],
    labels: Sequence[str],
    label: str,
    *,
    permutations: int = PERMUTATIONS,
    seed: int = 0,
) -> ClusterTest:
    """Test by relabelling whether one kind of model stands apart.

    Args:
        agreements: from `agreement`, [K, K].
        labels: kind of each model, [K].
        label: the kind that is asked about; at least two models have it, and at least one has not.
        permutations: relabellings drawn.
        seed: of the draws.

    Raises:
        InputError: too few models have the label, or all have.
    """
    own_K = np.array([one == label for one in labels])
    members, others = int(own_K.sum()), int((~own_K).sum())
    if members < 2 or not others:
        raise InputError(
            tried="test whether models of a kind stand apart",
            given=f"{members} of {len(labels)} models are {label}",
            why="pairs of the kind are compared with pairs of which one is of another kind",
            todo="Compare at least two models of the kind with at least one of another.",
        )

    def difference(chosen_K: NDArray[np.bool_]) -> tuple[float, float]:
        inside_KK = agreements[np.ix_(chosen_K, chosen_K)]
        within = (inside_KK.sum() - np.trace(inside_KK)) / (members * (members - 1))
        return float(within), float(agreements[np.ix_(chosen_K, ~chosen_K)].mean())

    within, between = difference(own_K)
    random = np.random.default_rng(seed)
    as_large = 1
    for _ in range(permutations):
        drawn_within, drawn_between = difference(random.permutation(own_K))
        as_large += drawn_within - drawn_between >= within - between - 1e-12
    possible = math.comb(len(labels), members)
    p_value = as_large / (permutations + 1) if possible >= 20 else None
    return ClusterTest(label, within, between, p_value, permutations)
