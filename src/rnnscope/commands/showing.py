"""Verbs that show something: a text, a report, this machine, how fast it is."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Parameter

from rnnscope import flags as settings
from rnnscope.bench.options import BenchOptions
from rnnscope.commands.common import COMMON, Common, Out, Switch, TextName, stdin_of
from rnnscope.units import bytes_text

if TYPE_CHECKING:
    from pydantic import BaseModel as CorpusFlags
else:
    from rnnscope.flags import CorpusFlags


def corpus(
    text: TextName,
    *,
    download: Switch = False,
    source: Path | None = None,
    out: Annotated[Path | None, Parameter(name=["--out", "-o"])] = None,
    options: Annotated[CorpusFlags | None, Parameter(name="*")] = None,
    common: Common = COMMON,
) -> None:
    """Say what a text is made of and which analyses it is too small for.

    Parameters
    ----------
    text
        A file, a folder, `-` for standard input, or a built-in name: stdlib, planted, warpeace, linux.
    download
        Allow fetching warpeace or linux from its public address.
    source
        With `linux`: build the text from this kernel source tree or tarball instead, and write it to --out.
    out
        With --source: the text file to write; a manifest is written beside it.
    """
    from rnnscope import api

    description = api.describe(
        text,
        stdin=stdin_of(text),
        download=download,
        linux_source=source,
        out=out,
        **settings.given(options),
    )
    common.result(description.to_dict(), description.to_text())


def report(
    folder: Path,
    *,
    out: Out,
    common: Common = COMMON,
) -> None:
    """Write one self-contained HTML page about a run or a study.

    Parameters
    ----------
    folder
        A run folder, or a study folder.
    out
        The HTML file to write.
    """
    from rnnscope import api

    path = api.report(folder, out, announce=common.progress().say)
    common.result({"report": str(path), "bytes": path.stat().st_size}, f"{path} ({bytes_text(path.stat().st_size)})")


def figure(
    folder: Path,
    name: str | None = None,
    *args: str,
    out: Annotated[Path | None, Parameter(name=["--out", "-o"])] = None,
    common: Common = COMMON,
) -> None:
    """Write one figure of the report as a file, or list the figures there are.

    Parameters
    ----------
    folder
        A run folder, or a study folder.
    name
        Which figure, such as gates, or cell 2:17. Without it the figures there are, are listed.
    args
        What the figure needs: for a cell LAYER:CELL, and a feature, or a text over which it is drawn.
    out
        The file: .svg, .pdf, .png, .html, .csv or .json.
    """
    from rnnscope import api

    if name is None:
        known = api.figures(folder, announce=common.progress().say)
        common.result({"figures": known}, "\n".join(f"{each:<26} {words}" for each, words in known.items()))
        return
    path = api.figure(folder, name, *args, out=out, announce=common.progress().say)
    common.result({"figure": str(path), "bytes": path.stat().st_size}, f"{path} ({bytes_text(path.stat().st_size)})")


def doctor(*, common: Common = COMMON) -> None:
    """Say what is installed, and which kernel runs and why."""
    from rnnscope import api

    facts = api.doctor()
    lines = [f"{name} {version}" for name, version in facts["versions"].items()]
    lines += [
        f"processor: {facts['processor']} ({facts['architecture']}), {facts['threads_available']} threads",
        f"vector instructions: {' '.join(facts['vector_sets']) or 'unknown'}",
        f"compiled library: {facts['native_library']}",
        f"compiled paths, fastest first: {', '.join(facts['native_paths']) or 'none'}",
        *(f"kernel of {cell}: {choice}" for cell, choice in facts["kernels"].items()),
        *(f"{name}: {note}" for name, note in facts["notes"].items()),
    ]
    common.result(facts, "\n".join(lines))


def bench(
    what: Literal["train", "sample", "record", "ngram", "cells"],
    *,
    out: Annotated[Path | None, Parameter(name=["--out", "-o"])] = None,
    options: Annotated[BenchOptions | None, Parameter(name="*")] = None,
    common: Common = COMMON,
) -> None:
    """Measure training, sampling, recording, counting or searching on this machine, beside the fastest others.

    Parameters
    ----------
    what
        train: whole training steps; sample: drawing text; record: reading a text, with every state and gate; ngram:
        counting, keeping and asking all contexts; cells: scoring all cells for all features of a text.
    out
        Write the result as a page too: a Markdown file, or a folder in which it gets a name of its own.
    """
    from rnnscope.bench import options as bench_options
    from rnnscope.bench import output, start, tables

    job = bench_options.resolve(what, options or BenchOptions(), 1 if common.seed is None else common.seed)
    if out is not None:
        output.refuse_place(out)
    say = common.progress().say
    what_runs = f"networks: {len(job.cases)}; here {job.path}, {' and '.join(job.precisions)}"
    say(f"{what_runs if job.cases else 'texts: ' + ', '.join(job.texts)}; threads: {job.threads}")
    found = start.run(job, say)
    if out is not None:
        say(f"written: {output.write(found, out)}")
    common.result(found, tables.text(found))
