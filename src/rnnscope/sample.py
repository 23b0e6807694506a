"""Draw text from any predictor, symbol by symbol, as a stream; one text or several side by side.

The distribution is p(symbol)^(1 / temperature), normalised: temperature 1 is what the network believes, lower is more
cautious, 0 always takes the most likely symbol. The text is a function of (predictor, prime, temperature, seed, index)
alone, so a sample can be drawn again, alone or beside others. Temperatures below 0 and ones that are not finite are
refused.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from rnnscope.errors import InputError
from rnnscope.predictor import Predictor

PRIME_CHUNK = 1024
"""Symbols of the prime that are read at once: bounds the memory a long prime needs."""

DRAWN_AT_ONCE = 256
"""Symbols of each text that a predictor which can `draw` is asked for at once: a text still comes as a stream."""

Draw = Callable[[Any, NDArray[np.float64], float, int], tuple[NDArray[np.int64], Any]]
"""Draws many symbols of several texts at once.

Takes what one stream has read, or what an earlier call returned; uniform numbers in [0, 1), [N, B], one for each
symbol; the temperature; and the number of symbols, ids below which are drawn. Gives ids, [N, B], the same that `choose`
would draw with these numbers, and what the texts have read then.
"""


class Stream(Predictor, Protocol):
    """A predictor that can also say what comes next before it is known. It may have a `draw` of the type `Draw`."""

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
        predictor, symbols, prime, length, temperature, seed: as for `samples`.
        index: which of several samples of one seed, 0 or above.

    Raises:
        InputError: as `samples` does.
    """
    blocks = samples(predictor, symbols, prime, length, temperature, seed, [index])
    return (int(symbol) for block_N1 in blocks for symbol in block_N1[:, 0])


def samples(
    predictor: Stream,
    symbols: int,
    prime: NDArray[np.integer[Any]],
    length: int,
    temperature: float = 1.0,
    seed: int = 0,
    indices: Sequence[int] = (0,),
) -> Iterator[NDArray[np.int64]]:
    """Read a prime, then draw several texts side by side.

    Args:
        predictor: what is sampled.
        symbols: only ids below this are drawn; an id reserved for unseen symbols has no text, so it is never drawn.
        prime: what every text begins with, ids [N]; any length, 0 included; not part of what is given back.
        length: how many symbols to draw for each, 0 or more.
        temperature: 0 or above; 0 takes the most likely symbol (the smallest id of equals).
        seed: which random stream, 0 or above.
        indices: which of the samples of this seed, each 0 or above.

    Returns:
        The next symbols of all texts, [any number, B], until there are `length` of each.

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
    return _blocks(predictor, symbols, prime, length, temperature, [np.random.default_rng([seed, k]) for k in indices])


def _blocks(
    predictor: Stream,
    symbols: int,
    prime: NDArray[np.integer[Any]],
    length: int,
    temperature: float,
    randoms: Sequence[np.random.Generator],
) -> Iterator[NDArray[np.int64]]:
    state: Any = None
    for start in range(0, len(prime), PRIME_CHUNK):
        _, state = predictor.log_probs(prime[start : start + PRIME_CHUNK], state)
    draw: Draw | None = getattr(predictor, "draw", None)
    if draw is not None:
        for start in range(0, length, DRAWN_AT_ONCE):
            count = min(DRAWN_AT_ONCE, length - start)
            uniforms_NB = np.stack([random.random(count) for random in randoms], axis=1)
            ids_NB, state = draw(state, uniforms_NB, temperature, symbols)
            yield ids_NB
        return
    states = [state] * len(randoms)
    for _ in range(length):
        drawn = [
            choose(predictor.next_log_probs(state)[:symbols], temperature, random.random())
            for state, random in zip(states, randoms, strict=True)
        ]
        yield np.array([drawn])
        states = [
            predictor.log_probs(np.array([symbol]), state)[1] for symbol, state in zip(drawn, states, strict=True)
        ]


def choose(log_probs: NDArray[np.floating[Any]], temperature: float, uniform: float) -> int:
    """Draw one id from p^(1 / temperature).

    Args:
        log_probs: natural logarithms of probabilities up to a common factor, [V]; at least one above -inf.
        temperature: 0 or above, finite; 0 gives the position of the maximum.
        uniform: a number in [0, 1), which decides.
    """
    if temperature == 0:
        return int(log_probs.argmax())
    below_best = log_probs.astype(np.float64) - log_probs.max()
    with np.errstate(over="ignore"):  # a tiny temperature sends all but the best to -inf, which is their limit
        weights = np.exp(below_best / temperature)
    edges = np.cumsum(weights)
    # The last edge times a number below 1 can round up to the edge itself, which belongs to no symbol.
    return min(int(np.searchsorted(edges, uniform * edges[-1], side="right")), len(edges) - 1)
