"""Figures that set memories beside each other: of several networks, and of one along its training."""

from __future__ import annotations

from collections.abc import Sequence

from rnnscope.report.figures.spec import Panel, Series, Spec, Value
from rnnscope.report.page import Page
from rnnscope.report.page_findings import GradientCurve

FLOOR = 1e-9
"""Smaller ratios are rounding of float32 as much as gradients."""


def deepest(curves: Sequence[GradientCurve]) -> GradientCurve:
    """The curve of all symbols' losses and the memory of the last layer: c of the LSTM types, h of the others."""
    return max((curve for curve in curves if curve.event == "all"), key=lambda curve: (curve.layer, curve.state == "c"))


def compared(page: Page) -> Spec:
    """One line for each network."""
    curves = [(found.run, deepest(found.gradients)) for found in page.memories]
    steps = sorted({found.steps for found in page.memories})
    panel = Panel(
        "",
        "symbols back",
        "median norm, relative",
        [_line(f"{run}, {curve.state}", curve) for run, curve in curves],
        log_y=True,
        levels=[(float(step), f"{step} training steps") for step in steps],
    )
    rows: list[Sequence[Value]] = [
        (run, curve.state, curve.layer, k, ratio) for run, curve in curves for k, ratio in enumerate(curve.ratio)
    ]
    caption = "How the gradient of a loss with respect to the memory of the last layer shrinks with the distance."
    header = ("run", "state", "layer", "distance", "median_ratio")
    return Spec("memory-compared", "Memories side by side", caption, [panel], header, rows)


def training(page: Page) -> Spec:
    """A panel for each network, with one line for the weights after some updates."""
    panels, rows = [], []
    for found in page.memories:
        stages = [(stage.step, deepest(stage.gradients)) for stage in found.training]
        if len(stages) > 1:
            series = [_line(f"{step:,} updates" if step else "untrained", curve) for step, curve in stages]
            panels.append(Panel(found.run, "symbols back", "median norm, relative", series, log_y=True))
        rows += [
            (found.run, step, curve.state, curve.layer, k, ratio)
            for step, curve in stages
            for k, ratio in enumerate(curve.ratio)
        ]
    caption = "The same gradients, of the memory of the last layer, with the weights before, during and after training."
    header = ("run", "updates", "state", "layer", "distance", "median_ratio")
    return Spec("memory-training", "Memory along training", caption, panels, header, rows)


def _line(name: str, curve: GradientCurve) -> Series:
    drawn = [(float(k), ratio) for k, ratio in enumerate(curve.ratio) if ratio > FLOOR]
    return Series(name, [k for k, _ in drawn], [ratio for _, ratio in drawn], "line")
