from __future__ import annotations

import numpy as np
import pytest

from rnnscope.cells.hold import Clamp
from rnnscope.model.predictor import NetworkPredictor
from rnnscope.record.drawn import drawn_beside
from rnnscope.sample import choose, sample

from .cases import ALPHABET, CELLS, draw_ids, network

PRIME = draw_ids(30)


@pytest.mark.oracle
@pytest.mark.parametrize("cell", CELLS)
def test_texts_are_drawn_symbol_by_symbol(cell: str) -> None:
    """The clamped text equals a plain loop: prime read freely, every drawn symbol read under the clamp."""
    net = network(cell)
    clamps = [Clamp(1, net.spec.memory, 2, 3.0)]
    both = drawn_beside(net, PRIME, clamps, symbols=ALPHABET.size, length=40, temperature=0.8, seed=6)
    free, held = NetworkPredictor(net), NetworkPredictor(net, clamps)
    random, expected = np.random.default_rng([6, 0]), []
    _, state = free.log_probs(PRIME)
    for _ in range(40):
        expected.append(choose(held.next_log_probs(state), 0.8, random.random()))
        _, state = held.log_probs(np.array(expected[-1:]), state)
    np.testing.assert_array_equal(both.clamped, expected)
    np.testing.assert_array_equal(both.free, list(sample(free, ALPHABET.size, PRIME, 40, 0.8, 6)))
    assert (both.free != both.clamped).any()


@pytest.mark.law
def test_without_a_clamp_the_texts_are_one() -> None:
    """The same random numbers draw both; only the clamp can make them differ, also without a prime."""
    for prime in (PRIME, PRIME[:0]):
        both = drawn_beside(network("gru"), prime, [], symbols=4, length=50, seed=2)
        np.testing.assert_array_equal(both.free, both.clamped)
        assert both.free.max() < 4
