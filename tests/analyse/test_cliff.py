from __future__ import annotations

import numpy as np
import pytest
import torch

from rnnscope.analyse.cliff import bifurcation, descend, error_surface, logistic, loss_and_gradient, pictures


@pytest.mark.law
def test_fixed_points_are_fixed_and_the_stable_ones_attract() -> None:
    """Every point solves x = w s(x) + b; a small push dies out at stable ones and grows at the others."""
    found = bifurcation(5.0)
    np.testing.assert_allclose(found.points, 5.0 * logistic(found.points) + found.biases, atol=1e-12)
    pushed = found.points + 1e-4
    for _ in range(3):
        pushed = 5.0 * logistic(pushed) + found.biases
    moved = np.abs(pushed - found.points)
    clear = np.abs(np.abs(5.0 * logistic(found.points) * (1 - logistic(found.points))) - 1) > 0.02
    assert (moved[found.stable & clear] < 1e-4).all()
    assert (moved[~found.stable & clear] > 1e-4).all()


@pytest.mark.golden
def test_between_the_turns_there_are_three_fixed_points_and_else_one() -> None:
    """For w = 5, s' = 1/5 at s = (1 +- sqrt(1/5)) / 2, so b = ln(s / (1 - s)) - 5 s = -2.344 and -2.656."""
    assert bifurcation(5.0).turns == pytest.approx((-2.65561, -2.34439), abs=1e-5)
    found = bifurcation(5.0)
    for bias, count in ((-3.2, 1), (-2.51, 3), (-1.8, 1)):
        assert (np.diff(np.sign(found.biases - bias)) != 0).sum() == count
    assert bifurcation(4.0).turns == ()


@pytest.mark.oracle
def test_the_gradient_is_autograds() -> None:
    """Loss and both derivatives equal those of torch, at quiet places and at the wall."""
    for w, b in ((5.0, -2.5), (6.0, -3.0), (4.5, -2.2), (5.5, -2.8)):
        weight, bias = (torch.tensor(value, dtype=torch.float64, requires_grad=True) for value in (w, b))
        x = torch.tensor(0.5, dtype=torch.float64)
        for _ in range(50):
            x = weight * torch.sigmoid(x) + bias
        loss = (torch.sigmoid(x) - 0.7) ** 2
        gradients = torch.autograd.grad(loss, [weight, bias])
        found = loss_and_gradient(w, b)
        assert float(found[0]) == pytest.approx(loss.item(), rel=1e-9)
        assert [float(one) for one in found[1:]] == pytest.approx([one.item() for one in gradients], rel=1e-7)


@pytest.mark.planted
def test_there_is_a_wall_and_clipping_keeps_steps_short() -> None:
    """Somewhere the gradient is a thousand times its median; clipped, no update moves further than rate times norm."""
    surface = error_surface()
    assert surface.loss.shape == surface.norms.shape == (121, 121)
    assert surface.norms.max() > 1000 * np.median(surface.norms)
    row, column = np.unravel_index(surface.norms.argmax(), surface.norms.shape)
    start = float(surface.weights[row]), float(surface.biases[column])
    free, clipped = descend(*start, rate=0.1), descend(*start, rate=0.1, clip=1.0)
    assert np.linalg.norm(np.diff(free, axis=0), axis=1).max() > 1.0
    assert np.linalg.norm(np.diff(clipped, axis=0), axis=1).max() <= 0.1 + 1e-12


@pytest.mark.planted
def test_the_pictures_tell_the_story() -> None:
    """From one place free descent leaps over a unit of parameters and ends badly, clipped descent arrives."""
    found = pictures()
    free, clipped = found["surface"]["descents"]
    assert (free["clip"], clipped["clip"]) == (0.0, 0.5)
    ends = [float(loss_and_gradient(walk["weights"][-1], walk["biases"][-1])[0]) for walk in (free, clipped)]
    assert ends[0] > 0.4
    assert ends[1] < 0.02
    leaps = [np.hypot(np.diff(walk["weights"]), np.diff(walk["biases"])).max() for walk in (free, clipped)]
    assert leaps[0] > 1
    assert leaps[1] <= 0.2 * 0.5 + 1e-12
    for walk in (free, clipped):  # both are drawn on the surface
        assert 4.0 <= min(walk["weights"]) <= max(walk["weights"]) <= 6.0
        assert -4.0 <= min(walk["biases"]) <= max(walk["biases"]) <= -1.5
    assert np.shape(found["surface"]["loss"]) == (61, 61)
    assert len(found["bifurcation"]["turns"]) == 2
