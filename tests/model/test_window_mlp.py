from __future__ import annotations

import pytest
import torch
from torch import Tensor

from rnnscope.cells.hold import Clamp
from rnnscope.config import WindowConfig
from rnnscope.errors import InputError
from rnnscope.model.window_mlp import WindowMLP

V, B, H = 5, 3, 8


def make(window: int = 4) -> WindowMLP:
    return WindowMLP(WindowConfig(window=window, hidden=H, init_scale=0.6), V, seed=2).double()


def draw_ids(steps: int = 9) -> Tensor:
    return torch.randint(V, (steps, B), generator=torch.Generator().manual_seed(1))


def dense(network: WindowMLP, ids: Tensor) -> Tensor:
    """The same network with one-hot vectors spelled out, from the start of a text."""
    window = network.config.window
    codes = torch.cat([torch.zeros(window, B, V), torch.nn.functional.one_hot(ids, V)]).double()
    logits = []
    for step in range(len(ids)):
        seen = codes[step + 1 : step + 1 + window].flip(0)
        h = torch.tanh(torch.einsum("kbv,kvh->bh", seen, network.window["weight"]) + network.window["bias"])
        logits.append(h @ network.output["weight"].T + network.output["bias"])
    return torch.stack(logits)


@pytest.mark.oracle
@pytest.mark.parametrize("window", [1, 2, 4, 20])
def test_equals_the_dense_computation(window: int) -> None:
    """Values and gradients equal those with one-hot vectors, for windows shorter and longer than the text."""
    network, ids = make(window), draw_ids()
    pull = torch.randn(len(ids), B, V, dtype=torch.float64, generator=torch.Generator().manual_seed(4))
    logits, _ = network(ids, network.initial_state(B))
    expected = dense(network, ids)
    torch.testing.assert_close(logits, expected, rtol=0, atol=1e-12)
    weights = list(network.parameters())
    found = torch.autograd.grad((logits * pull).sum(), weights)
    for gradient, wanted in zip(found, torch.autograd.grad((expected * pull).sum(), weights), strict=True):
        torch.testing.assert_close(gradient, wanted, rtol=0, atol=1e-10)


@pytest.mark.law
@pytest.mark.parametrize("cut", [1, 3, 8])
def test_cutting_into_chunks_changes_nothing(cut: int) -> None:
    """Chunks shorter and longer than the window, with the state passed on, give what one chunk gives."""
    network, ids = make(), draw_ids()
    whole, after = network(ids, network.initial_state(B))
    first, middle = network(ids[:cut], network.initial_state(B))
    second, end = network(ids[cut:], middle)
    torch.testing.assert_close(torch.cat([first, second]), whole, rtol=0, atol=1e-12)
    assert torch.equal(end["recent"], after["recent"])
    assert torch.equal(after["recent"], ids[-4:])
    torch.testing.assert_close(network.next_logits(middle), first[-1], rtol=0, atol=1e-12)


@pytest.mark.law
def test_it_sees_exactly_its_window() -> None:
    """Changing a symbol changes the next n predictions and no other."""
    network, ids = make(3), draw_ids()
    changed = ids.clone()
    changed[2] = (changed[2] + 1) % V
    before, _ = network(ids, network.initial_state(B))
    after, _ = network(changed, network.initial_state(B))
    touched = [not torch.equal(before[step], after[step]) for step in range(len(ids))]
    assert touched == [False, False, True, True, True, False, False, False, False]


@pytest.mark.law
def test_traced_units_give_the_logits_and_can_be_held() -> None:
    """The trace holds h [1, T, B, H] of this reading; a held unit keeps its value and moves the logits."""
    network, ids = make(), draw_ids()
    logits, _, quantities = network.forward_traced(ids, network.initial_state(B))
    assert {name: tuple(value.shape) for name, value in quantities.items()} == {"h": (1, 9, B, H)}
    torch.testing.assert_close(network.logits(quantities["h"][0]), logits)
    assert torch.equal(network(ids, network.initial_state(B))[0], logits)
    moved, _, held = network.forward_traced(ids, network.initial_state(B), [Clamp(0, "h", 5, 0.25)])
    assert bool((held["h"][..., 5] == 0.25).all())
    assert not torch.allclose(moved, logits)


@pytest.mark.law
@pytest.mark.parametrize("clamp", [Clamp(0, "c", 0, 0.0), Clamp(0, "h", H, 0.0), Clamp(1, "h", 0, 0.0)])
def test_impossible_clamps_are_refused(clamp: Clamp) -> None:
    """A window network has one layer of units called h."""
    network = make()
    with pytest.raises(InputError, match="cannot clamp a cell"):
        network.forward_traced(draw_ids(), network.initial_state(B), [clamp])


@pytest.mark.golden
def test_names_and_shapes_of_the_weights() -> None:
    """Files of weights depend on these names; the starting range is the asked one."""
    network = make(3)
    shapes = {name: tuple(weight.shape) for name, weight in network.named_parameters()}
    assert shapes == {
        "window.weight": (3, V, H), "window.bias": (H,), "output.weight": (V, H), "output.bias": (V,),
    }  # fmt: skip
    assert all(0.3 < float(weight.detach().abs().max()) <= 0.6 for weight in network.parameters())
