"""Runs a study on this machine: one network after the other, their rivals, then the table,
the causes of their errors, and the report.

A second start with the same folder continues where the first one stopped: trainings resume, finished ones are left
alone, and what was computed from the same weights is not computed again.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO

from rnnscope import api
from rnnscope.artifacts import files, sealed
from rnnscope.artifacts.commit import commit_file
from rnnscope.artifacts.counts import CountFolder
from rnnscope.artifacts.run import RunFolder
from rnnscope.corpus.read import standard_input
from rnnscope.errors import InputError
from rnnscope.report.kept import errors_of
from rnnscope.study import table
from rnnscope.study.plan import plan
from rnnscope.terminal import Progress

TABLE_KIND = "table"
RUNS = "runs"


@dataclass(frozen=True)
class Study:
    """What a study found: its table and where its report is."""

    table: list[dict[str, Any]]
    report: Path

    def to_dict(self) -> dict[str, Any]:
        """Everything as plain JSON values."""
        return {"table": self.table, "report": str(self.report)}

    def to_text(self) -> str:
        """For a terminal: the table, and the report's path on the last line."""
        return f"{table.to_text(self.table)}\nreport: {self.report}"


def study(
    source: str,
    out: Path,
    *,
    preset: str = "demo",
    seed: int = 1,
    stdin: BinaryIO | None = None,
    download: bool = False,
    progress: Callable[[str], Progress] = lambda label: Progress(label=label),
    options: Mapping[str, Any] | None = None,
) -> Study:
    """Train, evaluate, record and report.

    Args:
        source: a file, a folder, `-` for standard input, or a built-in name.
        out: the study folder; made, or continued.
        preset: which plan.
        seed: of all networks.
        stdin: where `-` reads from.
        download: allow fetching warpeace or linux from its public address.
        progress: makes the watcher of a training from its label.
        options: settings of the corpus by flag name.

    Raises:
        InputError: the text or an option cannot be used, or the folder holds a study of something else.
        Diverged, Locked, MachineError, Stopped: it ended early; a second start continues.
    """
    planned = plan(preset, seed=seed, threads=1, options=options)
    _refuse_foreign(out)
    # A pipe can be read once, and there are several networks to train on it.
    data = standard_input(stdin) if source == "-" else None
    runs: list[RunFolder] = []
    for training in planned.trainings:
        watch = progress(training.name)
        run = api.train(
            source,
            out / RUNS / training.name,
            resume=True,
            download=download,
            stdin=None if data is None else BytesIO(data),
            watch=watch,
            **planned.shared,
            **training.options,
        )
        api.prepare(run, announce=progress("").say)
        runs.append(RunFolder.open(run.path))
    counts: list[CountFolder] = []
    for counting in planned.countings:
        say = progress(counting.name).say
        model = api.ngram(
            source,
            out / RUNS / counting.name,
            resume=True,
            download=download,
            stdin=None if data is None else BytesIO(data),
            announce=say,
            **counting.options,
        )
        counts.append(model.folder("go on with the study"))
    rows = table.rows(runs, counts)
    made_from = {run.path.name: run.id for run in runs} | {count.path.name: count.id for count in counts}
    commit_file(out / "table.json", sealed.dump(TABLE_KIND, made_from, {"rows": rows}))
    _explain_errors(out, [*runs, *counts], progress("errors").say)
    return Study(rows, api.report(out, out / "report.html", announce=progress("").say))


def _explain_errors(out: Path, models: Sequence[RunFolder | CountFolder], say: Callable[[str], None]) -> None:
    """Give errors their causes, where there is a test part and it has not been done for these very models."""
    if models[0].environment["split"]["test"] and errors_of(out, models)[0] is None:
        api.explain_errors(out, announce=say)


def _refuse_foreign(out: Path) -> None:
    """A folder in which somebody keeps other things is no place for a study."""
    if not os.path.isdir(out) or os.path.isdir(out / RUNS):
        return
    kept = [name for name in files.names(Path(os.path.realpath(out))) if not name.startswith(".")]
    if kept:
        raise InputError(
            tried="make a study folder",
            given=str(out),
            why=f"it holds other things ({kept[0]})",
            todo="Name a folder that does not exist yet, or one that rnnscope study made.",
        )
