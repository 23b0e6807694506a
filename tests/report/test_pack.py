"""What a page stores is what was recorded, to half a step."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from rnnscope.report.pack import pack, pack_quantity, unpack
from rnnscope.report.page import QuantityKind


@pytest.mark.law
@pytest.mark.parametrize(("kind", "low", "high", "step"), [("signed", -1, 1, 1 / 127), ("gate", 0, 1, 1 / 255)])
def test_bounded_quantities_survive(kind: QuantityKind, low: float, high: float, step: float) -> None:
    """Signed values and gates come back within half a step; both ends and 0 come back exactly."""
    values = np.concatenate([[low, 0.0, high], np.random.default_rng(1).uniform(low, high, 997)]).reshape(10, 100)
    packed = pack_quantity(values, kind)
    assert packed.shape == [10, 100]
    again = unpack(packed)
    assert np.abs(again - values).max() <= step / 2 + 1e-12
    np.testing.assert_allclose(again.ravel()[:3], [low, 0.0, high], atol=1e-15)


@pytest.mark.law
@given(hnp.arrays(np.float32, (3, 5), elements=st.floats(-(2.0**100), 2.0**100, width=32)))
def test_unbounded_quantities_survive(values: np.ndarray[tuple[int, int], np.dtype[np.float32]]) -> None:
    """c comes back within half of a 32,767th of its largest magnitude, whatever that is; 0 stays exactly 0."""
    again = unpack(pack_quantity(values, "cell"))
    largest = float(np.abs(values).max())
    assert np.abs(again - values.astype(np.float64)).max() <= largest / 32767 * 0.5001
    assert not again[values == 0].any()


@pytest.mark.law
def test_packing_is_the_same_every_day(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same numbers give the same text: no clock gets into the page."""
    values = np.arange(12).reshape(3, 4)
    today = pack(values, "uint16")
    monkeypatch.setattr("time.time", lambda: 4e9)
    assert pack(values.copy(), "uint16") == today
    assert np.array_equal(unpack(pack(values, "uint16")), values)


@pytest.mark.law
@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_only_numbers_are_packed(bad: float) -> None:
    """A recording with a value that is no number is a mistake of the caller."""
    with pytest.raises(AssertionError, match="finite"):
        pack_quantity(np.array([[0.0, bad]]), "cell")


@pytest.mark.law
def test_numbers_that_do_not_fit_are_refused() -> None:
    """Nothing wraps around."""
    with pytest.raises(AssertionError, match="fit"):
        pack(np.array([256]), "uint8")
