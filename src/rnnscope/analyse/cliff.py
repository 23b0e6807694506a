"""Why gradients explode, in one unit: the two pictures of Pascanu, Mikolov and Bengio (2013), as numbers.

The unit is x_t = w s(x_(t-1)) + b with the logistic function s. Where its inputs stop, it runs to a fixed point; which
one, and how many there are, changes suddenly with b (their Figure 3). A loss at the end of such a run, as a function of
w and b, has a wall where that happens (their Figure 6): a step down the gradient from its edge lands far away, unless
the gradient's norm is clipped.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray


def logistic(x: NDArray[np.float64] | float) -> NDArray[np.float64]:
    """1 / (1 + exp(-x)), in (0, 1)."""
    return np.asarray(0.5 * (1.0 + np.tanh(0.5 * np.asarray(x, np.float64))))


@dataclass(frozen=True, eq=False)
class Bifurcation:
    """Fixed points of one unit for many biases.

    Args:
        weight: w.
        biases: b of each fixed point, [J].
        points: x with x = w s(x) + b, [J].
        stable: whether the unit returns after a small push: |w s'(x)| < 1, [J].
        turns: biases at which two fixed points meet and vanish, increasing; none for w of at most 4.
    """

    weight: float
    biases: NDArray[np.float64]
    points: NDArray[np.float64]
    stable: NDArray[np.bool_]
    turns: tuple[float, ...]


def bifurcation(weight: float = 5.0, low: float = -6.0, high: float = 6.0, points: int = 2001) -> Bifurcation:
    """Follow the fixed points of one unit: every x is one for exactly the bias b = x - w s(x).

    Args:
        weight: w, the recurrent weight.
        low, high: range of x.
        points: how many values of x.
    """
    x_J = np.linspace(low, high, points)
    s_J = logistic(x_J)
    turns: tuple[float, ...] = ()
    if weight > 4:  # s' is at most a quarter, so only then can w s'(x) be 1
        root = np.sqrt(1 - 4 / weight)
        shares = ((1 - root) / 2, (1 + root) / 2)
        turns = tuple(sorted(float(np.log(s / (1 - s)) - weight * s) for s in shares))
    return Bifurcation(weight, x_J - weight * s_J, x_J, np.abs(weight * s_J * (1 - s_J)) < 1, turns)


@dataclass(frozen=True, eq=False)
class Surface:
    """A loss at the end of a run, over weight and bias.

    Args:
        weights: w, [I].
        biases: b, [J].
        loss: (s(x_T) - target)^2, [I, J].
        norms: norm of the gradient with respect to (w, b), [I, J].
    """

    weights: NDArray[np.float64]
    biases: NDArray[np.float64]
    loss: NDArray[np.float64]
    norms: NDArray[np.float64]


def loss_and_gradient(
    weight: NDArray[np.float64] | float,
    bias: NDArray[np.float64] | float,
    *,
    steps: int = 50,
    start: float = 0.5,
    target: float = 0.7,
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Loss (s(x_T) - target)^2 of x_t = w s(x_(t-1)) + b from x_0, and its derivatives with respect to w and b.

    Args:
        weight, bias: of any one shape.
        steps: T.
        start: x_0.
        target: what s(x_T) should be.
    """
    w, b = np.broadcast_arrays(np.asarray(weight, np.float64), np.asarray(bias, np.float64))
    x, dw, db = np.full(w.shape, start), np.zeros(w.shape), np.zeros(w.shape)
    for _ in range(steps):
        s = logistic(x)
        slope = w * s * (1 - s)
        x, dw, db = w * s + b, s + slope * dw, 1 + slope * db
    s = logistic(x)
    outer = 2 * (s - target) * s * (1 - s)
    return (s - target) ** 2, outer * dw, outer * db


def error_surface(
    weights: tuple[float, float] = (4.0, 7.0),
    biases: tuple[float, float] = (-3.5, -1.5),
    points: int = 121,
    steps: int = 50,
) -> Surface:
    """The loss over a rectangle of weights and biases.

    Args:
        weights, biases: lower and upper ends.
        points: along each side.
        steps: T.
    """
    w_I, b_J = np.linspace(*weights, points), np.linspace(*biases, points)
    loss_IJ, dw_IJ, db_IJ = loss_and_gradient(w_I[:, None], b_J[None], steps=steps)
    return Surface(w_I, b_J, loss_IJ, np.hypot(dw_IJ, db_IJ))


def descend(
    weight: float, bias: float, *, rate: float = 0.5, clip: float = 0.0, updates: int = 30, steps: int = 50
) -> NDArray[np.float64]:
    """Walk down the surface by gradient descent.

    Args:
        weight, bias: where to begin.
        rate: step size.
        clip: largest norm of the gradient; 0 = no clipping.
        updates: how many steps to take.
        steps: T.

    Returns:
        (w, b) at the beginning and after every update, [updates + 1, 2].
    """
    path = [np.array([weight, bias])]
    for _ in range(updates):
        _, dw, db = loss_and_gradient(path[-1][0], path[-1][1], steps=steps)
        gradient = np.array([float(dw), float(db)])
        norm = float(np.linalg.norm(gradient))
        if clip and norm > clip:
            gradient *= clip / norm
        path.append(path[-1] - rate * gradient)
    return np.stack(path)


START_OF_DESCENT = (5.2, -2.7)
"""Just before the wall, where free gradient descent is thrown far away and clipped descent is not."""


def pictures(
    *,
    weight: float = 5.0,
    points: int = 61,
    steps: int = 50,
    rate: float = 0.2,
    clip: float = 0.5,
    updates: int = 25,
) -> dict[str, Any]:
    """Both pictures as plain numbers: fixed points by bias, and the surface with a free and a clipped descent.

    Args:
        weight: of the bifurcation.
        points: of the surface along each side, and of the line of fixed points four times as many.
        steps: T of the surface.
        rate, clip, updates: of the descents.
    """
    fixed = bifurcation(weight, points=4 * points)
    surface = error_surface((4.0, 6.0), (-4.0, -1.5), points, steps)
    return {
        "bifurcation": {
            "weight": weight,
            "biases": fixed.biases.tolist(),
            "points": fixed.points.tolist(),
            "stable": fixed.stable.tolist(),
            "turns": list(fixed.turns),
        },
        "surface": {
            "weights": surface.weights.tolist(),
            "biases": surface.biases.tolist(),
            "loss": surface.loss.tolist(),
            "steps": steps,
            "start": 0.5,
            "target": 0.7,
            "rate": rate,
            "largest_norm": float(surface.norms.max()),
            "median_norm": float(np.median(surface.norms)),
            "descents": [_walk(rate, norm, updates, steps) for norm in (0.0, clip)],
        },
    }


def _walk(rate: float, clip: float, updates: int, steps: int) -> dict[str, Any]:
    path = descend(*START_OF_DESCENT, rate=rate, clip=clip, updates=updates, steps=steps)
    _, dw_K, db_K = loss_and_gradient(path[:, 0], path[:, 1], steps=steps)
    return {
        "clip": clip,
        "weights": path[:, 0].tolist(),
        "biases": path[:, 1].tolist(),
        "norms": np.hypot(dw_K, db_K).tolist(),
    }
