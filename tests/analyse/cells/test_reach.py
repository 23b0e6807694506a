from __future__ import annotations

import numpy as np
import pytest

from rnnscope.analyse.cells.across import census, follow
from rnnscope.analyse.cells.reach import distances, reach


@pytest.mark.golden
def test_distances_by_hand() -> None:
    """0 at the opener, counting up; -1 outside, and where the opener lies before the text or a new stretch of it."""
    holds = np.array([1, 1, 0, 1, 1, 1, 0, 0, 1, 1, 1, 0, 1], bool)
    assert distances(holds, starts=(0, 9)).tolist() == [-1, -1, -1, 0, 1, 2, -1, -1, 0, -1, -1, -1, 0]


@pytest.mark.planted
def test_a_cell_that_forgets_after_forty_symbols() -> None:
    """Score and effect fall where the cell forgets; cases are stretches, and few are said to be few."""
    random = np.random.default_rng(1)
    lengths = random.integers(5, 75, 300)
    holds = np.concatenate([np.r_[np.zeros(30), np.ones(length)] for length in lengths]).astype(bool)
    distance = distances(holds)
    values = np.where(holds & (distance < 40), 1.0, 0.0) + 0.1 * random.normal(size=len(holds))
    at = random.choice(np.flatnonzero(distance >= 0), 2_000)
    effects = np.where(distance[at] < 40, 3.0, 0.0)
    found = reach(values, distance, np.ones(len(holds), bool), 20, effects_bits=effects, effect_distances=distance[at])
    assert found.holds_to == 40
    by_low = {bucket.low: bucket for bucket in found.buckets}
    assert found.buckets[-1].high == 100
    assert by_low[20].score == pytest.approx(1, abs=0.01)
    assert by_low[20].effect_bits == 3.0
    assert abs(by_low[40].score or 1) < 0.1
    assert by_low[40].effect_bits == 0.0
    assert by_low[20].cases == np.count_nonzero(lengths > 20)
    assert by_low[20].positions == np.count_nonzero((distance >= 20) & (distance < 30))
    assert not by_low[40].few
    assert by_low[80].few
    assert by_low[80].score is None
    assert sum(bucket.positions for bucket in found.buckets) == np.count_nonzero(holds)


@pytest.mark.law
def test_positions_that_are_not_valid_have_no_reach() -> None:
    """What is not valid is counted nowhere, and a cell of the opposite sign reaches as far."""
    random = np.random.default_rng(2)
    holds = np.arange(20_000) % 100 < 60
    distance = distances(holds)
    values = holds + 0.1 * random.normal(size=20_000)
    valid = np.arange(20_000) >= 5_000
    found = reach(-values, distance, valid, 50)
    assert found.holds_to == 75
    assert found.buckets[0].cases == 150
    assert found.buckets[0].effect_bits is None


@pytest.mark.planted
def test_a_birth_and_the_drop_of_the_loss() -> None:
    """A cell is born where its score comes to stay; the loss at targets fell there, and not elsewhere."""
    life = follow(
        [0, 10, 20, 30, 40], [-0.6, 0.1, 0.2, 0.7, 0.9],
        losses_nats=[3.0, 2.5, 2.4, 0.9, 0.8], elsewhere_nats=[3.0, 2.5, 2.4, 2.3, 2.3],
    )  # fmt: skip
    assert life.born == 30
    assert life.drop_nats == pytest.approx(1.5)
    assert life.drop_elsewhere_nats == pytest.approx(0.1)
    assert follow([0, 10], [0.1, 0.4]).born is None
    assert follow([0, 10], [-0.6, -0.9]).born == 0
    assert follow([0, 10], [-0.6, -0.9], losses_nats=[1, 2]).drop_nats is None


@pytest.mark.law
def test_networks_are_counted() -> None:
    """What is counted are networks with a confirmed cell, whatever the scores."""
    counted = census("quotes", [0.9, 0.4, 0.8], [True, False, True])
    assert (counted.found, counted.networks) == (2, 3)
