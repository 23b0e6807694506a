"""The compiled network in the place of the readable steps: the same numbers, always of the weights as they are now."""

from __future__ import annotations

import copy
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from rnnscope.cells.dispatch import choose
from rnnscope.cells.hold import Clamp
from rnnscope.config import CellName, Kernel, Precision, RecurrentConfig, TrainConfig
from rnnscope.model import checkpoint
from rnnscope.model.char_rnn import CharRNN
from rnnscope.model.compiled import STEPS
from rnnscope.model.network import State
from rnnscope.model.predictor import NetworkPredictor
from rnnscope.native.network import BFLOAT16_PATHS, paths
from rnnscope.sample import DRAWN_AT_ONCE, samples
from rnnscope.train.optimiser import Optimiser

pytestmark = pytest.mark.skipif(not paths(), reason="needs the compiled library")

V, B, T, H = 11, 5, 13, 9
CELLS: list[dict[str, Any]] = [
    {"cell": "rnn"},
    {"cell": "rnn", "activation": "relu"},
    {"cell": "rnn", "activation": "sigmoid"},
    {"cell": "lstm"},
    {"cell": "lstm-peephole"},
    {"cell": "lstm-peephole", "peephole": "full"},
    {"cell": "lstm-coupled"},
    {"cell": "gru"},
    {"cell": "gru-torch"},
]
KERNELS: list[Kernel] = [f"fused:{path}" for path in paths()]  # type: ignore[misc]  # exactly the names of Kernel


def make(cell: CellName = "lstm", kernel: Kernel = "fused", precision: Precision = "float32", **more: Any) -> CharRNN:
    config = RecurrentConfig(cell=cell, **({"layers": 2, "hidden": H, "init_scale": 0.5} | more))
    return CharRNN(config, V, seed=5, kernel=choose(config, V, kernel, precision=precision))


def draw_ids(steps: int = T, lanes: int = B, seed: int = 0) -> Tensor:
    return torch.randint(V, (steps, lanes), generator=torch.Generator().manual_seed(seed))


def draw_state(network: CharRNN, lanes: int = B) -> State:
    stream = torch.Generator().manual_seed(8)
    zero = network.initial_state(lanes)
    return {name: torch.rand(value.shape, generator=stream) - 0.5 for name, value in zero.items()}


def close(one: Tensor, other: Tensor, what: str, tolerance: float = 2e-6) -> None:
    torch.testing.assert_close(one, other, rtol=tolerance, atol=tolerance, msg=lambda text: f"{what}: {text}")


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
    one, other = (network.read(ids, state, trace=True) for network in (fast, slow))
    close(one.log_probs, other.log_probs, "log-probabilities", 1e-5)
    assert tuple(one.quantities) == fast.spec.quantities
    for name, value in other.quantities.items():
        close(one.quantities[name], value, name)
    for name, value in other.state.items():
        close(one.state[name], value, name)
    with torch.no_grad():
        close(fast(ids, state)[0], slow(ids, state)[0], "logits", 1e-5)
        close(fast.forward_traced(ids, state)[0], slow(ids, state)[0], "traced logits", 1e-5)
        close(fast(ids, state, dropout_seed=3)[0], slow(ids, state, dropout_seed=3)[0], "logits", 1e-5)


def _assign(weight: torch.nn.Parameter) -> None:
    weight.data = weight.data * 2


CHANGES: dict[str, Callable[[CharRNN], object]] = {
    "in place": lambda network: network.output["weight"].detach().mul_(2),
    "behind torch's counters": lambda network: network.layers[1]["weight_hh"].data.mul_(2),  # type: ignore[index]
    "through NumPy": lambda network: np.negative(a := network.output["bias"].detach().numpy(), out=a),
    "by new memory": lambda network: _assign(network.layers[0]["weight_ih"]),  # type: ignore[index]
    "by a new parameter": lambda network: network.output.update({"bias": torch.nn.Parameter(torch.ones(V))}),
    "by a checkpoint": lambda network: checkpoint.load(network, checkpoint.tensors(make("lstm", init_scale=0.9))),
    "by an update": lambda network: _update(network),
}


def _update(network: CharRNN) -> None:
    optimiser = Optimiser(list(network.named_parameters()), TrainConfig(), network.kernel.path)
    network.gradients(draw_ids(), draw_ids(), draw_state(network))
    optimiser.step(0.1, optimiser.gradient_norm())


@pytest.mark.law
@pytest.mark.parametrize("change", CHANGES)
def test_old_weights_are_never_read(change: str) -> None:
    """However the weights were changed between two uses, reading, training and drawing see the new ones."""
    network = make()
    ids, state = draw_ids(), draw_state(network)
    before = network.read(ids, state).log_probs
    network.gradients(ids, ids, state)
    CHANGES[change](network)
    fresh = make()
    checkpoint.load(fresh, checkpoint.tensors(network))
    after = network.read(ids, state).log_probs
    assert not torch.allclose(after, before, atol=1e-4)
    assert torch.equal(after, fresh.read(ids, state).log_probs)
    assert network.gradients(ids, ids, state)[0] == fresh.gradients(ids, ids, state)[0]
    uniforms = np.random.default_rng(1).random((40, B))
    np.testing.assert_array_equal(network.draw(state, uniforms, 1.0, V)[0], fresh.draw(state, uniforms, 1.0, V)[0])


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
        first = [weight.grad.clone() for weight in network.parameters()]  # type: ignore[union-attr]
        assert network.gradients(draw_ids(), draw_ids(seed=1), draw_state(network))[0] == once
        assert all(torch.equal(weight.grad, was) for weight, was in zip(network.parameters(), first, strict=True))
        optimiser = Optimiser(list(network.named_parameters()), TrainConfig(clip=0.0), network.kernel.path)
        for weight in network.parameters():
            weight.grad.zero_()  # type: ignore[union-attr]
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
    held = make().read(draw_ids(), make().initial_state(B), trace=True, clamps=[Clamp(1, "c", 2, 3.0)])
    assert bool((held.quantities["c"][1, :, :, 2] == 3.0).all())


@pytest.mark.law
def test_a_chunk_may_have_any_size_after_any_other() -> None:
    """Buffers grow as needed, and a chunk gives the same bits whatever was read before it."""
    network, alone = make(), make()
    for steps, lanes in ((2, 1), (40, 3), (1, 30), (STEPS * 2, 2), (2, 1)):
        ids, state = draw_ids(steps, lanes), draw_state(network, lanes)
        found = network.read(ids, state, trace=True)
        expected = make().read(ids, state, trace=True)
        assert torch.equal(found.log_probs, expected.log_probs)
        assert all(torch.equal(found.quantities[name], value) for name, value in expected.quantities.items())
        losses = [one.gradients(ids, ids, state)[0] for one in (network, make(), alone)]
        assert len(set(losses)) == 1


@pytest.mark.law
def test_what_does_not_fit_never_reaches_the_library() -> None:
    """Symbols outside the alphabet, states and weights of other sizes are a programmer's mistake, and told as such."""
    network = make()
    ids, state = draw_ids(), draw_state(network)
    for wrong in (V, -2):
        with pytest.raises(AssertionError, match=f"{wrong}.*in a vocabulary of {V}"):
            network.read(ids.masked_fill(ids == 3, wrong), state)
        with pytest.raises(AssertionError, match=f"{wrong}.*in a vocabulary of {V}"):
            network.gradients(ids, ids.masked_fill(ids == 3, wrong), state)
    with pytest.raises(AssertionError, match=r"torch.Size\(\[2, 4, 9\]\)"):
        network.read(ids, draw_state(network, B - 1))
    with pytest.raises(AssertionError, match="passes on"):
        network.read(ids, {"h": state["h"]})
    with pytest.raises(AssertionError, match=r"torch\.Size"):
        network.gradients(ids, ids[1:], state)
    network.output["bias"] = torch.nn.Parameter(torch.zeros(3))
    with pytest.raises(AssertionError, match=r"output.bias is \(3,\), not \(11,\)"):
        network.read(ids, state)


@pytest.mark.law
def test_weights_may_lie_in_any_order() -> None:
    """Weights whose rows do not follow each other in memory are read as what they are."""
    network = make()
    ids, state = draw_ids(), draw_state(network)
    expected = network.read(ids, state).log_probs
    weight = network.output["weight"]
    weight.data = weight.data.T.contiguous().T
    assert torch.equal(network.read(ids, state).log_probs, expected)


@pytest.mark.law
def test_reading_leaves_what_it_was_given() -> None:
    """States that enter are not changed, and what was returned stays when more is read."""
    network = make()
    ids, state = draw_ids(), draw_state(network)
    first = network.read(ids, state, trace=True)
    kept = copy.deepcopy((first.log_probs, first.state, first.quantities))
    network.read(draw_ids(seed=4), first.state, trace=True)
    assert torch.equal(first.log_probs, kept[0])
    for now, then in ((first.state, kept[1]), (first.quantities, kept[2]), (state, draw_state(network))):
        assert all(torch.equal(now[name], then[name]) for name in then)


@pytest.mark.law
def test_copies_are_networks_of_their_own() -> None:
    """A copy gives the same numbers, and changing it does not change the original."""
    network = make()
    ids, state = draw_ids(), draw_state(network)
    before = network.read(ids, state).log_probs
    twin = copy.deepcopy(network)
    assert torch.equal(twin.read(ids, state).log_probs, before)
    twin.output["bias"].data += torch.arange(V)
    assert not torch.equal(twin.read(ids, state).log_probs, before)
    assert torch.equal(network.read(ids, state).log_probs, before)


@pytest.mark.law
def test_two_threads_may_ask_at_once() -> None:
    """Callers in several threads take turns: each gets the bits of a caller that is alone."""
    network = make(hidden=64)
    chunks = [(draw_ids(30, lanes, seed=lanes), draw_state(network, lanes)) for lanes in range(10, 70, 10)]
    expected = [make(hidden=64).read(*chunk).log_probs for chunk in chunks]
    wrong: list[int] = []

    def ask(number: int) -> None:
        for _ in range(10):
            if not torch.equal(network.read(*chunks[number]).log_probs, expected[number]):
                wrong.append(number)

    callers = [threading.Thread(target=ask, args=[number]) for number in range(len(chunks))]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()
    assert wrong == []


FORKED = """
import os, torch
from rnnscope.config import RecurrentConfig
from rnnscope.model.build import build
torch.set_num_threads(3)
network = build(RecurrentConfig(hidden=64), 11, 1)
state, ids = network.initial_state(100), torch.arange(5000).reshape(50, 100) % 11
expected = network.read(ids, state).log_probs
child = os.fork()
if child == 0:
    same = torch.equal(network.read(ids, state).log_probs, expected)
    del network
    os._exit(0 if same else 1)
assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
assert torch.equal(network.read(ids, state).log_probs, expected)
"""


@pytest.mark.law
@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_forked_process_makes_its_own() -> None:
    """Threads do not live on in a forked process: it reads with a network of its own, and ends."""
    done = subprocess.run([sys.executable, "-c", FORKED], timeout=60, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.law
def test_threads_change_no_bit() -> None:
    """One thread and three give the same losses, gradients, recordings and texts."""
    found = []
    before = torch.get_num_threads()
    try:
        for threads in (1, 3):
            torch.set_num_threads(threads)
            network = make(hidden=40)
            ids, state = draw_ids(), draw_state(network)
            loss, _, after = network.gradients(ids, ids, state, dropout_seed=1)
            traced = network.read(ids, state, trace=True)
            drawn = network.draw(state, np.random.default_rng(1).random((50, B)), 1.0, V)[0]
            tensors = [weight.grad for weight in network.parameters()] + [*traced.quantities.values()]
            found.append((loss, [*tensors, traced.log_probs, *after.values(), torch.from_numpy(drawn)]))
    finally:
        torch.set_num_threads(before)
    assert found[0][0] == found[1][0]
    assert all(torch.equal(one, other) for one, other in zip(found[0][1], found[1][1], strict=True))


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
