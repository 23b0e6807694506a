"""Draw text from any predictor, one symbol at a time, as a stream.

The distribution is p(symbol)^(1 / temperature), normalised: temperature 1 is what the network believes, lower is more
cautious, 0 always takes the most likely symbol. The text is a function of (predictor, prime, temperature, seed, index)
alone, so a sample can be drawn again. Temperatures below 0 and ones that are not finite are refused.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from rnnscope.errors import InputError
from rnnscope.predictor import Predictor

PRIME_CHUNK = 1024
"""Symbols of the prime that are read at once: bounds the memory a long prime needs."""


class Stream(Predictor, Protocol):
    """A predictor that can also say what comes next before it is known."""

    def next_log_probs(self, state: Any = None) -> NDArray[np.float32]:
        """Natural logarithms of the next symbol's probabilities, [V], given all that `state` has read."""
        ...


def sample(
    predictor: Stream,
    symbols: int,
    prime: NDArray[np.integer[Any]],
    length: int,
    temperature: float = 1.0,
    seed: int = 0,
    index: int = 0,
) -> Iterator[int]:
    """Read a prime, then draw symbol after symbol, each one given as soon as it is drawn.

    Args:
        predictor: what is sampled.
        symbols: only ids below this are drawn; an id reserved for unseen symbols has no text, so it is never drawn.
        prime: what the text begins with, ids [N]; any length, 0 included; not part of what is given back.
        length: how many symbols to draw, 0 or more.
        temperature: 0 or above; 0 takes the most likely symbol (the smallest id of equals).
        seed: which random stream, 0 or above.
        index: which of several samples of one seed, 0 or above.

    Raises:
        InputError: if the temperature, the length or the seed makes no sense; raised by the call itself, before
            anything is read.
    """
    if not (math.isfinite(temperature) and temperature >= 0):
        raise InputError(
            tried="draw a sample",
            given=f"temperature {temperature}",
            why="a temperature is a finite number of at least 0",
            todo="Use --temperature 1 for the network's own probabilities, or 0 for the most likely symbol.",
        )
    if length < 0:
        raise InputError(
            tried="draw a sample",
            given=f"length {length}",
            why="a length is a number of symbols, 0 or more",
            todo="Use --length 2000, for example.",
        )
    if seed < 0:
        raise InputError(
            tried="draw a sample",
            given=f"seed {seed}",
            why="a seed is a whole number of at least 0",
            todo="Use --seed 1, for example.",
        )
    assert 1 <= symbols <= predictor.vocabulary, (symbols, predictor.vocabulary)
    return _draw(predictor, symbols, prime, length, temperature, np.random.default_rng([seed, index]))


def _draw(
    predictor: Stream,
    symbols: int,
    prime: NDArray[np.integer[Any]],
    length: int,
    temperature: float,
    random: np.random.Generator,
) -> Iterator[int]:
    state: Any = None
    for start in range(0, len(prime), PRIME_CHUNK):
        _, state = predictor.log_probs(prime[start : start + PRIME_CHUNK], state)
    for _ in range(length):
        symbol = choose(predictor.next_log_probs(state)[:symbols], temperature, random)
        yield symbol
        _, state = predictor.log_probs(np.array([symbol]), state)


def choose(log_probs: NDArray[np.floating[Any]], temperature: float, random: np.random.Generator) -> int:
    """Draw one id from p^(1 / temperature).

    Args:
        log_probs: natural logarithms of probabilities up to a common factor, [V]; at least one above -inf.
        temperature: 0 or above, finite; 0 gives the position of the maximum and draws nothing.
        random: where the draw comes from; one uniform number is used.
    """
    if temperature == 0:
        return int(log_probs.argmax())
    below_best = log_probs.astype(np.float64) - log_probs.max()
    with np.errstate(over="ignore"):  # a tiny temperature sends all but the best to -inf, which is their limit
        weights = np.exp(below_best / temperature)
    edges = np.cumsum(weights)
    # The last edge times a number below 1 can round up to the edge itself, which belongs to no symbol.
    return min(int(np.searchsorted(edges, random.random() * edges[-1], side="right")), len(edges) - 1)
