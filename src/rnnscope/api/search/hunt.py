"""The order of work of a search: discover, confirm, intervene, and what stands beside the verdicts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rnnscope.analyse.cells.columns import Columns, Keep
from rnnscope.analyse.cells.confirm import Confirmation, Figures
from rnnscope.analyse.cells.discover import CANDIDATES, Candidate, candidates
from rnnscope.analyse.cells.findings import Claim, Findings
from rnnscope.analyse.cells.labels import Labels
from rnnscope.analyse.cells.probes import Probe
from rnnscope.analyse.cells.reach import distances, reach
from rnnscope.analyse.cells.shifts import SHIFTS
from rnnscope.api.search.bars import Kept, bars
from rnnscope.api.search.directions import directions
from rnnscope.api.search.material import Material
from rnnscope.api.search.probing import probes
from rnnscope.api.search.proving import Prover, Shown, Test
from rnnscope.api.search.scan import columns_of, score_all
from rnnscope.api.search.states import States
from rnnscope.model.char_rnn import CharRNN

TESTED = 4
"""Confirmed cells of one feature that are changed, the best first: every one is another test to be paid for."""

UNTRAINED, PERMUTED = 19, 3
_FIRST_SEED = 90_000
"""Seeds of networks without knowledge begin here, out of the way of those that people train with."""

Announce = Callable[[str], None]


@dataclass(frozen=True)
class Settings:
    """Choices of a search.

    Args:
        seed: of everything that is drawn.
        steps: symbols that training looked back; marked in what a cell's reach is measured by.
        untrained, permuted: networks of either kind.
        shifts: of the features against the cells.
        limit: candidates at most.
        tested: cells for each feature that are changed.
        threads: that share the columns; no result depends on it.
        own_seed: with which the network was made; no untrained network is made with it.
    """

    seed: int = 0
    steps: int = 100
    untrained: int = UNTRAINED
    permuted: int = PERMUTED
    shifts: int = SHIFTS
    limit: int = CANDIDATES
    tested: int = TESTED
    threads: int = 1
    own_seed: int | None = None


def hunt(
    network: CharRNN, material: Material, settings: Settings, announce: Announce, kept: Kept | None = None
) -> Findings:
    """Search a network.

    Args:
        network: trained, or not: then nothing should be found.
        material: text and features.
        settings: choices.
        announce: is told what is being done.
        kept: scores of networks without knowledge from earlier searches; new ones are added.

    Returns:
        Findings whose facts hold the parts, the nulls, the probes and what was not done.

    Raises:
        InputError: a part is too short for shifts.
    """
    columns = columns_of(network)
    labels = material.labels(material.parts.discover)
    announce(f"discover: {len(columns):,} columns for {len(labels)} features on {labels.count:,} symbols")
    states = States(network, material.ids, material.parts.discover)
    scores_CF = score_all(states, columns, labels, seed=settings.seed, threads=settings.threads)
    chosen = candidates(scores_CF, settings.limit)
    values_KN, wanted = _values(network, material, columns, chosen)
    figures, facts = _confirm(
        network, material, chosen, values_KN, wanted, settings, announce, {} if kept is None else kept
    )
    announce("reading every feature linearly, from one cell to all")
    read = probes(network, material, columns, seed=settings.seed)
    claims = [Claim(columns[one.column], labels.names[one.feature], one) for one in figures]
    shown = _prove(network, material, claims, settings, announce, facts)
    _measure_reach(material, claims, shown, values_KN, wanted, settings)
    unsearched = [name for name, enough in zip(labels.names, labels.searched, strict=True) if not enough]
    facts |= {
        "probes": [_named(probe, columns) for probe in read],
        "directions": directions(network, material, claims, seed=settings.seed, announce=announce),
        "parts": _parts(material),
        "features": {track.name: track.feature.words for track in material.tracks},
        "best": _best(scores_CF, columns, labels),
        "least": _least(scores_CF, columns, labels),
    }
    rare = dict.fromkeys(unsearched, "fewer than 50 positions of either label in the first part")
    inapplicable = dict(material.tracks.inapplicable) | rare
    return Findings(claims, len(columns), material.tracks.searched, inapplicable, facts)


def _values(
    network: CharRNN, material: Material, columns: Columns, chosen: list[Candidate]
) -> tuple[NDArray[np.float32], list[int]]:
    """Values of the candidates' columns over the second part, [K, N], and which these are."""
    wanted = sorted({one.column for one in chosen})
    keep = Keep(columns, wanted, material.labels(material.parts.confirm).positions)
    if wanted:
        States(network, material.ids, material.parts.confirm).feed(keep)
        return keep.result(), wanted
    return np.zeros((0, len(keep.positions)), np.float32), wanted


def _confirm(
    network: CharRNN,
    material: Material,
    chosen: list[Candidate],
    values_KN: NDArray[np.float32],
    wanted: list[int],
    settings: Settings,
    announce: Announce,
    kept: Kept,
) -> tuple[list[Figures], dict[str, Any]]:
    seeds = [seed for seed in range(_FIRST_SEED, _FIRST_SEED + settings.untrained + 1) if seed != settings.own_seed][
        : settings.untrained
    ]
    permuted = range(_FIRST_SEED, _FIRST_SEED + settings.permuted)
    found = bars(
        network,
        material,
        untrained=seeds if chosen else [],
        permuted=permuted if chosen else [],
        seed=settings.seed,
        kept=kept,
        announce=announce,
    )
    facts = {
        "nulls": {
            "untrained_seeds": list(seeds),
            "permuted_seeds": list(permuted),
            "positions": found.positions,
            "shifts": settings.shifts,
        }
    }
    if not chosen:
        return [], facts
    labels = material.labels(material.parts.confirm)
    announce(f"confirm: {len(chosen)} candidates on {len(labels.positions):,} other symbols")
    confirmation = Confirmation(
        values_KN,
        wanted,
        labels,
        material.parts.confirm,
        material.ids,
        untrained=found.untrained,
        permuted=found.permuted,
        shifts=settings.shifts,
        seed=settings.seed,
    )
    return confirmation.test(chosen), facts


def _prove(
    network: CharRNN,
    material: Material,
    claims: list[Claim],
    settings: Settings,
    announce: Announce,
    facts: dict[str, Any],
) -> dict[Test, Shown]:
    """Change the best confirmed cells of every feature, and write into the claims what that showed."""
    confirmed = [claim for claim in claims if claim.figures.confirmed]
    by_feature: dict[int, dict[Test, float]] = {}
    excluded: dict[tuple[int, int], set[int]] = {}
    for claim in confirmed:
        test = _test(claim)
        best = by_feature.setdefault(test.feature, {})
        best[test] = max(best.get(test, 0.0), abs(claim.figures.score or 0.0))
        excluded.setdefault((test.layer, test.feature), set()).add(test.cell)
    tests = [
        test for best in by_feature.values() for test in sorted(best, key=lambda test: -best[test])[: settings.tested]
    ]
    prover = Prover(network, material, tests, excluded, seed=settings.seed)
    shown = prover.prove(announce)
    facts["tests"] = len(shown)
    for claim in confirmed:
        test = _test(claim)
        if test in shown:
            claim.proof, claim.clamps = shown[test].proof, shown[test].clamps
        elif test in tests:
            claim.notes.append("not changed: the feature declares no consequences here, or they are too rare")
        else:
            claim.notes.append(f"not changed: only the {settings.tested} best cells of a feature are")
    for one, other in combinations(shown, 2):
        if (one.layer, one.feature) == (other.layer, other.feature):
            pair = prover.pairs(one, other)
            for claim in confirmed if pair is not None else ():
                for mine, partner in ((one, other), (other, one)):
                    if _test(claim) == mine and pair is not None:
                        claim.pairs.append((claim.cell._replace(cell=partner.cell), pair))
    return shown


def _test(claim: Claim) -> Test:
    return Test(claim.cell.layer, claim.cell.cell, claim.figures.feature)


def _measure_reach(
    material: Material,
    claims: list[Claim],
    shown: Mapping[Test, Shown],
    values_KN: NDArray[np.float32],
    wanted: list[int],
    settings: Settings,
) -> None:
    """How far every tracker of a binary feature holds it, on the second part."""
    labels = material.labels(material.parts.confirm)
    starts = np.cumsum([0] + [stop - start for start, stop in material.parts.confirm])[:-1].tolist()
    for claim in claims:
        f = claim.figures.feature
        if claim.verdict == "observed" or labels.features[f].graded:
            continue
        test = _test(claim)
        claim.reach = reach(
            values_KN[wanted.index(claim.figures.column)],
            distances(labels.values[f] & labels.valid[f], starts),
            labels.valid[f],
            settings.steps,
            effects_bits=shown[test].effects_bits if test in shown else None,
            effect_distances=shown[test].distances if test in shown else None,
        )


def _named(probe: Probe, columns: Columns) -> dict[str, Any]:
    cells = [columns[column] for column in probe.columns]
    return {
        "feature": probe.feature,
        "cells": probe.cells,
        "score": probe.score,
        "control": probe.control,
        "selectivity": probe.selectivity,
        "which": [{"layer": c.layer + 1, "cell": c.cell + 1, "quantity": c.quantity} for c in cells[:8]],
    }


def _parts(material: Material) -> dict[str, Any]:
    parts = material.parts
    sizes = {
        name: {"units": len(part), "symbols": sum(stop - start for start, stop in part)}
        for name, part in (("discover", parts.discover), ("confirm", parts.confirm), ("intervene", parts.intervene))
    }
    return {"unit": parts.unit, "seed": parts.seed, "notes": list(parts.notes), **sizes}


def _best(scores_CF: NDArray[np.float64], columns: Columns, labels: Labels) -> dict[str, Any]:
    """The best cell of every feature on the first part."""
    found = {}
    for f, name in enumerate(labels.names):
        if labels.searched[f]:
            column = int(np.argmax(np.abs(scores_CF[:, f])))
            cell = columns[column]
            found[name] = {
                "layer": cell.layer + 1,
                "cell": cell.cell + 1,
                "quantity": cell.quantity,
                "score": float(scores_CF[column, f]),
            }
    return found


def _least(scores_CF: NDArray[np.float64], columns: Columns, labels: Labels) -> dict[str, Any] | None:
    """The cell whose best score for any feature, by any of its states, is the smallest; None without features."""
    searched_F = np.flatnonzero(labels.searched)
    if not len(searched_F):
        return None
    sizes_QMF = np.nan_to_num(np.abs(scores_CF[:, searched_F])).reshape(len(columns.quantities), -1, len(searched_F))
    cell = int(np.argmin(sizes_QMF.max(axis=(0, 2))))
    quantity, f = np.unravel_index(np.argmax(sizes_QMF[:, cell]), sizes_QMF[:, cell].shape)
    layer, number = divmod(cell, columns.hidden)
    return {
        "layer": layer + 1,
        "cell": number + 1,
        "quantity": columns.quantities[int(quantity)],
        "feature": labels.names[searched_F[int(f)]],
        "score": float(sizes_QMF[quantity, cell, f]),
    }
