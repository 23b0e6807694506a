"""Logarithms of whole distributions: what the compiled kernel takes itself."""

from __future__ import annotations

import numpy as np
import pytest

from rnnscope.ngram.kneser_ney import KneserNey

from .cases import KERNELS

needs_library = pytest.mark.skipif(len(KERNELS) == 1, reason="no compiled library")


def rows_NV(kernel: str, training: np.ndarray, read: np.ndarray, vocabulary: int, context: int) -> np.ndarray:
    model = KneserNey.fit([training], vocabulary, context, kernel=kernel)  # type: ignore[arg-type]  # from KERNELS
    return np.concatenate([rows for _, rows in model.distributions(read, [(0, len(read) + 1)], context)])


@pytest.mark.oracle
@needs_library
@pytest.mark.parametrize("vocabulary", [1, 2, 3, 5, 8, 87, 300])
def test_logarithms_are_those_of_numpy(vocabulary: int) -> None:
    """Rounded to float32 they are the same, whatever part of a vector a row ends in."""
    random = np.random.default_rng(vocabulary)
    training, read = random.integers(0, vocabulary, 5000), random.integers(0, vocabulary, 3000)
    found, expected = (rows_NV(kernel, training, read, vocabulary, 6) for kernel in ("native", "reference"))
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found, expected)


@pytest.mark.oracle
@needs_library
def test_small_probabilities_have_logarithms() -> None:
    """Products of discounts that float64 cannot hold get the logarithm of its smallest number, in both kernels."""
    training = np.arange(2400) % 3
    training[1200] = 3  # makes every context before it go apart
    found, expected = (rows_NV(kernel, training, training[:1300], 5, 1250) for kernel in ("native", "reference"))
    assert found.min() == np.float32(np.log(np.finfo(np.float64).tiny))
    np.testing.assert_array_equal(found, expected)
