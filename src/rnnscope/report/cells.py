"""Cells on the page: findings of `rnnscope cells` shortened to what is drawn, and passages packed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from rnnscope.artifacts.glyphs import symbol_glyph
from rnnscope.report.inputs import CellsInput, Unit
from rnnscope.report.pack import pack, pack_quantity
from rnnscope.report.page_base import Symbol
from rnnscope.report.page_cells import (
    CellName,
    Cells,
    Check,
    Claim,
    Clamped,
    Distance,
    Exhibit,
    Histogram,
    Hypothesis,
    Intervention,
    Probe,
    Trace,
)
from rnnscope.report.panels import CHECKS, panels
from rnnscope.report.passage import meaning_of, quantity_kind

Facts = Mapping[str, Any]

_PARTS = {"discover": "to discover", "confirm": "to confirm", "intervene": "to intervene"}


def build_cells(given: CellsInput) -> Cells:
    """Build the page data of one search."""
    found = given.facts
    shown = found.get("exhibits", {"cells": [], "length": 0})
    used = np.unique(given.arrays["ids"]) if given.arrays else np.zeros(0, np.int64)
    least = found.get("least")
    return Cells(
        run=given.run,
        what=found["what"],
        network=found["network"],
        steps=found["steps"],
        seed=found["seed"],
        columns=found["searched"]["cells"],
        untrained=len(found["nulls"]["untrained_seeds"]),
        shifts=found["nulls"]["shifts"],
        tested=found.get("tests", 0),
        parts=[
            f"{found['parts'][name]['symbols']:,} {given.unit} {words} ({found['parts'][name]['units']} "
            f"{found['parts']['unit']})"
            for name, words in _PARTS.items()
        ],
        claims=[_claim(claim) for claim in found["claims"]],
        hypotheses=_hypotheses(found),
        panels=panels(found),
        least=None if least is None else CellName(layer=least["layer"], cell=least["cell"]),
        least_score=None if least is None else _short(least["score"]),
        unit=given.unit,
        symbols=[_symbol(given.codes[index], given.unit) for index in used.tolist()],
        length=shown["length"],
        exhibits=[_exhibit(k, cell, given, used) for k, cell in enumerate(shown["cells"])] if given.arrays else [],
        notes=list(found["parts"]["notes"]),
    )


def _claim(claim: Facts) -> Claim:
    figures, proof, reach = claim["confirmation"], claim["intervention"], claim["reach"]
    tested = claim["verdict"] != "observed"
    return Claim(
        layer=claim["layer"],
        cell=claim["cell"],
        quantity=claim["quantity"],
        feature=claim["feature"],
        verdict=claim["verdict"],
        interval=_pair(claim["interval"]),
        doubled=_pair(figures["doubled"]),
        checks=[
            Check(name=CHECKS[name], passed=figures["passes"][name]) for name in CHECKS if name in figures["passes"]
        ],
        intervention=None if proof is None else _intervention(proof),
        clamps=[
            Clamped(name=name, **{key: _short(value) for key, value in bits.items()})
            for name, bits in claim["clamps"].items()
        ],
        redundant=list(
            dict.fromkeys(CellName(layer=one["layer"], cell=one["cell"]) for one in claim["redundant_with"])
        ),
        holds_to=None if reach is None else reach["holds_to"],
        distances=[] if reach is None else [_distance(bucket) for bucket in reach["buckets"]],
        notes=list(claim["notes"]) if tested else [],
        **{key: _short(claim[key]) for key in ("discovered", "score")},
        **{
            key: _short(figures[key])
            for key in ("shifted", "untrained", "permuted", "within", "rest", "recent", "chance")
        },
    )


def _intervention(proof: Facts) -> Intervention:
    interval = _pair(proof["interval_bits"])
    assert interval is not None, "the mean of effects has an interval"
    return Intervention(
        effect_bits=proof["effect_bits"],
        interval_bits=interval,
        write_bits=_short(proof["write_bits"]),
        erase_bits=_short(proof["erase_bits"]),
        elsewhere_bits=_short(proof["elsewhere_bits"]),
        quantile_bits=_numbers(proof["quantile_bits"]),
        matched_bits=_numbers(proof["matched_bits"]),
        moments=proof["events"],
        chance=proof["chance"],
        why_not=proof["why_not"],
    )


def _distance(bucket: Facts) -> Distance:
    score, effect_bits = _short(bucket["score"]), _short(bucket["effect_bits"])
    counts = {key: bucket[key] for key in ("low", "high", "cases", "few", "moments")}
    return Distance(score=score, effect_bits=effect_bits, **counts)


def _hypotheses(found: Facts) -> list[Hypothesis]:
    """Those that were searched for, then those of which the text says nothing."""
    why_not = found["searched"]["inapplicable"]
    names = [*(name for name in found["features"] if name not in why_not), *why_not]
    return [
        Hypothesis(
            name=name,
            words=found["features"].get(name, ""),
            why_not=why_not.get(name),
            probes=[
                Probe(cells=probe["cells"], score=_short(probe["score"]), control=_short(probe["control"]))
                for probe in found["probes"]
                if probe["feature"] == name
            ],
        )
        for name in names
    ]


def _exhibit(k: int, cell: Facts, given: CellsInput, used: npt.NDArray[np.int64]) -> Exhibit:
    shown = given.facts["exhibits"]
    values_PQn, track_Pn = given.arrays["values"][k], given.arrays["track"][k]
    return Exhibit(
        layer=cell["layer"],
        cell=cell["cell"],
        quantity=cell["quantity"],
        sign=cell["sign"],
        feature=cell["feature"],
        kinds=cell["kinds"],
        starts=cell["starts"],
        ids=pack(np.searchsorted(used, given.arrays["ids"][k]), "uint32"),
        track=None if np.isnan(track_Pn).all() else pack(track_Pn, "float32"),
        traces=[
            Trace(
                name=name,
                kind=quantity_kind(name, *shown["ranges"][name]),
                meaning=meaning_of(shown["cell"], name)[0],
                values=pack_quantity(values_PQn[:, q], quantity_kind(name, *shown["ranges"][name])),
            )
            for q, name in enumerate(shown["quantities"])
        ],
        histograms=[Histogram(**one) for one in cell["histograms"]],
    )


def _symbol(code: int, unit: Unit) -> Symbol:
    glyph = symbol_glyph(code, unit)
    return Symbol(glyph=glyph.text, name=glyph.name, kind=glyph.kind, code=code)


def _pair(interval: Sequence[float] | None) -> tuple[float, float] | None:
    return None if interval is None else (_number(interval[0]), _number(interval[1]))


def _number(value: float) -> float:
    return float(f"{value:.4g}")


def _numbers(values: Sequence[float]) -> list[float]:
    return [_number(value) for value in values]


def _short(value: float | None) -> float | None:
    return None if value is None else _number(value)
