"""How long features last."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from rnnscope.features import correlation_length, distance, distance_since_on, spells


@pytest.mark.oracle
@given(st.lists(st.tuples(st.booleans(), st.booleans()), min_size=1, max_size=40))
def test_distance_since_on(rows: list[tuple[bool, bool]]) -> None:
    """The distance counts from the symbol that switched the feature on, and is unknown where that was not seen."""
    on_N, valid_N = (np.array(column) for column in zip(*rows, strict=True))
    expected, distance, seen = [], -1, True
    for on, valid in rows:
        if not valid:
            distance, seen = -1, False
        elif not on:
            distance, seen = -1, True
        else:
            distance = distance + 1 if seen else -1
        expected.append(distance)
    assert distance_since_on(on_N, valid_N).tolist() == expected


@pytest.mark.golden
def test_spells() -> None:
    """Stretches end where the feature is off or unknown, and begin where it was known to be off."""
    on_N = np.array([1, 1, 0, 1, 1, 1, 0, 1], bool)
    valid_N = np.array([1, 1, 1, 1, 0, 1, 1, 1], bool)
    starts, stops = spells(on_N, valid_N)
    assert (starts.tolist(), stops.tolist()) == ([0, 3, 7], [2, 4, 8])


def first_fallen(values_N: NDArray[np.float64], valid_N: NDArray[np.bool_], longest: int) -> int:
    """The correlation length pair by pair."""
    n = len(values_N)
    centred_N = values_N - values_N[valid_N].mean()

    def correlation(lag: int) -> float:
        both_N = valid_N[: n - lag] & valid_N[lag:]
        return float(np.sum((centred_N[: n - lag] * centred_N[lag:])[both_N]) / max(np.count_nonzero(both_N), 1))

    return next((lag for lag in range(longest) if correlation(lag) <= correlation(0) / np.e), longest)


@pytest.mark.oracle
@pytest.mark.parametrize("stretch", [7, 1 << 16])
def test_correlation_length_by_brute_force(stretch: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is the first lag at which the autocorrelation of all known pairs is at most 1/e, however it is cut."""
    monkeypatch.setattr(distance, "_STRETCH", stretch)
    generator = np.random.default_rng(2)
    found = set()
    for _ in range(60):
        values_N = np.cumsum(generator.normal(size=80))
        valid_N = generator.random(80) < 0.8
        expected = first_fallen(values_N, valid_N, 15)
        assert correlation_length(values_N, valid_N, 15) == expected
        found.add(expected)
    assert len(found) > 8


@pytest.mark.planted
def test_correlation_length_of_known_tracks() -> None:
    """Stretches of 500 that are switched at random have a correlation length near 500 (1 - 1/e); noise has 1."""
    generator = np.random.default_rng(3)
    blocks_N = np.repeat(generator.random(800) < 0.5, 500)
    assert correlation_length(blocks_N) == pytest.approx(500 * (1 - 1 / np.e), abs=40)
    assert correlation_length(generator.random(100_000)) == 1


@pytest.mark.golden
def test_correlation_length_at_the_edges() -> None:
    """A constant track and one that is known nowhere have length 0; one that never falls has the longest looked at."""
    assert correlation_length(np.ones(10)) == 0
    assert correlation_length(np.ones(10), np.zeros(10, bool)) == 0
    assert correlation_length(np.repeat([0.0, 1.0], 5_000), longest=100) == 100
