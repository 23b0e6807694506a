"""The compiled update rules against NumPy in float64 and against torch.optim, at every count that leaves a tail."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from rnnscope.native import network

from .stacks import FENCE, Floats, require

EVERY_PATH = pytest.mark.parametrize("path", network.PATHS)
COUNTS = [*range(71), 127, 1000, 4097, 70_001]
RATE, DECAY, DECAYS, EPSILON = 0.02, 0.95, (0.9, 0.999), 1e-8
LIMITS = [(1.0, 0.0), (0.37, 0.0), (1.0, 0.5), (0.37, 0.2)]
"""Scale of the gradients, and the limit that each is clipped to."""

Doubles = NDArray[np.float64]


class Fenced:
    """Random float32 numbers at an odd address, and a look at whether their neighbours are still there."""

    def __init__(self, count: int, seed: int) -> None:
        random = np.random.default_rng([count, seed])
        before = FENCE + seed % 3
        self.whole = np.full(before + count + FENCE, np.nan, np.float32)
        self.values: Floats = self.whole[before : before + count]
        self.values[:] = random.standard_normal(count)

    def untouched(self) -> bool:
        """Whether nothing was written beside the numbers."""
        return int(np.isnan(self.whole).sum()) == len(self.whole) - len(self.values)


def one(values: Floats) -> network.Arrays:
    """An array alone, as the rules take them."""
    return network.Arrays([values])


def clipped(gradients: Floats, scale: float, limit: float) -> Doubles:
    scaled = gradients.astype(np.float64) * np.float32(scale)
    return np.clip(scaled, -np.float64(np.float32(limit)), np.float64(np.float32(limit))) if limit else scaled


def assert_near(found: Floats, expected: Doubles) -> None:
    """Equal but for a few roundings of float32, next to numbers of the size of one."""
    np.testing.assert_allclose(found, expected, rtol=1e-6, atol=3e-7)


@pytest.mark.oracle
@EVERY_PATH
@pytest.mark.parametrize(("scale", "limit"), LIMITS)
def test_rmsprop(path: network.Path, scale: float, limit: float) -> None:
    """Weights and mean squares after an update, at every count; nothing beside them changes."""
    require(path)
    for count in COUNTS:
        weights, gradients, squares = (Fenced(count, seed) for seed in range(3))
        squares.values[:] **= 2
        g = clipped(gradients.values, scale, limit)
        expected_squares = DECAY * squares.values.astype(np.float64) + (1 - DECAY) * g * g
        expected = weights.values - RATE * g / (np.sqrt(expected_squares) + EPSILON)
        sound = gradients.values.copy()
        network.rmsprop(
            one(weights.values), one(gradients.values), one(squares.values),
            rate=RATE, decay=DECAY, epsilon=EPSILON, scale=scale, limit=limit, path=path,
        )  # fmt: skip
        assert_near(squares.values, expected_squares)
        assert_near(weights.values, expected)
        assert (gradients.values == sound).all()
        assert weights.untouched()
        assert squares.untouched()


@pytest.mark.oracle
@EVERY_PATH
@pytest.mark.parametrize(("scale", "limit"), LIMITS)
@pytest.mark.parametrize("updates", [1, 2, 1000])
def test_adam(path: network.Path, scale: float, limit: float, updates: int) -> None:
    """Weights and both means after the first, an early and a late update, at every count."""
    require(path)
    first, second = DECAYS
    for count in COUNTS:
        weights, gradients, means, squares = (Fenced(count, seed) for seed in range(4))
        squares.values[:] = squares.values**2 + means.values**2  # a mean of squares is no less than the mean's
        g = clipped(gradients.values, scale, limit)
        expected_means = first * means.values.astype(np.float64) + (1 - first) * g
        expected_squares = second * squares.values.astype(np.float64) + (1 - second) * g * g
        size = np.sqrt(expected_squares / (1 - second**updates)) + EPSILON
        expected = weights.values - RATE * expected_means / (1 - first**updates) / size
        network.adam(
            one(weights.values), one(gradients.values), one(means.values), one(squares.values),
            rate=RATE, decays=DECAYS, epsilon=EPSILON, scale=scale, limit=limit, updates=updates, path=path,
        )  # fmt: skip
        assert_near(means.values, expected_means)
        assert_near(squares.values, expected_squares)
        assert_near(weights.values, expected)
        assert all(part.untouched() for part in (weights, means, squares))


@pytest.mark.oracle
@EVERY_PATH
@pytest.mark.parametrize("rule", ["rmsprop", "adam"])
def test_ten_updates_equal_those_of_torch(path: network.Path, rule: str) -> None:
    """torch.optim, from zero moments and with its own defaults for what the rules leave open, goes the same way."""
    require(path)
    weights = Fenced(45, 1).values.copy()
    leaf = torch.from_numpy(weights.copy()).double().requires_grad_()
    first, second = np.zeros_like(weights), np.zeros_like(weights)
    made: torch.optim.Optimizer
    if rule == "rmsprop":
        made = torch.optim.RMSprop([leaf], lr=RATE, alpha=DECAY, eps=EPSILON)
    else:
        made = torch.optim.Adam([leaf], lr=RATE, betas=DECAYS, eps=EPSILON)
    for update in range(1, 11):
        gradient = Fenced(45, 10 + update).values.copy()
        leaf.grad = torch.from_numpy(gradient).double()
        made.step()
        options: dict[str, Any] = {"rate": RATE, "epsilon": EPSILON, "scale": 1, "limit": 0, "path": path}
        if rule == "rmsprop":
            network.rmsprop(one(weights), one(gradient), one(second), decay=DECAY, **options)
        else:
            many = [one(values) for values in (weights, gradient, first, second)]
            network.adam(*many, decays=DECAYS, updates=update, **options)
        np.testing.assert_allclose(weights, leaf.detach().numpy(), rtol=2e-6, atol=2e-6)


@pytest.mark.oracle
@EVERY_PATH
def test_square_sum(path: network.Path) -> None:
    """The sum at every count, of one array and of many, in float64; what is not finite shows wherever it stands."""
    require(path)
    for count in COUNTS:
        values = Fenced(count, 0).values
        exact = math.fsum(float(value) ** 2 for value in values)
        assert network.square_sum(one(values), path) == pytest.approx(exact, rel=1e-13, abs=0)
    assert network.square_sum(one(np.full(3, 1e30, np.float32)), path) == pytest.approx(3e60, rel=1e-6)
    many = [Fenced(count, 0).values for count in COUNTS]
    parts = sum(network.square_sum(one(values), path) for values in many)
    assert network.square_sum(network.Arrays(many), path) == pytest.approx(parts, rel=1e-14)
    for broken in (np.nan, np.inf, -np.inf):
        for place in range(40):
            values = np.ones(40, np.float32)
            values[place] = broken
            assert not math.isfinite(network.square_sum(one(values), path))


@pytest.mark.law
@EVERY_PATH
def test_square_sum_depends_on_numbers_alone(path: network.Path) -> None:
    """Where an array lies in memory changes no bit."""
    require(path)
    for count in (17, 1000, 4097):
        values = Fenced(count, 0).values.copy()
        expected = network.square_sum(one(values), path)
        for offset in range(1, 17):
            room = np.zeros(count + offset, np.float32)
            room[offset:] = values
            assert network.square_sum(one(room[offset:]), path) == expected
