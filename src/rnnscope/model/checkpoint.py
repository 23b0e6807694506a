"""Weights as named NumPy arrays and back, strictly.

The files themselves belong to `artifacts`; this module only knows what a network's weights must look like. It refuses
missing and unknown names, other shapes, other number types and values that are not finite, and changes no weight of a
network unless all of them are sound.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from rnnscope.errors import DamagedArtifact
from rnnscope.model.network import Network


def tensors(network: Network) -> dict[str, NDArray[np.float32]]:
    """A copy of every weight by name, in the network's order; see docs/model.md for names and shapes."""
    return {name: weight.detach().numpy().copy() for name, weight in network.named_parameters()}


def load(network: Network, weights: Mapping[str, NDArray[Any]], *, where: str = "the weights") -> None:
    """Put weights into a network.

    Args:
        network: built from the configuration that the weights were made with; unchanged if anything is refused.
        weights: arrays by name, exactly the network's own names, shapes and float32.
        where: the file or folder they come from, for the message.

    Raises:
        DamagedArtifact: naming the first weight that does not fit.
    """
    own = dict(network.named_parameters())
    for name in sorted(own.keys() ^ weights.keys()):
        raise _damaged(where, f"weight {name!r} is {'missing' if name in own else 'not one of this network'}")
    for name, weight in own.items():
        given = weights[name]
        if given.shape != tuple(weight.shape):
            raise _damaged(where, f"weight {name!r} has shape {list(given.shape)}, not {list(weight.shape)}")
        if given.dtype != np.float32:
            raise _damaged(where, f"weight {name!r} holds {given.dtype}, not float32")
        if not np.isfinite(given).all():
            raise _damaged(where, f"weight {name!r} holds values that are not finite")
    with torch.no_grad():
        for name, weight in own.items():
            weight.copy_(torch.from_numpy(weights[name].copy()))


def _damaged(where: str, why: str) -> DamagedArtifact:
    return DamagedArtifact(
        tried="load a network",
        given=where,
        why=why,
        todo="Use another checkpoint of this run, or train again with the configuration of this folder.",
    )
