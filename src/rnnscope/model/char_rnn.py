"""A stack of recurrent cells over symbols, as in Karpathy, Johnson and Fei-Fei (2015, section 3.1).

Symbols enter as one-hot vectors, computed as a gather of weight rows; there is no embedding. Each layer reads h of the
layer below at the same step; the top layer's h gives the logits of the next symbol. Dropout acts on h above every
layer, the last one included, and never on the path from step to step. For synthetic tasks the input may be dense
vectors and the output plain numbers.

h lies in [-1, 1] for all cells but `rnn` with relu (0 and up) or sigmoid ([0, 1]); c of the LSTM types is unbounded.
Dimension letters: T steps, B lanes, D inputs, V symbols, L layers, H cells.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from rnnscope.cells.dispatch import Choice, choose, run_layer
from rnnscope.cells.hold import Clamp
from rnnscope.cells.init import cell_parameters, draw
from rnnscope.cells.spec import spec as spec_of
from rnnscope.config import RecurrentConfig
from rnnscope.model.network import Network, State, refuse_absent_layers
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
        self.kernel = kernel or choose(config, 0 if input_size else vocabulary, "auto")
        self.spec = spec_of(config)
        self.depth, self.hidden = config.layers, config.hidden
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

    def forward(self, inputs: Tensor, state: State, *, dropout_seed: int | None = None) -> tuple[Tensor, State]:
        """Read one chunk with the chosen kernel (see `Network.forward`)."""
        logits_TBV, after, _ = self._read(inputs, state, dropout_seed=dropout_seed)
        return logits_TBV, after

    def forward_traced(
        self, inputs: Tensor, state: State, clamps: Sequence[Clamp] = ()
    ) -> tuple[Tensor, State, dict[str, Tensor]]:
        """Read one chunk with the readable steps and keep h, c and every gate (see `Network.forward_traced`).

        Raises:
            InputError: for a clamp on a layer, cell or quantity that the network does not have.
        """
        refuse_absent_layers(clamps, self.depth)
        return self._read(inputs, state, trace=True, clamps=clamps)

    def _read(
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
        kept_TBH = torch.rand(h_TBH.shape, generator=generator(dropout_seed, layer), dtype=h_TBH.dtype) >= rate
        return h_TBH * kept_TBH / (1 - rate)


def _stacked(layers: Sequence[dict[str, Tensor]]) -> dict[str, Tensor]:
    return {name: torch.stack([layer[name] for layer in layers]) for name in layers[0]}
