"""Figures drawn by matplotlib, which nothing else imports. The same figure gives the same bytes."""

from __future__ import annotations

import io
import textwrap
from typing import Any

from rnnscope.report.figures.spec import Panel, Series, Spec

COLOURS = ("#0072b2", "#d55e00", "#009e73", "#c05a95", "#b87f00", "#56b4e9")
"""Okabe and Ito's, darkened where they carry thin lines: they can be told apart by the colour-blind."""

MARKERS = ("o", "s", "^", "D", "x", "v")
DASHES = ("-", "--", ":", "-.")
_ACROSS = 3
_LOOK: Any = {
    "svg.hashsalt": "rnnscope",
    "svg.fonttype": "path",
    "pdf.fonttype": 42,
    "font.size": 9,
    "text.parse_math": False,
}
_METADATA: dict[str, dict[str, Any]] = {
    "svg": {"Date": None, "Creator": "rnnscope"},
    "pdf": {"CreationDate": None, "ModDate": None, "Creator": "rnnscope", "Producer": "rnnscope"},
    "png": {"Software": "rnnscope"},
}


def draw(spec: Spec, kind: str) -> bytes:
    """Draw a figure.

    Args:
        spec: what. kind: svg, pdf or png.
    """
    import matplotlib
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    with matplotlib.rc_context(_LOOK):
        across = min(_ACROSS, max(1, len(spec.panels)))
        down = -(-len(spec.panels) // across)
        longest = max((len(panel.bars.names) for panel in spec.panels if panel.bars), default=0)
        bars = any(panel.bars for panel in spec.panels)
        across, down = (min(2, across), -(-len(spec.panels) // min(2, across))) if bars else (across, down)
        figure = Figure((max(7.0, 5.2 * across), down * max(3.4, 1.2 + 0.24 * longest) + 1.0), layout="constrained")
        FigureCanvasAgg(figure)
        figure.suptitle(_safe(spec.title), fontweight="bold")
        for place, panel in enumerate(spec.panels, 1):
            _panel(figure.add_subplot(down, across, place), panel)
        figure.supxlabel("\n".join(textwrap.wrap(_safe(spec.caption), 78 * across)), fontsize=8, color="#444444")
        out = io.BytesIO()
        figure.savefig(out, format=kind, metadata=_METADATA[kind], dpi=160)
    return out.getvalue()


def _panel(axes: Any, panel: Panel) -> None:
    axes.set_title(_safe(panel.title), fontsize=10)
    axes.set_xlabel(_safe(panel.x))
    axes.set_ylabel(_safe(panel.y))
    axes.grid(color="#dddddd", linewidth=0.6)
    axes.set_axisbelow(True)
    if panel.log_x:
        axes.set_xscale("log")
        axes.xaxis.set_major_formatter("{x:g}")
    if panel.log_y:
        axes.set_yscale("log")
        axes.yaxis.set_major_formatter("{x:g}")  # matplotlib's own are formulas, which are off
    for number, series in enumerate(panel.series):
        _series(axes, series, number)
    if panel.bars is not None:
        rows = range(len(panel.bars.names))
        axes.barh(rows, panel.bars.lengths, color=COLOURS[0], height=0.6, alpha=0.75)
        for row, ends in enumerate(panel.bars.intervals):
            if ends is not None:
                axes.plot(ends, (row, row), color="#111111", linewidth=1.2)
        axes.set_yticks(rows, [_safe(name) for name in panel.bars.names])
        axes.invert_yaxis()
        axes.axvline(0, color="#555555", linewidth=0.8)
    if panel.x_names:
        axes.set_xticks(range(len(panel.x_names)), panel.x_names, rotation=45, ha="right")
    for x, name in panel.levels:
        axes.axvline(x, color="#555555", linestyle=":", linewidth=1.2)
        axes.annotate(_safe(name), (x, 0.99), xycoords=("data", "axes fraction"), va="top", fontsize=8, color="#555555")
    if len(panel.series) > 1:
        axes.legend(fontsize=8, framealpha=0.8)


def _series(axes: Any, series: Series, number: int) -> None:
    colour, marker = COLOURS[number % len(COLOURS)], MARKERS[number % len(MARKERS)]
    dash, name = DASHES[number % len(DASHES)], _safe(series.name)
    if series.look == "steps":
        axes.step(series.x, series.y, where="mid", color=colour, linestyle=dash, label=name)
    elif series.look == "points":
        axes.plot(series.x, series.y, marker, color=colour, alpha=0.6, markersize=4, label=name)
    else:
        axes.plot(series.x, series.y, dash, color=colour, linewidth=1.5, label=name)
    for x, low, high in zip(series.x, series.low, series.high, strict=False):
        if low is not None:
            axes.plot((x, x), (low, high), color=colour, linewidth=1)
    if series.look == "both":
        hollow = series.hollow or [False] * len(series.x)
        for x, y, empty in zip(series.x, series.y, hollow, strict=True):
            axes.plot([x], [y], marker, color=colour, markerfacecolor="white" if empty else colour, markersize=4)


def _safe(text: str) -> str:
    """Text of a corpus may hold what no font has; it is shown by its number."""
    return "".join(
        one if one.isprintable() and ord(one) < 0x2E80 else f"<U+{ord(one):04X}>" if one != "\n" else " "
        for one in text
    )
