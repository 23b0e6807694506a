"""What a reader is shown of the cells that stood out: passages, values by label, gates. Chosen by rule, never by eye.

Shown are, for every feature, its best trackers (`TESTED` at most) or, where there is none, its best candidate, and the
cell that follows no feature at all. All of it is from the second part, on which claims are confirmed. Passages of a
cell do not overlap: those around its highest values (lowest where the score is negative), those around its median,
and random ones. People who choose passages find what they look for.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rnnscope.analyse.cells.columns import Cell, Columns, Keep
from rnnscope.analyse.cells.labels import Labels
from rnnscope.api.search.hunt import TESTED
from rnnscope.api.search.material import Material
from rnnscope.api.search.proving import conditions
from rnnscope.api.search.states import States
from rnnscope.corpus.split import Segment
from rnnscope.model.char_rnn import CharRNN

LENGTH = 160
"""Symbols of a passage, where the text has stretches of that length."""

KINDS = ("top", "median", "random")
EACH = 3
"""Passages of each kind."""

BINS = 40


@dataclass(frozen=True)
class Shown:
    """A cell that is shown, and why.

    Args:
        layer, cell: counted from 0.
        quantity: by which passages are chosen.
        sign: -1 where the highest values are those that are least.
        feature: of its strongest claim; None for the cell that follows nothing.
    """

    layer: int
    cell: int
    quantity: str
    sign: int
    feature: str | None


def exhibits(
    network: CharRNN, material: Material, found: Mapping[str, Any], *, seed: int
) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    """Collect what is shown.

    Args:
        network: that was searched. material: what it read.
        found: the findings as JSON values: "claims", "features", and "least" where there is such a cell.
        seed: of the random passages.

    Returns:
        Facts: "length", "quantities", "ranges", and for each cell its "kinds" and "starts" of passages and its
        "histograms". Arrays: "ids" [K, P, n], "values" [K, P, Q, n], "track" [K, P, n]: the feature, NaN where it is
        not defined or there is none.
    """
    chosen = choose(found)
    labels = material.labels(material.parts.confirm)
    length = min(LENGTH, max(segment.stop - segment.start for segment in material.parts.confirm))
    quantities = network.spec.quantities
    facts: dict[str, Any] = {
        "length": length,
        "quantities": list(quantities),
        "ranges": {name: [_finite(end) for end in network.spec.ranges[name]] for name in quantities},
        "cell": network.spec.name,
        "cells": [],
    }
    if not chosen:
        return facts, {}
    columns = Columns(tuple(network.spec.states), network.depth, network.hidden)
    claims = [claim for claim in found["claims"] if any(_same(claim, one) for one in chosen)]
    keep = _keep(
        network,
        material,
        columns,
        labels.positions,
        [
            *(Cell(one.quantity, one.layer, one.cell) for one in chosen),
            *(Cell(claim["quantity"], claim["layer"] - 1, claim["cell"] - 1) for claim in claims),
        ],
    )
    allowed_N = _allowed(material.parts.confirm, length)
    starts = []
    for number, one in enumerate(chosen):
        values_N = keep[Cell(one.quantity, one.layer, one.cell)]
        starts_P = passages(one.sign * values_N, allowed_N, length, seed=seed + number)
        starts.append(starts_P)
        facts["cells"].append(
            {
                "layer": one.layer + 1,
                "cell": one.cell + 1,
                "quantity": one.quantity,
                "sign": one.sign,
                "feature": one.feature,
                "kinds": [kind for kind in KINDS for _ in range(EACH)],
                "starts": labels.positions[starts_P].tolist(),
                "histograms": [
                    {"feature": claim["feature"], "quantity": claim["quantity"]}
                    | histogram(keep[Cell(claim["quantity"], one.layer, one.cell)], labels, claim["feature"])
                    for claim in claims
                    if _same(claim, one)
                ],
            }
        )
    return facts, _arrays(network, material, labels, chosen, np.array(starts), length)


def choose(found: Mapping[str, Any]) -> list[Shown]:
    """The cells that are shown, each once, in the order of the features, and each with its own strongest claim."""
    strongest: dict[tuple[int, int], Mapping[str, Any]] = {}
    for claim in found["claims"]:  # the strongest come first
        strongest.setdefault((claim["layer"] - 1, claim["cell"] - 1), claim)
    chosen: dict[tuple[int, int], Shown] = {}
    for feature in found["features"]:
        claims = [claim for claim in found["claims"] if claim["feature"] == feature]
        trackers = {(claim["layer"], claim["cell"]): claim for claim in reversed(claims) if _tracks(claim)}
        best = sorted(trackers.values(), key=claims.index)[:TESTED] or claims[:1]
        for at in ((claim["layer"] - 1, claim["cell"] - 1) for claim in best):
            own = strongest[at]
            sign = -1 if (own["score"] or own["discovered"] or 0) < 0 else 1
            chosen.setdefault(at, Shown(*at, own["quantity"], sign, own["feature"]))
    least = found.get("least")
    if least is not None:
        at = least["layer"] - 1, least["cell"] - 1
        chosen.setdefault(at, Shown(*at, least["quantity"], 1, None))
    return list(chosen.values())


def passages(values_N: NDArray[np.floating[Any]], allowed_N: NDArray[np.bool_], length: int, *, seed: int) -> list[int]:
    """Where passages begin: `EACH` of each of `KINDS`, none overlapping another as long as there is room.

    Args:
        values_N: of the cell, turned so that high is what is looked for.
        allowed_N: where a passage may begin. length: of a passage.
        seed: of the random ones.
    """
    begin_n = np.flatnonzero(allowed_N)
    middle_n = values_N[begin_n + length // 2]
    orders = (
        np.argsort(-middle_n, kind="stable"),
        np.argsort(np.abs(middle_n - np.median(middle_n)), kind="stable"),
        np.random.default_rng(seed).permutation(len(begin_n)),
    )
    taken: list[int] = []
    for order_n in orders:
        free_n = begin_n[order_n]
        for _ in range(EACH):
            apart_n = np.all([np.abs(free_n - start) >= length for start in taken], axis=0) if taken else slice(None)
            room_n = free_n[apart_n]
            # In a text too short for all of them they overlap.
            taken.append(int(room_n[0] if len(room_n) else free_n[0]))
    return taken


def histogram(values_N: NDArray[np.floating[Any]], labels: Labels, feature: str) -> dict[str, Any]:
    """How often each value occurs where the feature holds and where it does not; of a graded one, by thirds."""
    f = labels.names.index(feature)
    on_N, off_N = conditions(labels, f)
    shown = [("upper third", on_N), ("lower third", off_N)] if labels.features[f].graded else [
        ("holds", on_N),
        ("does not hold", off_N),
    ]  # fmt: skip
    low, high = float(values_N.min()), float(values_N.max())
    edges = np.linspace(low, high if high > low else low + 1, BINS + 1)
    return {
        "low": low,
        "high": float(edges[-1]),
        "labels": [name for name, _ in shown],
        "counts": [np.histogram(values_N[where_N], edges)[0].tolist() for _, where_N in shown],
    }


def _keep(
    network: CharRNN, material: Material, columns: Columns, positions_N: NDArray[np.int64], cells: Sequence[Cell]
) -> dict[Cell, NDArray[np.float32]]:
    """Values of some columns over the second part."""
    wanted = sorted({columns.number(cell) for cell in cells})
    keep = Keep(columns, wanted, positions_N)
    States(network, material.ids, material.parts.confirm, columns.quantities).feed(keep)
    return dict(zip((columns[column] for column in wanted), keep.result(), strict=True))


def _arrays(
    network: CharRNN,
    material: Material,
    labels: Labels,
    chosen: Sequence[Shown],
    starts_KP: NDArray[np.int64],
    length: int,
) -> dict[str, NDArray[Any]]:
    """Everything that the chosen cells did in their passages."""
    at_KPn = starts_KP[:, :, None] + np.arange(length)
    needed_N, back = np.unique(at_KPn, return_inverse=True)
    columns = Columns(network.spec.quantities, network.depth, network.hidden)
    cells = [[Cell(name, one.layer, one.cell) for name in columns.quantities] for one in chosen]
    kept = _keep(network, material, columns, labels.positions[needed_N], [cell for row in cells for cell in row])
    at_KPn = back.reshape(at_KPn.shape)
    values = np.stack(
        [np.stack([kept[cell][at_Pn] for cell in row], axis=1) for row, at_Pn in zip(cells, at_KPn, strict=True)]
    )
    track_KPn = np.full(at_KPn.shape, np.nan, np.float32)
    for k, one in enumerate(chosen):
        if one.feature is not None:
            f = labels.names.index(one.feature)
            values_N = np.where(labels.valid[f], labels.values[f], np.nan).astype(np.float32)
            track_KPn[k] = values_N[needed_N[at_KPn[k]]]
    return {
        "ids": material.ids[labels.positions[needed_N]][at_KPn].astype(np.int32),
        "values": values,
        "track": track_KPn,
    }


def _allowed(segments: Sequence[Segment], length: int) -> NDArray[np.bool_]:
    """Where a passage can begin without leaving its unit of text."""
    return np.concatenate([np.arange(start, stop) + length <= stop for start, stop in segments])


def _same(claim: Mapping[str, Any], one: Shown) -> bool:
    return bool(claim["layer"] - 1 == one.layer and claim["cell"] - 1 == one.cell)


def _tracks(claim: Mapping[str, Any]) -> bool:
    return bool(claim["verdict"] != "observed")


def _finite(end: float) -> float | None:
    return end if math.isfinite(end) else None
