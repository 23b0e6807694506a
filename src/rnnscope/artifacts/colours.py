"""From a number to a colour: one fixed scale per kind of quantity, never a scale of the text at hand.

Signed quantities (h, candidates) run from red (-1) over white (exactly 0) to blue (+1); c has no bounds and is coloured
as tanh(c); gates in [0, 1] have a scale of another hue, so that the eye knows which kind it reads. The stops are those
of ColorBrewer's RdBu and Greens, both safe for the common kinds of colour blindness. Only a quantity without an upper
bound whose lower bound is 0 (h of a rectified network) is scaled by the largest value shown, and its legend says so.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Range = tuple[float | None, float | None]
"""Smallest and largest possible value of a quantity; None = no bound."""

_RED_WHITE_BLUE = ("b2182b", "d6604d", "f4a582", "fddbc7", "ffffff", "d1e5f0", "92c5de", "4393c3", "2166ac")
_GREENS = ("ffffff", "e5f5e0", "a1d99b", "41ab5d", "006d2c")
_UNKNOWN = "#d9d9d9"


@dataclass(frozen=True)
class Scale:
    """How values become colours.

    Args:
        kind: "signed" = [-1, 1]; "tanh" = any real number, coloured as its tanh; "unit" = [0, 1];
            "positive" = [0, top].
        top: the value of the strongest colour of a "positive" scale; 1 for the others.
    """

    kind: Literal["signed", "tanh", "unit", "positive"]
    top: float = 1.0

    @property
    def stops(self) -> tuple[str, ...]:
        """Colours at equal distances from the lower to the upper end, as `#rrggbb`."""
        return tuple("#" + stop for stop in (_RED_WHITE_BLUE if self.kind in ("signed", "tanh") else _GREENS))

    def place(self, value: float) -> float:
        """Where a value stands between the two ends of the scale.

        >>> Scale("signed").place(-1.0), Scale("tanh").place(0.0), Scale("unit").place(0.25)
        (0.0, 0.5, 0.25)
        """
        if self.kind == "tanh":
            place = (math.tanh(value) + 1) / 2
        elif self.kind == "signed":
            place = (value + 1) / 2
        else:
            place = value / self.top
        return min(1.0, max(0.0, place))

    def colour(self, value: float) -> str:
        """The colour of a value as `#rrggbb`; grey where the value is not a number.

        >>> Scale("signed").colour(0.0), Scale("unit").colour(1.0)
        ('#ffffff', '#006d2c')
        """
        if math.isnan(value):
            return _UNKNOWN
        stops = self.stops
        where = self.place(value) * (len(stops) - 1)
        below = min(int(where), len(stops) - 2)
        share = where - below
        return "#" + "".join(
            f"{round(low + (high - low) * share):02x}"
            for low, high in zip(_channels(stops[below]), _channels(stops[below + 1]), strict=True)
        )

    def ticks(self) -> tuple[float, ...]:
        """Values that a legend marks."""
        if self.kind == "tanh":
            return (-2.0, -1.0, -0.5, 0.0, 0.5, 1.0, 2.0)
        if self.kind == "signed":
            return (-1.0, -0.5, 0.0, 0.5, 1.0)
        return (0.0, 0.5 * self.top, self.top)


def scale_of(quantity: str, bounds: Range, values: NDArray[np.float32]) -> Scale:
    """Choose the scale of a quantity.

    Args:
        quantity: its name; c is always coloured as tanh(c), which is what a cell passes on of it.
        bounds: smallest and largest possible value; None = no bound.
        values: what will be shown; used only where 0 is the lower bound and there is no upper one.

    >>> scale_of("f", (0.0, 1.0), np.zeros(1, np.float32)).kind
    'unit'
    """
    low, high = bounds
    if quantity == "c" or low is None:
        return Scale("tanh")
    if low < 0.0:
        return Scale("signed")
    if high is not None:
        return Scale("unit")
    finite = values[np.isfinite(values)]
    largest = float(finite.max()) if finite.size else 0.0
    return Scale("positive", largest if largest > 0 else 1.0)


def scale_words(quantity: str, bounds: Range, scale: Scale) -> str:
    """Say in words which values a quantity can have and how they are coloured.

    >>> scale_words("c", (None, None), Scale("tanh"))
    'c is any real number, coloured as tanh(c)'
    """
    low, high = bounds
    if low is None:
        where = "is any real number"
    elif high is None:
        where = f"is {low:g} or more"
    else:
        where = f"lies in [{low:g}, {high:g}]"
    how = {"tanh": f", coloured as tanh({quantity})", "positive": f", strongest colour at {scale.top:.3g}"}
    return f"{quantity} {where}{how.get(scale.kind, '')}"


def ink(background: str) -> str:
    """Black or white, whichever has more contrast on a background (WCAG relative luminance).

    >>> ink("#ffffff"), ink("#2166ac")
    ('#000000', '#ffffff')
    """
    linear = [
        c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in (x / 255 for x in _channels(background))
    ]
    luminance = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    # equal contrast with black and white: (1.05) / (Y + 0.05) = (Y + 0.05) / 0.05
    return "#000000" if luminance > math.sqrt(1.05 * 0.05) - 0.05 else "#ffffff"


def _channels(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)
