"""What the kernels are measured against: `torch.nn` used as its documentation says, in its fastest form that was found.

One-hot codes are rows of an identity matrix, which costs no more than `one_hot().float()`; gradients are set to None;
clipping and RMSProp work on all tensors in one call; the state is carried from chunk to chunk without its gradient.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from rnnscope.config import TrainConfig
from rnnscope.corpus.lanes import Piece
from rnnscope.model.network import Network
from rnnscope.train.optimiser import EPSILON

MODULES: dict[str, Callable[[int, int, int], torch.nn.Module]] = {
    "rnn": torch.nn.RNN,
    "lstm": torch.nn.LSTM,
    "gru-torch": torch.nn.GRU,
}
"""Cells that torch has."""


class Peer(torch.nn.Module):
    """One-hot symbols, a stack of torch's cells, a linear layer; with the weights of one of our networks.

    Args:
        network: of a cell of `MODULES`.
    """

    codes: Tensor

    def __init__(self, network: Network) -> None:
        super().__init__()
        self.stack = MODULES[network.spec.name](network.vocabulary, network.hidden, network.depth)
        self.linear = torch.nn.Linear(network.hidden, network.vocabulary)
        self.register_buffer("codes", torch.eye(network.vocabulary), persistent=False)
        weights = {name: weight.detach().clone().to(torch.float32) for name, weight in network.named_parameters()}
        self.load_state_dict({theirs: weights[ours] for ours, theirs in self.names(network.depth).items()})

    @staticmethod
    def names(depth: int) -> dict[str, str]:
        """Our name of every parameter -> torch's."""
        kinds = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
        stack = {f"layers.{layer}.{kind}": f"stack.{kind}_l{layer}" for layer in range(depth) for kind in kinds}
        return stack | {"output.weight": "linear.weight", "output.bias": "linear.bias"}

    def forward(self, ids: Tensor, state: Any = None) -> tuple[Tensor, Any]:
        """Logits of the symbol after each step, [T, B] -> [T, B, V], and the state that leaves."""
        h_TBH, state = self.stack(self.codes[ids], state)
        return self.linear(h_TBH), state


class Training:
    """A whole training step of torch: forward, loss, backward, clipping, RMSProp, the state carried on.

    Args:
        network: whose weights it starts with.
        config: rates of the update.
        chunks: inputs and targets [T, B], taken in turn.
        autocast: whether products are left to `torch.autocast` in bfloat16.
    """

    def __init__(
        self, network: Network, config: TrainConfig, chunks: Sequence[tuple[Tensor, Tensor]], *, autocast: bool
    ) -> None:
        self.peer = Peer(network)
        self.config, self.chunks, self.autocast = config, chunks, autocast
        self.parameters = list(self.peer.parameters())
        self.rule = torch.optim.RMSprop(
            self.parameters, lr=config.learning_rate, alpha=config.rmsprop_decay, eps=EPSILON, foreach=True
        )
        self.state: Any = None
        self.steps = 0

    def step(self) -> float:
        """Make one step and return its loss in nats."""
        inputs_TB, targets_TB = self.chunks[self.steps % len(self.chunks)]
        self.steps += 1
        with torch.autocast("cpu", torch.bfloat16, enabled=self.autocast):
            logits_TBV, state = self.peer(inputs_TB, self.state)
            loss = torch.nn.functional.cross_entropy(logits_TBV.flatten(0, 1), targets_TB.flatten())
        self.state = tuple(part.detach() for part in state) if isinstance(state, tuple) else state.detach()
        self.rule.zero_grad(set_to_none=True)
        torch.autograd.backward(loss)
        torch.nn.utils.clip_grad_norm_(self.parameters, self.config.clip, foreach=True)
        self.rule.step()
        return float(loss.detach())


class Sampling:
    """Draws symbol after symbol in a Python loop, the state carried on from call to call.

    Args:
        network: whose weights it has.
        lanes: B, texts side by side.
        threads: of torch.
    """

    def __init__(self, network: Network, lanes: int, threads: int) -> None:
        self.peer = Peer(network).eval()
        self.threads = threads
        self.ids: Tensor = torch.zeros(1, lanes, dtype=torch.int64)
        self.state: Any = None

    def draw(self, count: int) -> None:
        """Draw `count` symbols in every lane."""
        torch.set_num_threads(self.threads)
        with torch.inference_mode():
            for _ in range(count):
                logits_1BV, self.state = self.peer(self.ids, self.state)
                self.ids = torch.multinomial(torch.softmax(logits_1BV[0], -1), 1).T


class Reading:
    """Scores a text in the lanes of an evaluation: log-softmax, then the probability of the symbol that came.

    Args:
        network: whose weights it has.
        ids: the whole text, [N].
        pieces: the lanes, at most as many as are read side by side.
        steps: T, symbols per chunk.
    """

    def __init__(self, network: Network, ids: NDArray[np.int64], pieces: Sequence[Piece], steps: int) -> None:
        self.peer = Peer(network).eval()
        self.ids, self.steps = ids, steps
        self.pieces = pieces

    def score(self) -> NDArray[np.float32]:
        """Log-probability of every position of the pieces; NaN at position 0, which nothing comes before."""
        log_probs_N = np.full(len(self.ids), np.nan, np.float32)
        warm_B = np.array([piece.warm_start for piece in self.pieces])
        starts_B = np.array([piece.start for piece in self.pieces])
        stops_B = np.array([piece.stop for piece in self.pieces])
        state: Any = None
        with torch.inference_mode():
            for at in range(0, int((stops_B - warm_B).max()), self.steps):
                # Position p is read in order to predict p + 1.
                positions_TB = warm_B + np.arange(at, at + self.steps)[:, None]
                next_TB = positions_TB + 1
                scored_TB = (next_TB >= starts_B) & (next_TB < stops_B)
                inputs_TB = torch.from_numpy(self.ids[np.minimum(positions_TB, len(self.ids) - 1)])
                targets_TB = torch.from_numpy(self.ids[np.minimum(next_TB, len(self.ids) - 1)])
                h_TBH, state = self.peer.stack(self.peer.codes[inputs_TB], state)
                if not scored_TB.any():  # warm-up alone
                    continue
                logits_TBV = self.peer.linear(h_TBH)
                found_TB = torch.log_softmax(logits_TBV, -1).gather(-1, targets_TB[..., None])[..., 0]
                log_probs_N[next_TB[scored_TB]] = found_TB.numpy()[scored_TB]
        return log_probs_N
