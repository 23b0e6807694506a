"""Text heat maps in a terminal, and two side by side: the same text through two networks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from rnnscope.artifacts.colours import ink
from rnnscope.artifacts.glyphs import groups

if TYPE_CHECKING:
    from rnnscope.artifacts.picture import Picture

_RESET = "\x1b[0m"


def coloured_lines(picture: Picture, width: int) -> list[str]:
    """The text in lines of at most `width` symbols, each on the colour of its value (24-bit colours of ECMA-48).

    Symbols are drawn as glyphs, so none of them can act on the terminal.
    """
    scale = picture.scale
    lines, column = [""], 0
    for glyph, start, length in groups(picture.codes, picture.kind):
        size = len(glyph.text)
        if column and column + size > width:
            lines[-1] += " " * (width - column)
            lines.append("")
            column = 0
        paper = scale.colour(float(picture.values[start + length - 1]))
        lines[-1] += f"\x1b[48;2;{_channels(paper)}m\x1b[38;2;{_channels(ink(paper))}m{glyph.text}{_RESET}"
        column += size
        if glyph.kind == "break":
            lines[-1] += " " * max(0, width - column)
            lines.append("")
            column = 0
    lines[-1] += " " * max(0, width - column) if column else ""
    return [line for line in lines if line]


def _channels(colour: str) -> str:
    long = colour if len(colour) == 7 else "#" + "".join(2 * digit for digit in colour[1:])
    return ";".join(str(int(long[at : at + 2], 16)) for at in (1, 3, 5))


@dataclass(frozen=True)
class SideBySide:
    """Two pictures of one text; notebooks draw them beside each other."""

    left: Picture
    right: Picture

    def terminal(self, width: int = 80) -> str:
        """Both as text with colours, each in half of a line of `width`."""
        half = max(2, (width - 3) // 2)
        pair = [coloured_lines(picture, half) for picture in (self.left, self.right)]
        rows = max(map(len, pair))
        left, right = ([*lines, *[" " * half] * (rows - len(lines))] for lines in pair)
        body = "\n".join(f"{one} | {other}" for one, other in zip(left, right, strict=True))
        return f"left: {self.left.title}\nright: {self.right.title}\n{body}\n"

    def _repr_html_(self) -> str:
        boxes = "".join(f'<div style="overflow-x:auto">{one.svg()}</div>' for one in (self.left, self.right))
        return f'<div style="display:grid;grid-template-columns:1fr 1fr;gap:1em">{boxes}</div>'
