"""Who computes a network: readable reference steps, torch's kernel, or the compiled one. Chosen once, with a reason.

`fused` is the compiled network: whole chunks of symbols, forward and back, all cells, float32 on the processor. It has
no autograd, so wherever a gradient is traced through the network the readable steps run in its place.
`naive` runs the reference step in a Python loop and leaves the gradient to autograd: any cell, dtype and device.
`torch` runs the operator behind `torch.nn.RNN`, `LSTM` or `GRU` on our parameters; it exists for rnn with tanh or relu,
lstm and gru-torch. It gives neither gates nor a place to clamp, so recordings and clamped runs take the naive path, and
it multiplies by one-hot codes where the readable path looks up a row, so large alphabets take the naive path too.
Refused: asking torch for a cell it does not have, for a compiled path that this machine does not have, and for bfloat16
where none is computed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal

import torch
from torch import Tensor

from rnnscope.cells.gru import reference as gru
from rnnscope.cells.gru_torch import reference as gru_torch
from rnnscope.cells.hold import Clamp, Gates, Hold, State, clamping, free
from rnnscope.cells.inputs import dense, input_term
from rnnscope.cells.lstm import reference as lstm
from rnnscope.cells.lstm_coupled import reference as lstm_coupled
from rnnscope.cells.lstm_peephole import reference as lstm_peephole
from rnnscope.cells.rnn import reference as rnn
from rnnscope.cells.spec import CellSpec
from rnnscope.cells.spec import spec as spec_of
from rnnscope.config import Kernel, Precision, RecurrentConfig
from rnnscope.errors import InputError
from rnnscope.native import loading
from rnnscope.native.network import BFLOAT16_PATHS, Path, paths

Step = Callable[[Tensor, State, Mapping[str, Tensor], Hold], tuple[State, Gates]]

_STEPS: dict[str, Step] = {
    "lstm": lstm.step,
    "lstm-peephole": lstm_peephole.step,
    "lstm-coupled": lstm_coupled.step,
    "gru": gru.step,
    "gru-torch": gru_torch.step,
}

_ACTIVATIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "tanh": torch.tanh,
    "relu": torch.relu,
    "sigmoid": torch.sigmoid,
}

_TORCH_KERNELS: dict[tuple[str, str], tuple[str, Callable[..., Any]]] = {
    ("rnn", "tanh"): ("torch.rnn_tanh", torch.rnn_tanh),
    ("rnn", "relu"): ("torch.rnn_relu", torch.rnn_relu),
    ("lstm", ""): ("torch.lstm", torch.lstm),
    ("gru-torch", ""): ("torch.gru", torch.gru),
}


LARGE_ALPHABET = 500
"""Symbols from which `auto` takes the readable steps; measured, see README.md."""


@dataclass(frozen=True)
class Choice:
    """Which kernel computes the network, and why.

    Args:
        kernel: its name.
        reason: for people.
        path: which instructions the compiled network uses; None for the other kernels.
        precision: what matrix products of a training multiply; reading is always float32.
    """

    kernel: Literal["naive", "torch", "fused"]
    reason: str
    path: Path | None = None
    precision: Precision = "float32"

    def __str__(self) -> str:
        return f"{self.kernel} ({self.reason})"


@dataclass(frozen=True)
class LayerRun:
    """What one layer did over one chunk.

    Args:
        h_TBH: h after each step.
        state: the states after the last step, name -> [B, H].
        quantities: if traced, every state and gate of every step, name -> [T, B, H]; None otherwise.
    """

    h_TBH: Tensor
    state: State
    quantities: dict[str, Tensor] | None


def choose(
    config: RecurrentConfig,
    vocabulary: int,
    kernel: Kernel,
    device: torch.device | str = "cpu",
    *,
    precision: Precision = "float32",
) -> Choice:
    """Choose the kernel of a network, once.

    Args:
        config: says which cell, with which option.
        vocabulary: V, symbols that enter the first layer and leave the softmax; 0 where dense vectors do.
        kernel: what was asked for; `auto` takes the fastest compiled path, and where nothing is compiled torch's kernel
            if there is one and the alphabet is not large.
        device: where the network will run; told in the reason.
        precision: for matrix products of a training.

    Raises:
        InputError: what was asked for is not to be had here; the message says what is.
    """
    spec = spec_of(config)
    cell = f"{spec.name} with {spec.variant}" if spec.variant else spec.name
    known = _TORCH_KERNELS.get((spec.name, spec.variant))
    compilable = vocabulary > 0 and str(device) == "cpu"
    if kernel.startswith("fused") or (kernel == "auto" and compilable and paths()):
        return _compiled(kernel, compilable, precision)
    _refuse_rounding(kernel, precision)
    if kernel == "naive":
        return Choice("naive", f"asked for; readable steps on {device}")
    absent = f"; compiled library: {loading.why()}" if kernel == "auto" and compilable else ""
    if kernel == "auto" and known is not None and vocabulary >= LARGE_ALPHABET:
        reason = f"{known[0]} would multiply by one-hot codes of {vocabulary:,} symbols; readable steps look them up"
        return Choice("naive", f"{reason}, on {device}{absent}")
    if known is not None:
        return Choice("torch", f"{'asked for; ' if kernel == 'torch' else ''}{known[0]} on {device}{absent}")
    if kernel == "torch":
        raise _refused(f"kernel torch for {cell}", "torch has no kernel of its own for this cell", _INSTEAD)
    return Choice("naive", f"torch has no kernel for {cell}; readable steps on {device}{absent}")


def choose_for_window(kernel: Kernel, *, precision: Precision = "float32") -> Choice:
    """Choose who computes a window network (`model.window_mlp`), once; without recurrence there are two ways only.

    Args:
        kernel: what was asked for; `naive` and `torch` both mean the readable lines of torch, which `auto` takes where
            nothing is compiled.
        precision: for matrix products of a training.

    Raises:
        InputError: what was asked for is not to be had here; the message says what is.
    """
    if kernel.startswith("fused") or (kernel == "auto" and paths()):
        return _compiled(kernel, True, precision)
    _refuse_rounding(kernel, precision)
    absent = f"; compiled library: {loading.why()}" if kernel == "auto" else "; asked for"
    return Choice("torch", f"a window network has no recurrence: torch gathers and sums rows of weights{absent}")


_INSTEAD = "Use --kernel auto or --kernel naive."


def _refuse_rounding(kernel: Kernel, precision: Precision) -> None:
    if precision != "float32":
        raise _refused(
            f"precision {precision} with kernel {kernel}",
            "only the compiled network computes with it" + ("" if paths() else f", and it is {loading.why()}"),
            "Use --kernel fused, or --precision float32.",
        )


def _compiled(kernel: Kernel, compilable: bool, precision: Precision) -> Choice:
    asked, here = kernel.partition(":")[2], paths()
    if not compilable:
        raise _refused(f"kernel {kernel}", "it reads symbols, on the processor", _INSTEAD)
    if not here:
        raise _refused(f"kernel {kernel}", f"the compiled library is {loading.why()}", _INSTEAD)
    if asked and asked not in here:
        raise _refused(
            f"kernel {kernel}", f"this machine has the paths {', '.join(here)}", f"Use --kernel fused:{here[0]}."
        )
    able = [path for path in here if asked in ("", path) and (precision == "float32" or path in BFLOAT16_PATHS)]
    if not able:
        raise _refused(
            f"precision {precision} with kernel {kernel}",
            f"only {' and '.join(BFLOAT16_PATHS)} computes with it, and this machine has the paths {', '.join(here)}",
            "Use --precision float32.",
        )
    speed = "" if asked else ", the fastest path of this processor"
    products = "" if precision == "float32" else ", trained with products in bfloat16"
    return Choice("fused", f"{'' if kernel == 'auto' else 'asked for; '}{able[0]}{speed}{products}", able[0], precision)


def _refused(given: str, why: str, todo: str) -> InputError:
    return InputError(tried="choose a kernel", given=given, why=why, todo=todo)


def kernel_here(kernel: Kernel) -> Kernel:
    """The kernel that a network was trained with, or `auto` where this machine lacks it: any machine can read it."""
    name, _, path = kernel.partition(":")
    present = name != "fused" or path in paths() or (not path and paths())
    return kernel if present else "auto"


def training_precision(asked: Literal[Precision, "auto"]) -> Precision:
    """What a new training multiplies: what was asked for; `auto` is float32.

    Ten pairs each of two-layer LSTM and GRU (War and Peace, budget 128, 10 epochs) decided it: in bfloat16 the best
    validation loss is higher by 0.002 nats (95 % interval -0.005 to +0.008) and 0.005 nats (+0.001 to +0.010), and the
    rule asked for less than 0.005 with 95 % confidence. `benchmarks/precision_evidence.py`, benchmarks/results.
    """
    return "float32" if asked == "auto" else asked


def reference_step(spec: CellSpec) -> Step:
    """The readable step of a cell, with its option bound."""
    if spec.name == "rnn":
        return partial(rnn.step, activation=_ACTIVATIONS[spec.variant])
    return _STEPS[spec.name]


def run_layer(
    choice: Choice,
    spec: CellSpec,
    inputs: Tensor,
    state: State,
    params: Mapping[str, Tensor],
    *,
    trace: bool = False,
    clamps: Sequence[Clamp] = (),
) -> LayerRun:
    """Run one layer over one chunk.

    Args:
        choice: from `choose`.
        spec: the cell type.
        inputs: dense input x_TBD, or symbols ids_TB (integers in [0, D), -1 = no symbol, which enters as zeros).
        state: the states that enter, name -> [B, H].
        params: the parameters named by `spec.parameter_shapes`.
        trace: whether to return every quantity of every step.
        clamps: quantities of this layer to hold; their `layer` is not looked at.

    Raises:
        InputError: a clamp that this layer cannot have.
    """
    assert inputs.shape[0] > 0, "a chunk has at least one step"
    assert set(state) == set(spec.states), f"{spec.name} passes on {spec.states}, not {tuple(state)}"
    if choice.kernel == "torch" and not trace and not clamps:
        return _run_torch(spec, inputs, state, params)
    hold = clamping(spec, state["h"].shape[-1], clamps, state["h"]) if clamps else free
    return _run_naive(spec, inputs, state, params, hold, trace)


def _run_naive(
    spec: CellSpec, inputs: Tensor, state: State, params: Mapping[str, Tensor], hold: Hold, trace: bool
) -> LayerRun:
    step = reference_step(spec)
    kept = spec.quantities if trace else ("h",)
    rows: dict[str, list[Tensor]] = {name: [] for name in kept}
    for x in input_term(inputs, params["weight_ih"], params["bias_ih"]).unbind(0):
        state, gates = step(x, state, params, hold)
        for name in kept:
            rows[name].append(state[name] if name in state else gates[name])
    quantities = {name: torch.stack(values) for name, values in rows.items()}
    return LayerRun(quantities["h"], state, quantities if trace else None)


def _run_torch(spec: CellSpec, inputs: Tensor, state: State, params: Mapping[str, Tensor]) -> LayerRun:
    _, kernel = _TORCH_KERNELS[spec.name, spec.variant]
    weights = [params[name] for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")]
    x_TBD = dense(inputs, params["weight_ih"])
    enter = [state[name].unsqueeze(0) for name in spec.states]
    # one layer, with biases, no dropout, in training mode (so that gradients are kept), one direction, time first
    h_TBH, *leave = kernel(
        x_TBD, enter if len(enter) > 1 else enter[0], weights, True, 1, 0.0, torch.is_grad_enabled(), False, False
    )
    return LayerRun(h_TBH, {name: value.squeeze(0) for name, value in zip(spec.states, leave, strict=True)}, None)
