"""The compiled networks behind one network of ours: made when they are needed, loaded with its weights at every use.

One goes forward and back, with the precision of the training; one only reads, in float32. The weights stay where they
are, in torch tensors that anything may change at any time, also through NumPy and behind torch's counters. Packing them
costs about as much as reading a handful of symbols, so it is done at each call and old weights can never be read.

Memory holds one chunk of each: longer readings are cut, a larger chunk replaces the buffers. Handles belong to one
process and one owner: copies and forked processes make their own. Dimension letters: T steps, B lanes, V symbols,
L layers, H cells.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from rnnscope.cells.dispatch import Choice
from rnnscope.cells.spec import CellSpec
from rnnscope.native.network import Arrays, Floats, NativeNetwork, Result, Shape, TargetScores

STEPS = 100
"""Steps that are read at once; a longer chunk is cut."""

State = Mapping[str, Tensor]

NOWHERE: Mapping[str, Tensor] = MappingProxyType({})


class Compiled:
    """The compiled twins of one network.

    Args:
        spec: the cell type.
        layers, hidden, vocabulary: L, H, V.
        window: n, symbols that enter at once, of a network without states; 0 for the cells, where one enters.
    """

    def __init__(self, spec: CellSpec, layers: int, hidden: int, vocabulary: int, window: int = 0) -> None:
        self._made_for = spec, layers, hidden, vocabulary, window
        # The rows of a window know nothing of each other, so they need no order: all are lanes of one step.
        self._steps, self._passed_on = (1, ()) if window else (STEPS, spec.states)
        self._networks: dict[str, tuple[tuple[Any, ...], NativeNetwork]] = {}
        self._one_caller = threading.Lock()

    def __reduce__(self) -> tuple[Any, ...]:
        return Compiled, self._made_for

    def read(
        self,
        choice: Choice,
        weights: Sequence[Tensor],
        inputs: Tensor,
        state: State,
        *,
        want: Literal["logits", "log_probs", "neither"],
        targets: Tensor | None = None,
        recorded: Mapping[str, Tensor] = NOWHERE,
        layers: Sequence[int] = (),
        kept: Tensor | None = None,
        kept_scale: float = 1.0,
    ) -> tuple[Tensor, dict[str, Tensor], TargetScores | None]:
        """Read one chunk.

        Args:
            choice: of the kernel.
            weights: in the order of rnnscope.h.
            inputs: symbols in [-1, V), [T, B], of a window [n, T, B], newest first; int64.
            state: the states that enter, name -> [L, B, H]; not changed.
            want: what to return of the symbol after each step.
            targets: symbols to score in [-1, V), [T, B], int64; -1 = nothing is asked.
            recorded: where states and gates of some layers go, name -> contiguous [R, T, B, H].
            layers: which R layers these are.
            kept: which h dropout keeps, bool [L, T, B, H]; None keeps all.
            kept_scale: what kept h is multiplied by.

        Returns:
            Logits or log-probabilities [T, B, V], or [0, B, V]; the states that leave; the scores of the targets.
        """
        ids, entering = self._ids(inputs), self._states(state, inputs.shape[-1])
        targets_TB = None if targets is None else self._ids(targets)
        results: list[Result] = []
        with self._one_caller:
            network = self._network(choice, weights, self._steps, inputs.shape[-1], learns=False)
            for start in range(0, inputs.shape[-2], self._steps):
                piece = slice(start, start + self._steps)
                done = network.run(
                    np.ascontiguousarray(ids[..., piece, :]),
                    entering,
                    targets=None if targets_TB is None else np.ascontiguousarray(targets_TB[piece]),
                    kept=None if kept is None else _bytes(kept[:, piece]),
                    kept_scale=kept_scale,
                    logits=want == "logits",
                    log_probs=want == "log_probs",
                    scores=targets_TB is not None,
                    recorded=self._places(recorded, layers, piece),
                )
                entering = done.state
                results.append(done)
        nothing_0BV = np.empty((0, inputs.shape[-1], self._made_for[3]), np.float32)
        out = [result.logits if want == "logits" else result.log_probs for result in results]
        out_TBV = _joined([nothing_0BV if part is None else part for part in out])
        scores = [result.scores for result in results if result.scores]
        return torch.from_numpy(out_TBV), _tensors(entering), TargetScores.joined(scores) if scores else None

    def learn(
        self,
        choice: Choice,
        weights: Sequence[Tensor],
        inputs: Tensor,
        targets: Tensor,
        state: State,
        kept: Tensor | None,
        kept_scale: float,
    ) -> tuple[float, int, dict[str, Tensor]]:
        """Read one chunk, go back through it, and write the gradient of its mean loss into `.grad` of the weights.

        Args:
            choice, weights, inputs, state, kept, kept_scale: as for `read`.
            targets: symbols to predict in [-1, V), [T, B], int64; -1 = nothing is asked.

        Returns:
            Sum of -log p(target) in nats, the number of targets, and the states that leave.
        """
        steps, lanes = inputs.shape[-2:]
        assert targets.shape == (steps, lanes), (targets.shape, inputs.shape)
        gradients = []
        for weight in weights:
            if weight.grad is None:
                weight.grad = torch.empty_like(weight)
            gradients.append(weight.grad.numpy())
        with self._one_caller:
            done = self._network(choice, weights, steps, lanes, learns=True).run(
                self._ids(inputs),
                self._states(state, lanes),
                targets=self._ids(targets),
                kept=None if kept is None else _bytes(kept),
                kept_scale=kept_scale,
                gradients=Arrays(gradients),
            )
        return done.loss_nats_sum, done.count, _tensors(done.state)

    def draw(
        self,
        choice: Choice,
        weights: Sequence[Tensor],
        state: State,
        uniforms: NDArray[np.float64],
        temperature: float,
        symbols: int,
    ) -> tuple[NDArray[np.int64], dict[str, Tensor], bool]:
        """Draw symbol after symbol in every lane (see `NativeNetwork.sample`)."""
        with self._one_caller:
            network = self._network(choice, weights, STEPS, uniforms.shape[1], learns=False)
            entering = self._states(state, uniforms.shape[1])
            ids_NB, leaving, finite = network.sample(entering, uniforms, temperature, symbols)
        return ids_NB, _tensors(leaving), finite

    def _network(
        self, choice: Choice, weights: Sequence[Tensor], steps: int, lanes: int, *, learns: bool
    ) -> NativeNetwork:
        """A network that is large enough, with these weights."""
        use = "learn" if learns else "read"
        assert choice.path is not None, choice
        made_as = choice.path, choice.precision if learns else "float32", torch.get_num_threads(), os.getpid()
        known_as, known = self._networks.get(use, (None, None))
        if known is not None and known_as == made_as:
            steps, lanes = max(steps, known.shape.steps), max(lanes, known.shape.lanes)
        if known is None or known_as != made_as or (steps, lanes) != (known.shape.steps, known.shape.lanes):
            self._networks.pop(use, None)
            known = None  # its memory goes before another is asked for
            spec, layers, hidden, vocabulary, window = self._made_for
            names = spec.name, spec.variant, self._passed_on, spec.quantities
            shape = Shape(*names, layers, hidden, vocabulary, steps, lanes, window or 1)
            path, precision, threads, _ = made_as
            known = NativeNetwork(shape, path, threads=threads, precision=precision, gradients=learns)
            self._networks[use] = made_as, known
        known.load(Arrays(weight.detach().contiguous().numpy() for weight in weights))
        return known

    # The library trusts what it is given, so sizes and ids are looked at here.

    def _places(self, recorded: Mapping[str, Tensor], layers: Sequence[int], piece: slice) -> list[dict[str, Floats]]:
        """Where some steps of every layer's quantities go; nowhere for layers that are not wanted."""
        places: list[dict[str, Floats]] = [{} for _ in range(self._made_for[1] if recorded else 0)]
        for name, values_RTBH in recorded.items():
            for layer, values_TBH in zip(layers, values_RTBH.numpy(), strict=True):
                places[layer][name] = values_TBH[piece]
        return places

    def _ids(self, ids: Tensor) -> NDArray[np.int64]:
        low, high = (int(end) for end in ids.aminmax())
        assert -1 <= low <= high < self._made_for[3], f"symbols {low} to {high} in a vocabulary of {self._made_for[3]}"
        return np.ascontiguousarray(ids.numpy())

    def _states(self, state: State, lanes: int) -> dict[str, Floats]:
        spec, layers, hidden, *_ = self._made_for
        assert set(state) == set(self._passed_on), f"{spec.name} passes on {self._passed_on}, not {tuple(state)}"
        for values in state.values():
            assert values.shape == (layers, lanes, hidden), (values.shape, (layers, lanes, hidden))
        return {name: values.detach().numpy() for name, values in state.items()}


def _tensors(state: Mapping[str, Floats]) -> dict[str, Tensor]:
    return {name: torch.from_numpy(values) for name, values in state.items()}


def _bytes(kept: Tensor) -> NDArray[np.uint8]:
    return np.ascontiguousarray(kept.numpy()).view(np.uint8)


def _joined(parts: Sequence[NDArray[Any]]) -> NDArray[Any]:
    return parts[0] if len(parts) == 1 else np.concatenate(parts)
