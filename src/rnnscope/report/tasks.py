"""The page of a sweep of trainings on a synthetic task, as Markdown."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

Facts = Mapping[str, Any]


def markdown(facts: Facts) -> str:
    """Write the page.

    Args:
        facts: what `api.tasks` found.
    """
    settings = facts["settings"]
    groups = facts["groups"]
    lines = [
        f"# {facts['task']}",
        "",
        f"Written by `{_command(facts)}`.",
        "",
        f"One layer of {settings['hidden']} cells; {settings['optimiser']} with step size "
        f"{settings['learning_rate']:g} on batches of {settings['batch']} fresh sequences, **at most "
        f"{settings['updates']:,} updates** a training; {_plural(len(facts['seeds']), 'seed')}. A training has solved "
        "the task when fewer than 1 % of 10,000 fresh sequences are answered wrongly; it is looked at every 1,000 "
        "updates. Intervals are exact ones of 95 % (Clopper and Pearson).",
        "",
        *_table(groups),
    ]
    if any(group["beyond"] and group["solved"] for group in groups):
        lines += ["", *_beyond(groups)]
    for row in facts["clipping"]:
        lines += ["", f"## Clipping to the norm {row['clip']:g} against none: {row['cell']} from {row['start']}", ""]
        lines += _compared(row)
    return "\n".join(lines) + "\n"


def _command(facts: Facts) -> str:
    settings, groups = facts["settings"], facts["groups"]
    flags = {
        "lengths": _list(groups, "length"),
        "cells": _list(groups, "cell"),
        "starts": _list(groups, "start"),
        "clips": _list(groups, "clip"),
        "seeds": len(facts["seeds"]),
        "updates": settings["updates"],
        "beyond": ",".join(map(str, settings["beyond"])),
        "hidden": settings["hidden"],
        "optimiser": settings["optimiser"],
        "learning-rate": f"{settings['learning_rate']:g}",
        "batch": settings["batch"],
        "seed": facts["seeds"][0],
    }
    if len(set(flags["cells"].split(","))) > 1:
        flags.pop("starts")  # each cell's own
    given = " ".join(f"--{name} {value}" for name, value in flags.items() if value != "")
    return f"rnnscope tasks {facts['task']} {given} -o DIR"


def _list(groups: Sequence[Facts], key: str) -> str:
    return ",".join(f"{value:g}" if isinstance(value, float) else str(value) for value in _values(groups, key))


def _values(groups: Sequence[Facts], key: str) -> list[Any]:
    return list(dict.fromkeys(group[key] for group in groups))


def _table(groups: Sequence[Facts]) -> Iterator[str]:
    yield "| cell | start | length | clipping | solved | 95 % | updates until solved (median) | clipped updates |"
    yield "|---|---|---|---|---|---|---|---|"
    for group in groups:
        median = group["median_updates"]
        solved = f"{group['solved']} of {group['trials']}"
        if group["not_finite"]:
            solved += f" ({group['not_finite']} not finite)"
        clip = f"{group['clip']:g}" if group["clip"] else "none"
        shortened = f"{group['clipped_share']:.1%}" if group["clip"] else ""
        yield (
            f"| {group['cell']} | {group['start']} | {group['length']} | {clip} | {solved} | "
            f"{_interval(group['interval'])} | {'' if median is None else f'{median:,.0f}'} | {shortened} |"
        )


def _beyond(groups: Sequence[Facts]) -> Iterator[str]:
    lengths = sorted(groups[0]["beyond"], key=int)  # sealed documents sort their keys as words
    yield "Solved trainings with fewer than 1 % wrong of 1,000 fresh sequences at other lengths:"
    yield ""
    yield f"| cell | start | length | clipping | solved | {' | '.join(f'at {length}' for length in lengths)} |"
    yield "|---" * (5 + len(lengths)) + "|"
    for group in (group for group in groups if group["solved"]):
        clip = f"{group['clip']:g}" if group["clip"] else "none"
        right = " | ".join(str(group["beyond"][length]) for length in lengths)
        yield f"| {group['cell']} | {group['start']} | {group['length']} | {clip} | {group['solved']} | {right} |"


def _compared(row: Facts) -> Iterator[str]:
    clipped, unclipped = row["clipped"], row["unclipped"]
    yield "| length | clipped | not clipped |"
    yield "|---|---|---|"
    for stratum in row["strata"]:
        (first, trials), (second, others) = stratum["first"], stratum["second"]
        yield f"| {stratum['name']} | {first} of {trials} | {second} of {others} |"
    yield (
        f"| all | **{clipped['solved']} of {clipped['trials']}** ({_interval(clipped['interval'])}) | "
        f"**{unclipped['solved']} of {unclipped['trials']}** ({_interval(unclipped['interval'])}) |"
    )
    yield ""
    yield (
        "Exact conditional test with the lengths as strata (total of the clipped successes given every length's sum): "
        f"{row['successes']} where {row['expected']:.1f} are expected without a difference, p = "
        f"{row['p_two_sided']:.2g} two-sided, {row['p_first_better']:.2g} that clipping does better. "
        f"{_plural(row['informative'], 'length')} of {len(row['strata'])} can tell: where all trainings or none solve "
        "the task, nothing is learned of the difference."
    )


def _interval(ends: Sequence[float]) -> str:
    return f"{ends[0]:.2f} to {ends[1]:.2f}"


def _plural(count: int, one: str) -> str:
    return f"{count} {one}{'' if count == 1 else 's'}"
