"""Errors and memories on the page: the facts of `rnnscope errors` and `rnnscope memory`, shortened to what is drawn."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rnnscope.report.page_findings import (
    Advantages,
    AgreementMap,
    CloserBucket,
    Closers,
    ClusterTest,
    ContextCurve,
    ContextPoint,
    Control,
    Dynamics,
    ErrorClass,
    Errors,
    Followed,
    Gain,
    GradientCurve,
    GradientStage,
    MapPoint,
    Memory,
    Onion,
    Overlap,
    Region,
    SymbolAdvantage,
)
from rnnscope.report.paper import figure_6

Facts = Mapping[str, Any]


def build_errors(facts: Facts) -> Errors:
    """Build the page data of the facts in errors.json."""
    known = figure_6(facts["text"]["sha256"])
    paper, shares = known if known is not None else (None, {})
    overlaps = sorted([facts["overlap"], *facts["overlap_at"]], key=lambda overlap: float(overlap["threshold"]))
    return Errors(
        threshold=facts["threshold"],
        symbols=facts["chars"],
        onions=[_onion(name, onion, shares) for name, onion in _explained_first(facts)],
        overlaps=[_overlap(overlap) for overlap in overlaps],
        overlap_of_all=_overlap_of_all(facts),
        advantages=_advantages(facts["symbols"], facts["symbol_names"]) if facts["symbols"] else None,
        closers=[_closers(kind) for kind in facts["brackets"]],
        gain=[Gain(**{key: row[key] for key in Gain.model_fields}) for row in facts.get("gain") or []],
        dynamics=_dynamics(facts["dynamics"]) if facts.get("dynamics") else None,
        controls=_controls(facts["controls"]) if facts["controls"] else [],
        agreement=_agreement(facts["agreement"]) if facts["agreement"] else None,
        paper=paper,
    )


def _explained_first(facts: Facts) -> list[tuple[str, Facts]]:
    """Sealed documents sort their keys, so the order of networks is in "network"."""
    return sorted(facts["onions"].items(), key=lambda item: item[0] != facts["network"])


def _onion(name: str, onion: Facts, paper: Mapping[str, list[float]]) -> Onion:
    return Onion(
        network=name,
        errors=onion["errors"],
        classes=[
            ErrorClass(
                name=row["class"],
                family=row["family"],
                errors=row["errors"],
                share=row["share"],
                interval=row["interval"],
                share_of_nats=row["share_of_nats"],
                share_first=row["share_first"],
                share_last=row["share_last"],
                paper=paper.get(row["class"], []),
            )
            for row in onion["onion"]
        ],
    )


def _overlap_of_all(facts: Facts) -> Overlap | None:
    found = facts.get("overlap_of_all")
    return None if found is None or len(found["names"]) <= len(facts["overlap"]["names"]) else _overlap(found)


def _overlap(overlap: Facts) -> Overlap:
    return Overlap(
        names=overlap["names"],
        threshold=overlap["threshold"],
        totals=[overlap["totals"][name] for name in overlap["names"]],
        regions=[Region(**region) for region in overlap["regions"]],
    )


def _advantages(found: Facts, names: list[str]) -> Advantages:
    def row(symbol: Facts) -> SymbolAdvantage:
        values = {key: value for key, value in symbol.items() if key != "id"}
        return SymbolAdvantage(name=names[symbol["id"]], **values)

    return Advantages(
        names=found["names"], first=list(map(row, found["first"])), second=list(map(row, found["second"]))
    )


def _closers(found: Facts) -> Closers:
    keys = ("above", "up_to", "cases", "probs", "intervals", "enough")
    return Closers(
        kind=found["kinds"],
        names=found["names"],
        scored=found["scored"],
        buckets=[
            CloserBucket(**{key: bucket[key] for key in keys}, elsewhere=_elsewhere(bucket))
            for bucket in found["buckets"]
        ],
    )


def _elsewhere(bucket: Facts) -> list[float | None]:
    matched = bucket.get("matched")
    return list(matched["probs"]) if matched is not None and matched["enough"] else []


def _dynamics(found: Facts) -> Dynamics:
    moments = found["moments"]
    return Dynamics(
        network=found["network"],
        symbols=found["chars"],
        epochs=[moment["epoch"] for moment in moments],
        rivals=[
            Followed(
                name=row["rival"],
                family=row["family"],
                symmetric=[float(f"{moment['symmetric'][row['rival']]:.4g}") for moment in moments],
                ahead=[float(f"{moment['ahead'][row['rival']]:.4g}") for moment in moments],
                overtaken=row["overtaken"],
                closest=row["closest"],
            )
            for row in found["milestones"]
        ],
    )


def _controls(found: Facts) -> list[Control]:
    ngrams = found["ngrams"]
    twin = (
        []
        if ngrams["share_twin"] is None
        else [
            Control(
                name="n-gram",
                meaning="the same network trained from another seed",
                share=ngrams["share"],
                share_control=ngrams["share_twin"],
            )
        ]
    )
    return twin + [
        Control(
            name=row["class"],
            meaning="a window of the same length elsewhere in the text",
            share=row["share"],
            share_control=row["share_elsewhere"],
        )
        for row in found["memory"]
    ]


def _agreement(found: Facts) -> AgreementMap:
    return AgreementMap(
        points=[
            MapPoint(name=name, kind=kind, layers=layers, parameters=parameters, x=x, y=y)
            for name, kind, layers, parameters, (x, y) in zip(
                found["names"],
                found["kinds"],
                found.get("layers", [None] * len(found["names"])),
                found.get("parameters", [None] * len(found["names"])),
                found["maps"][0],
                strict=True,
            )
        ],
        perplexity=found["perplexity"],
        maps=len(found["maps"]),
        tests=[
            ClusterTest(kind=test["label"], within=test["within"], between=test["between"], p_value=test["p_value"])
            for test in found["cluster_tests"]
        ],
    )


def build_memory(run: str, facts: Facts) -> Memory:
    """Build the page data of what `rnnscope memory` found.

    Args:
        run: name of the network.
        facts: of the result `memory/PART`.
    """
    return Memory(
        run=run,
        what=facts["what"],
        steps=facts["steps"],
        older=facts["older"],
        distances=facts["distances"],
        gradients=list(map(_gradient_curve, facts["gradients"])),
        training=[
            GradientStage(step=stage["step"], gradients=list(map(_gradient_curve, stage["gradients"])))
            for stage in facts.get("training", [])
        ],
        context=[
            ContextCurve(event=curve["event"], reach=curve["reach"], points=list(map(_context_point, curve["points"])))
            for curve in facts["context"]
        ],
    )


def _gradient_curve(curve: Facts) -> GradientCurve:
    return GradientCurve(
        state=curve["state"],
        layer=curve["layer"],
        event=curve["event"],
        cases=curve["cases"],
        enough=curve["enough"],
        ratio=[float(f"{ratio:.4g}") for ratio in curve["ratio"]],
        half_life=curve["half_life"],
        horizon_hundredth=curve["horizons"]["0.01"],
        horizon_thousandth=curve["horizons"]["0.001"],
        decay_per_symbol=curve["decay_per_step"],
    )


def _context_point(point: Facts) -> ContextPoint:
    fewest, most = point["contexts"]
    values = {key: value for key, value in point.items() if key != "contexts"}
    return ContextPoint(fewest=fewest, most=most, **values)
