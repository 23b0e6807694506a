"""The findings of a page in words, each with the page that shows it. No order is claimed where intervals overlap."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from rnnscope.report.page import Finding, Loss, Ngram, Run
from rnnscope.report.page_cells import Cells, Claim, Gates
from rnnscope.report.page_findings import Errors, Memory
from rnnscope.units import bits

LARGEST_CAUSES = 3
NAMED_CELLS = 3
NAMED_NETWORKS = 4
"""Networks, those with the lowest test losses, whose gates and memory get a sentence each. The others are counted."""
SATURATED = 0.9
"""Share of the time from which on a gate unit counts as always open or always shut."""


def findings(
    runs: Sequence[Run],
    ngrams: Sequence[Ngram],
    errors: Errors | None,
    memories: Sequence[Memory],
    cells: Sequence[Cells],
    gates: Sequence[Gates],
) -> list[Finding]:
    """Say what was found, one sentence or two for each page that has something to show.

    Args:
        runs: the networks.
        ngrams: the n-gram models.
        errors: causes of errors, if they were looked for.
        memories: of the networks whose memory was measured.
        cells: of the networks whose cells were searched.
        gates: of the networks whose gates were counted.
    """
    said = [
        *_networks(runs),
        *_beside_ngrams(runs, ngrams),
        *_cells(cells),
        *_of_the_best(_gates(gates), runs),
        *_errors(errors),
        *_of_the_best(_memories(memories), runs),
    ]
    return [Finding(page=page, text=text) for page, text in said]


def _of_the_best(said: Iterable[tuple[str, str, str]], runs: Sequence[Run]) -> Iterator[tuple[str, str]]:
    """Of sentences about (network, page, text) those about the best networks, and how many there are of others."""
    losses = {run.name: loss.loss_nats for run in runs if (loss := _test(run))}
    sentences = list(said)
    ranked = sorted(sentences, key=lambda sentence: losses.get(sentence[0], float("inf")))
    named = {network for network, _, _ in ranked[:NAMED_NETWORKS]}
    yield from ((page, f"{network}: {text}.") for network, page, text in sentences if network in named)
    if len(sentences) > len(named):
        yield sentences[0][1], f"The same of {_count(len(sentences) - len(named), 'more network')} is on the page."


def _test(run: Run) -> Loss | None:
    return next((loss for loss in run.losses if loss.part == "test"), None)


def _networks(runs: Sequence[Run]) -> Iterator[tuple[str, str]]:
    scored = sorted(((loss.loss_nats, run, loss) for run in runs if (loss := _test(run))), key=lambda row: row[0])
    if len(scored) < 2:
        return
    (_, best, loss), others = scored[0], scored[1:]
    text = f"The lowest test loss of {len(scored)} networks is that of {best.name}: {_loss(loss.loss_nats)}"
    close = [run.name for _, run, other in others if _overlap(loss.interval_nats, other.interval_nats)]
    if loss.interval_nats is None:
        text += "; the test part is too short for an interval, so nothing is claimed about the order"
    elif close:
        text += f". Intervals of {_list(close)} overlap with its, so no order among these is claimed"
    else:
        text += f", below the others' intervals; the next is {others[0][1].name} with {others[0][0]:.3f} nats"
    text += "."
    if loss.interval_nats is not None and len({_kind(run) for run in runs}) == len(runs):
        # What the study's table says too: without a second seed nothing is known of how far training itself varies.
        text += " Each was trained from one seed: this is said of these networks, not of their kinds."
    yield "results", text


def _kind(run: Run) -> tuple[str, int | None, int, int, str, int]:
    """What networks have in common that differ in their seeds alone."""
    return run.cell, run.window, run.layers, run.hidden, run.split, run.fold


def _overlap(one: tuple[float, float] | None, other: tuple[float, float] | None) -> bool:
    return one is None or other is None or (one[0] <= other[1] and other[0] <= one[1])


def _beside_ngrams(runs: Sequence[Run], ngrams: Sequence[Ngram]) -> Iterator[tuple[str, str]]:
    rivals = [
        (row.loss_nats, ngram, row.context)
        for ngram in ngrams
        for row in ngram.splits[0].losses
        if row.context == ngram.best_context and row.loss_nats is not None
    ]
    if not rivals:
        return
    rival, _, context = min(rivals, key=lambda row: row[0])
    text = f"Of n-grams, {context} symbols of context predict best: {_loss(rival)}"
    losses = [(loss.loss_nats, run.name) for run in runs if (loss := _test(run))]
    if losses:
        nats, name = min(losses)
        more = "less" if nats < rival else "more"
        text += f"; {name} needs {abs(rival - nats):.3f} nats {more} per symbol"
    yield "ngrams", f"{text}."


def _cells(cells: Sequence[Cells]) -> Iterator[tuple[str, str]]:
    for found in cells:
        causal = _strongest(claim for claim in found.claims if claim.verdict == "causal")
        confirmed = _strongest(claim for claim in found.claims if claim.verdict == "confirmed")
        if causal:
            text = (
                f"{found.run}: {_count(len(causal), 'feature')} of the text with a cell that follows it and was shown "
                f"by intervention to act on it: {_named(causal)}"
            )
        elif confirmed:
            text = (
                f"{found.run}: {_count(len(confirmed), 'feature')} of the text with a cell that follows it on unseen "
                f"text, none shown to act on it: {_named(confirmed)}"
            )
        else:
            text = f"{found.run}: no cell passed the tests of a tracker among {len(found.hypotheses)} hypotheses"
        yield "cells", f"{text}."


def _strongest(claims: Iterable[Claim]) -> list[Claim]:
    """The best claim of each feature; claims come with the strongest first."""
    by_feature: dict[str, Claim] = {}
    for claim in claims:
        by_feature.setdefault(claim.feature, claim)
    return list(by_feature.values())


def _named(claims: Sequence[Claim]) -> str:
    names = [f"{claim.feature} ({claim.layer}:{claim.cell})" for claim in claims[:NAMED_CELLS]]
    more = len(claims) - len(names)
    return _list([*names, f"{more} more"] if more else names)


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _gates(gates: Sequence[Gates]) -> Iterator[tuple[str, str, str]]:
    for counted in gates:
        if not counted.keep:  # a tanh cell: its first row is the output, which holds nothing
            continue
        keep = counted.gates[0]
        shares = [
            f"{sum(share >= SATURATED for share in units.right) / len(units.right):.0%} in layer {units.layer}"
            for units in keep.layers
            if units.right
        ]
        if shares:
            yield (
                counted.run,
                "gates",
                f"cells that hold their memory for {SATURATED:.0%} of the time or more "
                f"({keep.name} above 0.9): {_list(shares)}",
            )


def _errors(errors: Errors | None) -> Iterator[tuple[str, str]]:
    if errors is None or not errors.onions:
        return
    onion = errors.onions[0]
    text = (
        f"{onion.network} gives the symbol that comes less than {errors.threshold:g} at {onion.errors:,} of "
        f"{errors.symbols:,} positions ({onion.errors / max(1, errors.symbols):.0%})"
    )
    shares: dict[str, float] = {}
    for each in onion.classes:
        shares[each.family] = shares.get(each.family, 0.0) + each.share
    largest = sorted((name for name in shares if shares[name] > 0), key=lambda name: -shares[name])[:LARGEST_CAUSES]
    if largest:
        text += ". The largest causes of these errors: " + _list(f"{name} ({shares[name]:.0%})" for name in largest)
    yield "errors", f"{text}."


def _memories(memories: Sequence[Memory]) -> Iterator[tuple[str, str, str]]:
    for memory in memories:
        said = []
        halves = [
            (curve.half_life, curve)
            for curve in memory.gradients
            if curve.event == "all" and curve.enough and curve.half_life is not None
        ]
        if halves:
            half, curve = max(halves, key=lambda row: row[0])
            where = f"{curve.state}, layer {curve.layer}"
            said.append(f"gradients of losses fall to half within {half} symbols at the slowest ({where})")
        for context in memory.context:
            if context.event == "all" and context.reach is not None:
                said.append(f"text more than {context.reach} symbols back is worth less than 0.01 nats per symbol")
        if said:
            yield memory.run, "memory", "; ".join(said)


def _loss(nats: float) -> str:
    return f"{nats:.3f} nats = {bits(nats):.3f} bits per symbol"


def _list(names: Sequence[str] | Iterator[str]) -> str:
    *first, last = names
    return f"{', '.join(first)} and {last}" if first else last
