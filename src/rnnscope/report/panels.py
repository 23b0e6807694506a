"""The seven panels of Figure 2 of Karpathy, Johnson and Fei-Fei (2015), each with what a search found for it.

The paper's cells were found by eye, one network and one text for each panel. Here a panel shows the strongest claim,
and where no cell is a tracker it says so, with how well the feature can be read from one cell, eight and all of them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from rnnscope.report.page_cells import CellName, Panel

CHECKS = {
    "chance": "chance",
    "untrained": "untrained networks",
    "size": "size",
    "symbols": "symbols",
    "echo": "echo",
}
"""Names of the tests of confirmation, in the order in which docs/claims.md gives them."""

_FAILURES = {
    "chance": "could be chance",
    "untrained": "is hardly above the best cells of untrained networks",
    "size": "follows it too loosely",
    "symbols": "loses it where the last two symbols are the same",
    "echo": "may only echo the symbols just read",
}


class _Wanted(NamedTuple):
    title: str
    paper: str
    features: tuple[str, ...]


_PANELS = (
    _Wanted(
        "Line position",
        "A cell that starts high at the beginning of a line and falls until the line breaks.",
        ("line-position",),
    ),
    _Wanted(
        "Inside quotes",
        "A cell that is on inside quotation marks, over some 230 characters, though training looked back 100.",
        (
            "double-quotes",
            "curly-quotes",
            "guillemets",
            "low-quotes",
            "single-quotes",
            "curly-single-quotes",
            "dash-speech",
            "string",
        ),
    ),
    _Wanted("If statements", "A cell that is on inside the condition of an if.", ("if-condition", "if-body")),
    _Wanted(
        "Comments and quotes",
        "A cell that is on inside comments and quoted strings.",
        ("comment-or-string", "comment", "string", "docstring"),
    ),
    _Wanted(
        "Depth of expressions",
        "A cell that grows with the depth of an expression, or of indentation.",
        ("expression-depth", "block-depth", "indentation-level", "bracket-depth", "round-depth"),
    ),
    _Wanted(
        "Newline predictor",
        "A cell that might help to predict a newline: it turns on for some closing brackets only.",
        ("line-end-next", "about-to-wrap"),
    ),
)
_LEAST = "A cell as most are: nothing that a person could name."
_ORDER = {"causal": 0, "confirmed": 1, "observed": 2}


def panels(found: Mapping[str, Any]) -> list[Panel]:
    """Fill the panels from findings as JSON values."""
    claims: Sequence[Mapping[str, Any]] = found["claims"]
    return [*(_panel(wanted, claims, found) for wanted in _PANELS), _uninterpretable(found)]


def _panel(wanted: _Wanted, claims: Sequence[Mapping[str, Any]], found: Mapping[str, Any]) -> Panel:
    candidates = [place for place, claim in enumerate(claims) if claim["feature"] in wanted.features]
    place = min(
        candidates,
        key=lambda at: (
            _ORDER[claims[at]["verdict"]],
            # Among trackers the feature that says it best comes first, among the others the one that came nearest.
            wanted.features.index(claims[at]["feature"]) if claims[at]["verdict"] != "observed" else 0,
            -abs(claims[at]["score"] or 0),
        ),
        default=None,
    )
    claim = None if place is None else claims[place]
    return Panel(
        title=wanted.title,
        paper=wanted.paper,
        said=_absent(wanted, found) if claim is None else _said(claim, found),
        features=list(wanted.features),
        claim=place,
        cell=None if claim is None else CellName(layer=claim["layer"], cell=claim["cell"]),
    )


def _said(claim: Mapping[str, Any], found: Mapping[str, Any]) -> str:
    name = f"{claim['layer']}:{claim['cell']} ({claim['quantity']})"
    score = "" if claim["score"] is None else f", score {_signed(claim['score'])}"
    if claim["verdict"] == "observed":
        failed = [words for test, words in _FAILURES.items() if not claim["confirmation"]["passes"].get(test, True)]
        why = f" {'; '.join(failed)}" if failed else " could not be tested"
        return (
            f"No single cell is a tracker of {claim['feature']}. The best, {name}{score},{why}. "
            f"{probes_said(claim['feature'], found)}"
        )
    effect = claim["effect_bits"]
    acts = "" if effect is None else f", effect {_signed(effect)} bits"
    return f"{name} is {claim['verdict']} for {claim['feature']}{score}{acts}."


def _absent(wanted: _Wanted, found: Mapping[str, Any]) -> str:
    why_not = found["searched"]["inapplicable"]
    reasons = {why_not[name]: None for name in wanted.features if name in why_not}
    if reasons and not any(name in found["features"] and name not in why_not for name in wanted.features):
        return f"Does not apply: {next(iter(reasons))}."
    read = [probes_said(name, found) for name in wanted.features if name in found["features"]]
    return "No cell came near. " + read[0] if read else "Was not searched for."


def probes_said(feature: str, found: Mapping[str, Any]) -> str:
    """How well a feature can be read from one cell, eight and all, in a sentence."""
    scores = {probe["cells"]: probe["score"] for probe in found["probes"] if probe["feature"] == feature}
    sizes = [(name, scores.get(size)) for name, size in (("one cell", 1), ("eight", 8), ("all cells", None))]
    told = ", ".join(f"{name} {abs(score):.2f}" for name, score in sizes if score is not None)
    return (f"A linear reading scores: {told}." if told else "") + _turned_said(feature, found)


def _turned_said(feature: str, found: Mapping[str, Any]) -> str:
    """What interchange along the best cells together showed, where there is no tracker."""
    for one in found.get("directions", ()):
        if one["feature"] == feature:
            proof = one["intervention"]
            acts = "which acts" if proof["causal"] else "which is not shown to act"
            return (
                f" Changing {len(one['cells'])} cells of layer {one['layer']} together has an effect of "
                f"{_signed(proof['effect_bits'])} bits, {acts}."
            )
    return ""


def _uninterpretable(found: Mapping[str, Any]) -> Panel:
    least = found.get("least")
    said = (
        "Not determined: the findings are from before it was looked for."
        if least is None
        else f"{least['layer']}:{least['cell']} follows none of {len(found['features'])} features: its best score, for "
        f"{least['feature']}, is {abs(least['score']):.2f}."
    )
    return Panel(
        title="Nothing nameable",
        paper=_LEAST,
        said=said,
        features=[],
        claim=None,
        cell=None if least is None else CellName(layer=least["layer"], cell=least["cell"]),
    )


def _signed(value: float) -> str:
    return f"{value:+.2f}".replace("-", "\u2212")
