"""The n-NN of Karpathy, Johnson and Fei-Fei (2015, section 4.2): one tanh layer over the n symbols before.

h = tanh(b + sum over k of W_k x_k), where x_k is the one-hot code of the symbol k places before the newest; what lies
before the start of the text is a zero vector. The products are row gathers with a running sum; no one-hot vector is
ever made. It reads, scores and samples like a recurrent network; its state is the last n symbols, so it can remember
nothing else.

The lines of torch below are the definition, and compute wherever a gradient is traced, units are held or nothing is
compiled. Otherwise the compiled network does the same to a whole chunk, in which every position is a row of its own.

Dimension letters: T steps, B lanes, R = T B rows, V symbols, H units; n is the window.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

import torch
from torch import Tensor

from rnnscope.cells.dispatch import Choice, choose_for_window
from rnnscope.cells.hold import Clamp, clamping
from rnnscope.cells.init import draw
from rnnscope.cells.spec import SIGNED, CellSpec
from rnnscope.config import WindowConfig
from rnnscope.model.compiled import NOWHERE, Compiled
from rnnscope.model.network import Network, Reading, State, places, refuse_absent_layers
from rnnscope.native.network import TargetScores

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

ROWS = 8192
"""Rows that are read at once; a longer chunk is cut."""


class WindowMLP(Network):
    """The window network; parameters are `window.weight` [n, V, H], `window.bias` [H], `output.weight` [V, H] and
    `output.bias` [V]. `window.weight[k]` belongs to the symbol k places before the newest.

    Args:
        config: window, width and starting weights.
        vocabulary: V.
        seed: of the starting weights.
        kernel: who computes; None leaves the choice to `cells.dispatch.choose_for_window`.
    """

    config: WindowConfig

    def __init__(self, config: WindowConfig, vocabulary: int, *, seed: int, kernel: Choice | None = None) -> None:
        super().__init__()
        self.config = config
        self.vocabulary = vocabulary
        self.kernel = kernel or choose_for_window("auto")
        self.spec = WINDOW_SPEC
        self.depth, self.hidden = 1, config.hidden
        self._twins = Compiled(WINDOW_SPEC, 1, config.hidden, vocabulary, config.window)
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
        if self._read_compiled(inputs):
            logits_TBV, after, _ = self._rows(inputs, state, "logits")
        else:
            logits_TBV, after, _ = self.forward_traced(inputs, state)
        return logits_TBV, after

    def forward_traced(
        self, inputs: Tensor, state: State, clamps: Sequence[Clamp] = ()
    ) -> tuple[Tensor, State, dict[str, Tensor]]:
        """Read one chunk and keep the tanh units as {"h": [1, T, B, H]} (see `Network.forward_traced`).

        Raises:
            InputError: for a clamp on a layer, unit or quantity that the network does not have.
        """
        if not clamps and self._read_compiled(inputs):
            recorded = {"h": torch.empty(1, *inputs.shape, self.hidden)}
            logits_TBV, after, _ = self._rows(inputs, state, "logits", recorded=recorded)
            return logits_TBV, after, recorded
        refuse_absent_layers(clamps, self.depth)
        windows_nTB, after = self._windows(inputs, state)
        h_TBH = self._units(windows_nTB.movedim(0, -1))
        if clamps:
            h_TBH = clamping(self.spec, self.hidden, clamps, h_TBH)("h", h_TBH)
        return self.logits(h_TBH), after, {"h": h_TBH[None]}

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
        recorded = places(quantities, (1 if layers is None else len(layers), *inputs.shape, self.hidden), memory)
        want: Literal["log_probs", "neither"] = "log_probs" if log_probs else "neither"
        log_probs_TBV, after, scores = self._rows(inputs, state, want, targets, recorded)
        return Reading(after, log_probs_TBV, scores, recorded)

    def gradients(
        self, inputs: Tensor, targets: Tensor, state: State, *, dropout_seed: int | None = None
    ) -> tuple[float, int, State]:
        """Read one chunk and go back through it (see `Network.gradients`)."""
        if not self.compiled:
            return super().gradients(inputs, targets, state, dropout_seed=dropout_seed)
        windows_nTB, after = self._windows(inputs, state)
        rows_n1R, targets_1R = windows_nTB.flatten(1)[:, None], targets.flatten()[None]
        loss_nats_sum, count, _ = self._twins.learn(self.kernel, self._weights(), rows_n1R, targets_1R, {}, None, 1.0)
        return loss_nats_sum, count, after

    @property
    def compiled(self) -> bool:
        """Whether the compiled network can take the place of this one as it is now."""
        bias = self.output["bias"]
        return self.kernel.kernel == "fused" and bias.dtype == torch.float32 and bias.device.type == "cpu"

    def _read_compiled(self, inputs: Tensor) -> bool:
        # For a few symbols packing the weights costs more than the readable lines do.
        return self.compiled and not torch.is_grad_enabled() and inputs.numel() > 1

    def _weights(self) -> list[Tensor]:
        """Every weight in the order of rnnscope.h."""
        return [self.window["weight"], self.window["bias"], self.output["weight"], self.output["bias"]]

    def _windows(self, inputs: Tensor, state: State) -> tuple[Tensor, State]:
        """The window of every step, [n, T, B], newest first as window.weight is ordered; and the state after them."""
        window, steps = self.config.window, len(inputs)
        symbols = torch.cat([state["recent"], inputs])
        windows_nTB = torch.stack([symbols[window - k : window - k + steps] for k in range(window)])
        return windows_nTB, {"recent": symbols[-window:]}

    def _rows(
        self,
        inputs: Tensor,
        state: State,
        want: Literal["logits", "log_probs", "neither"],
        targets: Tensor | None = None,
        recorded: Mapping[str, Tensor] = NOWHERE,
    ) -> tuple[Tensor, State, TargetScores | None]:
        """What the compiled network makes of a chunk (see `Compiled.read`): [T, B, V], the state after it, scores."""
        windows_nTB, after = self._windows(inputs, state)
        windows_n1R = windows_nTB.flatten(1)[:, None]
        out, scores = [], []
        for first in range(0, windows_n1R.shape[-1], ROWS):
            some = slice(first, first + ROWS)
            out_1RV, _, scores_1R = self._twins.read(
                self.kernel, self._weights(), windows_n1R[..., some], {}, want=want,
                targets=None if targets is None else targets.flatten()[None, some],
                recorded={name: values.flatten(1, 2)[:, None, some] for name, values in recorded.items()},
                layers=(0,) if recorded else (),
            )  # fmt: skip
            out.append(out_1RV)
            scores += [scores_1R] if scores_1R else []
        out_TBV = torch.cat(out, 1).view(-1, inputs.shape[1], self.vocabulary)
        if not scores:
            return out_TBV, after, None
        return out_TBV, after, TargetScores.joined(scores, axis=1).each(lambda column: column.reshape(inputs.shape))

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
