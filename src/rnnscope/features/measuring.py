"""Features measured window by window: what is kept of each window, and what must be known of all of them."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rnnscope.compact import Compact, Growing
from rnnscope.features.feature import Feature, Measured, Target
from rnnscope.features.windows import Window


class Kept:
    """Which symbols are kept.

    Args:
        stretches: [start, stop), disjoint, in the order in which they are to be joined.

    Attributes:
        count: how many.
    """

    def __init__(self, stretches: Sequence[tuple[int, int]]) -> None:
        self._ascending = sorted(stretches)
        assert all(stop <= start for (_, stop), (start, _) in pairwise(self._ascending)), "stretches overlap"
        self.count = sum(stop - start for start, stop in stretches)
        self._order: NDArray[np.int64] | None = None  # places in the text's order, where that is not the one asked for
        if list(stretches) != self._ascending:
            begins = np.cumsum([0, *(stop - start for start, stop in self._ascending)]).tolist()
            places = dict(zip(self._ascending, begins, strict=False))
            self._order = np.concatenate(
                [np.arange(places[start, stop], places[start, stop] + stop - start) for start, stop in stretches]
            )

    def arranged(self, grown: Growing) -> Compact:
        """What has grown in the order of the text, in the order asked for."""
        found = grown.result()
        return found if self._order is None else found.take(self._order)

    def within(self, window: Window) -> list[slice]:
        """What is kept of a window, in symbols of its source."""
        shift = window.before - window.start
        cuts = [(max(start, window.start), min(stop, window.stop)) for start, stop in self._ascending]
        return [slice(start + shift, stop + shift) for start, stop in cuts if start < stop]


class Sum:
    """What is known of a feature after some windows.

    Args:
        feature, target: which.
        kept: which symbols are kept of it.

    Attributes:
        values, valid, aim: of the symbols that are kept.
        excluded: symbols that are not valid, by reason.
    """

    def __init__(self, feature: Feature, target: Target | None, kept: Kept) -> None:
        self.feature, self.target, self._kept = feature, target, kept
        self.values = Growing(kept.count, binary=feature.kind == "binary")
        self.valid = Growing(kept.count, binary=True)
        self.aim = None if target is None else Growing(kept.count, binary=True)
        self.excluded: dict[str, int] = {}
        self._low: Any = None  # of all known values
        self._high: Any = None

    def measure(self, window: Window) -> None:
        """Measure the feature in the next window."""
        measured = self.feature.measure(window.source)
        self._note(measured, window)
        for cut in self._kept.within(window):
            self.values.add(measured.values_N[cut])
            self.valid.add(measured.valid_N[cut])
        if self.target is not None and self.aim is not None:
            here_n = self.target.positions(window.source)
            for cut in self._kept.within(window):
                self.aim.add(here_n[cut])

    def _note(self, measured: Measured, window: Window) -> None:
        values_n, valid_n = measured.values_N[window.inside], measured.valid_N[window.inside]
        known_n = values_n[valid_n]
        if len(known_n):
            low, high = known_n.min(), known_n.max()
            self._low = low if self._low is None else min(low, self._low)
            self._high = high if self._high is None else max(high, self._high)
        excluded = dict(measured.excluded)
        if len(values_n) < len(measured.values_N) and excluded:  # prose with its surroundings
            (reason,) = excluded
            excluded = {reason: int(np.count_nonzero(~valid_n))}
        for reason, count in excluded.items():
            if count:
                self.excluded[reason] = self.excluded.get(reason, 0) + count

    def why_not(self) -> str:
        """Why the feature says nothing about the text; "" where it does."""
        if self._low is None:
            reasons = ", ".join(f"{reason} {size:,}" for reason, size in self.excluded.items())
            return f"it is known nowhere ({reasons})"
        if self._low == self._high:
            always = "always so" if self._low else "never so"
            return f"{f'it is {self._low:g} everywhere' if self.feature.kind == 'graded' else always} in this text"
        return ""
