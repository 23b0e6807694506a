"""Numbers small enough to travel inside a page: quantise, gzip, base64.

The steps: signed quantities on [-1, 1] in 254 steps (int8), gates on [0, 1] in 255 (uint8), unbounded ones in 65,534
steps of their own largest magnitude (int16). What is drawn has at most 255 colours, so no step is visible; the hover
card rounds to what the steps can carry.
"""

from __future__ import annotations

import base64
import gzip
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from rnnscope.report.page import Packed, QuantityKind

Floats = npt.NDArray[np.floating[Any]]
DTypeName = Literal["int8", "uint8", "int16", "uint16", "uint32", "float32"]


def pack(array: npt.NDArray[Any], dtype: DTypeName, scale: float = 1.0) -> Packed:
    """Store `array / scale`, rounded for whole-number types, which must fit.

    Args:
        array: any shape, finite.
        dtype: how the numbers are stored.
        scale: size of one step.
    """
    target = np.dtype(dtype).newbyteorder("<")
    if target.kind == "f":
        stored = (array / scale).astype(target)
    else:
        steps = np.rint(array / scale) if scale != 1.0 or array.dtype.kind == "f" else array
        limits = np.iinfo(target)
        assert array.size == 0 or (steps.min() >= limits.min and steps.max() <= limits.max), "values do not fit"
        stored = steps.astype(target)
    # mtime=0: the same numbers give the same bytes on every day.
    squeezed = gzip.compress(stored.tobytes(), compresslevel=9, mtime=0)
    return Packed(
        dtype=dtype, shape=list(array.shape), scale=float(scale), data=base64.b64encode(squeezed).decode("ascii")
    )


def unpack(packed: Packed) -> npt.NDArray[Any]:
    """What a reader of the page gets back: float64 values of the packed shape."""
    stored = np.frombuffer(gzip.decompress(base64.b64decode(packed.data)), np.dtype(packed.dtype).newbyteorder("<"))
    return np.asarray(stored.reshape(packed.shape).astype(np.float64) * packed.scale)


def pack_quantity(values: Floats, kind: QuantityKind) -> Packed:
    """Quantise one layer's values.

    Args:
        values: [H, N], finite; signed within [-1, 1] and gates within [0, 1] up to rounding.
        kind: which steps to use.
    """
    assert np.isfinite(values).all(), "recorded values must be finite"
    if kind == "signed":
        return pack(np.clip(values, -1.0, 1.0), "int8", 1.0 / 127.0)
    if kind == "gate":
        return pack(np.clip(values, 0.0, 1.0), "uint8", 1.0 / 255.0)
    largest = float(np.abs(values).max(initial=0.0))
    return pack(values.astype(np.float64), "int16", largest / 32767.0 if largest > 0 else 1.0)
