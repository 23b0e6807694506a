"""All figures there are of a page, made from the same data that the page shows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from rnnscope.errors import InputError
from rnnscope.report.figures import memories
from rnnscope.report.figures.spec import Bars, Panel, Series, Spec, Value
from rnnscope.report.page import Page
from rnnscope.report.page_cells import Cells, Claim


def catalogue(page: Page) -> dict[str, str]:
    """Name -> what it shows, of every figure that this page has the data for."""
    known = {
        "curves": ("losses along training", any(run.curve for run in page.runs)),
        "ngrams": ("loss by symbols of context", bool(page.ngrams)),
        "cells": ("scores of all trackers with their intervals", bool(page.cells)),
        "gates": ("saturated shares of every gate unit", bool(page.gates)),
        "timescales": ("how long memories last", any(found.memories for found in page.gates)),
        "onion": ("causes of errors", page.errors is not None),
        "overlap": ("errors that predictors share", page.errors is not None),
        "symbols": ("symbols that one predictor knows better", bool(page.errors and page.errors.advantages)),
        "brackets": ("closing symbols by distance", bool(page.errors and page.errors.closers)),
        "map": ("models that predict alike", bool(page.errors and page.errors.agreement)),
        "memory gradients": ("gradients by distance", bool(page.memories)),
        "memory context": ("loss by context", bool(page.memories)),
        "memory compared": ("gradients of several networks", len(page.memories) > 1),
        "memory training": ("gradients along training", any(len(found.training) > 1 for found in page.memories)),
    }
    found = {name: words for name, (words, there) in known.items() if there}
    if page.cells:
        found |= {"cell LAYER:CELL [FEATURE]": "the evidence for what one cell tracks", "panels": "the paper's seven"}
    return found


def make(page: Page, name: str) -> Spec:
    """Make a figure.

    Args:
        page: the data. name: as in `catalogue`; `cell 2:17` for a cell.

    Raises:
        InputError: there is no such figure.
    """
    words = name.split()
    if words[:1] == ["cell"] and len(words) in (2, 3) and page.cells:
        return _cell(page, words[1], words[2] if len(words) == 3 else None)
    there = catalogue(page)
    if name not in there or name not in _MAKERS:
        raise InputError(
            tried="make a figure",
            given=repr(name),
            why=f"the figures there are: {', '.join(there)}",
            todo="Name one of them; others need rnnscope cells, gates, errors or memory to have run.",
        )
    return _MAKERS[name](page)


def _curves(page: Page) -> Spec:
    series, rows = [], []
    for run in page.runs:
        for part in ("train", "valid"):
            points = [(row.step, getattr(row, f"{part}_loss_nats")) for row in run.curve]
            there = [(step, loss) for step, loss in points if loss is not None]
            x, y = _columns(there)
            series.append(Series(f"{run.name}, {part}", x, y, "line" if part == "train" else "both"))
            rows += [(run.name, part, step, loss) for step, loss in there]
    caption = "Mean loss of a symbol against updates; training rows are means over equal stretches. Lower is better."
    panel = Panel("", "updates", "loss, nats", series)
    return Spec("curves", "Learning", caption, [panel], ("run", "part", "step", "loss_nats"), rows)


def _ngrams(page: Page) -> Spec:
    series, rows = [], []
    for ngram in page.ngrams:
        for split in ngram.splits:
            there = [(one.context, one.loss_nats) for one in split.losses if one.loss_nats is not None]
            ends = [one.interval_nats for one in split.losses if one.loss_nats is not None]
            name = f"{ngram.name}, {split.name}"
            series.append(_with_ends(name, there, ends))
            rows += [(ngram.name, split.name, *point, *_ends(end)) for point, end in zip(there, ends, strict=True)]
    caption = "Test loss by symbols of context, with 95 % intervals. Only losses of the same split can be compared."
    header = ("model", "split", "context", "loss_nats", "low", "high")
    return Spec("ngrams", "n-grams", caption, [Panel("", "symbols of context", "loss, nats", series)], header, rows)


def _name(claim: Claim) -> str:
    return f"{claim.layer}:{claim.cell} {claim.quantity} {claim.feature}"


def _cells(page: Page) -> Spec:
    panels, rows = [], []
    for found in page.cells:
        claims = [one for one in found.claims if one.verdict != "observed" and one.score is not None]
        names = [f"{_name(claim)} ({claim.verdict})" for claim in claims]
        bars = Bars(names, [claim.score or 0 for claim in claims], [claim.interval for claim in claims])
        panels.append(Panel(found.run, "score", "", bars=bars))
        rows += [_claim_row(found, claim) for claim in found.claims]
    caption = (
        "Scores of all confirmed and causal claims, with bounds of 99 %; 1 or -1 is perfect. The table has all claims."
    )
    header = (
        *("run", "layer", "cell", "quantity", "feature", "verdict", "score", "low", "high"),
        *("shifted", "untrained", "effect_bits", "elsewhere_bits", "largest_matched_bits"),
    )
    return Spec("cells", "What cells track", caption, panels, header, rows)


def _claim_row(found: Cells, claim: Claim) -> tuple[Value, ...]:
    proof = claim.intervention
    return (
        *(found.run, claim.layer, claim.cell, claim.quantity, claim.feature, claim.verdict, claim.score),
        *(*_ends(claim.interval), claim.shifted, claim.untrained),
        *((None,) * 3 if proof is None else (proof.effect_bits, proof.elsewhere_bits, (*proof.matched_bits, None)[0])),
    )


def _cell(page: Page, named: str, feature: str | None) -> Spec:
    for found in page.cells:
        for claim in found.claims:
            if f"{claim.layer}:{claim.cell}" == named and feature in (None, claim.feature):
                return _claimed(found, claim)
    raise InputError(
        tried="make a figure of a cell",
        given=" ".join(filter(None, (named, feature))),
        why="the search holds no claim about it; cells are named LAYER:CELL, counted from 1",
        todo="See `rnnscope figure DIR cells -o cells.csv` for all claims.",
    )


def _claimed(found: Cells, claim: Claim) -> Spec:
    scores = [
        ("this cell", claim.score, claim.interval),
        ("blocks twice as long", claim.score, claim.doubled),
        ("within pairs of symbols", claim.within, None),
        ("unexplained by 20 symbols", claim.rest, None),
        ("largest under shifts", claim.shifted, None),
        ("untrained networks", claim.untrained, None),
        ("permuted networks", claim.permuted, None),
        ("model of 20 symbols", claim.recent, None),
    ]
    there = [(name, value, ends) for name, value, ends in scores if value is not None]
    rows: list[tuple[Value, ...]] = [("score", name, value, *_ends(ends)) for name, value, ends in there]
    panels = [Panel("Scores", "score", "", bars=Bars(*_columns(there)))] if there else []
    if claim.intervention is not None:
        proof = claim.intervention
        effects = [
            ("at targets", proof.effect_bits, proof.interval_bits),
            ("written", proof.write_bits, None),
            ("erased", proof.erase_bits, None),
            ("elsewhere", proof.elsewhere_bits, None),
            *((f"matched cell {k}", bits, None) for k, bits in enumerate(proof.matched_bits[:5], 1)),
        ]
        shown = [(name, bits, ends) for name, bits, ends in effects if bits is not None]
        panels.append(Panel("Changing it", "bits of log-odds, positive as predicted", "", bars=Bars(*_columns(shown))))
        rows += [("effect_bits", name, bits, *_ends(ends)) for name, bits, ends in shown]
    near = [bucket for bucket in claim.distances if bucket.score is not None]
    if near:
        names = [f"{bucket.low}-{bucket.high - 1}" for bucket in near]
        values = [bucket.score or 0.0 for bucket in near]
        series = Series("score", range(len(near)), values, hollow=[bucket.few for bucket in near])
        beyond = next((k for k, bucket in enumerate(near) if bucket.low >= found.steps), None)
        levels = [] if beyond is None else [(beyond - 0.5, f"{found.steps} training steps")]
        panels.append(Panel("Reach", "symbols since it began", "score", [series], x_names=names, levels=levels))
        rows += [("score by distance", name, value, None, None) for name, value in zip(names, values, strict=True)]
    for shown_cell in found.exhibits:
        for histogram in (
            shown_cell.histograms if (shown_cell.layer, shown_cell.cell) == (claim.layer, claim.cell) else ()
        ):
            if (histogram.feature, histogram.quantity) == (claim.feature, claim.quantity):
                width = (histogram.high - histogram.low) / len(histogram.counts[0])
                x = [histogram.low + width * (k + 0.5) for k in range(len(histogram.counts[0]))]
                shares = [[count / max(1, sum(counts)) for count in counts] for counts in histogram.counts]
                both = [Series(label, x, share, "steps") for label, share in zip(histogram.labels, shares, strict=True)]
                panels.append(Panel("Values", claim.quantity, "share", both))
                for label, counts in zip(histogram.labels, histogram.counts, strict=True):
                    rows += [
                        (f"values, {label}", f"{at:.4g}", count, None, None)
                        for at, count in zip(x, counts, strict=True)
                    ]
    words = next((one.words for one in found.hypotheses if one.name == claim.feature), "")
    caption = (
        f"{claim.feature}: {words}. Verdict: {claim.verdict}. Scores and effects with bounds of 99 %; hollow points "
        "rest on fewer than 50 stretches. A tracker's score exceeds those of shifts and untrained networks."
    )
    title = f"{found.run}, cell {_name(claim)}: {claim.verdict}"
    return Spec(
        f"cell-{claim.layer}-{claim.cell}", title, caption, panels, ("figure", "what", "value", "low", "high"), rows
    )


def _panels(page: Page) -> Spec:
    found = page.cells[0]
    names, lengths, ends = [], [], []
    for panel in found.panels:
        claim = None if panel.claim is None else found.claims[panel.claim]
        names.append(panel.title if claim is None else f"{panel.title}: {_name(claim)} ({claim.verdict})")
        lengths.append(0.0 if claim is None else claim.score or 0.0)
        ends.append(None if claim is None else claim.interval)
    caption = (
        "The strongest claim for each panel of Figure 2 of the paper; only confirmed ones are trackers. "
        + " ".join(f"{panel.title}: {panel.said}" for panel in found.panels)
    )
    rows = [(panel.title, panel.paper, panel.said) for panel in found.panels]
    panels = [Panel(found.run, "score", "", bars=Bars(names, lengths, ends))]
    return Spec("panels", "The paper's seven panels", caption, panels, ("panel", "paper", "here"), rows)


def _gates(page: Page) -> Spec:
    panels, rows = [], []
    for found in page.gates:
        for gate in found.gates:
            series = [Series(f"layer {one.layer}", one.right, one.left, "points") for one in gate.layers]
            panels.append(Panel(f"{found.run}: {gate.name}", "right-saturated", "left-saturated", series))
            for one in gate.layers:
                units = enumerate(zip(one.right, one.left, one.mean, strict=True), 1)
                rows += [(found.run, gate.name, one.layer, cell, *shares) for cell, shares in units]
    caption = (
        "Every unit by its share of time above 0.9 (right) and below 0.1, or -0.9 for values in [-1, 1] (up). At "
        "the origin a unit is always in between. keep: the share of its memory that a cell keeps, whatever its type."
    )
    header = ("run", "gate", "layer", "cell", "right", "left", "mean")
    return Spec("gates", "Saturation of gates", caption, panels, header, rows)


def _timescales(page: Page) -> Spec:
    panels, rows = [], []
    for found in page.gates:
        series = []
        for one in found.memories:
            steps = sorted(one.steps)
            shares = [(k + 1) / len(steps) for k in range(len(steps))]
            series.append(Series(f"layer {one.layer}", steps, shares, "line"))
            rows += [(found.run, one.layer, cell, value) for cell, value in enumerate(one.steps, 1)]
        if series:
            panels.append(Panel(found.run, "symbols until 1/e is left", "share of cells", series, log_x=True))
    caption = "Share of cells whose memory lasts at most so long, at the geometric mean of what they keep."
    return Spec("timescales", "Time constants", caption, panels, ("run", "layer", "cell", "symbols"), rows)


def _onion(page: Page) -> Spec:
    assert page.errors is not None
    panels, rows = [], []
    for onion in page.errors.onions:
        there = onion.classes
        bars = Bars([one.name for one in there], [one.share for one in there], [one.interval for one in there])
        panels.append(Panel(onion.network, "share of errors", "", bars=bars))
        rows += [(onion.network, one.family, one.name, one.errors, one.share, *_ends(one.interval)) for one in there]
    caption = "Errors by the first class that removes them, in order from above, with 95 % intervals."
    header = ("network", "family", "class", "errors", "share", "low", "high")
    return Spec("onion", "Causes of errors", caption, panels, header, rows)


def _overlap(page: Page) -> Spec:
    assert page.errors is not None
    panels, rows = [], []
    for overlap in page.errors.overlaps:
        regions = overlap.regions
        names = [" and ".join(one.predictors) or "none" for one in regions]
        bars = Bars(names, [one.share for one in regions], [one.interval for one in regions])
        panels.append(Panel(f"p < {overlap.threshold:g}", "share of positions", "", bars=bars))
        for name, one in zip(names, regions, strict=True):
            rows.append((overlap.threshold, name, one.errors, one.share, *_ends(one.interval)))
    caption = "Positions at which exactly these predictors err, with 95 % intervals."
    header = ("threshold", "predictors", "errors", "share", "low", "high")
    return Spec("overlap", "Shared errors", caption, panels, header, rows)


def _symbols(page: Page) -> Spec:
    assert page.errors is not None
    found = page.errors.advantages
    assert found is not None
    panels, rows = [], []
    for name, symbols in zip(found.names, (found.first, found.second), strict=True):
        ends = [one.interval for one in symbols]
        bars = Bars([f"{one.name} ({one.count})" for one in symbols], [one.difference for one in symbols], ends)
        panels.append(
            Panel(f"known better by {name}", f"mean p, {found.names[0]} less {found.names[1]}", "", bars=bars)
        )
        rows += [(name, one.name, one.count, one.first, one.second, *_ends(one.interval)) for one in symbols]
    caption = "Symbols with the largest difference of mean probability where they came; in brackets how often."
    header = ("better", "symbol", "count", *found.names, "low", "high")
    return Spec("symbols", "Symbols known better", caption, panels, header, rows)


def _brackets(page: Page) -> Spec:
    assert page.errors is not None
    panels, rows = [], []
    for kind in page.errors.closers:
        there = [bucket for bucket in kind.buckets if bucket.cases]
        series = []
        for k, name in enumerate(kind.names):
            points = [(place, bucket.probs[k]) for place, bucket in enumerate(there)]
            ends = [bucket.intervals[k] for bucket in there]
            series.append(_with_ends(name, points, ends, [not bucket.enough for bucket in there]))
            for bucket, end in zip(there, ends, strict=True):
                rows.append((kind.kind, bucket.above, bucket.up_to, bucket.cases, name, bucket.probs[k], *_ends(end)))
        names = [f"{bucket.above + 1}-{bucket.up_to}" for bucket in there]
        panels.append(Panel(kind.kind, "symbols from the opener", "mean p of the closer", series, x_names=names))
    caption = "Mean probability of closing symbols where they came, with 95 % intervals; hollow: fewer than 50 cases."
    header = ("kind", "above", "up_to", "cases", "predictor", "mean_probability", "low", "high")
    return Spec("brackets", "Closing symbols by distance", caption, panels, header, rows)


def _map(page: Page) -> Spec:
    assert page.errors is not None
    found = page.errors.agreement
    assert found is not None
    kinds = dict.fromkeys(point.kind for point in found.points)
    series = []
    for kind in kinds:
        x, y = _columns([(one.x, one.y) for one in found.points if one.kind == kind])
        series.append(Series(kind, x, y, "points"))
    caption = f"t-SNE of how often models agree on the most likely symbol, perplexity {found.perplexity:g}; no unit."
    rows = [(one.name, one.kind, one.x, one.y) for one in found.points]
    return Spec(
        "map", "Models that predict alike", caption, [Panel("", "", "", series)], ("name", "kind", "x", "y"), rows
    )


def _gradients(page: Page) -> Spec:
    panels, rows = [], []
    for found in page.memories:
        series = []
        for curve in found.gradients:
            if curve.event == "all":
                # Smaller ratios are rounding of float32 as much as gradients.
                x, y = _columns([(k, ratio) for k, ratio in enumerate(curve.ratio) if ratio > 1e-9])
                series.append(Series(f"{curve.state}, layer {curve.layer}", x, y, "line"))
        steps = [(float(found.steps), f"{found.steps} training steps")]
        panels.append(Panel(found.run, "symbols back", "median norm, relative", series, log_y=True, levels=steps))
        for curve in found.gradients:
            rows += [
                (found.run, curve.event, curve.state, curve.layer, k, ratio) for k, ratio in enumerate(curve.ratio)
            ]
    caption = "Norm of the gradient of a loss with respect to the state so many symbols before, relative to distance 0."
    header = ("run", "event", "state", "layer", "distance", "median_ratio")
    return Spec("memory-gradients", "Gradients by distance", caption, panels, header, rows)


def _context(page: Page) -> Spec:
    panels, rows = [], []
    for found in page.memories:
        series = []
        for curve in found.context:
            points = [(max(1, one.fewest), one.excess_nats) for one in curve.points if one.cases]
            there = [one for one in curve.points if one.cases]
            hollow = [not one.enough for one in there]
            series.append(_with_ends(curve.event, points, [one.interval_nats for one in there], hollow))
            rows += [(found.run, curve.event, one.fewest, one.most, one.cases, one.excess_nats) for one in there]
        panels.append(Panel(found.run, "symbols of context", "excess loss, nats", series, log_x=True))
    caption = "What the loss rises by when older text is hidden, with 95 % intervals; hollow: fewer than 50 cases."
    header = ("run", "event", "fewest", "most", "cases", "excess_nats")
    return Spec("memory-context", "Loss by context", caption, panels, header, rows)


_MAKERS: dict[str, Callable[[Page], Spec]] = {
    "curves": _curves,
    "ngrams": _ngrams,
    "cells": _cells,
    "panels": _panels,
    "gates": _gates,
    "timescales": _timescales,
    "onion": _onion,
    "overlap": _overlap,
    "symbols": _symbols,
    "brackets": _brackets,
    "map": _map,
    "memory gradients": _gradients,
    "memory context": _context,
    "memory compared": memories.compared,
    "memory training": memories.training,
}


def _columns(rows: Sequence[tuple[Any, ...]]) -> list[list[Any]]:
    """Rows as columns; two empty ones where there is no row."""
    return [list(column) for column in zip(*rows, strict=True)] or [[], []]


def _ends(interval: tuple[float, float] | None) -> tuple[Value, Value]:
    return (None, None) if interval is None else interval


def _with_ends(
    name: str,
    points: Sequence[tuple[float, float]],
    ends: Sequence[tuple[float, float] | None],
    hollow: Sequence[bool] = (),
) -> Series:
    x, y = _columns(points)
    pairs = [end or (None, None) for end in ends]
    return Series(name, x, y, "both", [low for low, _ in pairs], [high for _, high in pairs], hollow)
