"""Small findings of `rnnscope cells` and `rnnscope gates`, with known figures."""

from __future__ import annotations

from typing import Any

import numpy as np

from rnnscope.report.inputs import CellsInput

TEXT = 'He said "yes" '


def claim(cell: int, feature: str, verdict: str, score: float) -> dict[str, Any]:
    """A claim about c of a cell of layer 1; only a causal one was changed."""
    passes = {"chance": True, "untrained": True, "size": True, "symbols": True, "echo": verdict != "observed"}
    proof = {
        "effect_bits": 2.0,
        "interval_bits": [1.5, 2.5],
        "write_bits": 1.0,
        "erase_bits": 3.0,
        "quantile_bits": [1.0, 3.0],
        "elsewhere_bits": 0.5,
        "matched_bits": [-0.25, 0.125],
        "events": 400,
        "chance": 0.001,
        "why_not": "",
    }
    figures = dict.fromkeys(("shifted", "untrained", "permuted", "within", "rest", "recent", "chance"), 0.25)
    bucket = {"cases": 60, "few": False, "score": 0.75, "effect_bits": 2.0, "moments": 30}
    ends = ((0, 5), (5, 10), (10, 20))
    return {
        "layer": 1,
        "cell": cell,
        "quantity": "c",
        "feature": feature,
        "verdict": verdict,
        "score": score,
        "interval": [score - 0.05, score + 0.05],
        "discovered": score,
        "effect_bits": 2.0,
        "confirmation": figures | {"doubled": None, "passes": passes},
        "intervention": proof if verdict == "causal" else None,
        "clamps": {"zero": {"holds_bits": -1.0, "fails_bits": None}} if verdict == "causal" else {},
        "redundant_with": [],
        "reach": None
        if verdict == "observed"
        else {"holds_to": 10, "buckets": [bucket | {"low": low, "high": high} for low, high in ends]},
        "notes": [],
    }


def cells(run: str = "lstm-2x128") -> CellsInput:
    """A causal quote cell, an observed cell for the position in the line, and one that follows nothing."""
    codes = sorted({ord(one) for one in TEXT})
    ids_n = np.array([codes.index(ord(one)) for one in TEXT], np.int32)
    n = len(ids_n)
    holds_n = np.array([8 <= at < 12 for at in range(n)], np.float32)
    quantities = ["h", "c", "i", "f", "g", "o"]
    ranges = {name: [0.0, 1.0] if name in "ifo" else [-1.0, 1.0] for name in quantities} | {"c": [None, None]}
    shown = [(1, "double-quotes"), (2, "line-position"), (3, None)]
    kinds = ["top", "median", "random"]
    histogram = {"low": -1.0, "high": 1.0, "labels": ["holds", "does not hold"], "counts": [[0, 4], [10, 0]]}
    exhibits = {
        "length": n,
        "quantities": quantities,
        "ranges": ranges,
        "cell": "lstm",
        "cells": [
            {
                "layer": 1,
                "cell": cell,
                "quantity": "c",
                "sign": 1,
                "feature": feature,
                "kinds": kinds,
                "starts": [0, 100, 200],
                "histograms": [],
            }
            for cell, feature in shown
        ],
    }
    exhibits["cells"][0]["histograms"] = [histogram | {"feature": "double-quotes", "quantity": "c"}]  # type: ignore[index]
    part = {"symbols": 1000, "units": 10}
    facts = {
        "claims": [claim(1, "double-quotes", "causal", 0.9), claim(2, "line-position", "observed", -0.6)],
        "searched": {"cells": 12, "features": 3, "inapplicable": {"if-body": "the text is prose, and it is about C"}},
        "features": {"double-quotes": "inside quotation marks", "line-position": "characters of the line read so far"},
        "nulls": {"untrained_seeds": list(range(19)), "shifts": 199},
        "directions": [],
        "probes": [{"feature": "line-position", "cells": size, "score": 0.5, "control": 0.1} for size in (1, 8, None)],
        "parts": {"unit": "rows", "notes": [], "discover": part, "confirm": part, "intervene": part},
        "what": "the test part",
        "network": "lstm 2 x 6",
        "steps": 10,
        "seed": 1,
        "tests": 1,
        "exhibits": exhibits,
        "least": {"layer": 1, "cell": 3, "quantity": "h", "feature": "line-position", "score": 0.125},
    }
    values = np.tile(holds_n * 2 - 1, (3, 3, 6, 1)) * np.linspace(0.2, 1, 6)[:, None]
    values[:, :, [2, 3, 5]] = np.abs(values[:, :, [2, 3, 5]])
    track = np.tile(holds_n, (3, 3, 1))
    track[2] = np.nan
    arrays = {"ids": np.tile(ids_n, (3, 3, 1)), "values": values.astype(np.float32), "track": track}
    return CellsInput(run, facts, codes, "characters", arrays)


def gates() -> dict[str, Any]:
    """Two layers of two cells: an integrator, one that is wiped, and two in between."""
    shares = {"right": [0.95, 0.0], "left": [0.0, 0.95], "mean": [0.96, 0.03]}
    calm = {"right": [0.0, 0.0], "left": [0.0, 0.0], "mean": [0.5, 0.5]}
    layers = [
        {"layer": number, "units": {"f": one, "keep": one}, "steps": [20.0, 0.5]}
        for number, one in ((1, calm), (2, shares))
    ]
    return {
        "cell": "lstm",
        "what": "the test part",
        "positions": 1000,
        "keep": "f",
        "quantities": ["f", "keep"],
        "layers": layers,
    }
