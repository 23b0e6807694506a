"""What many trainings on a task say together: how often it was solved, and whether clipping the gradient helped."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from statistics import median
from typing import Any

from rnnscope.analyse.exact import Stratum, clopper_pearson, stratified

Trial = Mapping[str, Any]


def summarise(trials: Sequence[Trial]) -> list[dict[str, Any]]:
    """How trainings that differ in their seed alone went.

    Args:
        trials: each with "settings" and what the training found.

    Returns:
        By cell, start, length and clip: "trials", "solved" with its exact 95 % "interval", "median_updates" until
        solved (None if none was), "not_finite" trainings, "clipped_share" of all updates, and "beyond": by length the
        "solved" trainings whose errors stay below 1 % there too.
    """
    keys = ("cell", "start", "length", "clip")
    groups: dict[tuple[Any, ...], list[Trial]] = {}
    for trial in trials:
        groups.setdefault(tuple(trial["settings"][key] for key in keys), []).append(trial)
    return [dict(zip(keys, key, strict=True)) | _group(members) for key, members in groups.items()]


def _group(trials: Sequence[Trial]) -> dict[str, Any]:
    solved = [trial for trial in trials if trial["solved"]]
    updates = sum(trial["updates"] for trial in trials)
    lengths = sorted(trials[0]["beyond"], key=int)
    return {
        "trials": len(trials),
        "solved": len(solved),
        "interval": clopper_pearson(len(solved), len(trials)),
        "median_updates": median(trial["updates"] for trial in solved) if solved else None,
        "mean_error": sum(trial["error"] for trial in trials) / len(trials),
        "not_finite": sum(trial["ended"] == "not finite" for trial in trials),
        "clipped_share": sum(trial["clipped"] for trial in trials) / max(updates, 1),
        "beyond": {length: sum(trial["beyond"][length]["error"] < 0.01 for trial in solved) for length in lengths},
    }


def clipping(groups: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Every norm of clipping against none, pooled over lengths.

    Args:
        groups: from `summarise`.

    Returns:
        By cell, start and clip: the exact test over lengths as strata (`exact.Comparison`), with "strata", and both
        ways' pooled numbers of "solved" of "trials" with exact intervals, "clipped" and "unclipped".
    """
    found = []
    for cell, start in dict.fromkeys((group["cell"], group["start"]) for group in groups):
        own = [group for group in groups if (group["cell"], group["start"]) == (cell, start)]
        without = {group["length"]: group for group in own if group["clip"] == 0}
        for clip in dict.fromkeys(group["clip"] for group in own if group["clip"] > 0):
            here = [group for group in own if group["clip"] == clip and group["length"] in without]
            if here:
                pairs = [(group, without[group["length"]]) for group in here]
                found.append({"cell": cell, "start": start, "clip": clip} | _compared(pairs))
    return found


def _compared(pairs: Sequence[tuple[Mapping[str, Any], Mapping[str, Any]]]) -> dict[str, Any]:
    strata = [
        Stratum(str(first["length"]), (first["solved"], first["trials"]), (second["solved"], second["trials"]))
        for first, second in pairs
    ]
    sides = {"clipped": [stratum.first for stratum in strata], "unclipped": [stratum.second for stratum in strata]}
    return {
        "strata": [asdict(stratum) for stratum in strata],
        **asdict(stratified(strata)),
        **{name: _pooled(counts) for name, counts in sides.items()},
    }


def _pooled(counts: Sequence[tuple[int, int]]) -> dict[str, Any]:
    solved, trials = (sum(column) for column in zip(*counts, strict=True))
    return {"solved": solved, "trials": trials, "interval": clopper_pearson(solved, trials)}
