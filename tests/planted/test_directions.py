"""Interchange along directions in networks of which the truth is known."""

from __future__ import annotations

from typing import Any

import pytest

from rnnscope.api.search.directions import directions
from rnnscope.api.search.hunt import Settings, hunt

from .cases import CASES, DECOYS, Case
from .search import SEED, material

SYMBOLS = 60_000


def found(name: str) -> tuple[Case, list[dict[str, Any]]]:
    """What turning shows of a planted network if nothing is known of single cells."""
    case = next(case for case in (*CASES, *DECOYS) if case.name == name)
    asked = material(case.feature.text, case.text[:SYMBOLS], (case.feature.name, "last-letter"))
    return case, directions(case.network(), asked, [], seed=SEED, announce=lambda line: None)


@pytest.mark.planted
def test_a_direction_through_a_carrier_acts() -> None:
    """The reading leans on the wired cell; turning it moves what the feature declares, and random directions do not."""
    case, (turned,) = found("quote: gru")
    proof = turned["intervention"]
    ((layer, cell),) = case.carriers
    assert turned["layer"] == layer + 1
    assert turned["quantity"] == "h"
    assert cell + 1 in turned["cells"]
    assert abs(turned["score"]) > 0.9
    assert proof.causal
    assert proof.effect_bits > 1
    assert abs(proof.matched_bits[0]) < proof.effect_bits
    assert len(proof.matched_bits) == 50


@pytest.mark.planted
def test_a_direction_that_nobody_hears_does_not_act() -> None:
    """A memory that can be read and that nothing listens to has no effect in its direction either."""
    _, (turned,) = found("unheard quote: lstm")
    assert abs(turned["score"]) > 0.9
    assert not turned["intervention"].causal


@pytest.mark.planted
def test_a_tracker_needs_no_direction() -> None:
    """Where a cell is confirmed, nothing is turned; the findings say so by an empty list."""
    case = next(case for case in CASES if case.name == "quote: gru")
    asked = material(case.feature.text, case.text[:SYMBOLS], (case.feature.name,))
    found = hunt(case.network(), asked, Settings(seed=SEED), lambda line: None, {}).to_json()
    assert found["claims"][0]["verdict"] == "causal"
    assert found["directions"] == []
