"""Gates on the page: shares of time in which every gate unit is saturated, and time constants of memories."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rnnscope.report.page_cells import Gate, Gates, GateUnits, Memories
from rnnscope.report.passage import meaning_of

KEEP = "keep"
LEFT, RIGHT = 0.1, 0.9
"""As `rnnscope gates` counts: below and above, a gate is saturated."""

_SIGNED = ("h", "g", "n")
_DIGITS = 4


def build_gates(run: str, facts: Mapping[str, Any]) -> Gates:
    """Build the page data of what `rnnscope gates` found.

    Args:
        run: name of the network.
        facts: of the result `gates/PART`.
    """
    # Sealed documents sort their keys; the order of quantities is the cell's own, with what all cells have first.
    names = sorted(facts["quantities"], key=lambda name: name != KEEP)
    return Gates(
        run=run,
        cell=facts["cell"],
        what=facts["what"],
        positions=facts["positions"],
        keep=facts["keep"],
        gates=[
            Gate(
                name=name,
                meaning=_meaning(facts, name),
                low=_low(name),
                layers=[
                    GateUnits(
                        layer=layer["layer"],
                        **{
                            part: [round(share, _DIGITS) for share in layer["units"][name][part]]
                            for part in ("right", "left", "mean")
                        },
                    )
                    for layer in facts["layers"]
                ],
            )
            for name in names
        ],
        memories=[
            Memories(layer=layer["layer"], steps=[float(f"{steps:.4g}") for steps in layer["steps"]])
            for layer in facts["layers"]
            if layer["steps"] is not None
        ],
    )


def _meaning(facts: Mapping[str, Any], name: str) -> str:
    return f"share of the memory kept: {facts['keep']}" if name == KEEP else meaning_of(facts["cell"], name)[0]


def _low(name: str) -> float:
    return -RIGHT if name in _SIGNED else LEFT
