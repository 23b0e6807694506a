from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from rnnscope.config import TrainConfig
from rnnscope.native.network import Path, paths
from rnnscope.train.optimiser import Optimiser

PATHS: list[Path | None] = [None, *paths()]
"""Who makes the update: torch, or each way of the compiled library that this machine has."""

SHAPES = {"a": (3, 4), "b": (5,), "c": (1, 1)}


def _parameters(seed: int) -> list[tuple[str, torch.nn.Parameter]]:
    random = torch.Generator().manual_seed(seed)
    return [(name, torch.nn.Parameter(torch.randn(shape, generator=random))) for name, shape in SHAPES.items()]


def _set_gradients(parameters: list[tuple[str, torch.nn.Parameter]], step: int, scale: float = 1.0) -> None:
    random = torch.Generator().manual_seed(100 + step)
    for _, parameter in parameters:
        parameter.grad = scale * torch.randn(parameter.shape, generator=random)


@pytest.mark.oracle
@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("rule", ["rmsprop", "adam", "sgd"])
def test_updates_are_those_of_torch(rule: str, path: Path | None) -> None:
    """Thirty updates move the parameters where torch.optim moves them."""
    config = TrainConfig(optimiser=rule, clip=0.0)
    ours, theirs = _parameters(1), _parameters(1)
    optimiser = Optimiser(ours, config, path)
    tensors = [parameter for _, parameter in theirs]
    peers: dict[str, torch.optim.Optimizer] = {
        "rmsprop": torch.optim.RMSprop(tensors, lr=0.01, alpha=0.95, eps=1e-8),
        "adam": torch.optim.Adam(tensors, lr=0.01, eps=1e-8),
        "sgd": torch.optim.SGD(tensors, lr=0.01),
    }
    peer = peers[rule]
    for step in range(30):
        _set_gradients(ours, step)
        _set_gradients(theirs, step)
        optimiser.step(0.01, optimiser.gradient_norm())
        peer.step()
    for (name, mine), (_, other) in zip(ours, theirs, strict=True):
        torch.testing.assert_close(mine, other, rtol=1e-6, atol=1e-7, msg=name)


@pytest.mark.oracle
def test_clipping_is_that_of_torch() -> None:
    """The whole gradient is scaled to the norm, or its elements cut, as torch.nn.utils does it."""
    ours, theirs = _parameters(2), _parameters(2)
    _set_gradients(ours, 0, scale=10.0)
    _set_gradients(theirs, 0, scale=10.0)
    optimiser = Optimiser(ours, TrainConfig(clip=1.5, clip_value=0.2))
    norm = optimiser.gradient_norm()
    assert norm == pytest.approx(float(torch.nn.utils.clip_grad_norm_([p for _, p in theirs], 1.5)), rel=1e-6)
    torch.nn.utils.clip_grad_value_([p for _, p in theirs], 0.2)
    # With no memory RMSProp moves by rate * sign(g) wherever g is not 0, so use the gradients themselves.
    seen = [p.grad for _, p in ours]
    optimiser.step(1e-3, norm)
    for mine, (_, other) in zip(seen, theirs, strict=True):
        assert other.grad is not None
        torch.testing.assert_close(mine, other.grad, rtol=1e-5, atol=1e-7)


@pytest.mark.oracle
@pytest.mark.parametrize("path", paths())
@pytest.mark.parametrize("rule", ["rmsprop", "adam"])
def test_compiled_updates_clip_as_torch_does(rule: str, path: Path) -> None:
    """Thirty updates with the norm and the elements clipped go where those of torch go, and leave `.grad` alone."""
    config = TrainConfig(optimiser=rule, clip=1.5, clip_value=0.3)
    compiled, plain = _parameters(6), _parameters(6)
    optimisers = Optimiser(compiled, config, path), Optimiser(plain, config)
    for step in range(30):
        for parameters, optimiser in zip((compiled, plain), optimisers, strict=True):
            _set_gradients(parameters, step, scale=0.2 + step % 3)
            optimiser.step(0.01, optimiser.gradient_norm())
    for (name, mine), (_, other) in zip(compiled, plain, strict=True):
        torch.testing.assert_close(mine, other, rtol=1e-6, atol=1e-6, msg=name)
    unclipped = _parameters(0)
    _set_gradients(unclipped, 29, scale=0.2 + 29 % 3)
    assert all(torch.equal(mine.grad, as_set.grad) for (_, mine), (_, as_set) in zip(compiled, unclipped, strict=True))


@pytest.mark.law
@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("rule", ["rmsprop", "adam", "sgd"])
def test_restored_state_goes_on_bit_for_bit(rule: str, path: Path | None) -> None:
    """Stopping after any update and going on from the saved arrays changes no bit."""
    config = TrainConfig(optimiser=rule)
    straight = _parameters(3)
    optimiser = Optimiser(straight, config, path)
    for step in range(6):
        _set_gradients(straight, step)
        optimiser.step(0.01, optimiser.gradient_norm())
    cut = _parameters(3)
    optimiser = Optimiser(cut, config, path)
    for step in range(6):
        _set_gradients(cut, step)
        optimiser.step(0.01, optimiser.gradient_norm())
        saved = {name: array.copy() for name, array in optimiser.arrays().items()}
        optimiser = Optimiser(cut, config, path)
        optimiser.restore(saved)
    for (name, mine), (_, other) in zip(cut, straight, strict=True):
        assert torch.equal(mine, other), name


@pytest.mark.law
@pytest.mark.parametrize("path", PATHS)
def test_norm_tells_of_anything_not_finite(path: Path | None) -> None:
    """One NaN or infinity anywhere makes the norm not finite, and so does a number whose square float32 cannot hold."""
    for value in (math.nan, math.inf, -math.inf, 1e20):
        parameters = _parameters(4)
        _set_gradients(parameters, 0)
        gradient = parameters[1][1].grad
        assert gradient is not None
        gradient[2] = value
        assert not math.isfinite(Optimiser(parameters, TrainConfig(), path).gradient_norm())


@pytest.mark.law
def test_state_names_are_stable() -> None:
    """The names that saved training states hold."""
    names = Optimiser(_parameters(5), TrainConfig(optimiser="adam")).arrays()
    assert set(names) == {"updates", *(f"{name}/{moment}" for name in SHAPES for moment in ("mean", "mean_square"))}
    assert np.array_equal(names["updates"], [0])
    assert set(Optimiser(_parameters(5), TrainConfig(optimiser="sgd")).arrays()) == {"updates"}
