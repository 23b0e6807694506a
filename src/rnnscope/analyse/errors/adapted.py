"""What adaptation mends: the onion of a predictor beside those of the same predictor with help, class by class.

Classes are made by oracles that know the text and other predictors, so an error that help leaves keeps its class; only
the boosts look at the predictor itself. A class therefore shrinks by what is mended in it and grows by errors that are
new, and both are said. Dimension letters: N positions in text order.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rnnscope.analyse.errors.battery import Options, peel_all
from rnnscope.analyse.errors.onion import Onion
from rnnscope.analyse.errors.predictions import LEAST_CASES, Predictions
from rnnscope.analyse.stats import block_bootstrap_mean, block_bootstrap_ratio
from rnnscope.corpus.split import Segment
from rnnscope.corpus.text import Text


def adaptation(
    test: Predictions,
    base: str,
    adapted: Sequence[str],
    ngrams: Mapping[int, str],
    text: Text,
    training: Sequence[Segment],
    options: Options,
) -> dict[str, Any]:
    """Compare the errors of a predictor with those of its adapted selves.

    Args:
        test: scores of all of them, and of the n-grams.
        base, adapted: names of the predictor, and of itself with help.
        ngrams: names of the n-grams by context.
        text: the whole text.
        training: its training part, in which words are counted.
        options: as for the onion.

    Returns:
        Plain JSON values: "chars"; "onions" by name; and in "adapted" for each its loss, what it gains in nats, and
        for all errors, every family and every class how many there were before and are after, how many were mended
        and are new, and the reduction (mended less new, as a share of those before) with its interval.
    """
    onions = peel_all(test, [base, *adapted], ngrams, text, training, options)
    before = onions[base]
    return {
        "chars": len(test),
        "network": base,
        "loss_nats": _loss_nats(test.row(base)),
        "onions": {name: onion.to_dict() for name, onion in onions.items()},
        "adapted": [
            {
                "name": name,
                "loss_nats": _loss_nats(test.row(name)),
                **_gain(test.row(name), test.row(base), test.block),
                **reduction(before.of >= 0, onions[name].of >= 0, test.block),
                "families": _by(before, onions[name], "family", test.block),
                "classes": _by(before, onions[name], "name", test.block),
            }
            for name in adapted
        ],
    }


def reduction(before: NDArray[np.bool_], after: NDArray[np.bool_], block: int) -> dict[str, Any]:
    """How many errors of one kind are gone.

    Args:
        before, after: where there is such an error, in text order, [N] each.
        block: symbols per block of the bootstrap.

    Returns:
        "before", "after", "mended", "new": counts; "reduction" in (-inf, 1], None where there were none; "interval":
        95 %; "enough": whether there were enough cases for a conclusion.
    """
    count = int(before.sum())
    fewer_N = before.astype(np.float64) - after
    return {
        "before": count,
        "after": int(after.sum()),
        "mended": int((before & ~after).sum()),
        "new": int((after & ~before).sum()),
        "reduction": float(fewer_N.sum() / count) if count else None,
        "interval": block_bootstrap_ratio(fewer_N, before.astype(np.float64), block),
        "enough": count >= LEAST_CASES,
    }


def _by(before: Onion, after: Onion, what: str, block: int) -> list[dict[str, Any]]:
    """Reductions by name or family, in the order of the onion."""

    def where(onion: Onion, key: str) -> NDArray[np.bool_]:
        found: NDArray[np.bool_] = np.isin(
            onion.of, [index for index, layer in enumerate(onion.layers) if getattr(layer, what) == key]
        )
        return found

    keys = dict.fromkeys(getattr(layer, what) for onion in (before, after) for layer in onion.layers)
    word = "class" if what == "name" else what
    return [{word: key, **reduction(where(before, key), where(after, key), block)} for key in keys]


def _gain(log_probs_N: NDArray[np.float32], base_N: NDArray[np.float32], block: int) -> dict[str, Any]:
    gain_N = log_probs_N.astype(np.float64) - base_N
    return {"gain_nats": float(gain_N.mean()), "gain_interval_nats": block_bootstrap_mean(gain_N, block)}


def _loss_nats(log_probs_N: NDArray[np.float32]) -> float:
    return float(-log_probs_N.mean(dtype=np.float64))
