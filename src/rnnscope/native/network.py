"""The compiled network: one handle on `rnnscope_network`, NumPy arrays in and out, no torch.

It computes what the reference steps in `cells/` compute, for symbols that enter and a softmax that leaves: a chunk
forward, a chunk forward and back, text drawn symbol by symbol. The caller keeps weights, states and gradients; arrays
must be C-contiguous and of the stated type, because the library writes where their memory lies.

Dimension letters: T steps, B lanes, V symbols, L layers, H cells.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from rnnscope.errors import MachineError
from rnnscope.native.loading import Library, load
from rnnscope.units import bytes_text

Path = Literal["portable", "avx2", "avx512", "avx512bf16"]

PATHS: tuple[Path, ...] = ("portable", "avx2", "avx512", "avx512bf16")
"""Every path the library may hold, slowest first; the index is the library's number for it."""

BFLOAT16_PATHS: tuple[Path, ...] = ("avx512bf16",)
"""Paths that multiply bfloat16 numbers in one instruction."""

Floats = NDArray[np.float32]
State = Mapping[str, Floats]


class _Chunk(ctypes.Structure):
    """rnnscope_chunk."""

    _fields_ = (
        ("steps", ctypes.c_int),
        ("lanes", ctypes.c_int),
        ("ids", ctypes.c_void_p),
        ("targets", ctypes.c_void_p),
        ("states", ctypes.POINTER(ctypes.c_void_p)),
        ("kept", ctypes.c_void_p),
        ("kept_scale", ctypes.c_float),
        ("logits", ctypes.c_void_p),
        ("log_probs", ctypes.c_void_p),
        ("target_log_probs", ctypes.c_void_p),
        ("target_ranks", ctypes.c_void_p),
        ("best", ctypes.c_void_p),
        ("quantities", ctypes.POINTER(ctypes.c_void_p)),
        ("d_logits", ctypes.c_void_p),
        ("d_states", ctypes.POINTER(ctypes.c_void_p)),
        ("gradients", ctypes.POINTER(ctypes.c_void_p)),
        ("loss_nats_sum", ctypes.c_double),
        ("count", ctypes.c_int64),
    )


@dataclass(frozen=True)
class Shape:
    """What a compiled network is made for.

    Args:
        cell, variant: a row of the gate table (`cells.spec`), or "window" and "".
        states: names of its states, in order; none for a window.
        quantities: names of its states and gates, in order.
        layers, hidden, vocabulary: L, H, V.
        steps, lanes: the largest T and B of a chunk.
        window: n, symbols that enter at once; 1 for the cells.
    """

    cell: str
    variant: str
    states: tuple[str, ...]
    quantities: tuple[str, ...]
    layers: int
    hidden: int
    vocabulary: int
    steps: int
    lanes: int
    window: int = 1


@dataclass(frozen=True)
class TargetScores:
    """What was expected where symbols came.

    Attributes:
        log_probs: natural logarithms of the probabilities of the targets, [T, B]; NaN where nothing was asked.
        ranks: 1 + the number of symbols that were more likely, int32 [T, B]; 0 where nothing was asked.
        best: the most likely symbols, the smallest of equals, int32 [T, B]; -1 where nothing was asked.
    """

    log_probs: Floats
    ranks: NDArray[np.int32]
    best: NDArray[np.int32]

    @classmethod
    def joined(cls, parts: Sequence[TargetScores], axis: int = 0) -> TargetScores:
        """Scores of parts, of which there is at least one, one after another."""
        return cls(
            np.concatenate([part.log_probs for part in parts], axis),
            np.concatenate([part.ranks for part in parts], axis),
            np.concatenate([part.best for part in parts], axis),
        )

    def __getitem__(self, where: Any) -> TargetScores:
        """Those of some steps and lanes."""
        return self.each(lambda column: column[where])

    def each(self, change: Callable[[NDArray[Any]], NDArray[Any]]) -> TargetScores:
        """Other scores, made of these array by array."""
        return TargetScores(change(self.log_probs), change(self.ranks), change(self.best))


@dataclass(frozen=True)
class Result:
    """What reading a chunk gave; what was not asked for is None.

    Attributes:
        state: the states after the last step, name -> [L, B, H].
        logits, log_probs: of the symbol after each step, [T, B, V].
        scores: of the targets.
        loss_nats_sum: sum of -log p(target) in nats over the targets that were asked for.
        count: how many these were.
        d_state: cotangents of the entering states, name -> [L, B, H].
    """

    state: dict[str, Floats]
    logits: Floats | None
    log_probs: Floats | None
    scores: TargetScores | None
    loss_nats_sum: float
    count: int
    d_state: dict[str, Floats] | None


def paths() -> tuple[Path, ...]:
    """The compiled paths that this processor can run, fastest first; empty without the library."""
    library = load()
    if library is None:
        return ()
    bits = library.calls.rnnscope_paths()
    return tuple(path for number, path in reversed(list(enumerate(PATHS))) if bits >> number & 1)


class NativeNetwork:
    """Buffers and packed weights of one network.

    Args:
        shape: what it is for.
        path: one of `paths()`.
        threads: 1 or more; no result depends on it.
        precision: operands of matrix products; bfloat16 needs a path of BFLOAT16_PATHS.
        gradients: whether it can go back; reading alone needs less memory.

    Raises:
        MachineError: the memory cannot be had.
    """

    def __init__(
        self,
        shape: Shape,
        path: Path,
        *,
        threads: int = 1,
        precision: Literal["float32", "bfloat16"] = "float32",
        gradients: bool = True,
    ) -> None:
        library = load()
        assert library is not None, "without the library paths() is empty"
        assert path in paths(), f"{path} is not a path of this machine"
        assert precision == "float32" or path in BFLOAT16_PATHS, f"{path} has no bfloat16"
        self.shape, self.path, self._threads, self._calls = shape, path, threads, library.calls
        bfloat16 = int(precision == "bfloat16")
        size = shape.layers, shape.hidden, shape.vocabulary, shape.window
        names = shape.cell.encode(), shape.variant.encode(), *size
        number = PATHS.index(path)
        self.bytes = int(self._calls.rnnscope_bytes(*names, shape.steps, shape.lanes, number, bfloat16, int(gradients)))
        """Memory that it holds."""
        self._handle = self._calls.rnnscope_create(
            *names, shape.steps, shape.lanes, threads, number, bfloat16, int(gradients)
        )
        if not self._handle:
            raise self._too_large("make a network")

    def __del__(self) -> None:
        if getattr(self, "_handle", None):
            self._calls.rnnscope_destroy(self._handle)
            self._handle = None

    def _too_large(self, tried: str) -> MachineError:
        shape = self.shape
        return MachineError(
            tried=tried,
            given=f"{shape.layers} layers of {shape.hidden} {shape.cell} cells,"
            f" {shape.lanes} lanes, {shape.steps} steps",
            why=f"{bytes_text(self.bytes)} of memory or {self._threads - 1} further threads cannot be had",
            todo="Use a smaller --batch, --steps, --hidden or --layers, or fewer --threads.",
        )

    def load(self, parameters: Arrays) -> None:
        """Take over weights, in the order of rnnscope.h; to be called again whenever they have changed."""
        self._calls.rnnscope_load(self._handle, parameters.addresses)

    def run(
        self,
        ids: NDArray[np.int64],
        state: State,
        *,
        targets: NDArray[np.int64] | None = None,
        kept: NDArray[np.uint8] | None = None,
        kept_scale: float = 1.0,
        logits: bool = False,
        log_probs: bool = False,
        scores: bool = False,
        recorded: Sequence[Mapping[str, Floats]] = (),
        d_logits: Floats | None = None,
        d_state: State | None = None,
        gradients: Arrays | None = None,
    ) -> Result:
        """Read a chunk; with `gradients`, go back through it.

        Args:
            ids: symbols in [-1, V), [T, B], of a window [n, T, B], newest first; -1 = no symbol.
            state: the states that enter, name -> [L, B, H]; not changed.
            targets: symbols to predict in [-1, V), [T, B]; -1 = nothing is asked.
            kept: which h above a layer dropout keeps (1) and removes (0), [L, T, B, H].
            kept_scale: what kept h is multiplied by.
            logits, log_probs, scores: what shall be returned besides; scores need targets.
            recorded: where states and gates go; for each layer from the lowest on those that are wanted, name ->
                [T, B, H].
            d_logits: cotangent of the logits, [T, B, V]; without it that of the mean loss of the targets.
            d_state: cotangents of the states that leave, name -> [L, B, H]; with it those of the entering ones are
                returned.
            gradients: where the gradients go, in the order of the parameters; overwritten.

        Raises:
            MachineError: the memory for dropout, taken when it is first used, cannot be had.
        """
        shape = self.shape
        window, steps, lanes = ids.shape if ids.ndim == 3 else (1, *ids.shape)
        assert window == shape.window, (window, shape.window)
        assert 1 <= steps <= shape.steps, (steps, shape.steps)
        assert 1 <= lanes <= shape.lanes, (lanes, shape.lanes)
        assert targets is not None or not scores, "scores need targets"
        assert gradients is None or targets is not None or d_logits is not None, "a way back needs a cotangent"
        outputs = (steps, lanes, shape.vocabulary)
        leaving = {name: np.array(state[name], np.float32, order="C") for name in shape.states}
        back = {name: np.array(d_state[name], np.float32, order="C") for name in shape.states} if d_state else None
        out = np.empty(outputs, np.float32) if logits else None
        logp = np.empty(outputs, np.float32) if log_probs else None
        scored = None
        if scores:
            scored = TargetScores(
                np.empty(ids.shape[-2:], np.float32),
                np.empty(ids.shape[-2:], np.int32),
                np.empty(ids.shape[-2:], np.int32),
            )
        places = [layer.get(name) for layer in recorded for name in shape.quantities]
        assert len(recorded) in (0, shape.layers), (len(recorded), shape.layers)
        assert all(place is None or place.shape == (steps, lanes, shape.hidden) for place in places)
        chunk = _Chunk(
            steps, lanes, _pointer(ids, np.int64), _pointer(targets, np.int64), _pointers(leaving.values()),
            _pointer(kept, np.uint8), kept_scale, _pointer(out), _pointer(logp),
            *((_pointer(scored.log_probs), _pointer(scored.ranks, np.int32), _pointer(scored.best, np.int32))
              if scored else (None, None, None)),
            _pointers(places) if places else None, _pointer(d_logits),
            _pointers(back.values()) if back else None, gradients.addresses if gradients else None,
        )  # fmt: skip
        if self._calls.rnnscope_run(self._handle, ctypes.byref(chunk)):
            raise self._too_large("make room for dropout")
        return Result(leaving, out, logp, scored, chunk.loss_nats_sum, chunk.count, back)

    def sample(
        self, state: State, uniforms: NDArray[np.float64], temperature: float, symbols: int
    ) -> tuple[NDArray[np.int64], dict[str, Floats], bool]:
        """Draw symbol after symbol in every lane.

        Args:
            state: what has been read, name -> [L, B, H]; not changed.
            uniforms: one number in [0, 1) for every draw, [N, B].
            temperature: 0 or above; 0 takes the most likely symbol.
            symbols: only ids below this are drawn.

        Returns:
            The ids [N, B], the states that have read them all, and whether all distributions were finite.
        """
        length, lanes = uniforms.shape
        assert lanes <= self.shape.lanes, (lanes, self.shape.lanes)
        leaving = {name: np.array(state[name], np.float32, order="C") for name in self.shape.states}
        ids = np.empty((length, lanes), np.int64)
        failed = self._calls.rnnscope_sample(
            self._handle, _pointers(leaving.values()), lanes, length, _pointer(uniforms, np.float64),
            temperature, symbols, _pointer(ids, np.int64),
        )  # fmt: skip
        return ids, leaving, not failed


class Arrays:
    """Where some arrays lie, found out once: they must neither move nor be freed as long as this is used.

    Args:
        arrays: C-contiguous float32.
    """

    def __init__(self, arrays: Iterable[Floats]) -> None:
        self._kept = tuple(arrays)
        self.addresses = _pointers(self._kept)
        self.counts = (ctypes.c_int64 * len(self._kept))(*(array.size for array in self._kept))

    def __len__(self) -> int:
        return len(self._kept)


def square_sum(values: Arrays, path: Path) -> float:
    """Sum of squares of all numbers, in an order that depends on the counts alone."""
    calls, number = _library().calls, PATHS.index(path)
    return float(calls.rnnscope_square_sum(values.addresses, values.counts, len(values), number))


def rmsprop(
    weights: Arrays, gradients: Arrays, mean_squares: Arrays, *,
    rate: float, decay: float, epsilon: float, scale: float, limit: float, path: Path,
) -> None:  # fmt: skip
    """One update by RMSProp in place; gradients are multiplied by `scale`, then clipped to +-`limit` unless 0."""
    _library().calls.rnnscope_rmsprop(
        weights.addresses, gradients.addresses, mean_squares.addresses, weights.counts, len(weights),
        rate, decay, epsilon, scale, limit, PATHS.index(path),
    )  # fmt: skip


def adam(
    weights: Arrays, gradients: Arrays, means: Arrays, mean_squares: Arrays, *,
    rate: float, decays: tuple[float, float], epsilon: float, scale: float, limit: float, updates: int, path: Path,
) -> None:  # fmt: skip
    """One update by Adam in place, the `updates`-th; gradients are scaled and clipped as in `rmsprop`."""
    _library().calls.rnnscope_adam(
        weights.addresses, gradients.addresses, means.addresses, mean_squares.addresses, weights.counts, len(weights),
        rate, *decays, epsilon, scale, limit, updates, PATHS.index(path),
    )  # fmt: skip


def _library() -> Library:
    library = load()
    assert library is not None, "there is no compiled library"
    return library


def _pointer(array: NDArray[Any] | None, dtype: Any = np.float32) -> int | None:
    if array is None:
        return None
    assert array.dtype == dtype, f"{array.dtype}, not {np.dtype(dtype)}"
    assert array.flags.c_contiguous, "rows must follow each other in memory"
    return int(array.ctypes.data)


def _pointers(arrays: Iterable[Floats | None]) -> Any:
    addresses = [_pointer(array) for array in arrays]
    return (ctypes.c_void_p * len(addresses))(*addresses)
