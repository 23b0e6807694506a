"""What a figure is, as pure data: it can be drawn by anything, and its table holds every number in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

Value = str | float | int | None
Look = Literal["line", "points", "both", "steps"]


@dataclass(frozen=True)
class Series:
    """Numbers that belong together.

    Args:
        name: for the legend. x, y: equally many. look: how they are drawn.
        low, high: ends of intervals of y; None where there are none.
        hollow: which points carry no conclusion.
    """

    name: str
    x: Sequence[float]
    y: Sequence[float]
    look: Look = "both"
    low: Sequence[float | None] = ()
    high: Sequence[float | None] = ()
    hollow: Sequence[bool] = ()


@dataclass(frozen=True)
class Bars:
    """Numbers side by side, a row for each: name, length, and the ends of its interval."""

    names: Sequence[str]
    lengths: Sequence[float]
    intervals: Sequence[tuple[float, float] | None]


@dataclass(frozen=True)
class Panel:
    """One pair of axes.

    Args:
        x_names: names in the place of numbers at whole x. levels: vertical lines with their names.
    """

    title: str
    x: str
    y: str
    series: Sequence[Series] = ()
    bars: Bars | None = None
    log_x: bool = False
    log_y: bool = False
    x_names: Sequence[str] = ()
    levels: Sequence[tuple[float, str]] = ()


@dataclass(frozen=True)
class Spec:
    """A figure: panels, the sentence that says how to read them, and the numbers as a table."""

    name: str
    title: str
    caption: str
    panels: Sequence[Panel]
    header: Sequence[str]
    rows: Sequence[Sequence[Value]]
