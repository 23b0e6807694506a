from __future__ import annotations

import numpy as np
import pytest

from rnnscope.analyse.stats import block_bootstrap_mean, block_length, group_bootstrap_mean


@pytest.mark.oracle
def test_blocks_of_one_are_the_plain_bootstrap() -> None:
    """For independent values the interval is the normal one: mean +- 1.96 standard errors."""
    values = np.random.default_rng(1).normal(3.0, 2.0, 4000)
    interval = block_bootstrap_mean(values, 1)
    assert interval is not None
    error = values.std() / np.sqrt(len(values))
    assert interval == pytest.approx((values.mean() - 1.96 * error, values.mean() + 1.96 * error), abs=0.2 * error)


@pytest.mark.planted
def test_dependent_values_need_blocks() -> None:
    """Intervals from long blocks cover the true mean about as often as they promise; single values far too rarely."""
    random = np.random.default_rng(2)
    covered = {1: 0, 400: 0}
    for trial in range(100):
        noise = random.normal(size=20_000)
        values = np.convolve(noise, np.ones(40) / np.sqrt(40), mode="valid")
        for block in covered:
            interval = block_bootstrap_mean(values, block, resamples=200, seed=trial)
            assert interval is not None
            covered[block] += interval[0] <= 0.0 <= interval[1]
    assert covered[400] >= 88
    assert covered[1] <= 50


@pytest.mark.law
def test_constant_values_have_no_width() -> None:
    """And the last block, which is not full, does not pull the mean."""
    assert block_bootstrap_mean(np.full(1050, 2.5), 100) == (2.5, 2.5)


@pytest.mark.law
def test_one_block_says_nothing() -> None:
    """A part shorter than two blocks has no interval."""
    assert block_bootstrap_mean(np.ones(500), 500) is None
    assert block_bootstrap_mean(np.ones(501), 500) is not None


@pytest.mark.golden
def test_block_lengths() -> None:
    """A row of the stream split, else a hundredth of the part and at least 500."""
    assert block_length(325_824) == 3258
    assert block_length(330_000, row=3300) == 3300
    assert block_length(100) == 500


@pytest.mark.oracle
def test_groups_of_equal_size_in_order_are_blocks() -> None:
    """Groups may lie scattered: their interval is the same, and that of blocks where groups are blocks."""
    random = np.random.default_rng(4)
    values, groups = random.normal(size=1000), np.repeat(np.arange(20), 50)
    wanted = block_bootstrap_mean(values, 50)
    assert group_bootstrap_mean(values, groups) == pytest.approx(wanted)
    order = random.permutation(1000)
    assert group_bootstrap_mean(values[order], groups[order]) == pytest.approx(wanted)
    assert group_bootstrap_mean(values, np.zeros(1000, np.int64)) is None
