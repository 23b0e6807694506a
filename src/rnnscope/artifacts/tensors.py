"""Named arrays as bytes and back, in the safetensors format; a manifest has verified the bytes before they get here."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import safetensors
import safetensors.numpy
from numpy.typing import NDArray

from rnnscope.artifacts import files

HEADER_LIMIT_BYTES = 1 << 20
"""No header we write comes near this; it bounds the objects that a made-up header could ask for."""


def encode(arrays: dict[str, NDArray[Any]]) -> bytes:
    """Write arrays of any shape and of boolean, integer or floating type; equal arrays give equal bytes."""
    return safetensors.numpy.save({name: np.asarray(array, order="C") for name, array in arrays.items()})


def decode(data: bytes, where: Path) -> dict[str, NDArray[Any]]:
    """Read arrays; memory is bounded by the length of `data`.

    Args:
        data: a whole file.
        where: the file, for messages.

    Raises:
        DamagedArtifact: it is no safetensors file, or its header is oversized.
    """
    if int.from_bytes(data[:8], "little") > HEADER_LIMIT_BYTES:
        raise files.damaged(where, "its header is larger than any that rnnscope writes")
    try:
        return safetensors.numpy.load(data)
    except (safetensors.SafetensorError, KeyError, TypeError, ValueError, OverflowError):
        raise files.damaged(where, "it is not a safetensors file of numbers") from None
