"""A network unrolled along a recorded passage: how much every loss would feel a change of the states just before it.

The recording has the state after every symbol, so a stretch can be read again from where it began, without what came
before. Dimension letters: L layers, K distances, N positions, H cells, B lanes.
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray

from rnnscope.artifacts.trace import Trace
from rnnscope.model.char_rnn import CharRNN
from rnnscope.record.gradients import norms_of

DISTANCES = 16
"""As many steps as fit side by side on a page."""
LANES = 100
"""Losses that are followed back side by side; memory alone depends on it."""


def passage_gradients(network: CharRNN, trace: Trace, distances: int = DISTANCES) -> dict[str, NDArray[np.float32]]:
    """Norms of d loss / d state for the loss of every symbol of a passage.

    Args:
        network: what recorded it.
        trace: of a passage, in which the symbol before each one was read.
        distances: K, states looked at for each loss, at least 1.

    Returns:
        By state [L, K, N] float32: [l, k, n] belongs to the state of layer l after the symbol n - k, and to the loss of
        the symbol n + 1. NaN where the passage does not reach as far: before its K-th symbol and at its last.
    """
    count = len(trace)
    names = network.spec.states
    norms = {name: np.full((network.depth, distances, count), np.nan, np.float32) for name in names}
    ids_N = torch.from_numpy(trace.ids.astype(np.int64))
    # The state before the first of K symbols up to n is the one after symbol n - K.
    last_P = np.arange(distances, count - 1)
    for first in range(0, len(last_P), LANES):
        at_B = last_P[first : first + LANES]
        read_TB = ids_N[torch.from_numpy(at_B + np.arange(1 - distances, 1)[:, None])]
        state = {name: torch.from_numpy(trace.quantities[name][:, at_B - distances]) for name in names}
        for name, norms_LKB in norms_of(network, read_TB, ids_N[at_B + 1], state).items():
            norms[name][:, :, at_B] = norms_LKB
    return norms
