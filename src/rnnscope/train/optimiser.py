"""The update rule, its clipping, and its state as plain named arrays.

RMSProp as in the paper (Tieleman and Hinton 2012): m = d m + (1 - d) g^2; x = x - rate g / (sqrt(m) + 1e-8).
Adam after Kingma and Ba (2015), algorithm 1. SGD without momentum: x = x - rate g. Clipping by norm follows Pascanu,
Mikolov and Bengio (2013), by value Mikolov's thesis (2012). The rules are written out because making a `torch.optim`
optimiser imports torch's compiler, which takes longer than starting everything else together; the tests hold them
against `torch.optim`. Where the network is compiled its library makes the updates of the first two rules, in one pass
over the numbers.
"""

from __future__ import annotations

import math

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from rnnscope.config import TrainConfig
from rnnscope.native import network as native
from rnnscope.native.network import Path

EPSILON = 1e-8
ADAM_DECAYS = (0.9, 0.999)
LARGEST = float(np.finfo(np.float32).max)

SQUARE, MEAN, UPDATES = "mean_square", "mean", "updates"


class Optimiser:
    """Updates a network's parameters from their gradients.

    Args:
        parameters: name and tensor of everything that learns; all on one device.
        config: the update rule and its rates.
        path: of the compiled library, which then makes the updates; None leaves them to torch.
    """

    def __init__(
        self, parameters: list[tuple[str, torch.nn.Parameter]], config: TrainConfig, path: Path | None = None
    ) -> None:
        self.names = [name for name, _ in parameters]
        self.tensors: list[Tensor] = [tensor for _, tensor in parameters]
        self.config, self.path = config, path
        self.updates = 0
        adapts = config.optimiser != "sgd"
        self.mean_squares = [torch.zeros_like(tensor) for tensor in self.tensors] if adapts else []
        self.means = [torch.zeros_like(tensor) for tensor in self.tensors] if config.optimiser == "adam" else []

    def gradient_norm(self) -> float:
        """Norm of all gradients together, before any clipping; not finite if any element is not, or its square."""
        if self.path:
            total = native.square_sum(_arrays(self._gradients()), self.path)
            return math.sqrt(total) if total <= LARGEST else math.inf
        norms = torch._foreach_norm(self._gradients())
        return float(torch.linalg.vector_norm(torch.stack(norms)))

    @torch.no_grad()
    def step(self, rate: float, norm: float) -> None:
        """Clip the gradients and update the parameters.

        Args:
            rate: learning rate of this update, above 0.
            norm: what `gradient_norm` returned, finite.
        """
        self.updates += 1
        scale = self.config.clip / norm if self.config.clip and norm > self.config.clip else 1.0
        if self.path and self.mean_squares:
            self._compiled(self.path, rate, scale)
            return
        gradients = self._gradients()
        if scale != 1:
            torch._foreach_mul_(gradients, scale)
        if self.config.clip_value:
            torch._foreach_clamp_min_(gradients, -self.config.clip_value)
            torch._foreach_clamp_max_(gradients, self.config.clip_value)
        if self.config.optimiser == "rmsprop":
            self._rmsprop(gradients, rate)
        elif self.config.optimiser == "adam":
            self._adam(gradients, rate)
        else:
            torch._foreach_add_(self.tensors, gradients, alpha=-rate)

    def _compiled(self, path: Path, rate: float, scale: float) -> None:
        moments = [self.means, self.mean_squares] if self.means else [self.mean_squares]
        arrays = [_arrays(tensors) for tensors in (self.tensors, self._gradients(), *moments)]
        limit = self.config.clip_value
        if self.config.optimiser == "rmsprop":
            decay = self.config.rmsprop_decay
            native.rmsprop(*arrays, rate=rate, decay=decay, epsilon=EPSILON, scale=scale, limit=limit, path=path)
        else:
            native.adam(
                *arrays, rate=rate, decays=ADAM_DECAYS, epsilon=EPSILON,
                scale=scale, limit=limit, updates=self.updates, path=path,
            )  # fmt: skip

    def _rmsprop(self, gradients: list[Tensor], rate: float) -> None:
        decay = self.config.rmsprop_decay
        torch._foreach_mul_(self.mean_squares, decay)
        torch._foreach_addcmul_(self.mean_squares, gradients, gradients, value=1 - decay)
        sizes = torch._foreach_sqrt(self.mean_squares)
        torch._foreach_add_(sizes, EPSILON)
        torch._foreach_addcdiv_(self.tensors, gradients, sizes, value=-rate)

    def _adam(self, gradients: list[Tensor], rate: float) -> None:
        first, second = ADAM_DECAYS
        torch._foreach_lerp_(self.means, gradients, 1 - first)
        torch._foreach_mul_(self.mean_squares, second)
        torch._foreach_addcmul_(self.mean_squares, gradients, gradients, value=1 - second)
        sizes = torch._foreach_sqrt(self.mean_squares)
        torch._foreach_div_(sizes, (1 - second**self.updates) ** 0.5)
        torch._foreach_add_(sizes, EPSILON)
        torch._foreach_addcdiv_(self.tensors, self.means, sizes, value=-rate / (1 - first**self.updates))

    def _gradients(self) -> list[Tensor]:
        gradients = [tensor.grad for tensor in self.tensors]
        assert all(gradient is not None for gradient in gradients), "backward must come first"
        return gradients  # type: ignore[return-value]  # none of them is None, as just asserted

    def arrays(self) -> dict[str, NDArray[np.generic]]:
        """The whole state as arrays named `parameter/moment`, and the number of updates."""
        moments = {name: kept for name, kept in ((SQUARE, self.mean_squares), (MEAN, self.means)) if kept}
        named = {
            f"{name}/{moment}": tensor.numpy()
            for moment, tensors in moments.items()
            for name, tensor in zip(self.names, tensors, strict=True)
        }
        return {**named, UPDATES: np.array([self.updates], np.int64)}

    def restore(self, arrays: dict[str, NDArray[np.generic]]) -> None:
        """Take over a state that `arrays` gave, exactly."""
        self.updates = int(arrays[UPDATES][0])
        for name, square in zip(self.names, self.mean_squares, strict=bool(self.mean_squares)):
            square.copy_(torch.from_numpy(arrays[f"{name}/{SQUARE}"]))
        for name, mean in zip(self.names, self.means, strict=bool(self.means)):
            mean.copy_(torch.from_numpy(arrays[f"{name}/{MEAN}"]))


def _arrays(tensors: list[Tensor]) -> native.Arrays:
    return native.Arrays(tensor.detach().numpy() for tensor in tensors)
