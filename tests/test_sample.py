from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.stats import chisquare

from rnnscope.config import RecurrentConfig
from rnnscope.errors import InputError
from rnnscope.model.build import build
from rnnscope.model.predictor import NetworkPredictor
from rnnscope.sample import DRAWN_AT_ONCE, PRIME_CHUNK, choose, sample, samples

V = 6
NOTHING = np.array([], dtype=np.int64)


class Chain:
    """A Markov chain as a predictor; its state is the last symbol. Keeps the lengths of what it was given to read."""

    vocabulary = V

    def __init__(self) -> None:
        self.table_VV = np.random.default_rng(4).dirichlet(np.ones(V), V + 1).astype(np.float32)
        self.read: list[int] = []

    def next_log_probs(self, state: Any = None) -> NDArray[np.float32]:
        return np.log(self.table_VV[V if state is None else state])

    def log_probs(self, ids: NDArray[np.integer[Any]], state: Any = None) -> tuple[NDArray[np.float32], Any]:
        self.read.append(len(ids))
        before = [V if state is None else state, *ids[:-1]]
        return np.log(self.table_VV[before]), int(ids[-1])


def network() -> NetworkPredictor:
    return NetworkPredictor(build(RecurrentConfig(cell="lstm", hidden=12, init_scale=0.6), V, seed=1))


@pytest.mark.oracle
@pytest.mark.parametrize("temperature", [0.5, 1.0, 2.0])
def test_draws_follow_the_distribution(temperature: float) -> None:
    """100,000 symbols of a known chain follow p^(1 / temperature) after every symbol (chi-square, p > 0.001)."""
    chain = Chain()
    ids = np.array(list(sample(chain, V, NOTHING, 100_000, temperature, seed=7)))
    for before in range(V):
        after = np.bincount(ids[1:][ids[:-1] == before], minlength=V)
        sharpened = chain.table_VV[before].astype(np.float64) ** (1 / temperature)
        assert chisquare(after, after.sum() * sharpened / sharpened.sum()).pvalue > 0.001


@pytest.mark.law
def test_temperature_zero_takes_the_most_likely() -> None:
    """Temperature 0 gives the maximum, the smallest id of equals, whatever the seed; a tiny one comes to the same."""
    predictor = network()
    texts = [list(sample(predictor, V, NOTHING, 40, 0, seed)) for seed in (1, 2)]
    assert texts[0] == texts[1] == list(sample(predictor, V, NOTHING, 40, 1e-300, 3))
    state = None
    for symbol in texts[0]:
        assert symbol == int(predictor.next_log_probs(state).argmax())
        _, state = predictor.log_probs(np.array([symbol]), state)
    assert choose(np.log([0.2, 0.4, 0.4]), 0, 0.9) == 1


@pytest.mark.law
def test_a_text_is_a_function_of_seed_and_index() -> None:
    """The same seed and index draw the same text; another seed or index draws another."""
    predictor = network()
    texts = {
        (seed, index): tuple(sample(predictor, V, NOTHING, 60, seed=seed, index=index))
        for seed, index in itertools.product((0, 1), repeat=2)
    }
    assert len(set(texts.values())) == 4
    assert tuple(sample(predictor, V, NOTHING, 60, seed=1, index=0)) == texts[1, 0]


@pytest.mark.law
@pytest.mark.parametrize("length", [0, 1, PRIME_CHUNK, 3 * PRIME_CHUNK + 5])
def test_primes_of_any_length_are_read_in_chunks(length: int) -> None:
    """No call reads more than a chunk, nothing of the prime is left out, and nothing of it is given back."""
    chain = Chain()
    prime = np.random.default_rng(0).integers(0, V, length)
    ids = list(sample(chain, V, prime, 3, seed=1))
    assert len(ids) == 3
    assert chain.read[:-3] == [PRIME_CHUNK] * (length // PRIME_CHUNK) + [length % PRIME_CHUNK] * (
        length % PRIME_CHUNK > 0
    )
    assert chain.read[-3:] == [1, 1, 1]


@pytest.mark.law
def test_a_sample_goes_on_from_its_prime() -> None:
    """The most likely text after a prime is the rest of the most likely text that began with it."""
    predictor = network()
    whole = list(sample(predictor, V, np.array([2, 3]), 30, 0))
    assert list(sample(predictor, V, np.array([2, 3, *whole[:10]]), 20, 0)) == whole[10:]


@pytest.mark.law
def test_several_texts_are_those_drawn_alone() -> None:
    """Side by side each index draws what it draws by itself, by a chain that knows nothing of lanes too."""
    for predictor in (Chain(), network()):
        blocks = list(samples(predictor, V, np.array([1, 2]), 30, 0.8, 3, [4, 0, 7]))
        alone = [list(sample(predictor, V, np.array([1, 2]), 30, 0.8, 3, index)) for index in (4, 0, 7)]
        assert np.concatenate(blocks).T.tolist() == alone


@pytest.mark.law
def test_a_predictor_that_draws_is_asked_in_blocks() -> None:
    """It gets a uniform number for each symbol, those of each index in order, and what its last call returned."""

    class Drawer(Chain):
        def __init__(self) -> None:
            super().__init__()
            self.asked: list[tuple[Any, NDArray[np.float64]]] = []

        def draw(
            self, state: Any, uniforms: NDArray[np.float64], temperature: float, symbols: int
        ) -> tuple[NDArray[np.int64], Any]:
            assert (temperature, symbols) == (0.5, 4)
            self.asked.append((state, uniforms))
            return (uniforms * symbols).astype(np.int64), f"after {len(self.asked)}"

    drawer, length = Drawer(), 2 * DRAWN_AT_ONCE + 7
    ids = np.concatenate(list(samples(drawer, 4, np.array([5]), length, 0.5, 3, [0, 2])))
    uniforms = np.stack([np.random.default_rng([3, index]).random(length) for index in (0, 2)], axis=1)
    np.testing.assert_array_equal(ids, (uniforms * 4).astype(np.int64))
    assert [state for state, _ in drawer.asked] == [5, "after 1", "after 2"]
    assert [len(part) for _, part in drawer.asked] == [DRAWN_AT_ONCE, DRAWN_AT_ONCE, 7]


@pytest.mark.law
def test_symbols_come_one_by_one() -> None:
    """The first symbols of an endless text are there at once, and only they were computed."""
    chain = Chain()
    assert len(list(itertools.islice(sample(chain, V, NOTHING, 10**12), 5))) == 5
    assert len(chain.read) == 4


@pytest.mark.law
def test_reserved_ids_are_never_drawn() -> None:
    """Ids from `symbols` on have no text: they are not drawn, and the others share their probability."""
    chain = Chain()
    ids = list(sample(chain, 4, NOTHING, 2000, seed=3))
    assert set(ids) == {0, 1, 2, 3}


@pytest.mark.law
@pytest.mark.parametrize(("uniform", "symbol"), [(0.0, 1), (0.5, 2), (1.0, 2)])
def test_uniform_numbers_at_the_edges_give_possible_symbols(uniform: float, symbol: int) -> None:
    """At 0 an impossible first symbol is passed over, and what rounds to the end gives the last one, not one beyond."""
    log_probs = np.array([-np.inf, np.log(0.5), np.log(0.5)])
    assert choose(log_probs, 1.0, uniform) == symbol


@pytest.mark.law
@pytest.mark.parametrize(
    ("length", "temperature", "message"),
    [
        (5, -0.1, "temperature -0.1"),
        (5, float("nan"), "temperature nan"),
        (5, float("inf"), "temperature inf"),
        (-1, 1.0, "length -1"),
    ],
)
def test_impossible_requests_are_refused_at_once(length: int, temperature: float, message: str) -> None:
    """The call itself raises, not the first symbol."""
    with pytest.raises(InputError, match=f"cannot draw a sample: {message}"):
        sample(network(), V, NOTHING, length, temperature)
