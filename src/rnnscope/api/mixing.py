"""What mixtures gain: all contexts of an n-gram by matched depth, any predictor with a cache, a network with an n-gram.

Weights are fitted on the validation part; the test part is then scored with them. What a mixture gains is its mean
difference from the best of its members on the validation part, with an interval that draws both from the same blocks:
members and mixture find the same passages hard, so the interval of the difference is far narrower than either's own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rnnscope.analyse.stats import block_bootstrap_mean
from rnnscope.artifacts.score_table import ScoreTable
from rnnscope.config import MOST_CONTEXTS, NgramConfig
from rnnscope.corpus.split import Split
from rnnscope.ngram import cache, mixtures, scoring, seams
from rnnscope.ngram.kneser_ney import KneserNey
from rnnscope.units import bits

CACHE_CONTEXT, CACHE_WINDOW = 6, 5000
"""One cache for all texts: a search over caches (`ngram.cache.fit`) would take longer than everything else here."""


AT_ONCE = 1 << 15
"""Positions that are mixed at once."""


def mixed_table(
    model: KneserNey, ids: scoring.Ids, cut: Split, config: NgramConfig, scored: Mapping[str, ScoreTable]
) -> dict[str, Any]:
    """All contexts mixed, and the best one with a cache, as plain values; null where a held-out part is missing.

    Args:
        model: what gave the scores.
        ids: the whole text, [N].
        cut: its split.
        config: which contexts and seams.
        scored: `valid` and `test`, where the split has them.
    """
    if len(scored) < 2:
        return {"mixture": None, "cache": None}
    losses = {context: scored["valid"].scores(context).loss_nats for context in config.lengths}
    best = min(losses, key=losses.__getitem__)
    cached = with_cache(
        {part: table.scores(best).log_probs for part, table in scored.items()},
        {part: seams.reading(ids, cut, part, config.seams) for part in scored},
        model.vocabulary,
        int(scored["test"].facts["block"]),
    )
    return {"mixture": _by_depth(model, ids, cut, config, scored), "cache": {"of_context": best} | cached}


def with_cache(
    log_probs: Mapping[str, NDArray[np.float32]],
    read: Mapping[str, tuple[scoring.Ids, list[Any]]],
    vocabulary: int,
    block: int,
) -> dict[str, Any]:
    """A predictor with counts of the symbols just read, weighted by how long a context of theirs matches.

    Args:
        log_probs: what the predictor gave on `valid` and on `test`, in nats, [N].
        read: for both the stream that was read, and its pieces; see `seams.reading`.
        vocabulary: V.
        block: symbols per block of the interval.
    """
    mixed_N, mixture = mix_with_cache(log_probs, read, vocabulary)
    losses = _losses(mixed_N, log_probs["test"], mixture, block)
    return losses | {"context": CACHE_CONTEXT, "window": CACHE_WINDOW}


def mix_with_cache(
    log_probs: Mapping[str, NDArray[np.float32]],
    read: Mapping[str, tuple[scoring.Ids, Sequence[tuple[int, ...]]]],
    vocabulary: int,
) -> tuple[NDArray[np.float32], mixtures.Mixture]:
    """What a predictor with a cache gave to the test symbols, in nats, [N], and the weights found on `valid`.

    Args:
        log_probs, read, vocabulary: as for `with_cache`.
    """
    fitted = cache.fit(
        log_probs["valid"], *read["valid"], vocabulary, contexts=(CACHE_CONTEXT,), windows=(CACHE_WINDOW,)
    )
    cached_N, depth_N = fitted.cache.log_probs_of_true(*read["test"], vocabulary)
    return fitted.mixture.log_probs(np.stack([log_probs["test"], cached_N]), depth_N), fitted.mixture


def side_by_side(
    valid: list[NDArray[np.float32]], test: list[NDArray[np.float32]], block: int
) -> tuple[dict[str, Any], list[float]]:
    """Predictors with one weight each.

    Args:
        valid: what each gave on the validation part, in nats, [N].
        test: the same on the test part.
        block: symbols per block of the interval.

    Returns:
        The losses, with which member is the best on the validation part (`best_member`), and the weights, which sum
        to 1.
    """
    mixture = mixtures.linear(valid)
    best = best_member(np.stack(valid))
    losses = _losses(mixture.log_probs(np.stack(test)), test[best], mixture, block)
    return losses | {"best_member": best}, mixture.weights[0].tolist()


def best_member(valid: NDArray[np.float32]) -> int:
    """Which predictor makes the validation part most likely, of [K, N] log-probabilities; the first of equals."""
    return int(valid.mean(axis=1, dtype=np.float64).argmax())


def _by_depth(
    model: KneserNey, ids: scoring.Ids, cut: Split, config: NgramConfig, scored: Mapping[str, ScoreTable]
) -> dict[str, Any]:
    """All contexts from 0 on, mixed by the longest one that was seen; one part in memory at a time."""
    # Beyond that many, those that were asked for must do: all of them at once would not fit into memory.
    contexts = tuple(range(model.context + 1)) if model.context < MOST_CONTEXTS else config.lengths

    def log_probs(part: str) -> NDArray[np.float32]:
        return scoring.log_probs(model, ids, cut, part, config, contexts)

    valid_KN = log_probs("valid")
    best = best_member(valid_KN)
    mixture = mixtures.fit_buckets(valid_KN, scored["valid"].depths, model.context + 1)
    del valid_KN
    test_KN, depths_N = log_probs("test"), scored["test"].depths
    mixed_N = np.concatenate(
        [
            mixture.log_probs(test_KN[:, start : start + AT_ONCE], depths_N[start : start + AT_ONCE])
            for start in range(0, len(depths_N), AT_ONCE)
        ]
    )
    depths = [
        {"depth": depth, "valid_chars": int(count), "weights": mixture.weights[depth].round(6).tolist()}
        for depth, count in enumerate(mixture.positions)
        if count
    ]
    losses = _losses(mixed_N, test_KN[best], mixture, int(scored["test"].facts["block"]))
    return {"contexts": list(contexts)} | losses | {"over_context": contexts[best], "depths": depths}


def _losses(
    log_probs_N: NDArray[np.float32], member_N: NDArray[np.float32], mixture: mixtures.Mixture, block: int
) -> dict[str, Any]:
    """What a mixture costs, and what it gains over its best member, on the test part."""
    gain_N = log_probs_N.astype(np.float64) - member_N
    loss_nats = float(-np.mean(log_probs_N, dtype=np.float64))
    return {
        "loss_nats": loss_nats,
        "bits_per_char": bits(loss_nats),
        "interval_nats": block_bootstrap_mean(-log_probs_N, block),
        "valid_loss_nats": mixture.loss_nats,
        "gain_nats": float(gain_N.mean()),
        "gain_interval_nats": block_bootstrap_mean(gain_N, block),
    }
