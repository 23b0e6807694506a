"""The compiled network in the place of a window network's lines of torch: the same numbers."""

from __future__ import annotations

import copy

import numpy as np
import pytest
import torch

from rnnscope.cells.dispatch import choose_for_window
from rnnscope.cells.hold import Clamp
from rnnscope.config import Kernel, Precision, TrainConfig, WindowConfig
from rnnscope.errors import InputError
from rnnscope.model import window_mlp
from rnnscope.model.window_mlp import WindowMLP
from rnnscope.native.network import BFLOAT16_PATHS, paths
from rnnscope.train.optimiser import Optimiser

from .compiled_cases import B, T, V, close, draw_ids

compiled_only = pytest.mark.skipif(not paths(), reason="needs the compiled library")

H = 19


def make(kernel: Kernel = "fused", window: int = 4, precision: Precision = "float32") -> WindowMLP:
    config = WindowConfig(window=window, hidden=H, init_scale=0.5)
    return WindowMLP(config, V, seed=5, kernel=choose_for_window(kernel, precision=precision))


@compiled_only
@pytest.mark.oracle
@pytest.mark.parametrize("optimiser", ["rmsprop", "adam"])
@pytest.mark.parametrize("window", [1, 4, 20])
def test_ten_updates_are_those_of_torch(window: int, optimiser: str) -> None:
    """Ten updates from the start of a text, with carried symbols and clipping: losses, norms, gradients, state."""
    networks = [make(kernel, window) for kernel in ("fused", "torch")]
    made: list[list[float]] = [[], []]
    config = TrainConfig(clip=0.5, clip_value=0.2, optimiser=optimiser)
    optimisers = [Optimiser(list(net.named_parameters()), config, net.kernel.path) for net in networks]
    states = [net.initial_state(B) for net in networks]
    for step in range(10):
        targets = draw_ids(seed=step + 100)
        targets[-1, :2] = -1
        for k, (net, updates) in enumerate(zip(networks, optimisers, strict=True)):
            loss, count, states[k] = net.gradients(draw_ids(seed=step), targets, states[k], dropout_seed=step)
            assert count == T * B - 2
            norm = updates.gradient_norm()
            made[k] += [loss / count, norm]
        for (name, one), other in zip(networks[0].named_parameters(), networks[1].parameters(), strict=True):
            assert one.grad is not None
            assert other.grad is not None
            close(one.grad, other.grad, name, 1e-5)
        assert torch.equal(states[0]["recent"], states[1]["recent"])
        for k, updates in enumerate(optimisers):
            updates.step(1e-2, made[k][-1])
    assert made[0] == pytest.approx(made[1], rel=1e-5)
    assert len(set(made[0])) == 20


@compiled_only
@pytest.mark.oracle
@pytest.mark.parametrize("steps", [1, T])
def test_reading_is_that_of_torch(steps: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Log-probabilities, logits, units and state, also where a chunk is cut into blocks of rows."""
    fast, slow = make(), make("torch")
    ids, state = draw_ids(steps), fast.read(draw_ids(2, seed=4), fast.initial_state(B)).state
    monkeypatch.setattr(window_mlp, "ROWS", 7)
    one, other = (network.read(ids, state, quantities=network.spec.quantities) for network in (fast, slow))
    close(one.log_probs, other.log_probs, "log-probabilities", 1e-5)
    assert one.quantities.keys() == other.quantities.keys() == {"h"}
    close(one.quantities["h"], other.quantities["h"], "units")
    assert torch.equal(one.state["recent"], other.state["recent"])
    assert torch.equal(fast.read(ids, state).log_probs, one.log_probs)
    with torch.no_grad():
        close(fast(ids, state)[0], slow(ids, state)[0], "logits", 1e-5)
        close(fast.forward_traced(ids, state)[0], slow(ids, state)[0], "traced logits", 1e-5)
    held = fast.read(ids, state, quantities=("h",), clamps=[Clamp(0, "h", 2, 0.25)])
    assert bool((held.quantities["h"][..., 2] == 0.25).all())


@compiled_only
@pytest.mark.law
def test_a_gradient_that_is_traced_is_a_gradient() -> None:
    """With gradients enabled the network is a function like any other, and a copy of it is another network."""
    network = make()
    other = copy.deepcopy(network)
    logits, _ = network(draw_ids(), network.initial_state(B))
    torch.nn.functional.cross_entropy(logits.flatten(0, 1), draw_ids(seed=1).flatten()).backward()
    other.gradients(draw_ids(), draw_ids(seed=1), other.initial_state(B))
    for (name, one), same in zip(other.named_parameters(), network.parameters(), strict=True):
        assert one.grad is not None
        assert same.grad is not None
        close(one.grad, same.grad, name, 1e-6)


@compiled_only
@pytest.mark.law
@pytest.mark.skipif(not set(BFLOAT16_PATHS) & set(paths()), reason="needs a processor that multiplies bfloat16")
def test_bfloat16_is_for_training_only() -> None:
    """Losses of a training are near those of float32 and not the same; reading is float32 to the bit."""
    half, single = make(precision="bfloat16"), make()
    ids, state = draw_ids(), single.initial_state(B)
    assert torch.equal(half.read(ids, state).log_probs, single.read(ids, state).log_probs)
    losses = [network.gradients(ids, draw_ids(seed=1), state)[0] for network in (half, single)]
    assert losses[0] != losses[1]
    np.testing.assert_allclose(losses[0], losses[1], rtol=0.01)


@pytest.mark.law
def test_who_computes_is_told() -> None:
    """Without the library, or asked for, it is torch; a path that is not here is refused."""
    for kernel in ("torch", "naive"):
        choice = choose_for_window(kernel)
        assert (choice.kernel, choice.path) == ("torch", None)
        assert "asked for" in choice.reason
    choice = choose_for_window("auto")
    assert (choice.kernel, choice.path) == (("fused", paths()[0]) if paths() else ("torch", None))
    with pytest.raises(InputError, match="bfloat16 with kernel torch"):
        choose_for_window("torch", precision="bfloat16")
    double = make("auto").double()
    assert not double.compiled
    assert double.read(draw_ids(), double.initial_state(B)).log_probs.dtype == torch.float64
