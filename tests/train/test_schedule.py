from __future__ import annotations

import pytest

from rnnscope.config import TrainConfig
from rnnscope.errors import InputError
from rnnscope.train.schedule import kept_steps, learning_rate


@pytest.mark.golden
def test_learning_rate_is_the_papers() -> None:
    """0.002 for the first ten epochs, then times 0.95 after each further one."""
    rates = [learning_rate(TrainConfig(), epoch) for epoch in range(13)]
    assert rates[:10] == [0.002] * 10
    assert rates[10:] == pytest.approx([0.002 * 0.95, 0.002 * 0.95**2, 0.002 * 0.95**3])


@pytest.mark.law
def test_the_decay_can_be_switched_off() -> None:
    """A factor of 1 leaves the rate alone for ever."""
    assert learning_rate(TrainConfig(learning_rate_decay=1.0), 1000) == 0.002


@pytest.mark.golden
def test_early_schedule() -> None:
    """35 checkpoints up to epoch 3.2, then one an epoch, and the untrained network."""
    steps = sorted(kept_steps("early", 100, 6))
    assert steps[:4] == [0, 9, 18, 27]
    assert [step for step in steps if step > 315] == [400, 500, 600]
    assert {100, 200, 300} <= set(steps)
    # 35 points at 0.09 epoch, three epoch ends that are none of them, three later ones, and step 0.
    assert len(steps) == 35 + 3 + 3 + 1


@pytest.mark.law
def test_early_schedule_never_leaves_the_run() -> None:
    """Whatever the sizes, every kept step is one that training reaches."""
    for per_epoch in (1, 2, 7, 1000):
        for epochs in (0, 1, 5):
            assert all(0 <= step <= per_epoch * epochs for step in kept_steps("early", per_epoch, epochs))


@pytest.mark.law
def test_listed_steps() -> None:
    """A list is taken as it is, and refused where training does not get that far."""
    assert kept_steps("5,10", 10, 1) == {5, 10}
    assert kept_steps("best", 10, 1) == frozenset()
    with pytest.raises(InputError, match=r"--checkpoints 5,11.*ends at step 10.*Name steps from 0 to 10"):
        kept_steps("5,11", 10, 1)
