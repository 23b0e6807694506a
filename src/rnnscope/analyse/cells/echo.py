"""What a linear model of the last 20 symbols explains of a cell, and whether the rest still tracks the feature.

A cell can follow a feature for a while by adding up recent symbols. So each cell is regressed on the one-hot codes of
the symbols at lags 0 to 19 (ridge regression). The part is cut in two, alternate blocks in each half; each is predicted
by the model of the other half, so that nothing is explained by fitting. What is left of the cell is then scored against
the feature, and that score is multiplied by the share of the cell's standard deviation that is left, sqrt(1 - R^2): a
remainder that is a thousandth of the cell does not carry the feature, however well its ranks do.

The same model, trained on the feature in the place of a cell, says how far recent symbols alone would get.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

LAGS = 20
SYMBOLS = 128
"""Codes of a lag; in larger alphabets the rarest symbols share the last one."""

RIDGE = 10.0
"""Penalty, in positions; one-hot codes of a lag sum to 1, so some is needed."""

STEP = 8192


class Echo(NamedTuple):
    """What recent symbols explain.

    Args:
        rest: of the cells (or features) that they do not explain, out of sample, [K, N].
        explained: R^2 of each, [K], at least 0.
        predicted: what the model says, [K, N].
    """

    rest: NDArray[np.float32]
    explained: NDArray[np.float64]
    predicted: NDArray[np.float32]


def recent_codes(
    ids: NDArray[np.integer[Any]], positions: NDArray[np.int64], *, lags: int = LAGS
) -> tuple[NDArray[np.int64], int]:
    """Codes of the last symbols: [N, lags], lag 0 being the position itself, and how many codes there are.

    Lags before the start of the text have the code of the commonest symbol.
    """
    counts = np.bincount(ids)
    by_count = np.argsort(-counts, kind="stable")
    codes = np.full(len(counts), SYMBOLS - 1)
    codes[by_count[:SYMBOLS]] = np.arange(min(SYMBOLS, len(counts)))
    back_Nl = positions[:, None] - np.arange(lags)
    recent_Nl = np.where(back_Nl >= 0, codes[ids[np.maximum(back_Nl, 0)]], 0)
    return recent_Nl, min(SYMBOLS, int(np.count_nonzero(counts)))


def explain(values: NDArray[Any], codes: NDArray[np.int64], symbols: int, halves: NDArray[np.bool_]) -> Echo:
    """Regress each row on the codes, each half predicted by the other one's model.

    Args:
        values: of K cells, [K, N].
        codes: of recent symbols, [N, lags].
        symbols: different codes.
        halves: which half a position belongs to, [N]; both have some.
    """
    assert 0 < np.count_nonzero(halves) < len(halves), "the part has to be cut in two"
    values_KN = np.asarray(values, np.float32)
    means_K1 = values_KN.mean(axis=1, keepdims=True, dtype=np.float64).astype(np.float32)
    centred_KN = values_KN - means_K1
    predicted_KN = np.empty_like(centred_KN)
    for half in (False, True):
        fit_n, rest_n = np.flatnonzero(halves == half), np.flatnonzero(halves != half)
        gram = _pair_counts(codes[fit_n], symbols)
        gram[np.diag_indices_from(gram)] += RIDGE
        moments_DK = np.zeros((len(gram), len(values_KN)))
        for at in _steps(fit_n):
            moments_DK += _one_hot(codes[at], symbols).T @ centred_KN[:, at].T
        weights_DK = np.linalg.solve(gram, moments_DK).astype(np.float32)
        for at in _steps(rest_n):
            predicted_KN[:, at] = (_one_hot(codes[at], symbols) @ weights_DK).T
    rest_KN = centred_KN - predicted_KN
    total_K = np.sum(centred_KN.astype(np.float64) ** 2, axis=1)
    left_K = np.sum(rest_KN.astype(np.float64) ** 2, axis=1)
    explained_K = np.clip(1 - left_K / np.where(total_K > 0, total_K, 1), 0, 1)
    return Echo(rest_KN, explained_K, predicted_KN)


def _steps(at_n: NDArray[np.int64]) -> list[NDArray[np.int64]]:
    return [at_n[start : start + STEP] for start in range(0, len(at_n), STEP)]


def _one_hot(codes_nl: NDArray[np.int64], symbols: int) -> NDArray[np.float32]:
    n, lags = codes_nl.shape
    hot_nD = np.zeros((n, lags * symbols), np.float32)
    hot_nD[np.arange(n)[:, None], codes_nl + np.arange(lags) * symbols] = 1
    return hot_nD


def _pair_counts(codes_nl: NDArray[np.int64], symbols: int) -> NDArray[np.float64]:
    """Z^T Z of the one-hot codes Z, by counting pairs: [lags * symbols, lags * symbols]."""
    lags = codes_nl.shape[1]
    gram = np.empty((lags, symbols, lags, symbols))
    for i in range(lags):
        for j in range(i, lags):
            pairs = np.bincount(codes_nl[:, i] * symbols + codes_nl[:, j], minlength=symbols**2)
            gram[i, :, j] = pairs.reshape(symbols, symbols)
            gram[j, :, i] = gram[i, :, j].T
    return gram.reshape(lags * symbols, lags * symbols)
