"""The verb `tasks`: networks on sequences whose right answers are known."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, TypeVar, get_args

from cyclopts import Parameter

from rnnscope.commands.common import COMMON, Common, Out, Whole
from rnnscope.config import CellName, UpdateRule
from rnnscope.errors import InputError

Value = TypeVar("Value")

_WIDTHS = (14, 11, 7, 6, 8, 16, 9, 8, 9)


def tasks(
    task: Annotated[str, Parameter(name="task")],
    *,
    out: Out,
    lengths: str = "50",
    cells: str = "rnn",
    starts: str | None = None,
    clips: str = "1,0",
    seeds: Whole = 5,
    updates: Whole = 50_000,
    beyond: str = "",
    hidden: Whole = 50,
    optimiser: UpdateRule = "sgd",
    learning_rate: float = 0.01,
    batch: Whole = 20,
    common: Common = COMMON,
) -> None:
    """Train networks on a synthetic task, and count how many solve it.

    Lists are written with commas. Every combination is trained once per seed; a second call with the same folder goes
    on where the first one was stopped. Solved: fewer than 1 % of 10,000 fresh sequences are answered wrongly.

    Parameters
    ----------
    task
        temporal-order, memorisation, anbn, or dyck-K-M for K kinds of brackets at most M deep.
    out
        The folder that keeps every training, and tasks.json and tasks.md about all.
    lengths
        Symbols per sequence, such as 50,75,100.
    cells
        Recurrences, or all.
    starts
        Starting weights: sigmoid, basic-tanh, smart-tanh (of rnn), uniform, glorot, orthogonal. Default: smart-tanh for
        rnn, orthogonal for the others.
    clips
        Largest norms of the gradient; 0 = no clipping.
    seeds
        How many trainings of every combination; they are counted from --seed.
    updates
        Updates of one training, at most.
    beyond
        Other lengths at which solved trainings are tried.
    hidden
        Cells.
    optimiser
        Update rule.
    learning_rate
        Step size.
    batch
        Fresh sequences in every update.
    """
    from rnnscope import api

    first = 1 if common.seed is None else common.seed
    found = api.tasks(
        task,
        out,
        lengths=_list("lengths", lengths, int),
        cells=get_args(CellName) if cells == "all" else _list("cells", cells, str),
        starts=_list("starts", starts or "", str),
        clips=_list("clips", clips, float),
        seeds=range(first, first + seeds),
        beyond=_list("beyond", beyond, int),
        updates=updates,
        hidden=hidden,
        optimiser=optimiser,
        learning_rate=learning_rate,
        batch=batch,
        announce=common.progress().say,
    )
    common.result(found, "\n".join(_lines(found)))


def _list(name: str, written: str, kind: Callable[[str], Value]) -> list[Value]:
    try:
        return [kind(part.strip()) for part in written.split(",")] if written else []
    except ValueError:
        raise InputError(
            tried="understand a list",
            given=f"--{name} {written}",
            why="it is not a list of numbers with commas between them",
            todo=f"Write it like --{name} 50,100.",
        ) from None


def _lines(found: dict[str, Any]) -> list[str]:
    settings = found["settings"]
    head = ("cell", "start", "length", "clip", "solved", "95 % interval", "updates", "clipped", "infinite")
    lines = [
        f"{found['task']}: {settings['hidden']} cells, {settings['optimiser']} at {settings['learning_rate']:g}, "
        f"batches of {settings['batch']}, at most {settings['updates']:,} updates",
        _row(head),
    ]
    for group in found["groups"]:
        low, high = group["interval"]
        median = group["median_updates"]
        lines.append(
            _row(
                (
                    group["cell"], group["start"], group["length"], f"{group['clip']:g}" if group["clip"] else "none",
                    f"{group['solved']} of {group['trials']}", f"{low:.3f} to {high:.3f}",
                    "-" if median is None else f"{median:,.0f}", f"{group['clipped_share']:.2%}", group["not_finite"],
                )
            )
        )  # fmt: skip
        if group["beyond"] and group["solved"]:
            tried = ", ".join(f"{length}: {solved}" for length, solved in group["beyond"].items())
            lines.append(f"  of the solved, still right at length {tried}")
    lines += [
        f"{row['cell']} from {row['start']}, norms clipped to {row['clip']:g} against none, over all lengths: "
        f"{row['clipped']['solved']} of {row['clipped']['trials']} against {row['unclipped']['solved']} of "
        f"{row['unclipped']['trials']}; exact test by length: p = {row['p_two_sided']:.2g} (two-sided), "
        f"{row['p_first_better']:.2g} (clipping is better)"
        for row in found["clipping"]
    ]
    return lines


def _row(values: tuple[object, ...]) -> str:
    return " ".join(f"{value!s:<{width}}" for value, width in zip(values, _WIDTHS, strict=True)).rstrip()
