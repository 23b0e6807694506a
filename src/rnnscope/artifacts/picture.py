"""A text heat map: one quantity of one cell over a text, as SVG, as a page of HTML, as CSV.

One box per symbol, wrapped at line ends and at a width; the colour is the value on the fixed scale of its quantity, the
legend has numbers, and the exact value stands in the hover text of each box. Everything that comes from the text is
escaped and drawn as single signs, so no text can act as markup. The picture holds no script, no font, no link.
"""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from rnnscope.artifacts import commit
from rnnscope.artifacts.colours import Range, Scale, ink, scale_of, scale_words
from rnnscope.artifacts.glyphs import Group, groups
from rnnscope.artifacts.shown import SideBySide, coloured_lines
from rnnscope.errors import InputError

_BOX_WIDTH, _BOX_HEIGHT, _LINE_GAP, _MARGIN = 10.0, 20.0, 4.0, 16.0
_TITLE_HEIGHT, _LEGEND_HEIGHT, _LEGEND_WIDTH = 46.0, 46.0, 320.0
_MONOSPACE = "ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, 'Liberation Mono', monospace"
_SANS = "system-ui, 'Segoe UI', 'DejaVu Sans', Helvetica, Arial, sans-serif"

_IN_LETTERS = ("code", "byte")  # kinds of glyphs that are names: small and framed
_FRAME, _SMALL, _FAINT = ' stroke="#808080" stroke-width="0.5"', ' font-size="8" dy="-2"', ' fill-opacity="0.45"'

_ILLEGAL = re.compile("[^\t\n\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 cannot hold, escaped or not."""


@dataclass(frozen=True)
class Picture:
    """A heat map that notebooks draw and `save` writes.

    Args:
        title: what is shown, in words.
        quantity: name of the quantity, such as "c" or "f".
        codes: the symbols, [N]: code points or byte values; -1 = unknown.
        kind: "characters" or "bytes".
        values: the quantity, [N]; NaN is drawn grey.
        bounds: the range the quantity can have, which fixes the scale.
        width: boxes per line.
        first: position in the text of the first symbol shown, counted from 0.
    """

    title: str
    quantity: str
    codes: Sequence[int]
    kind: str
    values: NDArray[np.float32]
    bounds: Range
    width: int = 80
    first: int = 0

    def __post_init__(self) -> None:
        assert len(self.codes) == len(self.values), "one value per symbol"
        if self.width < 2:
            raise InputError(
                tried="draw a text heat map",
                given=f"width={self.width}",
                why="a line needs at least 2 boxes",
                todo="Give a width of 2 or more; 80 is the default.",
            )

    @property
    def scale(self) -> Scale:
        """The colour scale: fixed by the kind of quantity."""
        return scale_of(self.quantity, self.bounds, self.values)

    def svg(self) -> str:
        """Draw the picture as one SVG element, readable on its own."""
        scale = self.scale
        boxes, columns, lines = self._boxes(scale)
        height = 2 * _MARGIN + _TITLE_HEIGHT + lines * (_BOX_HEIGHT + _LINE_GAP) + _LEGEND_HEIGHT
        finite = self.values[np.isfinite(self.values)]
        here = f"here from {finite.min():.3f} to {finite.max():.3f}" if finite.size else "no values"
        facts = f"{scale_words(self.quantity, self.bounds, scale)}; {here}; {len(self.codes):,} symbols"
        # Letters of sans-serif fonts are narrower than these shares of their size, on average over a line.
        lettering = max(0.7 * 15 * len(self.title), 0.62 * 12 * len(facts))
        width = 2 * _MARGIN + max(columns * _BOX_WIDTH, _LEGEND_WIDTH + 40, lettering)
        return "".join(
            [
                f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:g}" height="{height:g}" '
                f'viewBox="0 0 {width:g} {height:g}" role="img" font-family="{_SANS}">',
                f"<title>{_safe(self.title)}</title>",
                f'<rect width="{width:g}" height="{height:g}" fill="#ffffff"/>',
                f'<text x="{_MARGIN:g}" y="{_MARGIN + 12:g}" font-size="15" font-weight="600" fill="#111111">'
                f"{_safe(self.title)}</text>",
                f'<text x="{_MARGIN:g}" y="{_MARGIN + 31:g}" font-size="12" fill="#555555">{_safe(facts)}</text>',
                f'<g font-family="{_MONOSPACE}" font-size="14" text-anchor="middle" stroke-width="0">',
                *boxes,
                "</g>",
                *self._legend(scale, _MARGIN + _TITLE_HEIGHT + lines * (_BOX_HEIGHT + _LINE_GAP)),
                "</svg>",
            ]
        )

    def html(self) -> str:
        """Draw the picture as a page that needs nothing but a browser."""
        return (
            '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
            '<meta name="viewport" content="width=device-width">'
            f"<title>{_safe(self.title)}</title></head>\n"
            f'<body style="margin:0;background:#ffffff;overflow-x:auto">{self.svg()}</body></html>\n'
        )

    def csv(self) -> str:
        """Write the numbers behind the picture, one row per symbol: position, code, sign, name, value."""
        out = io.StringIO()
        rows = csv.writer(out, lineterminator="\n")
        rows.writerow(["position", "code", "sign", "name", self.quantity])
        for glyph, start, length in groups(self.codes, self.kind):
            for at in range(start, start + length):
                value = float(self.values[at])
                rows.writerow([self.first + at, self.codes[at], glyph.text, glyph.name, f"{value:.9g}"])
        return out.getvalue()

    def save(self, path: str | Path) -> Path:
        """Write the picture; the suffix of the name chooses the format.

        Args:
            path: a file that ends in .svg, .html or .csv; an existing one is replaced.
        """
        path = Path(path)
        writers = {".svg": self.svg, ".html": self.html, ".csv": self.csv}
        writer = writers.get(path.suffix.lower())
        if writer is None:
            raise InputError(
                tried="save a picture",
                given=repr(str(path)),
                why=f"the suffix {path.suffix!r} names no format",
                todo="Use a name that ends in .svg, .html or .csv.",
            )
        head = '<?xml version="1.0" encoding="UTF-8"?>\n' if writer == self.svg else ""
        commit.commit_file(path, (head + writer()).encode("utf-8"))
        return path

    def terminal(self, width: int | None = None) -> str:
        """The picture as text with colours, for a terminal; `print(picture.terminal())`."""
        body = "\n".join(coloured_lines(self, width or self.width))
        return f"{self.title}\n{body}\n{scale_words(self.quantity, self.bounds, self.scale)}\n"

    def beside(self, other: Picture) -> SideBySide:
        """This picture and another one side by side, such as the same text through two networks."""
        return SideBySide(self, other)

    def _repr_html_(self) -> str:
        return f'<div style="overflow-x:auto">{self.svg()}</div>'

    def _boxes(self, scale: Scale) -> tuple[list[str], int, int]:
        """The boxes of all symbols, and how many columns and lines they take."""
        parts: list[str] = []
        column, line, widest = 0, 0, 0
        for group in groups(self.codes, self.kind):
            columns = group.length * _columns(group)
            if column and column + columns > self.width:
                column, line = 0, line + 1
            parts.extend(self._group(group, scale, column, line))
            column += columns
            widest = max(widest, column)
            if group.glyph.kind == "break":
                column, line = 0, line + 1
        return parts, widest, line + (1 if column else 0)

    def _group(self, group: Group, scale: Scale, column: int, line: int) -> list[str]:
        glyph, start, length = group
        y = _MARGIN + _TITLE_HEIGHT + line * (_BOX_HEIGHT + _LINE_GAP)
        left = _MARGIN + column * _BOX_WIDTH
        box = _columns(group) * _BOX_WIDTH
        frame = _FRAME if glyph.kind in _IN_LETTERS else ""
        parts = []
        for at in range(length):
            value = float(self.values[start + at])
            what = f"byte {at + 1} of {length} of {glyph.name}" if length > 1 else glyph.name
            parts.append(
                f'<rect x="{left + at * box:g}" y="{y:g}" width="{box:g}" height="{_BOX_HEIGHT:g}" '
                f'fill="{scale.colour(value)}"{frame}><title>'
                f"{_safe(self._hover(start + at, what, value, scale))}</title></rect>"
            )
        fill = ink(scale.colour(float(self.values[start])))
        look = _SMALL if glyph.kind in _IN_LETTERS else _FAINT if glyph.kind in ("blank", "break") else ""
        parts.append(
            f'<text x="{left + length * box / 2:g}" y="{y + 15:g}" fill="{fill}"{look} pointer-events="none">'
            f"{_safe(glyph.text)}</text>"
        )
        return parts

    def _hover(self, at: int, what: str, value: float, scale: Scale) -> str:
        text = f"position {self.first + at}: {what}\n{self.quantity} = {value:.5f}"
        return text + f", tanh = {np.tanh(value):.5f}" if scale.kind == "tanh" else text

    def _legend(self, scale: Scale, top: float) -> list[str]:
        y = top + 14
        stops = scale.stops
        name = "scale-" + scale.kind
        parts = [f'<defs><linearGradient id="{name}">']
        parts += [f'<stop offset="{i / (len(stops) - 1):g}" stop-color="{stop}"/>' for i, stop in enumerate(stops)]
        parts.append(
            f'</linearGradient></defs><rect x="{_MARGIN:g}" y="{y:g}" width="{_LEGEND_WIDTH:g}" height="10" '
            f'fill="url(#{name})" stroke="#999999" stroke-width="0.5"/>'
        )
        for tick in scale.ticks():
            x = _MARGIN + scale.place(tick) * _LEGEND_WIDTH
            parts.append(
                f'<line x1="{x:g}" y1="{y + 10:g}" x2="{x:g}" y2="{y + 14:g}" stroke="#555555"/>'
                f'<text x="{x:g}" y="{y + 27:g}" font-size="11" fill="#333333" text-anchor="middle">{tick:.3g}</text>'
            )
        parts.append(
            f'<text x="{_MARGIN + _LEGEND_WIDTH + 14:g}" y="{y + 9:g}" font-size="12" fill="#333333">'
            f"{_safe(self.quantity)}</text>"
        )
        return parts


def _columns(group: Group) -> int:
    """Columns of the grid that each symbol of a group takes."""
    glyph = group.glyph
    if glyph.kind in _IN_LETTERS:  # two small letters find room in a column
        return -(-len(glyph.text) // (2 * group.length))
    return 2 if group.length == 1 and unicodedata.east_asian_width(glyph.text[-1]) in "WF" else 1


def _safe(text: str) -> str:
    """Escape for XML and HTML, and replace what XML cannot hold."""
    return escape(_ILLEGAL.sub("\ufffd", text), quote=True)
