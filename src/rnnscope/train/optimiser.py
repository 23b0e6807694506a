"""The update rule, its clipping, and its state as plain named arrays.

RMSProp as in the paper, x -= rate * g / (sqrt(mean of g^2) + 1e-8); Adam after Kingma and Ba (2015). Both are
`torch.optim`'s own. Clipping by norm follows Pascanu, Mikolov and Bengio (2013), by value Mikolov's thesis (2012).
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray

from rnnscope.config import TrainConfig

EPSILON = 1e-8


class Optimiser:
    """Updates a network's parameters from their gradients.

    Args:
        parameters: name and tensor of everything that learns; the order fixes the order of the state.
        config: the update rule and its rates.
    """

    def __init__(self, parameters: list[tuple[str, torch.nn.Parameter]], config: TrainConfig) -> None:
        self.names = [name for name, _ in parameters]
        self.tensors = [tensor for _, tensor in parameters]
        self.config = config
        self.rule: torch.optim.Optimizer
        if config.optimiser == "rmsprop":
            self.rule = torch.optim.RMSprop(
                self.tensors, lr=config.learning_rate, alpha=config.rmsprop_decay, eps=EPSILON, foreach=True
            )
        else:
            self.rule = torch.optim.Adam(self.tensors, lr=config.learning_rate, eps=EPSILON, foreach=True)

    def gradient_norm(self) -> float:
        """Norm of all gradients together, before any clipping; not finite if any element is not."""
        gradients = [tensor.grad for tensor in self.tensors if tensor.grad is not None]
        return float(torch.nn.utils.get_total_norm(gradients))

    def step(self, rate: float, norm: float) -> None:
        """Clip the gradients, update the parameters, clear the gradients.

        Args:
            rate: learning rate of this update, above 0.
            norm: what `gradient_norm` returned, finite.
        """
        if self.config.clip and norm > self.config.clip:
            factor = self.config.clip / norm
            for tensor in self.tensors:
                if tensor.grad is not None:
                    tensor.grad.mul_(factor)
        if self.config.clip_value:
            torch.nn.utils.clip_grad_value_(self.tensors, self.config.clip_value)
        for group in self.rule.param_groups:
            group["lr"] = rate
        self.rule.step()
        self.rule.zero_grad(set_to_none=True)

    def arrays(self) -> dict[str, NDArray[np.float32]]:
        """The state as arrays named `parameter/moment`; empty before the first update."""
        return {
            f"{name}/{key}": value.detach().cpu().numpy()
            for name, tensor in zip(self.names, self.tensors, strict=True)
            for key, value in self.rule.state.get(tensor, {}).items()
        }

    def restore(self, arrays: dict[str, NDArray[np.float32]]) -> None:
        """Take over a state that `arrays` gave, exactly."""
        for name, tensor in zip(self.names, self.tensors, strict=True):
            moments = {key.rsplit("/", 1)[1]: value for key, value in arrays.items() if key.rsplit("/", 1)[0] == name}
            if moments:
                self.rule.state[tensor] = {key: torch.from_numpy(value.copy()) for key, value in moments.items()}
