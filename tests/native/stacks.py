"""Whole networks at odd sizes, read twice: by the reference steps in float64 with autograd, and by the library.

Both give the same dictionary of named arrays, so that a comparison cannot leave one out. The compiled one is poisoned:
whatever it is to write is NaN before, lies at odd addresses, and is fenced by numbers that must still be there after.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor

from rnnscope.cells.gru import reference as gru
from rnnscope.cells.gru_torch import reference as gru_torch
from rnnscope.cells.lstm import reference as lstm
from rnnscope.cells.lstm_coupled import reference as lstm_coupled
from rnnscope.cells.lstm_peephole import reference as lstm_peephole
from rnnscope.cells.rnn import reference as rnn
from rnnscope.cells.spec import CellSpec, spec
from rnnscope.native import network

from ..cells.cases import CONFIGS

Precision = Literal["float32", "bfloat16"]
Route = Literal["cotangents", "loss"]
Named = dict[str, NDArray[Any]]
Floats = NDArray[np.float32]

STEPS: dict[str, Callable[..., Any]] = {
    "rnn-tanh": rnn.step,
    "rnn-relu": functools.partial(rnn.step, activation=torch.relu),
    "rnn-sigmoid": functools.partial(rnn.step, activation=torch.sigmoid),
    "lstm": lstm.step,
    "lstm-peephole-diagonal": lstm_peephole.step,
    "lstm-peephole-full": lstm_peephole.step,
    "lstm-coupled": lstm_coupled.step,
    "gru": gru.step,
    "gru-torch": gru_torch.step,
}

ROUTES: tuple[Route, ...] = ("cotangents", "loss")
"""Where gradients come from: random cotangents of the logits, or the mean loss of the targets."""

KERNELS: list[tuple[network.Path, Precision]] = [(path, "float32") for path in network.PATHS]
KERNELS += [(path, "bfloat16") for path in network.BFLOAT16_PATHS]
"""Every compiled way to compute; tests skip those that this machine lacks."""

FENCE = 8
"""Numbers before and after an array that must not be touched."""


class Sizes(NamedTuple):
    """Steps, lanes, cells, symbols, layers."""

    T: int
    B: int
    H: int
    V: int
    L: int


@dataclass(eq=False)
class Stack:
    """A network with weights, a chunk to read, and a random cotangent for everything that leaves.

    Named are float32, so that both sides start from the same numbers. `dropout` marks what `kept` is for.
    """

    name: str
    sizes: Sizes
    spec: CellSpec = field(init=False)
    names: list[str] = field(init=False)
    parameters: list[Floats] = field(init=False)
    ids: NDArray[np.int64] = field(init=False)
    targets: NDArray[np.int64] = field(init=False)
    state: dict[str, Floats] = field(init=False)
    kept: NDArray[np.uint8] | None = field(init=False)
    kept_scale: float = field(init=False)
    d_logits: Floats = field(init=False)
    d_state: dict[str, Floats] = field(init=False)
    dropout: bool = True
    seed: int = 1

    def __post_init__(self) -> None:
        T, B, H, V, L = self.sizes
        random = np.random.default_rng([self.seed, *self.sizes])
        self.spec = spec(CONFIGS[self.name].model_copy(update={"hidden": H, "layers": L}))

        def normal(*shape: int, width: float = 1.0) -> Floats:
            return (random.standard_normal(shape) * width).astype(np.float32)

        def weight(shape: tuple[int, ...], dense: bool) -> Floats:
            return normal(*shape, width=shape[-1] ** -0.5 if dense and len(shape) == 2 else 0.7)

        self.names, self.parameters = [], []
        for layer in range(L):
            for key, shape in self.spec.parameter_shapes(H if layer else V, H).items():
                self.names.append(f"layers.{layer}.{key}")
                self.parameters.append(weight(shape, dense=layer > 0 or key != "weight_ih"))
        self.names += ["output.weight", "output.bias"]
        self.parameters += [weight((V, H), dense=True), normal(V)]
        self.ids = random.integers(-1, V, (T, B))
        self.targets = random.integers(-1, V, (T, B))
        self.targets[-1, -1] = V - 1  # so that something is asked
        self.state = {key: normal(L, B, H, width=0.6) for key in self.spec.states}
        self.kept = (random.random((L, T, B, H)) < 0.8).astype(np.uint8) if self.dropout else None
        self.kept_scale = 1.25 if self.dropout else 1.0
        self.d_logits = normal(T, B, V)
        self.d_state = {key: normal(L, B, H) for key in self.spec.states}

    @property
    def options(self) -> dict[str, Any]:
        """What both ways to read take beside symbols and states."""
        return {"kept": self.kept, "kept_scale": self.kept_scale}


@functools.cache
def stack(name: str, *sizes: int, dropout: bool = True, seed: int = 1) -> Stack:
    """The same numbers at every call; T, B, H, V, L. What is returned is shared: copy before changing."""
    return Stack(name, Sizes(*sizes), dropout=dropout, seed=seed)


class Reading(NamedTuple):
    """What the reference makes of a chunk, with the graph: logits [T, B, V], states [L, B, H], records [L, T, B, H]."""

    logits: Tensor
    state: dict[str, Tensor]
    quantities: dict[str, Tensor]


def read(
    given: Stack,
    parameters: Sequence[Tensor],
    ids: NDArray[np.int64],
    state: Mapping[str, Tensor],
    kept: NDArray[np.uint8] | None = None,
    kept_scale: float = 1.0,
    passed: Tensor | None = None,
) -> Reading:
    """A chunk by the readable steps, layer by layer and step by step; symbols enter as one-hot vectors.

    `passed` decides in place of the sign which sums a relu lets through, [L, T, B, H].
    """
    _, _, _, V, L = given.sizes
    step, each = STEPS[given.name], (len(parameters) - 2) // L
    dtype = parameters[0].dtype
    below = (torch.from_numpy(ids)[..., None] == torch.arange(V)).to(dtype)
    leaving: list[dict[str, Tensor]] = []
    records: list[dict[str, Tensor]] = []
    for layer in range(L):
        keys = [name.split(".")[-1] for name in given.names[:each]]
        p = dict(zip(keys, parameters[layer * each : (layer + 1) * each], strict=True))
        x_TBR = below @ p["weight_ih"].T + p["bias_ih"]
        now = {key: values[layer] for key, values in state.items()}
        steps: list[dict[str, Tensor]] = []
        for t, x_BR in enumerate(x_TBR):
            if passed is not None:
                step = functools.partial(rnn.step, activation=passed[layer][t].mul)
            now, gates = step(x_BR, now, p)
            steps.append({**now, **gates})
        leaving.append(now)
        records.append({key: torch.stack([values[key] for values in steps]) for key in given.spec.quantities})
        below = records[-1]["h"]
        if kept is not None:
            below = below * torch.from_numpy(kept[layer]).to(dtype) * kept_scale
    stacked = [{key: torch.stack([x[key] for x in many]) for key in many[0]} for many in (leaving, records)]
    return Reading(below @ parameters[-2].T + parameters[-1], *stacked)


def negative_log_likelihood(logits: Tensor, targets: NDArray[np.int64]) -> tuple[Tensor, int]:
    """Sum over the targets that are asked for, and how many they are."""
    asked = torch.from_numpy(np.argwhere(targets >= 0))
    chosen = torch.from_numpy(targets[targets >= 0])
    return -logits.log_softmax(-1)[asked[:, 0], asked[:, 1], chosen].sum(), len(chosen)


@functools.cache
def reference(given: Stack, route: Route) -> Named:
    """What `by_autograd` gives, computed once."""
    return by_autograd(given, route)


def by_autograd(given: Stack, route: Route, passed: Tensor | None = None) -> Named:
    """Everything by the reference in float64, gradients by autograd, under the names of `compiled`."""
    parameters = [torch.from_numpy(values).double().requires_grad_() for values in given.parameters]
    entering = {key: torch.from_numpy(values).double().requires_grad_() for key, values in given.state.items()}
    reading = read(given, parameters, given.ids, entering, **given.options, passed=passed)
    loss, count = negative_log_likelihood(reading.logits, given.targets)
    from_logits = (reading.logits * torch.from_numpy(given.d_logits)).sum()
    total = from_logits if route == "cotangents" else loss / max(1, count)
    for key, values in given.d_state.items():
        total = total + (reading.state[key] * torch.from_numpy(values)).sum()
    found = torch.autograd.grad(total, [*parameters, *entering.values()], materialize_grads=True)
    to_weights, to_states = found[: len(parameters)], found[len(parameters) :]
    return {
        "logits": reading.logits.detach().numpy(),
        "log_probs": reading.logits.log_softmax(-1).detach().numpy(),
        "loss": loss.detach().numpy(),
        "count": np.array(count),
        **{f"state {key}": values.detach().numpy() for key, values in reading.state.items()},
        **{f"recorded {key}": values.detach().numpy() for key, values in reading.quantities.items()},
        **{f"gradient {key}": values.numpy() for key, values in zip(given.names, to_weights, strict=True)},
        **{f"d_state {key}": values.numpy() for key, values in zip(entering, to_states, strict=True)},
    }


def make(
    given: Stack,
    path: network.Path,
    precision: Precision = "float32",
    *,
    capacity: tuple[int, int] | None = None,
    threads: int = 1,
    gradients: bool = True,
) -> network.NativeNetwork:
    """A fresh handle with the stack's weights; skips where the machine lacks the path."""
    require(path)
    row, (T, B, H, V, L) = given.spec, given.sizes
    steps, lanes = capacity or (T, B)
    shape = network.Shape(row.name, row.variant, row.states, row.quantities, L, H, V, steps, lanes)
    made = network.NativeNetwork(shape, path, threads=threads, precision=precision, gradients=gradients)
    made.load(network.Arrays(given.parameters))
    return made


def require(path: network.Path) -> None:
    """Skip the test where the path does not run."""
    if path not in network.paths():
        pytest.skip(f"no {path} path here")


@contextmanager
def poisoned() -> Iterator[None]:
    """Inside, what `numpy.empty` returns is NaN, or nonsense, at an odd address; fences are checked at the end."""
    fenced: list[NDArray[Any]] = []
    original, places = np.empty, itertools.count()

    def empty(shape: Any, dtype: Any = np.float64, **_: Any) -> NDArray[Any]:
        count, before = int(np.prod(shape)), FENCE + next(places) % 3
        whole = original(before + count + FENCE, dtype)
        whole.fill(np.nan if whole.dtype.kind == "f" else -77)
        fenced.extend((whole[:before], whole[before + count :]))
        return whole[before : before + count].reshape(shape)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(np, "empty", empty)
        yield
    for fence in fenced:
        untouched = np.isnan(fence) if fence.dtype.kind == "f" else fence == -77
        assert untouched.all(), "something was written beside an array"


def compiled(given: Stack, made: network.NativeNetwork, route: Route = "cotangents") -> Named:
    """Everything that the library gives for the stack's chunk, each array poisoned before."""
    inputs: list[NDArray[Any]] = [given.ids, given.targets, *given.parameters, *given.state.values(), given.d_logits]
    inputs += [*given.d_state.values()]
    before = [values.tobytes() for values in inputs]
    with poisoned():
        gradients = [np.empty(values.shape, np.float32) for values in given.parameters]
        recorded = recorded_places(made.shape, given.ids.shape)
        result = made.run(
            given.ids, given.state, targets=given.targets, logits=True, log_probs=True, scores=True, recorded=recorded,
            d_logits=given.d_logits if route == "cotangents" else None, d_state=given.d_state,
            gradients=network.Arrays(gradients), **given.options,
        )  # fmt: skip
    assert before == [values.tobytes() for values in inputs], "an input was changed"
    assert result.logits is not None
    assert result.log_probs is not None
    assert result.d_state is not None
    assert_scores(result, given.targets)
    return {
        "logits": result.logits,
        "log_probs": result.log_probs,
        "loss": np.array(result.loss_nats_sum),
        "count": np.array(result.count),
        **{f"state {key}": values for key, values in result.state.items()},
        **{f"recorded {key}": values for key, values in joined(recorded).items()},
        **{f"gradient {key}": values for key, values in zip(given.names, gradients, strict=True)},
        **{f"d_state {key}": values for key, values in result.d_state.items()},
    }


def forward(given: Stack, made: network.NativeNetwork, lanes: Any = slice(None), steps: Any = slice(None)) -> Named:
    """What reading alone gives for some lanes and steps of the stack's chunk."""
    kept = None if given.kept is None else np.ascontiguousarray(given.kept[:, steps][:, :, lanes])
    ids, targets = (np.ascontiguousarray(symbols[steps][:, lanes]) for symbols in (given.ids, given.targets))
    with poisoned():
        recorded = recorded_places(made.shape, ids.shape)
        result = made.run(
            ids, {k: v[:, lanes] for k, v in given.state.items()}, targets=targets,
            kept=kept, kept_scale=given.kept_scale, logits=True, log_probs=True, scores=True, recorded=recorded,
        )  # fmt: skip
    assert result.logits is not None
    assert result.log_probs is not None
    assert_scores(result, targets)
    states = {f"state {key}": values for key, values in result.state.items()}
    return {"logits": result.logits, "log_probs": result.log_probs, **joined(recorded), **states}


def recorded_places(shape: network.Shape, chunk: Sequence[int]) -> list[dict[str, Floats]]:
    """New arrays for every quantity of every layer."""
    return [
        {name: np.empty((*chunk, shape.hidden), np.float32) for name in shape.quantities} for _ in range(shape.layers)
    ]


def joined(recorded: Sequence[Mapping[str, Floats]]) -> Named:
    """What was recorded of all layers, name -> [L, T, B, H]."""
    return {name: np.stack([layer[name] for layer in recorded]) for name in recorded[0]}


def assert_scores(result: network.Result, targets: NDArray[np.int64]) -> None:
    """Scores are what the log-probabilities of the same result say of the targets, to the bit."""
    assert result.scores is not None
    assert result.log_probs is not None
    log_probs, asked = result.log_probs, targets >= 0
    own = np.take_along_axis(log_probs, np.maximum(targets, 0)[..., None], -1)
    np.testing.assert_array_equal(result.scores.log_probs, np.where(asked, own[..., 0], np.float32(np.nan)))
    sound = ~np.isnan(log_probs).any(-1)  # ranks among what is no number mean nothing
    ranks = np.where(asked, 1 + (log_probs > own).sum(-1), 0)
    best = np.where(asked, log_probs.argmax(-1), -1)
    np.testing.assert_array_equal(result.scores.ranks[sound], ranks[sound])
    np.testing.assert_array_equal(result.scores.best[sound], best[sound])


def is_gradient(key: str) -> bool:
    """Whether an array of `compiled` comes from the way back."""
    return key.startswith(("gradient", "d_state"))


def errors(found: Named, expected: Named, together: bool = False) -> dict[str, float]:
    """For every array its greatest error, as a share of the greatest number expected; NaN counts as infinite.

    With `together`, of the greatest number in all values, or in all gradients: sums of a few terms may cancel.
    """
    assert list(found) == list(expected)
    greatest = {key: float(np.abs(values).max(initial=0.0)) for key, values in expected.items()}
    shares = {}
    for key, values in expected.items():
        assert found[key].shape == values.shape, f"{key}: {found[key].shape}, not {values.shape}"
        kind = [size for other, size in greatest.items() if is_gradient(other) == is_gradient(key)]
        error = np.abs(found[key] - values).max(initial=0.0) / ((max(kind) if together else greatest[key]) or 1.0)
        shares[key] = float(error) if np.isfinite(error) else np.inf
    return shares


def assert_close(found: Named, expected: Named, bound: float, together: bool = False) -> None:
    """No array is off by more than the bound, as `errors` tells it."""
    shares = errors(found, expected, together)
    far = {key: f"{error:.2g}" for key, error in shares.items() if not error <= bound}
    assert far == {}, f"above {bound}: {far}"


def assert_same(found: Named, expected: Named) -> None:
    """Every array equals its counterpart bit for bit."""
    assert list(found) == list(expected)
    different = [key for key, values in expected.items() if found[key].tobytes() != values.tobytes()]
    assert different == [], f"not the same bits: {different}"
