"""A text in windows, so that what features need while they are measured does not grow with it.

No feature sees another file, so whole files are measured together, as many as fit into a window. A file of prose that
is larger is cut at the beginning of a paragraph, where nothing is open any more: two blank lines close all brackets,
and one does where the file has no brace. A window then begins with the last line of ink before the cut, whose
indentation is still remembered, and ends in the second line of ink behind it, since some features look ahead. A file of
code is never cut, since its parser needs all of it, nor is prose without such places.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from rnnscope.features.source import Source
from rnnscope.features.steps import Positions, merged

SYMBOLS = 1 << 16
"""Of a window, about."""

LOOKED_AT = 1 << 10
"""Symbols in which a line is looked for at first."""

_Codes = NDArray[np.unsignedinteger[Any]]


class Window(NamedTuple):
    """A part of a text as a text of its own.

    Args:
        source: what is measured.
        start, stop: symbols of the whole text whose features are taken from it.
        before: symbols of the source that come before `start`.
    """

    source: Source
    start: int
    stop: int
    before: int

    @property
    def inside(self) -> slice:
        """The symbols that count, in those of the source."""
        return slice(self.before, self.before + self.stop - self.start)


def windows(source: Source, symbols: int) -> Iterator[Window]:
    """Cut a text; every symbol counts in one window, and they come in the order of the text.

    Args:
        source: the text, whole.
        symbols: of a window, at most where files and paragraphs allow it.
    """
    first = 0
    for last, (start, stop) in enumerate(source.spans):
        begin = source.spans[first][0]
        if last > first and stop - begin > symbols:
            yield from _files(source, first, last)
            first, begin = last, start
        if stop - start > symbols and source.language_of_file[last] == "prose":
            yield from _cut(source, last, symbols)
            first = last + 1
    yield from _files(source, first, len(source.spans))


def _files(source: Source, first: int, last: int) -> Iterator[Window]:
    """Files [first, last) as they are; none if they are empty."""
    if first < last:
        start, stop = source.spans[first][0], source.spans[last - 1][1]
        if start < stop:
            yield Window(source.part(start, stop, first, last), start, stop, 0)


def _cut(source: Source, file: int, symbols: int) -> Iterator[Window]:
    """A file of prose in pieces."""
    codes_N, (start, stop) = source.text.codes_N, source.spans[file]
    places = _places(codes_N, start, stop)
    low = start
    while low < stop:
        high = stop if stop - low <= symbols else _next(places, low, symbols) or stop
        begin = start if low == start else _line_before(codes_N, start, low)
        end = stop if high == stop else _line_behind(codes_N, high, stop)
        yield Window(source.part(begin, end, file, file + 1), low, high, low - begin)
        low = high


def _next(places: Positions, low: int, symbols: int) -> int | None:
    """The last place beyond `low` that is within reach, else the first one that is not; None where there is none."""
    within = int(np.searchsorted(places, low + symbols, side="right"))
    if within and places[within - 1] > low:
        return int(places[within - 1])
    return int(places[within]) if within < len(places) else None


def _ink(codes_n: _Codes) -> NDArray[np.bool_]:
    """Some characters that are no white space; in bytes of UTF-8 they stand for themselves."""
    return (codes_n > 0x20) & (codes_n < 0x7F)


def _places(codes_N: _Codes, start: int, stop: int) -> Positions:
    """Where paragraphs begin after line breaks that close everything."""
    codes_n = codes_N[start:stop]
    breaks = 3 if (codes_n == ord("{")).any() else 2
    found = []
    for run in (b"\n" * breaks, b"\r\n" * breaks):
        here_n = _ink(codes_n[len(run) :])
        for k, code in enumerate(run):
            here_n &= codes_n[k : k + len(here_n)] == code
        found.append(start + len(run) + np.flatnonzero(here_n))
    return merged(*found)


def _line_before(codes_N: _Codes, start: int, stop: int) -> int:
    """Where the last line with ink before `stop` begins, or an earlier line."""
    looked_at = LOOKED_AT
    while stop - looked_at > start:
        codes_n = codes_N[stop - looked_at : stop]
        inked = np.flatnonzero(_ink(codes_n))
        ends = np.flatnonzero(codes_n[: inked[-1]] == 0x0A) if len(inked) else inked
        if len(ends):
            return stop - looked_at + int(ends[-1]) + 1
        looked_at *= 4
    return start


def _line_behind(codes_N: _Codes, start: int, stop: int) -> int:
    """Where ink stands in a line that begins behind `start`, or an end beyond it."""
    looked_at = LOOKED_AT
    while start + looked_at < stop:
        codes_n = codes_N[start : start + looked_at]
        ends = np.flatnonzero(codes_n == 0x0A)
        inked = np.flatnonzero(_ink(codes_n[ends[0] :])) if len(ends) else ends
        if len(inked):
            return start + int(ends[0] + inked[0]) + 1
        looked_at *= 4
    return stop
