"""Text drawn by the compiled library is text drawn by hand from what it says about the next symbol."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from rnnscope.native import network
from rnnscope.sample import choose

from .stacks import CONFIGS, KERNELS, Floats, Precision, Sizes, Stack, make, poisoned, require, stack

LENGTH = 30
EVERY_KERNEL = pytest.mark.parametrize(("path", "precision"), KERNELS)
EVERY_CELL = pytest.mark.parametrize("name", CONFIGS)


def by_hand(
    given: Stack, made: network.NativeNetwork, uniforms: NDArray[np.float64], temperature: float, symbols: int
) -> tuple[NDArray[np.int64], dict[str, Floats]]:
    """Draw, read what was drawn, draw again; the first draw from the output of the state's top layer."""
    state, ids = given.state, np.zeros(uniforms.shape, np.int64)
    weight, bias = (values.astype(np.float64) for values in given.parameters[-2:])
    logits = state["h"][-1] @ weight.T + bias
    for step, row in enumerate(uniforms):
        for lane, uniform in enumerate(row):
            ids[step, lane] = choose(logits[lane, :symbols], temperature, uniform)
        result = made.run(ids[step : step + 1], state, logits=True)
        assert result.logits is not None
        state, logits = result.state, result.logits[0]
    return ids, state


def drawn(
    made: network.NativeNetwork, given: Stack, uniforms: NDArray[np.float64], temperature: float, symbols: int
) -> tuple[NDArray[np.int64], dict[str, Floats], bool]:
    with poisoned():
        return made.sample(given.state, uniforms, temperature, symbols)


@pytest.mark.oracle
@EVERY_KERNEL
@EVERY_CELL
def test_draws_are_those_made_by_hand(name: str, path: network.Path, precision: Precision) -> None:
    """Same uniforms, same symbols, at every temperature; states come back having read them all."""
    for sizes, symbols in ((Sizes(1, 3, 17, 11, 2), 11), (Sizes(1, 1, 5, 6, 1), 4), (Sizes(1, 2, 33, 87, 3), 86)):
        given = stack(name, *sizes, dropout=False)
        made = make(given, path, precision, gradients=False)
        uniforms = np.random.default_rng(4).random((LENGTH, sizes.B))
        for temperature in (0.0, 1e-30, 0.5, 1.0, 3.0):
            expected, state = by_hand(given, made, uniforms, temperature, symbols)
            before = {key: values.copy() for key, values in given.state.items()}
            ids, leaving, finite = drawn(made, given, uniforms, temperature, symbols)
            assert finite
            assert ids.tolist() == expected.tolist()
            assert ids.max() < symbols
            for key, values in state.items():
                np.testing.assert_allclose(leaving[key], values, rtol=1e-5, atol=1e-6)
                assert (given.state[key] == before[key]).all()


@pytest.mark.law
@EVERY_KERNEL
@EVERY_CELL
def test_threads_share_one_wide_lane(name: str, path: network.Path, precision: Precision) -> None:
    """One lane of a network that is wide enough for threads to share its units is drawn the same by 1, 2 and 3."""
    for hidden, layers in ((257, 1), (150, 2)):
        given = stack(name, 1, 1, hidden, 40, layers, dropout=False)
        uniforms = np.random.default_rng(6).random((LENGTH, 1))
        expected, state, _ = drawn(make(given, path, precision), given, uniforms, 1.0, 40)
        for threads in (2, 3):
            found, leaving, finite = drawn(make(given, path, precision, threads=threads), given, uniforms, 1.0, 40)
            assert finite
            assert found.tolist() == expected.tolist()
            assert {key: values.tobytes() for key, values in leaving.items()} == {
                key: values.tobytes() for key, values in state.items()
            }


@pytest.mark.law
@EVERY_KERNEL
@EVERY_CELL
def test_lanes_are_drawn_each_for_itself(name: str, path: network.Path, precision: Precision) -> None:
    """A batch gives what each lane gives alone, bit for bit, with one and with two threads and in a larger handle."""
    given = stack(name, 1, 7, 18, 9, 2, dropout=False)
    uniforms = np.random.default_rng(5).random((LENGTH, 7))
    ids, state, _ = drawn(make(given, path, precision, threads=2), given, uniforms, 0.8, 9)
    made = make(given, path, precision, capacity=(3, 9))
    for lane in range(7):
        single = {key: values[:, lane : lane + 1] for key, values in given.state.items()}
        found, leaving, _ = made.sample(single, np.ascontiguousarray(uniforms[:, lane : lane + 1]), 0.8, 9)
        assert found[:, 0].tolist() == ids[:, lane].tolist()
        for key, values in leaving.items():
            assert values.tobytes() == np.ascontiguousarray(state[key][:, lane : lane + 1]).tobytes()


@pytest.mark.law
@EVERY_KERNEL
@EVERY_CELL
def test_a_text_may_be_drawn_in_parts(name: str, path: network.Path, precision: Precision) -> None:
    """Drawing on from the states that came back gives the text that one call gives; no draw changes no state."""
    given = Stack(name, Sizes(1, 2, 18, 9, 2), dropout=False)
    made = make(given, path, precision)
    uniforms = np.random.default_rng(6).random((LENGTH, 2))
    whole, last, _ = drawn(made, given, uniforms, 1.0, 9)
    first, given.state, _ = drawn(made, given, uniforms[:11].copy(), 1.0, 9)
    second, given.state, _ = drawn(made, given, uniforms[11:].copy(), 1.0, 9)
    assert np.concatenate([first, second]).tolist() == whole.tolist()
    for key, values in last.items():
        assert given.state[key].tobytes() == values.tobytes()
    none, leaving, finite = drawn(make(given, path, precision), given, uniforms[:0].copy(), 1.0, 9)
    assert (none.shape, finite) == ((0, 2), True)
    if precision == "float32":
        assert {key: values.tobytes() for key, values in leaving.items()} == {
            key: values.tobytes() for key, values in last.items()
        }


@pytest.mark.law
@EVERY_KERNEL
def test_reading_and_drawing_take_turns(path: network.Path, precision: Precision) -> None:
    """A draw between two chunks changes nothing for the second, and a chunk nothing for the next draw."""
    given = stack("lstm", 6, 5, 18, 9, 2, dropout=False)
    uniforms = np.random.default_rng(7).random((LENGTH, 5))
    made = make(given, path, precision)
    before = made.run(given.ids, given.state, logits=True).logits
    ids, _, _ = drawn(made, given, uniforms, 1.0, 9)
    after = made.run(given.ids, given.state, logits=True).logits
    assert before is not None
    assert after is not None
    assert before.tobytes() == after.tobytes()
    again, _, _ = drawn(made, given, uniforms, 1.0, 9)
    assert again.tolist() == ids.tolist()


@pytest.mark.law
@EVERY_KERNEL
def test_of_equals_the_first_is_taken(path: network.Path, precision: Precision) -> None:
    """At temperature 0 the smallest of the most likely symbols is drawn, wherever they stand."""
    given = Stack("gru", Sizes(1, 2, 4, 70, 1))
    uniforms = np.full((2, 2), 0.9)
    for best in ((0,), (3, 5), (15, 16), (31, 64), (69,), (17, 18, 69)):
        given.parameters[-2][...] = 0
        given.parameters[-1][...] = -1
        given.parameters[-1][list(best)] = 2
        ids, _, _ = drawn(make(given, path, precision), given, uniforms, 0.0, 70)
        assert (ids == best[0]).all()


@pytest.mark.law
@EVERY_KERNEL
def test_draws_follow_the_edges(path: network.Path, precision: Precision) -> None:
    """With four equal symbols the uniforms 0, 1/4, 2/4, 3/4 are the first of each, and nothing below 1 is beyond."""
    given = Stack("gru", Sizes(1, 9, 4, 5, 1))
    given.parameters[-2][...] = 0
    given.parameters[-1][...] = [3, 3, 3, 3, 90]
    uniforms = np.array([[0.0, 0.249, 0.25, 0.499, 0.5, 0.749, 0.75, 0.999, 1 - 2.0**-53]])
    for temperature in (0.3, 1.0, 20.0):
        ids, _, finite = drawn(make(given, path, precision), given, uniforms, temperature, 4)
        assert ids.tolist() == [[0, 0, 1, 1, 2, 2, 3, 3, 3]]
        assert finite


@pytest.mark.law
@EVERY_KERNEL
def test_certain_symbols_are_drawn(path: network.Path, precision: Precision) -> None:
    """A probability that rounds to 1 or a little above, at any size of the logits, is a probability."""
    for V in (1, 7):
        given = Stack("gru", Sizes(1, 1, 4, V, 1))
        given.parameters[-2][...] = 0
        for logit in np.linspace(-9, 9, 50):
            given.parameters[-1][...] = logit - 200
            given.parameters[-1][V // 2] = logit
            for temperature in (0.0, 1.0):
                ids, _, finite = drawn(make(given, path, precision), given, np.full((1, 1), 0.999), temperature, V)
                assert (ids.item(), finite) == (V // 2, True)


@pytest.mark.law
@EVERY_KERNEL
@pytest.mark.parametrize("value", [np.nan, np.inf])
@pytest.mark.parametrize("temperature", [0.0, 1.0])
def test_a_broken_distribution_is_told(
    path: network.Path, precision: Precision, value: float, temperature: float
) -> None:
    """Weights that are not finite are reported, and ids stay ids."""
    require(path)
    given = Stack("lstm", Sizes(1, 2, 5, 6, 1))
    given.parameters[-1][2] = value
    _, _, finite = drawn(make(given, path, precision), given, np.full((3, 2), 0.5), temperature, 6)
    assert not finite
