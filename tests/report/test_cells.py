"""Cells and gates on a page: figures as found, passages as they were, and panels that say what is not there."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from rnnscope.report.cells import build_cells
from rnnscope.report.gates import build_gates
from rnnscope.report.pack import unpack

from . import cells_data

pytestmark = pytest.mark.law


def test_claims_keep_their_evidence() -> None:
    """Score, interval, tests, intervention and reach of a claim are those that were found."""
    page = build_cells(cells_data.cells())
    causal, observed = page.claims
    assert (causal.verdict, causal.score, causal.interval) == ("causal", 0.9, (0.85, 0.95))
    assert causal.intervention is not None
    assert causal.intervention.matched_bits == [-0.25, 0.125]
    assert [bucket.high for bucket in causal.distances] == [5, 10, 20]
    assert [check.name for check in observed.checks if not check.passed] == ["echo"]
    assert {one.name: one.why_not for one in page.hypotheses}["if-body"] == "the text is prose, and it is about C"


def test_passages_are_the_text() -> None:
    """Symbols of a passage spell the text, its values come back, and the feature is marked where it holds."""
    given = cells_data.cells()
    page = build_cells(given)
    shown = page.exhibits[0]
    ids_Pn = unpack(shown.ids).astype(int)
    assert "".join(chr(page.symbols[index].code) for index in ids_Pn[0]) == cells_data.TEXT
    assert shown.track is not None
    assert np.flatnonzero(unpack(shown.track)[0]).tolist() == [8, 9, 10, 11]
    forget = next(trace for trace in shown.traces if trace.name == "f")
    assert forget.kind == "gate"
    assert np.allclose(unpack(forget.values), given.arrays["values"][0, :, 3], atol=1 / 255)
    assert page.exhibits[2].track is None


def test_panels_say_what_is_missing() -> None:
    """A tracker is named, a feature without one shows what can be read linearly, and one without text says why."""
    panels = {panel.title: panel for panel in build_cells(cells_data.cells()).panels}
    assert len(panels) == 7
    assert "1:1 (c) is causal for double-quotes" in panels["Inside quotes"].said
    line = panels["Line position"].said
    assert "No single cell is a tracker" in line
    assert "may only echo the symbols just read" in line
    assert "one cell 0.50, eight 0.50, all cells 0.50" in line
    assert "together" not in line
    proof = {"effect_bits": -0.25, "causal": False}
    turned = {"feature": "line-position", "layer": 2, "cells": [1, 2], "intervention": proof}
    given = cells_data.cells()
    again = build_cells(replace(given, facts=given.facts | {"directions": [turned]}))
    (line,) = (panel.said for panel in again.panels if panel.title == "Line position")
    assert "Changing 2 cells of layer 2 together has an effect of \u22120.25 bits, which is not shown to act" in line
    assert panels["If statements"].said == "Does not apply: the text is prose, and it is about C."
    assert "follows none of 2 features" in panels["Nothing nameable"].said


def test_gates_begin_with_what_all_cells_have() -> None:
    """Keep comes first, and shares and time constants stay with their units."""
    page = build_gates("lstm", cells_data.gates())
    assert [gate.name for gate in page.gates] == ["keep", "f"]
    assert page.gates[0].layers[1].right == [0.95, 0.0]
    assert [one.steps for one in page.memories] == [[20.0, 0.5], [20.0, 0.5]]
