"""Runs a study: reads the text, makes the plan, has its tasks done, and gives the table and the report.

A second start with the same folder continues where the first one stopped: trainings resume, finished tasks are left
alone, failed ones are tried again.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO

from rnnscope import environment
from rnnscope.artifacts import commit, files
from rnnscope.artifacts.lock import exclusive
from rnnscope.config import CorpusConfig, checked
from rnnscope.corpus import builtin, split
from rnnscope.corpus.alphabet import Alphabet
from rnnscope.corpus.read import load, standard_input
from rnnscope.errors import InputError, Locked, RnnscopeError, Stopped
from rnnscope.study import book, cost, failures, grid, show, table, tasks
from rnnscope.study.book import Book
from rnnscope.study.cost import Sizes
from rnnscope.study.drive import Driver, Outcome
from rnnscope.study.engine import Engine
from rnnscope.study.grid import Asked
from rnnscope.study.local import LocalEngine
from rnnscope.study.plan import Plan
from rnnscope.study.show import Board
from rnnscope.study.tasks import LAST, RUNS
from rnnscope.terminal import NORMAL


@dataclass(frozen=True)
class Study:
    """What a study found: its table, where its report is, and what went wrong."""

    facts: dict[str, Any]
    report: Path
    outcome: Outcome = field(default_factory=Outcome)

    @property
    def table(self) -> list[dict[str, Any]]:
        """One row per model."""
        rows: list[dict[str, Any]] = self.facts["rows"]
        return rows

    def to_dict(self) -> dict[str, Any]:
        """Everything as plain JSON values."""
        return {
            "table": self.table,
            "report": str(self.report),
            "differences": self.facts["differences"],
            "rival": self.facts["rival"],
            "failed": {name: failure["why"] for name, failure in self.outcome.failed.items()},
            "blocked": self.outcome.blocked,
            "unfinished": self.outcome.unfinished,
        }

    def to_text(self) -> str:
        """For a terminal: the table, and the report's path on the last line."""
        lines = [table.to_text(self.facts)]
        lines += [f"{name} failed: {failure['why']}" for name, failure in self.outcome.failed.items()]
        lines += [f"{name} was not done: it needs {other}" for name, other in self.outcome.blocked.items()]
        if self.outcome.unfinished:
            lines.append(f"{len(self.outcome.unfinished)} tasks are left; start the study again to go on")
        return "\n".join([*lines, f"report: {self.report}"])

    def error(self) -> RnnscopeError | None:
        """The first of what went wrong, worded as an error of the study."""
        failed = self.outcome.failed
        if not failed:
            return None
        name, failure = next(iter(failed.items()))
        worded = {
            "tried": f"finish the study ({len(failed)} of its tasks failed)",
            "given": f"{name}: {failure['given']}",
            "why": failure["why"],
            "todo": failure["todo"],
        }
        return failures.restore({**failure, **worded})


@dataclass(frozen=True)
class Request:
    """What is wanted of a study.

    Args:
        source: a file, a folder, `-` for standard input, or a built-in name.
        out: the study folder; made, or continued.
        preset: which plan, unless there is a file.
        plan_file: TOML file with a plan.
        asked: what beats the plan.
        jobs: tasks at a time; None for as many as there are processors.
        engine: what runs tasks: `local` on this machine, `ray` on a Ray cluster.
        address: of the cluster, for the engine `ray`; None for one on this machine.
        hours: after which trainings pause, and what there is gets its table and report.
        stdin: where `-` reads from.
        download: allow fetching warpeace or linux from its public address.
    """

    source: str
    out: Path
    preset: str = "demo"
    plan_file: Path | None = None
    asked: Asked = field(default_factory=Asked)
    jobs: int | None = None
    engine: str = "local"
    address: str | None = None
    hours: float | None = None
    stdin: BinaryIO | None = None
    download: bool = False


def study(request: Request, *, verbosity: int = NORMAL) -> Study:
    """Train, evaluate, analyse and report.

    Returns:
        What was found. A task that fails does not end the study: see `Study.error`.

    Raises:
        InputError: the text or an option cannot be used, or the folder holds a study of something else.
        Locked: another process drives this study.
        MachineError: the machine refused a step.
        Stopped: a signal came; trainings are saved, and a second start continues.
    """
    jobs = _jobs(request)
    made, data = _book(request)
    out = request.out
    _refuse_foreign(out)
    _make_folders(out)
    with _driving(out):
        commit.sweep(Path(os.path.realpath(out)))
        commit.sweep(Path(os.path.realpath(out / tasks.FOLDER)))
        was = book.read(out)
        if was is not None:
            book.refuse_other(out, was, made)
        if data is not None and not os.path.lexists(out / book.TEXT):
            commit.commit_file(out / book.TEXT, data)
        if was != made:
            made.write(out)
        every = made.tasks(cost.probe())
        engine = _engine(request, jobs)
        board = Board(verbosity, engine.jobs)
        try:
            seconds = None if request.hours is None else request.hours * 3600
            outcome = Driver(out, every, engine, board, seconds).run()
        finally:
            board.close()
            engine.close()
    if outcome.received is not None:
        raise _stopped(outcome.received, out)
    if not os.path.lexists(out / table.FILE):
        raise Study({}, out, outcome).error() or AssertionError("a study without failures has a table")
    return Study(table.read(out), out / "report.html", outcome)


def dry_run(request: Request) -> dict[str, Any]:
    """What a study would do, and what it would cost; nothing is written.

    Returns:
        "networks", "ngrams", "tasks" (each with "needs", "seconds" and whether it is "done"), "seconds" of work on one
        core, "wall_seconds" with this many "jobs".

    Raises:
        InputError: as for `study`.
    """
    jobs = _jobs(request)
    made, _ = _book(request)
    _refuse_foreign(request.out)
    was = book.read(request.out) if os.path.isdir(request.out) else None
    if was is not None:
        book.refuse_other(request.out, was, made)
    every = made.tasks(cost.probe())
    done = set()
    if was is not None:
        for name, task in every.items():
            record = None if task.kind in LAST else tasks.read_record(request.out, task)
            if record is not None and record.state == tasks.DONE:
                done.add(name)
    return show.plan_facts(made, every, done, jobs)


def _book(request: Request) -> tuple[Book, bytes | None]:
    """What the study is about, and the text's bytes if they came through a pipe, which can be read once."""
    wanted = _plan(request)
    first = wanted.trainings[0].options
    settings = {key: first[key] for key in first if key in CorpusConfig.model_fields}
    corpus = checked(CorpusConfig, builtin.usual(request.source) | settings | {"text": request.source})
    data = standard_input(request.stdin) if request.source == "-" else None
    text = load(
        request.source,
        symbols=corpus.symbols,
        encoding=corpus.encoding,
        stdin=None if data is None else BytesIO(data),
        download=request.download,
    )
    cut = split.make(len(text), corpus, text.files)
    alphabet = Alphabet.of(text, unseen=corpus.unseen)
    sizes = Sizes(alphabet.size, *(cut.size(part) for part in split.PARTS))
    return Book(text.source, text.sha256, sizes, wanted), data


def _plan(request: Request) -> Plan:
    if request.plan_file is not None:
        return grid.from_file(request.plan_file, request.asked)
    return grid.preset(request.preset, request.asked)


def _jobs(request: Request) -> int:
    if request.address is not None and request.engine != "ray":
        raise InputError(
            tried="plan a study",
            given=f"--address {request.address}",
            why="only the engine ray has one",
            todo="Add --engine ray, or leave --address out.",
        )
    jobs = environment.available_threads() if request.jobs is None else request.jobs
    for name, number in (("jobs", jobs), ("seeds", request.asked.seeds), ("hours", request.hours)):
        if number is not None and number <= 0:
            raise InputError(
                tried="plan a study",
                given=f"--{name} {number}",
                why="this is a number above 0",
                todo="Leave it out, or give such a number.",
            )
    return jobs


def _engine(request: Request, jobs: int) -> Engine:
    if request.engine == "ray":
        from rnnscope.study.ray import RayEngine

        return RayEngine(request.out, request.jobs, request.address)
    return LocalEngine(request.out, jobs)


def _make_folders(out: Path) -> None:
    missing = [path for path in (out, *out.parents) if not os.path.lexists(path)]
    for path in reversed(missing):
        files.make_folder(path)
    for name in (RUNS, tasks.FOLDER):
        if not os.path.lexists(out / name):
            files.make_folder(out / name)


@contextmanager
def _driving(out: Path) -> Iterator[None]:
    """Be the only driver of a study for the length of the block."""
    with ExitStack() as held:
        try:
            held.enter_context(exclusive(out))
        except Locked as error:
            raise Locked(
                tried="go on with a study",
                given=error.given,
                why=error.why.replace("is writing to it", "drives it already"),
                todo="Wait until it is done, stop it, or choose another folder.",
            ) from None
        yield


def _stopped(signal_number: int, out: Path) -> Stopped:
    return Stopped(
        signal_number=signal_number,
        tried="finish the study",
        given=signal.Signals(signal_number).name,
        why="it was asked to stop; every training has saved",
        todo=f"Continue with the same command; the study is in {out}.",
    )


def _refuse_foreign(out: Path) -> None:
    """A folder in which somebody keeps other things is no place for a study."""
    if not os.path.isdir(out) or os.path.isdir(out / RUNS) or os.path.lexists(out / book.FILE):
        return
    kept = [name for name in files.names(Path(os.path.realpath(out))) if not name.startswith(".")]
    if kept:
        raise InputError(
            tried="make a study folder",
            given=str(out),
            why=f"it holds other things ({kept[0]})",
            todo="Name a folder that does not exist yet, or one that rnnscope study made.",
        )
