"""Planted recordings: noise whose neighbours are alike, texts with brackets, and chunks of what was made up."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from rnnscope.fold import Chunk

Smooth = Callable[[np.random.Generator, int, int, float], NDArray[np.float64]]


@pytest.fixture(scope="session")
def smooth() -> Smooth:
    """Give rows of noise whose neighbours are alike: (random, rows, n, memory in symbols) -> [rows, n], spread 1."""

    def make(random: np.random.Generator, rows: int, n: int, memory: float) -> NDArray[np.float64]:
        frequency = np.fft.rfftfreq(n)
        shape = 1 / np.sqrt(1 + (2 * np.pi * frequency * memory) ** 2)
        noise = np.fft.irfft(np.fft.rfft(random.normal(size=(rows, n))) * shape, n)
        return noise / noise.std(axis=1, keepdims=True)

    return make


Cut = Callable[..., list[Chunk]]


@pytest.fixture(scope="session")
def cut() -> Cut:
    """Give chunks of a recording of h [L, N, H], in any order: (h, sizes, random or None, first position)."""

    def make(
        h: NDArray[np.float32], size: int, random: np.random.Generator | None = None, first: int = 0
    ) -> list[Chunk]:
        order = np.arange(h.shape[1])
        if random is not None:
            random.shuffle(order)
        pieces = [order[at : at + size] for at in range(0, len(order), size)]
        return [Chunk(piece + first, {"h": h[:, piece], "unused": h[:, piece]}, None) for piece in pieces]

    return make
