"""The n-NN of Karpathy, Johnson and Fei-Fei (2015, section 4.2): one tanh layer over the n symbols before.

h = tanh(b + sum over k of W_k x_k), where x_k is the one-hot code of the symbol k places before the newest; what lies
before the start of the text is a zero vector. The products are row gathers with a running sum; no one-hot vector is
ever made. It reads, scores and samples like a recurrent network; its state is the last n symbols, so it can remember
nothing else.

Dimension letters: T steps, B lanes, V symbols, H units; n is the window.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from rnnscope.cells.dispatch import Choice
from rnnscope.cells.hold import Clamp, clamping
from rnnscope.cells.init import draw
from rnnscope.cells.spec import SIGNED, CellSpec
from rnnscope.config import WindowConfig
from rnnscope.model.network import Network, State, refuse_absent_layers

NOTHING = -1
"""In the state: no symbol here, the text had not begun."""

WINDOW_SPEC = CellSpec(
    name="window",
    variant="",
    states=("h",),
    blocks=("h",),
    ranges={"h": SIGNED},
    keep=None,
    peepholes=(),
    equations=("h = tanh(sum over k of W_k @ x_k + b)",),
)
"""The one recorded quantity of a window network, in the form of the gate table."""

WINDOW_KERNEL = Choice("torch", "a window network has no recurrence: torch gathers and sums rows of weights")


class WindowMLP(Network):
    """The window network; parameters are `window.weight` [n, V, H], `window.bias` [H], `output.weight` [V, H] and
    `output.bias` [V]. `window.weight[k]` belongs to the symbol k places before the newest.

    Args:
        config: window, width and starting weights.
        vocabulary: V.
        seed: of the starting weights.
    """

    config: WindowConfig

    def __init__(self, config: WindowConfig, vocabulary: int, *, seed: int) -> None:
        super().__init__()
        self.config = config
        self.vocabulary = vocabulary
        self.kernel = WINDOW_KERNEL
        self.spec = WINDOW_SPEC
        self.depth, self.hidden = 1, config.hidden
        shapes = {
            "window": {"weight": (config.window, vocabulary, config.hidden), "bias": (config.hidden,)},
            "output": {"weight": (vocabulary, config.hidden), "bias": (vocabulary,)},
        }
        parts = {
            part: torch.nn.ParameterDict(
                {
                    name: draw(f"{part}.{name}", shape, seed=seed, method="uniform", scale=config.init_scale)
                    for name, shape in weights.items()
                }
            )
            for part, weights in shapes.items()
        }
        self.window, self.output = parts["window"], parts["output"]

    def initial_state(self, batch: int) -> State:
        """Nothing read: {"recent": [n, B]} of -1, int64, oldest first."""
        return {"recent": torch.full((self.config.window, batch), NOTHING, dtype=torch.int64)}

    def next_logits(self, state: State) -> Tensor:
        """Logits of the symbol after the n most recent ones, [B, V]."""
        return self.logits(self._units(state["recent"].T.flip(-1)))

    def forward(self, inputs: Tensor, state: State, *, dropout_seed: int | None = None) -> tuple[Tensor, State]:
        """Read one chunk (see `Network.forward`); a window network has no dropout, so the seed changes nothing."""
        logits_TBV, after, _ = self.forward_traced(inputs, state)
        return logits_TBV, after

    def forward_traced(
        self, inputs: Tensor, state: State, clamps: Sequence[Clamp] = ()
    ) -> tuple[Tensor, State, dict[str, Tensor]]:
        """Read one chunk and keep the tanh units as {"h": [1, T, B, H]} (see `Network.forward_traced`).

        Raises:
            InputError: for a clamp on a layer, unit or quantity that the network does not have.
        """
        refuse_absent_layers(clamps, self.depth)
        steps, window = len(inputs), self.config.window
        symbols = torch.cat([state["recent"], inputs])
        # The window of step t ends with the symbol read at t; newest first, as window.weight is ordered.
        windows_TBn = symbols[1:].unfold(0, window, 1)[:steps].flip(-1)
        h_TBH = self._units(windows_TBn)
        if clamps:
            h_TBH = clamping(self.spec, self.hidden, clamps, h_TBH)("h", h_TBH)
        return self.logits(h_TBH), {"recent": symbols[-window:]}, {"h": h_TBH[None]}

    def _units(self, windows: Tensor) -> Tensor:
        """tanh of the sum of one weight row for each symbol of the windows [..., n], newest first: [..., H]."""
        window = self.config.window
        rows_RH = self.window["weight"].flatten(0, 1)
        bags = windows.reshape(-1, window)
        absent = bags == NOTHING
        rows = bags.clamp(min=0) + self.vocabulary * torch.arange(window)
        # Weights for every row cost time, so they are given only where the text's beginning is in sight.
        shares = (~absent).to(rows_RH.dtype) if bool(absent.any()) else None
        sums = torch.nn.functional.embedding_bag(rows, rows_RH, mode="sum", per_sample_weights=shares)
        return torch.tanh(sums + self.window["bias"]).reshape(*windows.shape[:-1], self.hidden)
