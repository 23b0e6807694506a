"""Verbs that explain: what remains wrong, how long a network remembers."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

from cyclopts import Parameter

from rnnscope.commands.common import COMMON, Checkpoint, Common, OtherTextName, Switch, Whole
from rnnscope.config import Part
from rnnscope.units import loss_text

BAR = 30


def errors(
    folders: Annotated[list[Path], Parameter(negative="")],
    *,
    network: str | None = None,
    threshold: float = 0.5,
    naive: Switch = False,
    fold_case: Switch = False,
    newline_letters: Whole = 1,
    order: str | None = None,
    last: Annotated[int, Parameter(negative="")] = 20,
    adapt: Annotated[int, Parameter(negative="")] = 0,
    common: Common = COMMON,
) -> None:
    """Compare predictors of one text error by error, and give every error of a network a cause.

    Parameters
    ----------
    folders
        A study, or folders that rnnscope train and rnnscope ngram made from one text with one split.
    network
        Name of the network whose errors are explained. Default: the one with the lowest validation loss.
    threshold
        A position is an error if its symbol got less probability than this.
    naive
        Match brackets over every symbol, those in strings and comments included.
    fold_case
        Compare words without regard to case.
    newline_letters
        How many symbols after a newline count as the beginning of a word.
    order
        Families of causes in another order, such as "memory,n-gram,rare words,word starts,punctuation,boost".
    last
        Also read the network with all but so many symbols replaced by other text, which takes that many times as long
        as scoring it; 0 leaves that out.
    adapt
        Also explain the network as it learns while it reads (dynamic evaluation), with a cache, and with both, over so
        many of the 100 stretches of the test part; 0 leaves that out.
    """
    from rnnscope import api
    from rnnscope.analyse.errors.battery import Options

    options = Options(
        threshold=threshold,
        naive=naive,
        fold_case=fold_case,
        newline_letters=newline_letters,
        order=None if order is None else tuple(name.strip() for name in order.split(",")),
    )
    say = common.progress().say
    found = api.explain_errors(list(folders), network=network, options=options, last=last, adapt=adapt, announce=say)
    common.result(found, "\n".join(_error_lines(found)))


def _error_lines(found: dict[str, Any]) -> list[str]:
    share = found["errors"] / max(found["chars"], 1)
    lines = [
        f"{found['network']}: {found['errors']:,} of {found['chars']:,} symbols ({share:.1%}) got less than "
        f"{found['threshold']:g}",
        f"{'cause':<22} {'errors':>8} {'share':>7} {'nats':>7} {'first':>7} {'last':>7}",
    ]
    lines += [
        f"{row['class']:<22} {row['errors']:>8,} {row['share']:>7.1%} {row['share_of_nats']:>7.1%} "
        f"{row['share_first']:>7.1%} {row['share_last']:>7.1%}  {'#' * round(BAR * row['share'])}".rstrip()
        for row in found["onion"]
    ]
    if found["gain"]:
        everything = found["gain"][0]
        lines.append(
            f"of what it gains over the longest n-gram, {everything['memory']:+.4f} nats"
            f"{_interval(everything['memory_interval'])} are memory, {everything['smoothing']:+.4f} nats"
            f"{_interval(everything['smoothing_interval'])} better smoothing"
        )
    for row in found["dynamics"]["milestones"] if found["dynamics"] else []:
        overtaken = "not overtaken" if row["overtaken"] is None else f"overtaken at epoch {row['overtaken']:.2f}"
        lines.append(f"{row['rival']}: {overtaken}, closest at {row['closest']:.2f} ({row['least']:.2f} nats)")
    if found["adaptation"]:
        lines += _adaptation_lines(found["adaptation"])
    lines += found["left_out"]
    regions = found["overlap"]["regions"]
    lines.append("who errs where (share of all symbols):")
    lines += [f"  {' and '.join(row['predictors']) or 'nobody':<50} {row['share']:.1%}" for row in regions]
    return lines


def _adaptation_lines(found: dict[str, Any]) -> list[str]:
    lines = [
        f"with help, over {found['chars']:,} symbols ({loss_text(found['loss_nats'])} without it; learning rate "
        f"{found['learning_rate']:g}, an update every {found['segment']} symbols):"
    ]
    for row in found["adapted"]:
        lines.append(
            f"  {row['name']}: {loss_text(row['loss_nats'])}, {row['before']:,} errors become {row['after']:,} "
            f"({row['mended']:,} mended, {row['new']:,} new)"
        )
        for family in row["families"]:
            if family["reduction"] is not None:
                few = "" if family["enough"] else "  too few cases"
                lines.append(
                    f"    {family['family']:<14} {family['before']:>8,} -> {family['after']:>8,} "
                    f"{-family['reduction']:>+8.1%}{_shares(family['interval'])}{few}"
                )
    return lines


def _shares(ends: list[float] | None) -> str:
    """An interval of a reduction, as the change that stands before it."""
    return "" if ends is None else f" ({-ends[1]:+.1%} to {-ends[0]:+.1%})"


def memory(
    run: Path,
    text: OtherTextName = None,
    *,
    part: Part | None = None,
    distances: Whole = 300,
    cases: Whole = 200,
    lanes: Whole = 1000,
    older: Literal["replaced", "reset", "shuffled"] = "replaced",
    checkpoint: Checkpoint = "best",
    common: Common = COMMON,
) -> None:
    """Measure how far back a network's losses reach: by gradients, and by what hiding older text costs.

    Parameters
    ----------
    run
        The run folder.
    text
        Another text. Without it, the text the run was trained on.
    part
        Which part: of the run's own text test by default, of another text all of it.
    distances
        How many symbols back.
    cases
        Losses of each kind that are followed back.
    lanes
        Stretches of text for the loss as a function of the context.
    older
        What stands in the place of older text: other text, nothing, or the same symbols in random order.
    checkpoint
        Which weights: best, last, or a step.
    """
    from rnnscope import api

    found = api.memory(
        run,
        text,
        part=part,
        distances=distances,
        cases=cases,
        lanes=lanes,
        older=older,
        seed=0 if common.seed is None else common.seed,
        checkpoint=checkpoint,
        announce=common.progress().say,
    )
    common.result(found, "\n".join(_memory_lines(found)))


def _memory_lines(found: dict[str, Any]) -> list[str]:
    beyond = f"beyond {found['distances']}"
    lines = [
        f"{found['what']}; trained with {found['steps']} steps",
        "d loss / d state, symbols back until it is below:",
    ]
    lines.append(f"  {'event':<18} {'state':<7} {'cases':>6} {'1/2':>8} {'1/100':>8} {'1/1000':>8}")
    for curve in found["gradients"]:
        ends = [curve["half_life"], *curve["horizons"].values()]
        told = " ".join(f"{beyond if end is None else end:>8}" for end in ends)
        few = "" if curve["enough"] else "  (few cases)"
        lines.append(f"  {curve['event']:<18} {curve['state']} {curve['layer']:<5} {curve['cases']:>6} {told}{few}")
    lines.append("the same for losses at all symbols, below 1/100, with the weights after")
    for stage in found["training"]:
        ends = [f"{curve['state']} {curve['layer']}: {_end(curve, found)}" for curve in stage["gradients"]]
        lines.append(f"  {stage['step']:>9,} updates  {', '.join(ends)}")
    lines.append(f"loss with older text {found['older']}:")
    for curve in found["context"]:
        reach = "more than was measured" if curve["reach"] is None else f"{curve['reach']} symbols"
        lines.append(f"  {curve['event']}: within 0.01 nats of the whole memory from {reach} on")
        lines += [
            f"    {_between(point['contexts']):>9} symbols  {loss_text(point['loss_nats'])}, "
            f"{point['excess_nats']:+.4f} nats{_interval(point['interval_nats'])}, {point['cases']:,} cases"
            for point in curve["points"]
            if point["enough"]
        ]
    return lines


def _end(curve: dict[str, Any], found: dict[str, Any]) -> str:
    end = curve["horizons"]["0.01"]
    return f"beyond {found['distances']}" if end is None else str(end)


def _between(contexts: list[int]) -> str:
    low, high = contexts
    return f"{low}" if low == high else f"{low}-{high}"


def _interval(interval: list[float] | None) -> str:
    return "" if interval is None else f" ({interval[0]:+.4f} to {interval[1]:+.4f})"
