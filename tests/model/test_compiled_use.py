"""Who owns a compiled network: always the weights as they are now, any size, any number of callers and processes."""

from __future__ import annotations

import copy
import os
import subprocess
import sys
import threading
from collections.abc import Callable

import numpy as np
import pytest
import torch

from rnnscope.config import TrainConfig
from rnnscope.model import checkpoint
from rnnscope.model.char_rnn import CharRNN
from rnnscope.model.compiled import STEPS
from rnnscope.native.network import paths
from rnnscope.train.optimiser import Optimiser

from .compiled_cases import B, V, draw_ids, draw_state, make

pytestmark = pytest.mark.skipif(not paths(), reason="needs the compiled library")


def _assign(weight: torch.nn.Parameter) -> None:
    weight.data = weight.data * 2


CHANGES: dict[str, Callable[[CharRNN], object]] = {
    "in place": lambda network: network.output["weight"].detach().mul_(2),
    "behind torch's counters": lambda network: network.layers[1]["weight_hh"].data.mul_(2),  # type: ignore[index]  # a ParameterDict
    "through NumPy": lambda network: np.negative(a := network.output["bias"].detach().numpy(), out=a),
    "by new memory": lambda network: _assign(network.layers[0]["weight_ih"]),  # type: ignore[index]  # a ParameterDict
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
def test_a_chunk_may_have_any_size_after_any_other() -> None:
    """Buffers grow as needed, and a chunk gives the same bits whatever was read before it."""
    network, alone = make(), make()
    for steps, lanes in ((2, 1), (40, 3), (1, 30), (STEPS * 2, 2), (2, 1)):
        ids, state = draw_ids(steps, lanes), draw_state(network, lanes)
        found = network.read(ids, state, quantities=network.spec.quantities)
        expected = make().read(ids, state, quantities=network.spec.quantities)
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
    first = network.read(ids, state, quantities=network.spec.quantities)
    kept = copy.deepcopy((first.log_probs, first.state, first.quantities))
    network.read(draw_ids(seed=4), first.state, quantities=network.spec.quantities)
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
            traced = network.read(ids, state, quantities=network.spec.quantities)
            drawn = network.draw(state, np.random.default_rng(1).random((50, B)), 1.0, V)[0]
            tensors = [weight.grad for weight in network.parameters()] + [*traced.quantities.values()]
            found.append((loss, [*tensors, traced.log_probs, *after.values(), torch.from_numpy(drawn)]))
    finally:
        torch.set_num_threads(before)
    assert found[0][0] == found[1][0]
    assert all(torch.equal(one, other) for one, other in zip(found[0][1], found[1][1], strict=True))
