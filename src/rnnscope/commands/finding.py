"""Verbs about cells: what each one tracks, how its gates behave."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import Annotated, Any

from cyclopts import Parameter

from rnnscope.commands.common import COMMON, Checkpoint, Common, OtherTextName, Whole
from rnnscope.config import Part

_each = Parameter(negative="")


def cells(
    run: Path,
    text: OtherTextName = None,
    *,
    features: str | None = None,
    regex: Annotated[list[str] | None, _each] = None,
    spans: Annotated[list[str] | None, _each] = None,
    python: Annotated[list[str] | None, _each] = None,
    symbols: Whole = 100_000,
    along: Annotated[bool, _each] = False,
    beside: Annotated[list[Path] | None, _each] = None,
    checkpoint: Checkpoint = "best",
    common: Common = COMMON,
) -> None:
    """Find what each cell tracks, confirm it on unseen text, and prove it by intervention.

    Parameters
    ----------
    run
        The run folder.
    text
        Another text. Without it, the test part of the text the run was trained on.
    features
        Names of hypotheses, with commas between them. Default: all that docs/features.md lists.
    regex
        A hypothesis of your own, NAME=RE: inside a match of the expression. Can be given several times.
    spans
        A hypothesis of your own, FILE.jsonl with a line {"start", "stop"} for each stretch. Several are possible.
    python
        A hypothesis of your own, FILE.py:FUNC: from the text to a number for each character. Several are possible.
    symbols
        Symbols of each of the three parts at most: to discover, to confirm, to intervene.
    along
        Also follow the best tracker of every feature through all checkpoints that the run keeps: when is it born?
    beside
        Another network in which the same was searched: in how many is there a tracker? Can be given several times.
    checkpoint
        Which weights: best, last, or a step.
    """
    from rnnscope import api

    found = api.cells(
        run,
        text,
        features=None if features is None else [name.strip() for name in features.split(",") if name.strip()],
        regex=regex or (),
        spans=spans or (),
        python=python or (),
        symbols=symbols,
        seed=1 if common.seed is None else common.seed,
        checkpoint=checkpoint,
        along=along,
        beside=beside or (),
        announce=common.progress().say,
    )
    common.result(found, "\n".join([*cell_lines(found), *_life_lines(found), *_census_lines(found)]))


def cell_lines(found: Mapping[str, Any]) -> list[str]:
    """A line for the best cell of every feature, others that are at least confirmed below it, and the probes."""
    parts, nulls = found["parts"], found["nulls"]
    searched = found["searched"]
    sizes = ", ".join(f"{parts[part]['symbols']:,} to {part}" for part in ("discover", "confirm", "intervene"))
    lines = [
        f"{found['network']}, {found['what']}: {sizes}; seed {found['seed']}",
        f"{searched['cells']:,} columns (h and c of every cell) for {searched['features']} features, "
        f"{len(searched['inapplicable'])} of which do not apply; "
        f"{len(nulls['untrained_seeds'])} untrained networks, {nulls['shifts']} shifts, "
        f"{found['tests']} cells changed",
        f"{'feature':<22} {'cell':<8} {'verdict':<10} {'score':>6} {'99 % bounds':>14} {'null':>5} {'effect bits':>12}"
        f"  {'one':>5} {'eight':>5} {'all':>5}",
    ]
    for feature in found["features"]:
        if feature not in searched["inapplicable"]:
            lines += _feature_lines(feature, found)
    lines.append(
        "one, eight, all: |score| of linear readings from so many cells, on text they were not fitted on. "
        "docs/claims.md says what the verdicts mean."
    )
    return lines + list(parts["notes"])


def _life_lines(found: Mapping[str, Any]) -> list[str]:
    """When the best tracker of every feature was born, and what the loss did then."""
    lines = []
    for life in found.get("lives", ()):
        cell = f"{life['layer']}:{life['cell']} {life['quantity']}"
        born = "not a tracker at the last checkpoint" if life["born"] is None else f"born at step {life['born']:,}"
        drop, other = life["drop_nats"], life["drop_elsewhere_nats"]
        fell = (
            ""
            if drop is None
            else f"; the loss at its targets then fell by {drop:+.3f} nats, elsewhere by {other:+.3f}"
        )
        lines.append(f"{life['feature']:<22} {cell:<8} {born}{fell}")
    return lines


def _census_lines(found: Mapping[str, Any]) -> list[str]:
    return [
        f"{one['feature']:<22} a tracker in {one['found']} of {one['networks']} networks; best scores "
        + ", ".join(f"{score:.2f}" for score in one["scores"])
        for one in found.get("census", ())
    ]


def _feature_lines(feature: str, found: Mapping[str, Any]) -> list[str]:
    claims = [claim for claim in found["claims"] if claim["feature"] == feature]
    shown: dict[tuple[int, int], Mapping[str, Any]] = {}
    for claim in claims:
        if claim["verdict"] != "observed" or not shown:
            shown.setdefault((claim["layer"], claim["cell"]), claim)
    probes = {probe["cells"]: probe["score"] for probe in found["probes"] if probe["feature"] == feature}
    read = " ".join(f"{_signless(probes.get(size)):>5}" for size in (1, 8, None))
    best = list(shown.values())[:4]
    lines = [_claim_line(feature if k == 0 else "", claim, read if k == 0 else "") for k, claim in enumerate(best)]
    if len(shown) > len(best):
        lines.append(f"{'':<22} and {len(shown) - len(best)} more")
    for one in found["directions"]:
        if one["feature"] == feature:
            proof = one["intervention"]
            lines.append(
                f"{'':<22} no tracker; {len(one['cells'])} cells of layer {one['layer']} together: score "
                f"{_signless(one['score'])}, effect {proof['effect_bits']:+.2f} bits, of other directions at most "
                f"{proof['matched_bits'][0]:+.2f}: {'acts' if proof['causal'] else 'not shown to act'}"
            )
    return lines


def _claim_line(feature: str, claim: Mapping[str, Any], read: str) -> str:
    cell = f"{claim['layer']}:{claim['cell']} {claim['quantity']}"
    interval = claim["interval"]
    between = "-" if interval is None else f"{interval[0]:+.2f} {interval[1]:+.2f}"
    effect = claim["effect_bits"]
    told = "" if effect is None else f"{effect:+.2f}"
    score = "-" if claim["score"] is None else f"{claim['score']:+.2f}"
    line = (
        f"{feature:<22} {cell:<8} {claim['verdict']:<10} {score:>6} {between:>14} {_signless(claim['null']):>5} "
        f"{told:>12}  {read}"
    )
    if claim["redundant_with"]:
        line += "  redundant with " + ", ".join(f"{one['layer']}:{one['cell']}" for one in claim["redundant_with"])
    return line.rstrip()


def _signless(score: float | None) -> str:
    return "-" if score is None else f"{abs(score):.2f}"


def gates(
    run: Path,
    text: OtherTextName = None,
    *,
    part: Part | None = None,
    checkpoint: Checkpoint = "best",
    common: Common = COMMON,
) -> None:
    """Measure how often every gate is saturated, and how long memories last.

    Parameters
    ----------
    run
        The run folder.
    text
        Another text. Without it, the text the run was trained on.
    part
        Which part: of the run's own text test by default, of another text all of it.
    checkpoint
        Which weights: best, last, or a step.
    """
    from rnnscope import api

    found = api.gates(run, text, part=part, checkpoint=checkpoint, announce=common.progress().say)
    common.result(found, "\n".join(_gate_lines(found)))


def _gate_lines(found: Mapping[str, Any]) -> list[str]:
    keep = f"keep is {found['keep']}" if found["keep"] else "no gate keeps a memory; tanh is shown"
    lines = [
        f"{found['cell']}, {found['what']}, {found['positions']:,} symbols; {keep}",
        "right: share of time above 0.9; left: below 0.1 (-0.9 for tanh); always: units for which it is over 0.9",
        f"{'layer':<6} {'gate':<6} {'right':>6} {'left':>6} {'always right':>13} {'always left':>12}",
    ]
    for row in found["layers"]:
        lines += [
            f"{row['layer']:<6} {name:<6} {row['mean_right'][name]:>6.1%} {row['mean_left'][name]:>6.1%} "
            f"{row['always_right'][name]:>13} {row['always_left'][name]:>12}"
            for name in found["quantities"]
        ]
    for row in found["layers"]:
        if row["steps"] is not None:
            lines.append(f"layer {row['layer']}: a memory lasts {_spread(row['steps'])} steps")
    return lines


def _spread(steps: Sequence[float]) -> str:
    return f"{min(steps):.1f} to {max(steps):.1f}, half of them more than {median(steps):.1f}"
