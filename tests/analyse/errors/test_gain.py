from __future__ import annotations

import numpy as np
import pytest

from rnnscope.analyse.errors.gain import gain
from rnnscope.analyse.errors.predictions import Predictions


@pytest.mark.golden
def test_memory_and_smoothing_add_up_to_the_whole_gain() -> None:
    """Losses of 1, 1.5 and 3 nats: half a nat is memory and one and a half smoothing; an event has its own."""
    count = 200
    losses = np.repeat([[1.0], [1.5], [3.0]], count, axis=1)
    rare = np.arange(count) % 50 == 0
    losses[1, rare] = 2.9
    given = Predictions(
        ("net", "limited", "9-gram"), np.arange(count), np.zeros(count, np.int32), -losses.astype(np.float32), 20
    )
    everything, seldom, never = gain(
        given, "net", "limited", "9-gram", {"all": np.ones(count, bool), "seldom": rare, "never": np.zeros(count, bool)}
    )
    assert everything.losses == pytest.approx((1.0, 1.5 + 1.4 * 4 / 200, 3.0))
    assert everything.memory + everything.smoothing == pytest.approx(2.0)
    assert everything.memory_interval is not None
    assert everything.memory_interval[0] < everything.memory < everything.memory_interval[1]
    assert (seldom.cases, seldom.enough) == (4, False)
    assert (seldom.memory, seldom.smoothing) == pytest.approx((1.9, 0.1))
    assert (never.cases, never.losses, never.memory_interval) == (0, (0.0, 0.0, 0.0), None)
