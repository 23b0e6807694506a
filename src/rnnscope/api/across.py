"""Trackers followed through the checkpoints of their training, and counted over networks of other seeds."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rnnscope.analyse.cells.across import Life, census, follow
from rnnscope.analyse.cells.columns import Cell, Columns, Keep
from rnnscope.analyse.cells.labels import score
from rnnscope.api.opening import open_run
from rnnscope.api.run import Run
from rnnscope.api.search.material import Material
from rnnscope.api.search.states import States, pieces_of
from rnnscope.artifacts.counts import open_folder
from rnnscope.artifacts.run import RunFolder
from rnnscope.errors import InputError
from rnnscope.model.network import Network
from rnnscope.record.scores import score_part

Facts = Mapping[str, Any]


def lives(opened: Run, material: Material, claims: Sequence[Facts], announce: Callable[[str], None]) -> list[Facts]:
    """Follow the strongest tracker of every feature through the kept checkpoints of its run.

    Args:
        opened: the run. material: text and features of the search.
        claims: of the findings, the strongest first; those that are only observed are not followed.
        announce: is told which checkpoint is read.

    Returns:
        "feature", "layer", "cell", "quantity" and the fields of `Life`: scores are of the second part; losses, in
        nats, are of the symbols right after the declared target positions of the third.

    Raises:
        InputError: fewer than two checkpoints are kept.
    """
    steps = opened.checkpoints
    path = opened.folder("follow cells").path
    if len(steps) < 2:
        raise InputError(
            tried="follow cells through their training",
            given=f"{path} with {len(steps)} checkpoint{'s' * (len(steps) != 1)}",
            why="a life needs at least two",
            todo="Train with --checkpoints early.",
        )
    followed: dict[str, Facts] = {}
    for claim in claims:
        if claim["verdict"] != "observed":
            followed.setdefault(claim["feature"], claim)
    told = []
    for number, step in enumerate(steps, 1):
        announce(f"reading with the weights of step {step:,} ({number} of {len(steps)})")
        told.append(_at_checkpoint(open_run(path, step).network, material, list(followed.values())))
    found: list[Facts] = []
    for k, claim in enumerate(followed.values()):
        scores, targets, elsewhere = zip(*(row[k] for row in told), strict=True)
        declared = all(np.isfinite([*targets, *elsewhere]))
        life: Life = follow(
            steps,
            scores,
            losses_nats=targets if declared else None,
            elsewhere_nats=elsewhere if declared else None,
        )
        named = {name: claim[name] for name in ("feature", "layer", "cell", "quantity")}
        found.append(named | dataclasses.asdict(life))
    return found


def _at_checkpoint(network: Network, material: Material, claims: Sequence[Facts]) -> list[tuple[float, float, float]]:
    """For every claim the cell's score, and the mean losses after target positions and after all others."""
    columns = Columns(tuple(network.spec.states), network.depth, network.hidden)
    wanted = [columns.number(Cell(one["quantity"], one["layer"] - 1, one["cell"] - 1)) for one in claims]
    kept = sorted(set(wanted))
    labels = material.labels(material.parts.confirm)
    keep = Keep(columns, kept, labels.positions)
    States(network, material.ids, material.parts.confirm).feed(keep)
    values_KN = keep.result()
    part = material.labels(material.parts.intervene)
    scores = score_part(network, material.ids, pieces_of(material.parts.intervene))
    loss_N = np.full(len(material.ids) + 1, np.nan)
    loss_N[scores.positions] = -scores.log_probs
    after_n = loss_N[part.positions + 1]  # what a position predicts is the symbol after it
    told = []
    for claim, column in zip(claims, wanted, strict=True):
        f = labels.names.index(claim["feature"])
        valid_N = labels.valid[f]
        said = score(
            values_KN[kept.index(column)][valid_N], labels.values[f][valid_N], graded=labels.features[f].graded
        )
        aim = material.aim(claim["feature"])
        at_n, known_n = (np.zeros(len(after_n), bool) if aim is None else aim.at), np.isfinite(after_n)
        told.append((said, _mean(after_n[at_n & known_n]), _mean(after_n[~at_n & known_n])))
    return told


def _mean(losses_n: NDArray[np.float64]) -> float:
    return float(losses_n.mean()) if len(losses_n) else float("nan")


def counted(found: Facts, others: Sequence[str | Path], name: str, asked: Mapping[str, str]) -> list[Facts]:
    """In how many networks there is a tracker of each feature.

    Args:
        found: findings in one network.
        others: run folders in which the same text was searched in the same way.
        name: of their kept result.
        asked: hashes of text and settings, which theirs must have been made from too.

    Returns:
        The fields of `Census` for every feature that was searched.

    Raises:
        InputError: a folder has no findings about this text, or others.
    """
    all_found = [found, *(_kept(path, name, asked) for path in others)]
    counts: list[Facts] = []
    for feature in found["features"]:
        if feature in found["searched"]["inapplicable"]:
            continue
        own = [[claim for claim in each["claims"] if claim["feature"] == feature] for each in all_found]
        best = [max((abs(claim["score"] or 0.0) for claim in claims), default=0.0) for claims in own]
        has = [any(claim["verdict"] != "observed" for claim in claims) for claims in own]
        counts.append(dataclasses.asdict(census(feature, best, has)))
    return counts


def _kept(path: str | Path, name: str, asked: Mapping[str, str]) -> Facts:
    folder = open_folder(path)
    kept = None
    if isinstance(folder, RunFolder) and ("cells", name) in folder.results():
        kept = folder.read_result("cells", name)
    if kept is None or any(kept.made_from[origin] != sha256 for origin, sha256 in asked.items()):
        raise InputError(
            tried="count networks with a tracker",
            given=str(path),
            why="it holds no findings about this text" if kept is None else "its findings are of another search",
            todo=f"Search it in the same way first: rnnscope cells {path}",
        )
    return kept.facts
