"""Features measured window by window: what is kept of each window, and what must be known of all of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rnnscope.compact import Compact
from rnnscope.features.feature import Feature, Measured, Target
from rnnscope.features.windows import Window


class Kept:
    """Which symbols are kept.

    Args:
        stretches: [start, stop), disjoint, in the order in which they are to be joined.

    Attributes:
        order: places among all kept symbols in the order of the text; None where that is the order asked for.
    """

    def __init__(self, stretches: Sequence[tuple[int, int]]) -> None:
        self._ascending = sorted(stretches)
        assert all(stop <= start for (_, stop), (start, _) in pairwise(self._ascending)), "stretches overlap"
        self.order: NDArray[np.int64] | None = None
        if list(stretches) != self._ascending:
            begins = np.cumsum([0, *(stop - start for start, stop in self._ascending)]).tolist()
            places = dict(zip(self._ascending, begins, strict=False))
            self.order = np.concatenate(
                [np.arange(places[start, stop], places[start, stop] + stop - start) for start, stop in stretches]
            )

    def joined(self, pieces: Sequence[Compact]) -> Compact:
        """What is kept of all windows, in the order asked for."""
        found = Compact.joined(pieces)
        return found if self.order is None else found.take(self.order)

    def within(self, window: Window) -> list[slice]:
        """What is kept of a window, in symbols of its source."""
        shift = window.before - window.start
        cuts = [(max(start, window.start), min(stop, window.stop)) for start, stop in self._ascending]
        return [slice(start + shift, stop + shift) for start, stop in cuts if start < stop]


@dataclass(eq=False)
class Sum:
    """What is known of a feature after some windows.

    Args:
        feature, target: which.
        pieces, masks, aims: what is kept of each window.
        excluded: symbols that are not valid, by reason.
        low, high: of all known values; None before the first one.
    """

    feature: Feature
    target: Target | None
    pieces: list[Compact] = field(default_factory=list)
    aims: list[Compact] = field(default_factory=list)
    masks: list[NDArray[np.bool_]] = field(default_factory=list)
    excluded: dict[str, int] = field(default_factory=dict)
    low: Any = None
    high: Any = None

    def add(self, measured: Measured, window: Window, cuts: Sequence[slice], mask: NDArray[np.bool_]) -> None:
        """Take a window in."""
        values_n, valid_n = measured.values_N[window.inside], measured.valid_N[window.inside]
        known_n = values_n[valid_n]
        if len(known_n):
            low, high = known_n.min(), known_n.max()
            self.low = low if self.low is None else min(low, self.low)
            self.high = high if self.high is None else max(high, self.high)
        excluded = dict(measured.excluded)
        if len(values_n) < len(measured.values_N) and excluded:  # prose with its surroundings
            (reason,) = excluded
            excluded = {reason: int(np.count_nonzero(~valid_n))}
        for reason, count in excluded.items():
            if count:
                self.excluded[reason] = self.excluded.get(reason, 0) + count
        kind = np.bool_ if self.feature.kind == "binary" else np.float32
        self.pieces.append(Compact.of(_cut(measured.values_N, cuts).astype(kind, copy=False)))
        self.masks.append(mask)

    def why_not(self) -> str:
        """Why the feature says nothing about the text; "" where it does."""
        if self.low is None:
            reasons = ", ".join(f"{reason} {size:,}" for reason, size in self.excluded.items())
            return f"it is known nowhere ({reasons})"
        if self.low == self.high:
            always = "always so" if self.low else "never so"
            return f"{f'it is {self.low:g} everywhere' if self.feature.kind == 'graded' else always} in this text"
        return ""


def measure_window(window: Window, sums: Sequence[Sum], kept: Kept) -> None:
    """Measure some features in one window."""
    cuts = kept.within(window)
    shared: dict[int, tuple[NDArray[np.bool_], NDArray[np.bool_]]] = {}
    for one in sums:
        measured = one.feature.measure(window.source)
        # A mask that features share stays shared; it is held on to, so that its id stays its own.
        mask_n = measured.valid_N
        _, cut_n = shared.setdefault(id(mask_n), (mask_n, _cut(mask_n, cuts)))
        one.add(measured, window, cuts, cut_n)
        if one.target is not None:
            one.aims.append(Compact.of(_cut(one.target.positions(window.source), cuts)))


def joined_masks(sums: Iterable[Sum], kept: Kept) -> dict[str, NDArray[np.bool_]]:
    """Masks of all windows together, by feature; those that were shared in every window are shared, and read-only."""
    masks: dict[tuple[int, ...], NDArray[np.bool_]] = {}
    found = {}
    for one in sums:
        key = tuple(map(id, one.masks))
        if key not in masks:
            mask_N = np.concatenate(one.masks)
            masks[key] = mask_N if kept.order is None else mask_N[kept.order]
            masks[key].flags.writeable = False
        found[one.feature.name] = masks[key]
    return found


def _cut(values_n: NDArray[Any], cuts: Sequence[slice]) -> NDArray[Any]:
    return np.concatenate([values_n[:0], *(values_n[cut] for cut in cuts)])
