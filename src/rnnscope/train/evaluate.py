"""The loss of a network on a part of a text.

The part is cut into lanes that each start from the zero state and read up to 1,000 symbols before their first scored
one, so the result depends neither on how the reading is cut into chunks nor on the training that went before. One lane
is the single stream, exact and slow.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rnnscope.corpus.lanes import LANES, reading_lanes
from rnnscope.corpus.split import Segment
from rnnscope.model.network import Network
from rnnscope.model.read import score


def mean_loss_nats(
    network: Network, ids: NDArray[np.integer[Any]], segments: Sequence[Segment], *, lanes: int = LANES
) -> float:
    """Mean of -log p(symbol) over the positions of the segments, in nats; each position counts once.

    Args:
        network: what predicts; read without gradients.
        ids: the whole text, [N].
        segments: the positions to score.
        lanes: how many lanes the part is cut into, at least 1.
    """
    logp_N = score(network, ids, reading_lanes(segments, lanes))
    return float(-np.mean(logp_N, dtype=np.float64))
