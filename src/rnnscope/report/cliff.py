"""The cliff in the loss of one unit on the page: numbers of `analyse.cliff`, shortened to what a screen can show."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rnnscope.report.page_cliff import Bifurcation, Cliff, Descent, Surface


def build_cliff(facts: Mapping[str, Any]) -> Cliff:
    """Build the page data of what `analyse.cliff.pictures` computed."""
    fixed, surface = facts["bifurcation"], facts["surface"]
    return Cliff(
        bifurcation=Bifurcation(
            weight=fixed["weight"],
            biases=_short(fixed["biases"]),
            points=_short(fixed["points"]),
            stable=list(fixed["stable"]),
            turns=_short(fixed["turns"]),
        ),
        surface=Surface(
            **{name: surface[name] for name in ("steps", "start", "target", "rate", "largest_norm", "median_norm")},
            weights=_short(surface["weights"]),
            biases=_short(surface["biases"]),
            loss=[[float(f"{loss:.3g}") for loss in row] for row in surface["loss"]],
            descents=[
                Descent(
                    clip=walk["clip"],
                    weights=_short(walk["weights"]),
                    biases=_short(walk["biases"]),
                    norms=_short(walk["norms"]),
                )
                for walk in surface["descents"]
            ],
        ),
    )


def _short(values: Sequence[float]) -> list[float]:
    return [float(f"{value:.5g}") for value in values]
