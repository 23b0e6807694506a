from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from rnnscope.cells.hold import Clamp
from rnnscope.config import RecurrentConfig, WindowConfig
from rnnscope.model.build import build
from rnnscope.model.predictor import NetworkPredictor

V, N = 9, 120
KINDS: dict[str, RecurrentConfig | WindowConfig] = {
    "lstm": RecurrentConfig(cell="lstm", hidden=10, init_scale=0.4),
    "gru": RecurrentConfig(cell="gru", hidden=10, init_scale=0.4, layers=3),
    "window": WindowConfig(window=4, hidden=10, init_scale=0.4),
}


def make(kind: str = "lstm", clamps: tuple[Clamp, ...] = ()) -> NetworkPredictor:
    return NetworkPredictor(build(KINDS[kind], V, seed=3), clamps)


def text() -> NDArray[np.uint16]:
    return np.random.default_rng(1).integers(0, V, N).astype(np.uint16)


@pytest.mark.law
@pytest.mark.parametrize("kind", KINDS)
def test_rows_are_distributions(kind: str) -> None:
    """Each row sums to 1, also the first one, which nothing was read for."""
    log_probs, _ = make(kind).log_probs(text())
    assert (log_probs.shape, log_probs.dtype) == ((N, V), np.float32)
    np.testing.assert_allclose(np.exp(log_probs.astype(np.float64)).sum(1), 1, rtol=0, atol=1e-6)


@pytest.mark.law
@settings(max_examples=20, deadline=None)
@given(cuts=st.lists(st.integers(0, N), max_size=6), kind=st.sampled_from(sorted(KINDS)))
def test_any_chunking_gives_the_same(cuts: list[int], kind: str) -> None:
    """Chunks of any lengths, empty ones among them, give the rows of the whole."""
    predictor, ids, state, rows = make(kind), text(), None, []
    edges = [0, *sorted(cuts), N]
    for start, stop in itertools.pairwise(edges):
        part, state = predictor.log_probs(ids[start:stop], state)
        rows.append(part)
    np.testing.assert_allclose(np.concatenate(rows), predictor.log_probs(ids)[0], rtol=0, atol=2e-6)


@pytest.mark.law
@pytest.mark.parametrize("kind", KINDS)
def test_no_row_sees_its_symbol_or_a_later_one(kind: str) -> None:
    """Changing symbol i and all after it leaves rows 0 to i bit for bit, and changes row i + 1."""
    predictor, ids = make(kind), text()
    changed = ids.copy()
    changed[50:] = (changed[50:] + 1) % V
    before, after = predictor.log_probs(ids)[0], predictor.log_probs(changed)[0]
    assert before[:51].tobytes() == after[:51].tobytes()
    assert not np.array_equal(before[51], after[51])


@pytest.mark.law
@pytest.mark.parametrize("kind", KINDS)
def test_stepping_shows_every_gate_and_the_next_symbol(kind: str) -> None:
    """Each step gives [L, H] of every quantity inside its range, and the row of the symbol after it."""
    predictor, ids, state = make(kind), text(), None
    expected, _ = predictor.log_probs(ids)
    spec, network = predictor.network.spec, predictor.network
    for position in range(N - 1):
        shown = predictor.step(int(ids[position]), state)
        state = shown.state
        assert {name: value.shape for name, value in shown.quantities.items()} == dict.fromkeys(
            spec.quantities, (network.depth, network.hidden)
        )
        for name, value in shown.quantities.items():
            low, high = spec.ranges[name]
            assert bool(((low <= value) & (value <= high)).all())
        np.testing.assert_allclose(shown.log_probs, expected[position + 1], rtol=0, atol=2e-6)
        np.testing.assert_allclose(predictor.next_log_probs(state), shown.log_probs, rtol=0, atol=2e-6)


@pytest.mark.law
def test_states_are_not_changed_by_reading() -> None:
    """A state can be gone back to: reading from it twice gives the same."""
    predictor, ids = make(), text()
    _, state = predictor.log_probs(ids[:20])
    first, _ = predictor.log_probs(ids[20:40], state)
    predictor.step(3, state)
    again, _ = predictor.log_probs(ids[20:40], state)
    assert first.tobytes() == again.tobytes()


@pytest.mark.law
def test_a_clamped_predictor_is_another_predictor() -> None:
    """Rows, steps and the state all follow the clamp; the first row, before anything is read, does not."""
    free, held, ids = make(), make(clamps=(Clamp(1, "c", 2, 4.0),)), text()
    before, after = free.log_probs(ids)[0], held.log_probs(ids)[0]
    assert np.array_equal(before[0], after[0])
    assert np.abs(before[1:] - after[1:]).max(axis=1).min() > 1e-3
    shown = held.step(int(ids[0]))
    assert shown.quantities["c"][1, 2] == 4.0
    np.testing.assert_allclose(shown.log_probs, after[1], rtol=0, atol=2e-6)


@pytest.mark.law
def test_nothing_of_the_graph_leaves() -> None:
    """States that leave carry no gradient history, so a long text does not grow the memory."""
    predictor = make()
    _, state = predictor.log_probs(text())
    assert not any(value.requires_grad for value in state.values())
    assert not any(value.requires_grad for value in predictor.step(1, state).state.values())
