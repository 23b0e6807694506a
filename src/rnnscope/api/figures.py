"""One figure of the report as a file, drawn from the data that the report's page shows."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from rnnscope.api.opening import open_run
from rnnscope.api.reporting import PASSAGE_SYMBOLS, page_of
from rnnscope.api.texts import chosen_text
from rnnscope.errors import InputError

if TYPE_CHECKING:
    from rnnscope.report.figures.spec import Spec

Announce = Callable[[str], None]

_ALWAYS = {
    "cliff": "error surface of one unit through many steps, with its cliff",
    "bifurcation": "fixed points of one unit by its bias",
}
"""Figures of Pascanu, Mikolov and Bengio (2013), for which no model is needed."""


def figures(folder: str | Path, *, announce: Announce | None = None) -> dict[str, str]:
    """Name -> what it shows, of every figure that can be made of a run or a study.

    Args:
        folder: as for `report`. announce: is told what is being computed.
    """
    from rnnscope.report.figures.catalogue import catalogue

    return catalogue(page_of(folder, announce=announce)) | _ALWAYS


def figure(
    folder: str | Path, name: str, *args: str, out: str | Path | None = None, announce: Announce | None = None
) -> Path:
    """Write one figure of the report.

    Args:
        folder: a run, or a study.
        name: one of `figures`, such as "gates".
        args: for "cell": LAYER:CELL, and a feature, or a text over whose beginning the cell is drawn.
        out: a file that ends in .svg, .pdf, .png, .html, .csv or .json; by default the figure's name as SVG.
        announce: is told what is being computed.

    Returns:
        The file.

    Raises:
        InputError: there is no such figure or format.
    """
    from rnnscope.report.figures.catalogue import make
    from rnnscope.report.figures.files import kind_of, save

    asked = " ".join([name, *args])
    path = Path(out) if out is not None else Path("-".join(asked.replace(":", "-").split()) + ".svg")
    kind_of(path)
    if name == "cell" and len(args) == 2 and Path(args[1]).exists():
        return _over_text(folder, args[0], args[1], path)
    spec = _MAKERS[asked]() if asked in _MAKERS else make(page_of(folder, announce=announce), asked)
    save(spec, path)
    return path


def _over_text(folder: str | Path, cell: str, text: str, path: Path) -> Path:
    """A cell over the beginning of another text."""
    run = open_run(folder)
    layer, _, number = cell.partition(":")
    if not (layer.isdecimal() and number.isdecimal()):
        raise InputError(
            tried="draw a cell over a text",
            given=cell,
            why="a cell is named LAYER:CELL",
            todo="Both are counted from 1: cell 2:17 TEXT.",
        )
    chosen = chosen_text(run, None, text).text
    ids = run.alphabet.encode(chosen.codes_N[:PASSAGE_SYMBOLS])
    from rnnscope.record.text import record_text

    trace = record_text(run.network, run.alphabet, ids, made_from=run.made_from)
    return trace.show(int(layer), int(number)).save(path)


def _cliff() -> Spec:
    from rnnscope.analyse.cliff import error_surface
    from rnnscope.report.figures.spec import Panel, Series, Spec

    found = error_surface()
    chosen = range(0, len(found.weights), max(1, len(found.weights) // 5))
    series = [
        Series(f"weight {found.weights[k]:.2f}", found.biases.tolist(), found.loss[k].tolist(), "line") for k in chosen
    ]
    rows = [
        (float(weight), float(bias), float(found.loss[k, b]))
        for k, weight in enumerate(found.weights)
        for b, bias in enumerate(found.biases)
    ]
    caption = (
        "Squared error of one logistic unit after 50 steps against its bias, for some weights. Where it jumps is the "
        "cliff, at which gradients explode (Pascanu, Mikolov and Bengio 2013). The table has all weights."
    )
    return Spec("cliff", "The cliff", caption, [Panel("", "bias", "loss", series)], ("weight", "bias", "loss"), rows)


def _bifurcation() -> Spec:
    from rnnscope.analyse.cliff import bifurcation
    from rnnscope.report.figures.spec import Panel, Series, Spec

    found = bifurcation()
    series = [
        Series(name, found.biases[mask].tolist(), found.points[mask].tolist(), "points")
        for name, mask in (("stable", found.stable), ("unstable", ~found.stable))
    ]
    rows = [
        (float(bias), float(point), "yes" if stable else "no")
        for bias, point, stable in zip(found.biases, found.points, found.stable, strict=True)
    ]
    caption = (
        f"Fixed points of x = {found.weight:g} logistic(x) + bias. Between the turns two are stable, and a small "
        "change of the bias moves the unit from one to the other."
    )
    levels = [(turn, f"{turn:.2f}") for turn in found.turns]
    panel = Panel("", "bias", "fixed point", series, levels=levels)
    return Spec("bifurcation", "Bifurcation of one unit", caption, [panel], ("bias", "fixed_point", "stable"), rows)


_MAKERS = {"cliff": _cliff, "bifurcation": _bifurcation}
