"""A memory that no cell holds alone: six cells share it, and each drowns it in noise that only their sum is free of."""

from __future__ import annotations

import dataclasses
import math
from typing import Any

import numpy as np
import pytest

from rnnscope.api.search.hunt import Settings, hunt
from rnnscope.model.wired import Gates, Line, Planted, Readout, voiced

from .cases import DECOYS, GUILLEMET, GUILLEMETS, Case
from .search import SEED, material

SYMBOLS = 60_000
SHARING = range(7, 13)
FLAG = 0.02
"""What each cell remembers of the mark: plus this inside, minus it outside. Small, so that tanh is a straight line."""
NOISE = 0.012
"""What a symbol adds to a cell, as a standard deviation; over the six cells it adds nothing."""
HEARD = 60.0


def sharing(cells: Any, alphabet: str, text: str) -> list[Planted]:
    """Memories of the last mark to which every symbol adds something; the sums over all six are free of it."""
    random = np.random.default_rng(7)
    frequency_V = np.array([text.count(symbol) for symbol in alphabet]) / len(text)
    noise_KV = NOISE * random.standard_normal((len(SHARING), len(alphabet)))
    noise_KV -= (noise_KV @ frequency_V)[:, None]  # no drift
    noise_KV -= noise_KV.mean(axis=0)
    on, off = (alphabet.index(mark) for mark in GUILLEMETS)
    noise_KV[:, on], noise_KV[:, off] = FLAG, -FLAG
    planted = []
    for number, noise_V in zip(SHARING, noise_KV, strict=True):
        added = Line(symbols={v: math.atanh(value) for v, value in enumerate(noise_V.tolist())})
        keeping = Line(120.0, symbols={on: -240.0, off: -240.0})
        gates: Gates = {"i": Line(120.0), "f": keeping, "g": added, "o": Line(120.0)}
        planted.append(Planted(0, number, voiced(gates, cells.reads(GUILLEMET.after))))
    return planted


def spread(*, heard: bool) -> Case:
    """One layer of 64 LSTM cells, six of which share the memory of guillemets."""
    template = next(case for case in DECOYS if case.feature is GUILLEMET)

    def plan(ids: Any) -> tuple[list[Planted], list[Readout]]:
        closing = ids(GUILLEMETS[1])
        readouts = [Readout(number, closing, HEARD) for number in SHARING] if heard else []
        return sharing(ids, ids.alphabet, template.text), readouts

    return dataclasses.replace(
        template, name="spread", feature=GUILLEMET, cell="lstm", layers=1, hidden=64, carriers={}, plan=plan, seed=51
    )


def searched(case: Case) -> dict[str, Any]:
    """The whole search for the feature that is shared, and one other."""
    asked = material(case.feature.text, case.text[:SYMBOLS], (case.feature.name, "last-letter"))
    return hunt(case.network(), asked, Settings(seed=SEED), lambda line: None, {}).to_json()


@pytest.mark.planted
@pytest.mark.parametrize("heard", [True, False])
def test_a_shared_memory_is_a_direction_and_no_cell(heard: bool) -> None:
    """No cell is called a tracker; the direction of the six is causal where the output hears them, and only there."""
    found = searched(spread(heard=heard))
    claims = [claim for claim in found["claims"] if claim["feature"] == GUILLEMET.name]
    assert claims
    assert all(claim["verdict"] == "observed" for claim in claims)
    (turned,) = [one for one in found["directions"] if one["feature"] == GUILLEMET.name]
    assert {number + 1 for number in SHARING} <= set(turned["cells"])
    assert abs(turned["score"]) > 0.8
    assert turned["intervention"]["causal"] is heard
