"""A stack of recurrent cells over symbols, as in Karpathy, Johnson and Fei-Fei (2015, section 3.1).

Symbols enter as one-hot vectors, computed as a gather of weight rows; there is no embedding. Each layer reads h of the
layer below at the same step; the top layer's h gives the logits of the next symbol. Dropout acts on h above every
layer, the last one included, and never on the path from step to step. For synthetic tasks the input may be dense
vectors and the output plain numbers.

Where the kernel is the compiled network, chunks without a gradient to trace and whole training steps are its business;
clamps and autograd run the readable steps on the same weights.

h lies in [-1, 1] for all cells but `rnn` with relu (0 and up) or sigmoid ([0, 1]); c of the LSTM types is unbounded.
Dimension letters: T steps, B lanes, D inputs, V symbols, L layers, H cells.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from rnnscope.cells.dispatch import Choice, choose, run_layer
from rnnscope.cells.hold import Clamp
from rnnscope.cells.init import cell_parameters, draw
from rnnscope.cells.spec import spec as spec_of
from rnnscope.config import RecurrentConfig
from rnnscope.model.compiled import Compiled
from rnnscope.model.network import Network, Reading, State, places, refuse_absent_layers
from rnnscope.model.seeds import generator


class CharRNN(Network):
    """The network of the paper; parameters are `layers.0.weight_ih` ... and `output.weight` [V, H], `output.bias` [V].

    Args:
        config: cell, layers, width, dropout and starting weights.
        vocabulary: V, symbols that are read and predicted.
        seed: of the starting weights.
        kernel: who computes the recurrence; None leaves the choice to `cells.dispatch.choose`.
        input_size: D of dense input vectors, for synthetic tasks; None reads symbols.
        output_size: how many plain numbers to put out at each step, for tasks with squared error; None puts out the
            logits of V symbols.
    """

    config: RecurrentConfig

    def __init__(
        self,
        config: RecurrentConfig,
        vocabulary: int,
        *,
        seed: int,
        kernel: Choice | None = None,
        input_size: int | None = None,
        output_size: int | None = None,
    ) -> None:
        super().__init__()
        self.config = config
        self.vocabulary = vocabulary
        self.kernel = kernel or choose(config, 0 if input_size or output_size else vocabulary, "auto")
        self.spec = spec_of(config)
        self.depth, self.hidden = config.layers, config.hidden
        self._symbols = not (input_size or output_size)
        self._twins = Compiled(self.spec, config.layers, config.hidden, vocabulary)
        self.layers = torch.nn.ModuleList()
        for layer in range(config.layers):
            below = config.hidden if layer else (input_size or vocabulary)
            weights = cell_parameters(config, below, seed=seed, prefix=f"layers.{layer}.")
            self.layers.append(torch.nn.ParameterDict(weights))
        above = output_size or vocabulary
        self.output = torch.nn.ParameterDict(
            {
                name: draw(f"output.{name}", shape, seed=seed, method=config.init, scale=config.init_scale)
                for name, shape in {"weight": (above, config.hidden), "bias": (above,)}.items()
            }
        )

    def initial_state(self, batch: int) -> State:
        """Zeros: {"h": [L, B, H]}, and "c" for the LSTM types."""
        shape = (self.depth, batch, self.hidden)
        return {name: self.output["weight"].new_zeros(shape) for name in self.spec.states}

    def next_logits(self, state: State) -> Tensor:
        """Logits of the symbol after everything the state has read, [B, V]: the output of the top layer's h."""
        return self.logits(state["h"][-1])

    @property
    def compiled(self) -> bool:
        """Whether the compiled network can take the place of this one as it is now."""
        bias = self.output["bias"]
        plain = self._symbols and bias.dtype == torch.float32 and bias.device.type == "cpu"
        return self.kernel.kernel == "fused" and plain

    def forward(self, inputs: Tensor, state: State, *, dropout_seed: int | None = None) -> tuple[Tensor, State]:
        """Read one chunk with the chosen kernel (see `Network.forward`)."""
        if self._read_compiled(inputs):
            kept, scale = self._all_kept(inputs.shape, dropout_seed)
            logits_TBV, after, _ = self._twins.read(
                self.kernel, self._weights(), inputs, state, want="logits", kept=kept, kept_scale=scale
            )
        else:
            logits_TBV, after, _ = self._readable(inputs, state, dropout_seed=dropout_seed)
        return logits_TBV, after

    def forward_traced(
        self, inputs: Tensor, state: State, clamps: Sequence[Clamp] = ()
    ) -> tuple[Tensor, State, dict[str, Tensor]]:
        """Read one chunk and keep h, c and every gate (see `Network.forward_traced`).

        Raises:
            InputError: for a clamp on a layer, cell or quantity that the network does not have.
        """
        if self._read_compiled(inputs) and not clamps:
            layers = tuple(range(self.depth))
            recorded = places(self.spec.quantities, (self.depth, *inputs.shape, self.hidden))
            logits_TBV, after, _ = self._twins.read(
                self.kernel, self._weights(), inputs, state, want="logits", recorded=recorded, layers=layers
            )
            return logits_TBV, after, recorded
        refuse_absent_layers(clamps, self.depth)
        return self._readable(inputs, state, trace=True, clamps=clamps)

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
        """Read one chunk without learning (see `Network.read`)."""
        if clamps or not self._read_compiled(inputs):
            return super().read(
                inputs, state, log_probs=log_probs, targets=targets, quantities=quantities, layers=layers, clamps=clamps
            )
        chosen = tuple(range(self.depth)) if layers is None else tuple(layers)
        recorded = places(quantities, (len(chosen), *inputs.shape, self.hidden), memory)
        log_probs_TBV, after, scores = self._twins.read(
            self.kernel, self._weights(), inputs, state, want="log_probs" if log_probs else "neither", targets=targets,
            recorded=recorded, layers=chosen,
        )  # fmt: skip
        return Reading(after, log_probs_TBV, scores, recorded)

    def gradients(
        self, inputs: Tensor, targets: Tensor, state: State, *, dropout_seed: int | None = None
    ) -> tuple[float, int, State]:
        """Read one chunk and go back through it (see `Network.gradients`)."""
        if not self.compiled:
            return super().gradients(inputs, targets, state, dropout_seed=dropout_seed)
        kept, scale = self._all_kept(inputs.shape, dropout_seed)
        return self._twins.learn(self.kernel, self._weights(), inputs, targets, state, kept, scale)

    def draw(
        self, state: State, uniforms: NDArray[np.float64], temperature: float, symbols: int
    ) -> tuple[NDArray[np.int64], State, bool]:
        """Draw symbol after symbol side by side, where the network is `compiled`.

        Args:
            state: what has been read, by one lane that all begin from, or by each.
            uniforms: a number in [0, 1) for every draw, [N, B].
            temperature: 0 or above.
            symbols: only ids below this are drawn.

        Returns:
            The ids [N, B], the states that have read them, and whether every distribution was finite.
        """
        lanes = uniforms.shape[1]
        entering = {name: values.expand(-1, lanes, -1) for name, values in state.items()}
        return self._twins.draw(self.kernel, self._weights(), entering, uniforms, temperature, symbols)

    def _read_compiled(self, inputs: Tensor) -> bool:
        # For a single symbol packing the weights costs more than the readable step does.
        return self.compiled and not torch.is_grad_enabled() and inputs.numel() > 1

    def _weights(self) -> list[Tensor]:
        """Every weight in the order of rnnscope.h."""
        shapes: dict[str, tuple[int, ...]] = {}
        for layer in range(self.depth):
            own = self.spec.parameter_shapes(self.hidden if layer else self.vocabulary, self.hidden)
            shapes |= {f"layers.{layer}.{name}": shape for name, shape in own.items()}
        shapes |= {"output.weight": (self.vocabulary, self.hidden), "output.bias": (self.vocabulary,)}
        named = dict(self.named_parameters())
        for name, shape in shapes.items():
            assert named[name].shape == shape, f"{name} is {tuple(named[name].shape)}, not {shape}"
        return [named[name] for name in shapes]

    def _readable(
        self,
        inputs: Tensor,
        state: State,
        *,
        dropout_seed: int | None = None,
        trace: bool = False,
        clamps: Sequence[Clamp] = (),
    ) -> tuple[Tensor, State, dict[str, Tensor]]:
        below = inputs
        states: list[State] = []
        traces: list[dict[str, Tensor]] = []
        for layer, weights in enumerate(self.layers):
            assert isinstance(weights, torch.nn.ParameterDict)
            run = run_layer(
                self.kernel,
                self.spec,
                below,
                {name: values_LBH[layer] for name, values_LBH in state.items()},
                dict(weights.items()),
                trace=trace,
                clamps=[clamp for clamp in clamps if clamp.layer == layer],
            )
            below = self._dropped(run.h_TBH, dropout_seed, layer)
            states.append(run.state)
            traces.append(run.quantities or {})
        return self.logits(below), _stacked(states), _stacked(traces)

    def _dropped(self, h_TBH: Tensor, dropout_seed: int | None, layer: int) -> Tensor:
        rate = self.config.dropout
        if dropout_seed is None or rate == 0:
            return h_TBH
        return h_TBH * self._kept(h_TBH.shape, dropout_seed, layer, h_TBH.dtype) / (1 - rate)

    def _kept(self, shape_TBH: Sequence[int], dropout_seed: int, layer: int, dtype: torch.dtype) -> Tensor:
        """The mask of one layer: a function of its arguments, whoever computes."""
        return torch.rand(shape_TBH, generator=generator(dropout_seed, layer), dtype=dtype) >= self.config.dropout

    def _all_kept(self, shape_TB: Sequence[int], dropout_seed: int | None) -> tuple[Tensor | None, float]:
        """The masks of all layers, [L, T, B, H], and what h that is kept is multiplied by."""
        rate = self.config.dropout
        if dropout_seed is None or rate == 0:
            return None, 1.0
        shape_TBH = (*shape_TB, self.hidden)
        masks = [self._kept(shape_TBH, dropout_seed, layer, torch.float32) for layer in range(self.depth)]
        return torch.stack(masks), 1 / (1 - rate)


def _stacked(layers: Sequence[dict[str, Tensor]]) -> dict[str, Tensor]:
    return {name: torch.stack([layer[name] for layer in layers]) for name in layers[0]}
