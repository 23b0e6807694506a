"""The compiled network in the place of the readable steps: the same numbers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from rnnscope.cells.hold import Clamp
from rnnscope.config import Kernel, RecurrentConfig, TrainConfig
from rnnscope.model import checkpoint
from rnnscope.model.char_rnn import CharRNN
from rnnscope.model.compiled import STEPS
from rnnscope.model.network import scores_of
from rnnscope.model.predictor import NetworkPredictor
from rnnscope.native.network import BFLOAT16_PATHS, paths
from rnnscope.sample import DRAWN_AT_ONCE, samples
from rnnscope.train.optimiser import Optimiser

from .compiled_cases import CELLS, B, H, T, V, close, draw_ids, draw_state, make

pytestmark = pytest.mark.skipif(not paths(), reason="needs the compiled library")

KERNELS: list[Kernel] = [f"fused:{path}" for path in paths()]  # type: ignore[misc]  # exactly the names of Kernel


@pytest.mark.oracle
@pytest.mark.parametrize("options", CELLS)
@pytest.mark.parametrize("kernel", KERNELS)
def test_ten_updates_are_those_of_the_readable_steps(options: dict[str, Any], kernel: Kernel) -> None:
    """Ten updates with dropout, clipping and carried state: losses to 1e-4, gradients before each update, norms."""
    made: dict[str, list[float]] = {}
    gradients: dict[str, list[dict[str, Tensor]]] = {}
    for name in (kernel, "naive"):
        network = make(**options, kernel=name, dropout=0.3)
        optimiser = Optimiser(
            list(network.named_parameters()), TrainConfig(clip=0.5, clip_value=0.2), network.kernel.path
        )
        state = draw_state(network)
        for step in range(10):
            targets = draw_ids(seed=step + 100)
            targets[-1, :2] = -1
            loss, count, state = network.gradients(draw_ids(seed=step), targets, state, dropout_seed=step)
            assert count == T * B - 2
            norm = optimiser.gradient_norm()
            seen = {name: weight.grad.clone() for name, weight in network.named_parameters() if weight.grad is not None}
            gradients.setdefault(name, []).append(seen)
            made.setdefault(name, []).extend([loss / count, norm])
            optimiser.step(1e-2, norm)
    assert made[kernel] == pytest.approx(made["naive"], abs=1e-4)
    assert len(set(made[kernel])) == 20
    for one, other in zip(gradients[kernel], gradients["naive"], strict=True):
        for name, value in other.items():
            close(one[name], value, name, 1e-4)


@pytest.mark.oracle
@pytest.mark.parametrize("options", CELLS)
@pytest.mark.parametrize("steps", [1, T, STEPS + 3])
def test_reading_is_that_of_the_readable_steps(options: dict[str, Any], steps: int) -> None:
    """Log-probabilities, logits, states and every recorded quantity, in chunks that are cut too."""
    fast, slow = make(**options, dropout=0.3), make(**options, dropout=0.3, kernel="naive")
    ids, state = draw_ids(steps), draw_state(fast)
    targets = torch.where(draw_ids(steps, seed=5) % 3 == 0, -1, draw_ids(steps, seed=6))
    names = fast.spec.quantities
    one, other = (network.read(ids, state, targets=targets, quantities=names) for network in (fast, slow))
    close(one.log_probs, other.log_probs, "log-probabilities", 1e-5)
    for reading in (one, other):
        assert reading.scores is not None
        expected = scores_of(reading.log_probs, targets)
        np.testing.assert_array_equal(reading.scores.log_probs, expected.log_probs)
        np.testing.assert_array_equal(reading.scores.ranks, expected.ranks)
        np.testing.assert_array_equal(reading.scores.best, expected.best)
    assert tuple(one.quantities) == fast.spec.quantities
    for name, value in other.quantities.items():
        close(one.quantities[name], value, name)
    for name, value in other.state.items():
        close(one.state[name], value, name)
    with torch.no_grad():
        close(fast(ids, state)[0], slow(ids, state)[0], "logits", 1e-5)
        close(fast.forward_traced(ids, state)[0], slow(ids, state)[0], "traced logits", 1e-5)
        close(fast(ids, state, dropout_seed=3)[0], slow(ids, state, dropout_seed=3)[0], "logits", 1e-5)


@pytest.mark.law
@pytest.mark.parametrize("kernel", ["fused", "naive"])
def test_only_what_is_asked_for_is_given(kernel: Kernel) -> None:
    """Chosen quantities of chosen layers are those of a reading of everything, in the memory that was offered or not;
    without log-probabilities there are none."""
    network = make(kernel=kernel)
    ids, state = draw_ids(STEPS + 3), draw_state(network)
    whole = network.read(ids, state, quantities=network.spec.quantities)
    for names, layers in ((("f", "h"), (1,)), (("c",), (0, 1)), (("o",), (0,))):
        memory = {name: torch.full((len(layers), STEPS + 3, B, H), torch.nan) for name in names}
        for offered in (None, memory):
            some = network.read(ids, state, log_probs=False, quantities=names, layers=layers, memory=offered)
            assert some.log_probs.shape == (0, B, V)
            assert some.scores is None
            assert tuple(some.quantities) == names
            for name in names:
                assert torch.equal(some.quantities[name], whole.quantities[name][list(layers)])
            assert all(torch.equal(some.state[name], whole.state[name]) for name in state)


@pytest.mark.law
def test_a_gradient_that_is_traced_is_a_gradient() -> None:
    """With gradients enabled the network is a function like any other: autograd gives what `gradients` writes."""
    network = make()
    ids, state = draw_ids(), draw_state(network)
    logits, _ = network(ids, state)
    torch.nn.functional.cross_entropy(logits.flatten(0, 1), ids.flatten()).backward()
    traced = {name: weight.grad for name, weight in network.named_parameters()}
    network.zero_grad()
    network.gradients(ids, ids, state)
    for name, weight in network.named_parameters():
        assert weight.grad is not None
        close(weight.grad, traced[name], name, 1e-6)


@pytest.mark.law
def test_gradients_replace_what_was() -> None:
    """Two chunks do not add up, whoever computes, and `.grad` can be changed before the update."""
    for kernel in ("fused", "naive"):
        network = make(kernel=kernel)
        once = network.gradients(draw_ids(), draw_ids(seed=1), draw_state(network))[0]
        first = [weight.grad.clone() for weight in network.parameters()]  # type: ignore[union-attr]  # it has been filled
        assert network.gradients(draw_ids(), draw_ids(seed=1), draw_state(network))[0] == once
        assert all(torch.equal(weight.grad, was) for weight, was in zip(network.parameters(), first, strict=True))
        optimiser = Optimiser(list(network.named_parameters()), TrainConfig(clip=0.0), network.kernel.path)
        for weight in network.parameters():
            weight.grad.zero_()  # type: ignore[union-attr]  # it has been filled
        before = checkpoint.tensors(network)
        optimiser.step(0.1, optimiser.gradient_norm())
        assert all(np.array_equal(before[name], now) for name, now in checkpoint.tensors(network).items())


@pytest.mark.law
def test_what_is_not_compiled_runs_the_readable_steps() -> None:
    """float64, dense vectors, plain numbers and clamps are computed all the same."""
    double = make().double()
    assert not double.compiled
    state = double.initial_state(B)
    assert double.read(draw_ids(), state).log_probs.dtype == torch.float64
    assert double.gradients(draw_ids(), draw_ids(), state)[1] == T * B
    config = RecurrentConfig(hidden=H)
    for sizes in ({"input_size": 3}, {"output_size": 4}, {"input_size": 3, "output_size": 4}):
        network = CharRNN(config, V, seed=1, **sizes)
        assert network.kernel.kernel != "fused"
        inputs = torch.zeros(T, B, 3) if "input_size" in sizes else draw_ids()
        with torch.no_grad():
            assert network(inputs, network.initial_state(B))[0].shape == (T, B, sizes.get("output_size", V))
    held = make().read(draw_ids(), make().initial_state(B), quantities=("c",), clamps=[Clamp(1, "c", 2, 3.0)])
    assert bool((held.quantities["c"][1, :, :, 2] == 3.0).all())


@pytest.mark.law
@pytest.mark.skipif(not set(BFLOAT16_PATHS) & set(paths()), reason="needs a processor that multiplies bfloat16")
def test_bfloat16_is_for_training_only() -> None:
    """Gradients are near those of float32 and not the same; reading and drawing are float32 to the bit."""
    half, single = make(precision="bfloat16"), make()
    ids, state = draw_ids(), draw_state(half)
    assert torch.equal(half.read(ids, state).log_probs, single.read(ids, state).log_probs)
    uniforms = np.random.default_rng(1).random((50, B))
    np.testing.assert_array_equal(half.draw(state, uniforms, 1.0, V)[0], single.draw(state, uniforms, 1.0, V)[0])
    losses = [network.gradients(ids, ids, state)[0] for network in (half, single)]
    assert losses[0] != losses[1]
    assert losses[0] == pytest.approx(losses[1], rel=0.01)
    for one, other in zip(half.parameters(), single.parameters(), strict=True):
        assert one.grad is not None
        close(one.grad, other.grad, "gradient", 0.01)


def _texts(predictor: Any, indices: range, length: int, temperature: float = 1.0) -> list[list[int]]:
    blocks = samples(predictor, V - 1, np.array([3, 1, 4]), length, temperature, seed=9, indices=indices)
    return np.concatenate(list(blocks)).T.tolist()


class OneByOne:
    """The same predictor without its faster way to draw."""

    def __init__(self, network: CharRNN) -> None:
        self._predictor = NetworkPredictor(network)
        self.vocabulary = network.vocabulary
        self.log_probs, self.next_log_probs = self._predictor.log_probs, self._predictor.next_log_probs


@pytest.mark.law
@pytest.mark.parametrize("options", CELLS)
@pytest.mark.parametrize("temperature", [0.0, 0.7, 1.0])
def test_texts_do_not_depend_on_company(options: dict[str, Any], temperature: float) -> None:
    """A text is the same alone, beside others, in blocks and symbol by symbol; reserved ids are never drawn."""
    network, length = make(**options), DRAWN_AT_ONCE + 20
    predictor = NetworkPredictor(network)
    together = _texts(predictor, range(5), length, temperature)
    assert [_texts(predictor, range(k, k + 1), length, temperature)[0] for k in range(5)] == together
    assert _texts(predictor, range(3, 5), length, temperature) == together[3:]
    assert _texts(predictor, range(5), 30, temperature) == [text[:30] for text in together]
    assert _texts(OneByOne(network), range(2), 60, temperature) == [text[:60] for text in together[:2]]
    assert max(max(text) for text in together) < V - 1
    assert len({tuple(text) for text in together}) == (5 if temperature else 1)
