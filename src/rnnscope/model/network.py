"""What every trainable network is to the rest of the program: a reader of symbols with a state made of named tensors.

The trainer, the readers, the predictor and the sampler know this class only, so a window network is trained, scored and
sampled by the same lines as a stack of LSTMs. It refuses to hold a state of its own: states are passed in and out.

Dimension letters: T steps of a chunk, B lanes, V symbols, L layers, H cells.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from rnnscope.cells.dispatch import Choice
from rnnscope.cells.hold import Clamp
from rnnscope.cells.spec import CellSpec
from rnnscope.config import RecurrentConfig, WindowConfig
from rnnscope.errors import Diverged, InputError
from rnnscope.model.loss import cross_entropy
from rnnscope.native.network import TargetScores

State = dict[str, Tensor]
"""Named tensors whose axis 1 is the lane: h, c [L, B, H] of a recurrent network, recent [n, B] of a window network."""

LANE_AXIS = 1


@dataclass(frozen=True)
class Reading:
    """What reading one chunk gave.

    Attributes:
        state: the state after the last step.
        log_probs: natural logarithms of the probabilities of the symbol after each step, [T, B, V]; [0, B, V] where
            they were not asked for.
        scores: of the targets; None without targets.
        quantities: those that were asked for by name, each [R, T, B, H] for R layers.
    """

    state: State
    log_probs: Tensor
    scores: TargetScores | None
    quantities: dict[str, Tensor]


class Network(torch.nn.Module, ABC):
    """A network over symbols (or dense vectors) that reads chunks of B lanes.

    Attributes:
        config: what it was built from.
        vocabulary: V, the number of symbols it predicts.
        kernel: who computes the recurrence, and why.
        spec: its row of the gate table: names and ranges of the quantities that `forward_traced` gives.
        depth: L.
        hidden: H.
        output: the softmax layer, `weight` [V, H] and `bias` [V].
    """

    config: RecurrentConfig | WindowConfig
    vocabulary: int
    kernel: Choice
    spec: CellSpec
    depth: int
    hidden: int
    output: torch.nn.ParameterDict

    def logits(self, h: Tensor) -> Tensor:
        """Logits of the next symbol from h of the top layer, [..., H] -> [..., V]."""
        return torch.nn.functional.linear(h, self.output["weight"], self.output["bias"])

    @abstractmethod
    def initial_state(self, batch: int) -> State:
        """The state before anything was read, for `batch` lanes."""

    @abstractmethod
    def next_logits(self, state: State) -> Tensor:
        """Logits of the symbol that comes after everything the state has read, [B, V]."""

    @abstractmethod
    def forward(self, inputs: Tensor, state: State, *, dropout_seed: int | None = None) -> tuple[Tensor, State]:
        """Read one chunk.

        Args:
            inputs: symbols in [0, V), [T, B], int64; or vectors [T, B, D] for a network on dense inputs.
            state: what `initial_state` or the previous chunk gave; not changed.
            dropout_seed: what the dropout masks of this chunk are drawn from; None reads without dropout.

        Returns:
            Logits of the symbol after each step, [T, B, V], and the state after the last step.
        """

    @abstractmethod
    def forward_traced(
        self, inputs: Tensor, state: State, clamps: Sequence[Clamp] = ()
    ) -> tuple[Tensor, State, dict[str, Tensor]]:
        """Read one chunk without dropout and keep everything that was computed.

        Args:
            inputs: as in `forward`.
            state: as in `forward`.
            clamps: values forced inside the recurrence while reading.

        Returns:
            Logits [T, B, V], the state after the last step, and every quantity by name, each [L, T, B, H].
        """

    @torch.no_grad()
    def read(
        self,
        inputs: Tensor,
        state: State,
        *,
        log_probs: bool = True,
        targets: Tensor | None = None,
        quantities: Sequence[str] = (),
        layers: Sequence[int] | None = None,
        memory: Mapping[str, Tensor] | None = None,
        clamps: Sequence[Clamp] = (),
    ) -> Reading:
        """Read one chunk without learning: no gradients, no dropout.

        Args:
            inputs, state, clamps: as in `forward_traced`.
            log_probs: whether to give the probabilities of all symbols.
            targets: symbols to score, or -1 where nothing is asked, [T, B], int64.
            quantities: names of the states and gates to give.
            layers: of which layers to give them, R indices from 0; None gives those of all.
            memory: where quantities may be put, name -> contiguous float32 [R, T, B, H]; without it they get memory of
                their own.
        """
        traced: dict[str, Tensor] = {}
        if quantities or clamps:
            logits_TBV, state, traced = self.forward_traced(inputs, state, clamps)
        else:
            logits_TBV, state = self.forward(inputs, state)
        logits_TBV -= logits_TBV.logsumexp(-1, keepdim=True)  # in place: a second chunk of them would double the memory
        chosen = slice(None) if layers is None else list(layers)
        return Reading(
            state,
            logits_TBV if log_probs else logits_TBV[:0].clone(),
            None if targets is None else scores_of(logits_TBV, targets),
            {name: traced[name][chosen] for name in quantities},
        )

    def gradients(
        self, inputs: Tensor, targets: Tensor, state: State, *, dropout_seed: int | None = None
    ) -> tuple[float, int, State]:
        """Read one chunk and put the gradient of its mean loss into every parameter's `.grad`, in place of what was.

        Args:
            inputs, state, dropout_seed: as in `forward`; no gradient flows into the state.
            targets: symbols to predict, or -1 where nothing is asked, [T, B], int64.

        Returns:
            Sum of -log p(target) in nats, the number of targets in it, and the state after the last step.
        """
        self.zero_grad(set_to_none=True)
        logits_TBV, after = self(inputs, state, dropout_seed=dropout_seed)
        loss_sum, count = cross_entropy(logits_TBV, targets)
        torch.autograd.backward(loss_sum / max(1, count))
        return float(loss_sum.detach()), count, detach(after)


def places(
    quantities: Sequence[str], shape_RTBH: Sequence[int], memory: Mapping[str, Tensor] | None = None
) -> dict[str, Tensor]:
    """Where quantities go, by name: into the memory that was given, or into new memory of this shape."""
    return {name: memory[name] if memory else torch.empty(*shape_RTBH) for name in quantities}


def scores_of(log_probs: Tensor, targets: Tensor) -> TargetScores:
    """What distributions say of the symbols that came.

    Args:
        log_probs: natural logarithms of probabilities, [..., V].
        targets: symbols, or -1 where nothing is asked, [...], int64.
    """
    asked = targets >= 0
    own = log_probs.gather(-1, targets.clamp(min=0)[..., None])
    ranks = 1 + (log_probs > own).sum(-1)
    return TargetScores(
        torch.where(asked, own[..., 0], torch.nan).to(torch.float32).numpy(),
        torch.where(asked, ranks, 0).to(torch.int32).numpy(),
        torch.where(asked, log_probs.argmax(-1), -1).to(torch.int32).numpy(),
    )


def detach(state: State) -> State:
    """The same state cut off from the graph that computed it, so that gradients stop at the chunk's first step."""
    return {name: tensor.detach() for name, tensor in state.items()}


def first_lanes(state: State, count: int) -> State:
    """The state of the first `count` lanes."""
    return {name: tensor.narrow(LANE_AXIS, 0, count) for name, tensor in state.items()}


def refuse_absent_layers(clamps: Sequence[Clamp], depth: int) -> None:
    """Refuse clamps on layers that a network of `depth` layers does not have.

    Raises:
        InputError: naming the layer index.
    """
    for clamp in clamps:
        if not 0 <= clamp.layer < depth:
            raise InputError(
                tried="clamp a cell",
                given=f"layer index {clamp.layer}",
                why=f"the network has {depth} layer{'s' if depth > 1 else ''}, counted from index 0",
                todo=f"Choose a layer index from 0 to {depth - 1}." if depth > 1 else "Choose layer index 0.",
            )


def refuse_overflow(finite: bool, tried: str) -> None:
    """Refuse predictions that are no probabilities: with finite weights h of a rectified network can still overflow.

    Args:
        finite: whether all logarithms of probabilities are numbers.
        tried: what they are needed for, as a clause.

    Raises:
        Diverged: one of them is NaN or infinite.
    """
    if not finite:
        raise Diverged(
            tried=tried,
            given="this network",
            why="its states grow beyond all bounds while it reads, so that its probabilities are not finite",
            todo="Use an earlier --checkpoint, or train with a smaller --init-scale or --learning-rate.",
        )
