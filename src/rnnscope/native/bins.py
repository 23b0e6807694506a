"""The compiled search for bins: what `np.searchsorted` finds, for many columns at once and twelve times as fast."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from rnnscope.native.loading import Library


def find(
    library: Library, values: NDArray[np.float32], edges: NDArray[np.float32]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """How many of its column's edges each value reaches.

    Args:
        library: from `loading.load`.
        values: [n, C], the columns of one position side by side.
        edges: [C, K - 1] ascending, K a power of two; both finite.

    Returns:
        Bins, [C, n], and how many values each bin has, [C, K].
    """
    positions, columns = values.shape
    bins = edges.shape[1] + 1
    assert len(edges) == columns, (edges.shape, values.shape)
    assert bins & (bins - 1) == 0, f"{bins} is no power of two"
    assert edges.dtype == values.dtype == np.float32, (edges.dtype, values.dtype)
    if (columns > 1 and values.strides[1] != 4) or values.strides[0] % 4:
        values = np.ascontiguousarray(values)
    edges = np.ascontiguousarray(edges)
    found_Cn = np.empty((columns, positions), np.int64)
    counts_CK = np.zeros((columns, bins), np.int64)
    library.calls.rnnscope_bins(
        values.ctypes.data, positions, values.strides[0] // 4, columns, edges.ctypes.data, bins, found_Cn.ctypes.data,
        counts_CK.ctypes.data,
    )  # fmt: skip
    return found_Cn, counts_CK
