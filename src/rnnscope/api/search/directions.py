"""Where no single cell tracks a feature: the direction of the best few cells of a layer, interchanged like a cell.

A linear reading of k cells of one layer, fitted on the first part, gives the direction; the layer is the one whose
reading says the feature best on the second part. On the third part the projection on that direction is set to what it
is in the opposite condition, all else staying, and the effect is judged like that of a cell. It is compared with
directions of as many other cells of the layer that lean on them as much: the same standardised weights, put on cells
drawn at random. What acts is then the layer, through a distributed code; no cell of it is called a tracker.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rnnscope.analyse.cells.columns import Columns
from rnnscope.analyse.cells.confirm import LEAST_SCORE
from rnnscope.analyse.cells.findings import Claim
from rnnscope.analyse.cells.labels import score
from rnnscope.analyse.cells.matched import MATCHED
from rnnscope.analyse.cells.probes import Moments, Reading, Readout, fit, targets_of
from rnnscope.analyse.cells.verdict import Proof, prove
from rnnscope.api.search.material import Material, some_units
from rnnscope.api.search.probing import SYMBOLS
from rnnscope.api.search.proving import NO_CELL, Prover, Test
from rnnscope.api.search.states import States
from rnnscope.model.char_rnn import CharRNN

CELLS = 8
"""Cells of a direction, at most half of a layer."""


def directions(
    network: CharRNN, material: Material, claims: Sequence[Claim], *, seed: int, announce: Callable[[str], None]
) -> list[dict[str, Any]]:
    """Interchange along directions for every feature that declares consequences and has no confirmed cell.

    Args:
        network: whose layers are read and changed. material: text and features.
        claims: of the search, with their verdicts.
        seed: of the moments and of the directions that it is compared with.
        announce: is told what is being done.

    Returns:
        For each feature that can be read so with a |score| of at least 0.5 and has moments to be tested at: "feature",
        "layer" (from 1), "quantity", "cells" (from 1) and their "weights", "score" on the second part, and
        "intervention", a `Proof` whose matched figures are those of the other directions.
    """
    tracked = {claim.feature for claim in claims if claim.verdict != "observed"}
    wanted = [
        f
        for f, name in enumerate(material.labels(material.parts.discover).names)
        if name not in tracked and material.aim(name) is not None
    ]
    found = _read(network, material, wanted) if wanted else {}
    tests = [Test(layer, NO_CELL, f) for f, (layer, _, said) in found.items() if abs(said) >= LEAST_SCORE]
    prover = Prover(network, material, tests, {}, seed=seed)
    random = np.random.default_rng(seed)
    measured = []
    for number, test in enumerate(prover.tests, 1):
        _, reading, _ = found[test.feature]
        announce(f"turning layer {test.layer + 1} ({number} of {len(prover.tests)} features without a tracker)")
        spread_H = prover.memories(test.layer).std(axis=1, dtype=np.float64)
        weights_H = np.zeros(network.hidden)
        weights_H[reading.columns % network.hidden] = reading.weights
        measured.append(prover.turned(test, np.stack([weights_H, *_others(weights_H, spread_H, random)])))
    proofs = prove(measured, seed=seed)
    names = material.labels(material.parts.intervene).names
    return [
        _facts(names[test.feature], network, *found[test.feature], proof)
        for test, proof in zip(prover.tests, proofs, strict=True)
    ]


def _read(network: CharRNN, material: Material, wanted: Sequence[int]) -> dict[int, tuple[int, Reading, float]]:
    """For each feature the layer that says it best, the reading of its best cells, and its score on the second part."""
    memories = Columns((network.spec.memory,), network.depth, network.hidden)
    fitting, scoring = (some_units(part, SYMBOLS) for part in (material.parts.discover, material.parts.confirm))
    labels = [material.labels(part) for part in (fitting, scoring)]
    moments = Moments(memories, labels[0].positions, targets_of(labels[0])[:, wanted])
    States(network, material.ids, fitting, memories.quantities).feed(moments)
    covariance_DD, with_targets_DF = moments.result()
    size = min(CELLS, network.hidden // 2)
    readings: list[Reading] = []
    for layer in range(network.depth):
        own = slice(layer * network.hidden, (layer + 1) * network.hidden)
        readings += [
            Reading(wanted[one.feature], one.cells, one.columns + own.start, one.weights)
            for one in fit(covariance_DD[own, own], with_targets_DF[own], (size,))
            if one.cells is not None
        ]
    readout = Readout(memories, labels[1].positions, readings)
    States(network, material.ids, scoring, memories.quantities).feed(readout)
    best: dict[int, tuple[int, Reading, float]] = {}
    for reading, said_N in zip(readings, readout.result(), strict=True):
        f, valid_N = reading.feature, labels[1].valid[reading.feature]
        values_n = labels[1].values[f][valid_N]
        said = score(said_N[valid_N], values_n, graded=labels[1].features[f].graded) if len(values_n) else np.nan
        if np.isfinite(said) and (f not in best or abs(said) > abs(best[f][2])):
            best[f] = int(reading.columns[0]) // network.hidden, reading, float(said)
    return best


def _others(
    weights_H: NDArray[np.float64], spread_H: NDArray[np.float64], random: np.random.Generator
) -> list[NDArray[np.float64]]:
    """Directions that lean as much on as many other cells that vary: [H] each."""
    chosen = np.flatnonzero(weights_H)
    free = np.flatnonzero((weights_H == 0) & (spread_H > 0))
    leaning = weights_H[chosen] * spread_H[chosen]
    others = []
    for _ in range(MATCHED if len(free) >= len(chosen) else 0):
        drawn = random.choice(free, len(chosen), replace=False)
        other_H = np.zeros_like(weights_H)
        other_H[drawn] = random.permutation(leaning) / spread_H[drawn]
        others.append(other_H)
    return others


def _facts(feature: str, network: CharRNN, layer: int, reading: Reading, said: float, proof: Proof) -> dict[str, Any]:
    return {
        "feature": feature,
        "layer": layer + 1,
        "quantity": network.spec.memory,
        "cells": [int(column) % network.hidden + 1 for column in reading.columns],
        "weights": reading.weights.tolist(),
        "score": said,
        "intervention": proof,
    }
