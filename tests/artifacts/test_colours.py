from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnnscope.artifacts.colours import Scale, ink, scale_of, scale_words

NONE = np.zeros(0, np.float32)
NUMBERS = st.floats(allow_nan=False, allow_infinity=True, width=32)


def channels(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


@pytest.mark.golden
def test_signed_scales_run_from_red_over_white_to_blue() -> None:
    """-1 is red, 0 exactly white, +1 blue, on the scale of h and at the far ends of that of c."""
    for scale, far in ((Scale("signed"), 1.0), (Scale("tanh"), 50.0)):
        assert scale.colour(0.0) == "#ffffff"
        red, _, blue = channels(scale.colour(far))
        assert blue > 2 * red
        red, _, blue = channels(scale.colour(-far))
        assert red > 2 * blue


@pytest.mark.law
@given(NUMBERS)
def test_c_is_coloured_as_its_tanh(value: float) -> None:
    """The colour of c is the colour that tanh(c) has as a signed quantity."""
    assert Scale("tanh").colour(value) == Scale("signed").colour(math.tanh(value))


@pytest.mark.law
@given(st.sampled_from(["signed", "tanh", "unit"]), NUMBERS, NUMBERS)
def test_place_is_monotone_and_bounded(kind: str, one: float, other: float) -> None:
    """A larger value never stands further to the left, and nothing leaves the scale."""
    scale = Scale(kind)
    places = [scale.place(value) for value in sorted((one, other))]
    assert 0.0 <= places[0] <= places[1] <= 1.0


@pytest.mark.law
@pytest.mark.parametrize("kind", ["signed", "tanh", "unit", "positive"])
def test_ticks_lie_on_their_scale(kind: str) -> None:
    """Every number on a legend stands where its colour is: inside the bar, in ascending order."""
    scale = Scale(kind, 7.0 if kind == "positive" else 1.0)
    places = [scale.place(tick) for tick in scale.ticks()]
    assert places == sorted(set(places))
    assert places[0] >= 0.0
    assert places[-1] <= 1.0


@pytest.mark.golden
@pytest.mark.parametrize(
    ("quantity", "bounds", "kind"),
    [
        ("f", (0.0, 1.0), "unit"),
        ("h", (-1.0, 1.0), "signed"),
        ("c", (None, None), "tanh"),
        ("c", (-1.0, 1.0), "tanh"),
        ("h", (0.0, None), "positive"),
    ],
)
def test_the_kind_of_a_quantity_chooses_its_scale(
    quantity: str, bounds: tuple[float | None, float | None], kind: str
) -> None:
    """Gates, h, c and rectified h each have a scale of their own, whatever the values at hand."""
    assert scale_of(quantity, bounds, NONE).kind == kind


@pytest.mark.law
def test_only_a_rectified_quantity_is_scaled_by_its_values() -> None:
    """The top of a "positive" scale is the largest finite value; every other scale ignores the values."""
    values = np.array([0.5, 3.0, np.nan, np.inf], np.float32)
    assert scale_of("h", (0.0, None), values).top == 3.0
    assert scale_of("h", (0.0, None), NONE).top == 1.0
    assert scale_of("h", (0.0, None), np.zeros(3, np.float32)).top == 1.0
    for bounds in ((0.0, 1.0), (-1.0, 1.0), (None, None)):
        assert scale_of("h", bounds, values) == scale_of("h", bounds, NONE)


@pytest.mark.golden
def test_what_is_no_number_is_grey() -> None:
    """NaN has a colour of its own, which no number has."""
    assert Scale("unit").colour(math.nan) == "#d9d9d9"
    assert len(set(channels(Scale("signed").colour(math.nan)))) == 1


@pytest.mark.law
@given(st.integers(0, 0xFFFFFF))
def test_ink_has_the_better_contrast(number: int) -> None:
    """Letters are at least as readable in the chosen ink as in the other one."""

    def luminance(colour: str) -> float:
        shares = [channel / 255 for channel in channels(colour)]
        red, green, blue = (x / 12.92 if x <= 0.04045 else ((x + 0.055) / 1.055) ** 2.4 for x in shares)
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    background = luminance(f"#{number:06x}")
    on_black, on_white = (background + 0.05) / 0.05, 1.05 / (background + 0.05)
    better = "#000000" if on_black >= on_white else "#ffffff"
    assert ink(f"#{number:06x}") == better or abs(on_black - on_white) < 1e-6


@pytest.mark.golden
def test_words_say_range_and_transform() -> None:
    """A title names the range of the quantity, and the transform where colours are not the value itself."""
    assert scale_words("c", (-1.0, 1.0), Scale("tanh")) == "c lies in [-1, 1], coloured as tanh(c)"
    assert scale_words("f", (0.0, 1.0), Scale("unit")) == "f lies in [0, 1]"
    assert scale_words("h", (0.0, None), Scale("positive", 4.6184)) == "h is 0 or more, strongest colour at 4.62"
