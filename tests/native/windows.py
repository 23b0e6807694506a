"""Window networks at odd sizes, read twice: by one-hot vectors in float64 with autograd, and by the library, poisoned.

The rows of a window know nothing of each other, so a chunk of them is one step of R lanes.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from rnnscope.native import network

from .stacks import (
    Floats,
    Named,
    Precision,
    Route,
    assert_scores,
    joined,
    negative_log_likelihood,
    poisoned,
    recorded_places,
    require,
)  # fmt: skip

NAMES = ("window.weight", "window.bias", "output.weight", "output.bias")


class WindowSizes(NamedTuple):
    """Symbols of the window, rows, units, symbols of the alphabet."""

    n: int
    R: int
    H: int
    V: int


SIZES = [
    WindowSizes(1, 1, 1, 1),
    WindowSizes(1, 2, 1, 2),
    WindowSizes(3, 1, 5, 3),
    WindowSizes(2, 13, 17, 5),
    WindowSizes(7, 29, 33, 87),
    WindowSizes(3, 101, 20, 70),
    WindowSizes(5, 300, 70, 9),
    WindowSizes(20, 7, 64, 48),
    WindowSizes(1, 40, 300, 101),
]
"""Down to 1, multiples of no vector width but for one; the last ones are beyond every inner block."""


@dataclass(eq=False)
class Window:
    """A network with weights, a chunk to read, and a random cotangent for its logits; all float32."""

    sizes: WindowSizes
    seed: int = 1
    parameters: list[Floats] = field(init=False)
    ids: NDArray[np.int64] = field(init=False)
    targets: NDArray[np.int64] = field(init=False)
    d_logits: Floats = field(init=False)

    def __post_init__(self) -> None:
        n, R, H, V = self.sizes
        random = np.random.default_rng([self.seed, *self.sizes])

        def normal(*shape: int, width: float = 1.0) -> Floats:
            return (random.standard_normal(shape) * width).astype(np.float32)

        self.parameters = [normal(n, V, H, width=n**-0.5), normal(H), normal(V, H, width=0.5 * H**-0.5)]
        self.parameters.append(normal(V, width=0.3))
        self.ids = random.integers(-1, V, (n, 1, R))
        self.targets = random.integers(-1, V, (1, R))
        self.targets[-1, -1] = V - 1  # so that something is asked
        self.d_logits = normal(1, R, V)


@functools.cache
def window(*sizes: int, seed: int = 1) -> Window:
    """The same numbers at every call; n, R, H, V. What is returned is shared: copy before changing."""
    return Window(WindowSizes(*sizes), seed)


@functools.cache
def reference(given: Window, route: Route) -> Named:
    """Everything by one-hot vectors in float64, gradients by autograd, under the names of `compiled`."""
    weight_nVH, bias_H, out_VH, out_V = leaves = [
        torch.from_numpy(values).double().requires_grad_() for values in given.parameters
    ]
    codes_nTRV = (torch.from_numpy(given.ids)[..., None] == torch.arange(given.sizes.V)).double()
    h_TRH = torch.tanh(torch.einsum("ktrv,kvh->trh", codes_nTRV, weight_nVH) + bias_H)
    logits = h_TRH @ out_VH.T + out_V
    loss, count = negative_log_likelihood(logits, given.targets)
    total = (logits * torch.from_numpy(given.d_logits)).sum() if route == "cotangents" else loss / count
    gradients = torch.autograd.grad(total, leaves)
    return {
        "logits": logits.detach().numpy(),
        "log_probs": logits.log_softmax(-1).detach().numpy(),
        "loss": loss.detach().numpy(),
        "count": np.array(count),
        "recorded h": h_TRH[None].detach().numpy(),
        **{f"gradient {name}": values.numpy() for name, values in zip(NAMES, gradients, strict=True)},
    }


def make(
    given: Window,
    path: network.Path,
    precision: Precision = "float32",
    *,
    capacity: int = 0,
    threads: int = 1,
    gradients: bool = True,
) -> network.NativeNetwork:
    """A fresh handle with the window's weights; skips where the machine lacks the path."""
    require(path)
    n, R, H, V = given.sizes
    shape = network.Shape("window", "", (), ("h",), 1, H, V, 1, capacity or R, n)
    made = network.NativeNetwork(shape, path, threads=threads, precision=precision, gradients=gradients)
    made.load(network.Arrays(given.parameters))
    return made


def compiled(given: Window, made: network.NativeNetwork, route: Route = "cotangents") -> Named:
    """Everything that the library gives for the window's chunk, each array poisoned before."""
    inputs: list[NDArray[Any]] = [given.ids, given.targets, *given.parameters, given.d_logits]
    before = [values.tobytes() for values in inputs]
    with poisoned():
        gradients = [np.empty(values.shape, np.float32) for values in given.parameters]
        recorded = recorded_places(made.shape, given.targets.shape)
        result = made.run(
            given.ids, {}, targets=given.targets, logits=True, log_probs=True, scores=True, recorded=recorded,
            d_logits=given.d_logits if route == "cotangents" else None, gradients=network.Arrays(gradients),
        )  # fmt: skip
    assert before == [values.tobytes() for values in inputs], "an input was changed"
    assert result.logits is not None
    assert result.log_probs is not None
    assert_scores(result, given.targets)
    return {
        "logits": result.logits,
        "log_probs": result.log_probs,
        "loss": np.array(result.loss_nats_sum),
        "count": np.array(result.count),
        "recorded h": joined(recorded)["h"],
        **{f"gradient {name}": values for name, values in zip(NAMES, gradients, strict=True)},
    }
