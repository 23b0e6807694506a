"""Count a training part, and score a part by all contexts at once: the two steps from a text to its table."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rnnscope.artifacts.score_table import ScoreTable
from rnnscope.config import NgramConfig
from rnnscope.corpus.split import Split
from rnnscope.errors import InputError
from rnnscope.ngram import seams
from rnnscope.ngram.kneser_ney import KneserNey

Ids = NDArray[np.integer[Any]]


def count(ids: Ids, split: Split, vocabulary: int, config: NgramConfig) -> KneserNey:
    """Fit one model of all contexts up to the longest one asked for.

    Args:
        ids: the whole text, [N], in [0, V).
        split: where its training part lies.
        vocabulary: V.
        config: contexts, seams, who computes with how many threads.
    """
    streams = seams.training_streams(ids, split.parts["train"], config.seams)
    if not streams:
        raise InputError(
            tried="count n-grams",
            given=f"a text of {len(ids):,} symbols",
            why="its training part is empty",
            todo="Give a longer text, or other --fractions.",
        )
    return KneserNey.fit(
        streams,
        vocabulary,
        config.lengths[-1],
        marks=config.seams == "joined",
        kernel=config.kernel,
        threads=config.threads,
    )


def score_part(
    model: KneserNey,
    ids: Ids,
    split: Split,
    part: str,
    config: NgramConfig,
    *,
    contexts: Sequence[int] | None = None,
    facts: Mapping[str, Any] | None = None,
    made_from: Mapping[str, str] | None = None,
) -> ScoreTable:
    """Score a part of a text by every context.

    Args:
        model: what `count` made.
        ids: the whole text, [N].
        split: where its parts lie.
        part: train, valid or test.
        config: seams, threads, and the contexts where none are given.
        contexts: which lengths of context.
        facts: what the scores shall say of themselves.
        made_from: hashes of model and text.
    """
    lengths = sorted(config.lengths if contexts is None else set(contexts))
    read_M, pieces = seams.reading(ids, split, part, config.seams)
    scored = model.score(read_M, pieces, lengths, threads=config.threads)
    positions_N = seams.positions(split.parts[part])
    return ScoreTable(
        tuple(lengths),
        positions_N,
        ids[positions_N].astype(np.int32),
        scored.depths,
        scored.log_probs,
        scored.best,
        scored.ranks,
        facts or {},
        made_from or {},
    )


def log_probs(
    model: KneserNey, ids: Ids, split: Split, part: str, config: NgramConfig, contexts: Iterable[int]
) -> NDArray[np.float32]:
    """Only log p of the symbols of a part, [K, N], for contexts in the order given; arguments as for `score_part`."""
    read_M, pieces = seams.reading(ids, split, part, config.seams)
    return model.log_probs_of_true(read_M, pieces, list(contexts), threads=config.threads)
