"""One function per verb: parse, call one function, print what it returns.

Docstrings and annotations here are what `--help` shows. Everything heavy is imported inside the verbs.
"""

from __future__ import annotations

import itertools
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, BinaryIO, Literal

from cyclopts import Parameter

from rnnscope import flags as settings
from rnnscope import terminal
from rnnscope.bench.options import BenchOptions
from rnnscope.config import Part
from rnnscope.errors import InputError
from rnnscope.units import bytes_text, loss_text

if TYPE_CHECKING:
    from pydantic import BaseModel as CorpusFlags
    from pydantic import BaseModel as TrainFlags
else:
    from rnnscope.flags import CorpusFlags, TrainFlags

STDIN = "-"


def _whole_number(kind: Any, tokens: Sequence[Any]) -> int:
    # By itself the command line would round 1.5 to 2.
    try:
        return int(tokens[0].value, 10)
    except ValueError:
        raise ValueError(f"{tokens[0].value!r} is not a whole number") from None


_whole = Parameter(converter=_whole_number)
Whole = Annotated[int, _whole]


@Parameter(name="*")
@dataclass(frozen=True)
class Common:
    """Flags that every verb has."""

    json: Annotated[bool, Parameter(negative="")] = False
    """Print one JSON document on stdout, and nothing else there."""
    quiet: Annotated[bool, Parameter(name=["--quiet", "-q"], negative="")] = False
    """Say nothing on stderr but errors."""
    verbose: Annotated[bool, Parameter(name=["--verbose", "-v"], negative="")] = False
    """Say every decision and show samples on stderr."""
    seed: Annotated[int | None, _whole] = None
    """Random seed of whatever is random here. Default: 1."""
    config: Path | None = None
    """TOML file with settings; flags and environment variables beat it."""

    @property
    def verbosity(self) -> int:
        return terminal.QUIET if self.quiet else terminal.VERBOSE if self.verbose else terminal.NORMAL

    def progress(self, label: str = "") -> terminal.Progress:
        return terminal.Progress(self.verbosity, label)

    def result(self, document: dict[str, Any], text: str) -> None:
        """Print what a verb found: as JSON if asked for, else for a person."""
        if self.json:
            terminal.print_json(document)
        else:
            terminal.print_text(text)


COMMON = Common()


def _stdin(text: str) -> BinaryIO | None:
    # None too if the process was started without standard input; reading then says so.
    return getattr(sys.stdin, "buffer", None) if text == STDIN else None


def _refuse_option(kind: Any, text: str | None) -> None:
    """`-` is a text, standard input, so hyphens must be let through; what looks like an option is a misspelt one."""
    if text is not None and text.startswith("-") and text != STDIN:
        raise ValueError(f"No option has this name. A file of this name is given as ./{text}")


_text = Parameter(allow_leading_hyphen=True, validator=_refuse_option)
TextName = Annotated[str, _text]
OtherTextName = Annotated[str | None, _text]
Out = Annotated[Path, Parameter(name=["--out", "-o"])]
Checkpoint = Annotated[str, Parameter(name="--checkpoint")]


def train(
    text: TextName,
    *,
    out: Out,
    resume: Annotated[bool, Parameter(negative="")] = False,
    download: Annotated[bool, Parameter(negative="")] = False,
    options: Annotated[TrainFlags | None, Parameter(name="*")] = None,
    common: Common = COMMON,
) -> None:
    """Train a network on a text.

    Parameters
    ----------
    text
        A file, a folder, `-` for standard input, or a built-in name: stdlib, planted, warpeace, linux.
    out
        The run folder to make.
    resume
        Continue the run in that folder, to the same bits as if it had never stopped.
    download
        Allow fetching warpeace or linux from its public address.
    """
    from rnnscope import api

    run = api.train(
        text,
        out,
        resume=resume,
        download=download,
        stdin=_stdin(text),
        watch=common.progress(),
        seed=common.seed,
        **settings.given(options),
    )
    facts = run.facts()
    lines = [f"{facts['state']} at step {facts['step']:,}, epoch {facts['epoch']:.2f}: {facts['run']}"]
    if facts["best_valid_loss_nats"] is not None:
        lines.append(f"best validation loss {loss_text(facts['best_valid_loss_nats'])} at step {facts['best_step']:,}")
    lines.append(f"next: rnnscope eval {facts['run']}  or  rnnscope report {facts['run']} -o report.html")
    common.result(facts, "\n".join(lines))


def evaluate(
    run: Path,
    text: OtherTextName = None,
    *,
    part: Part | None = None,
    lanes: Whole = 100,
    checkpoint: Checkpoint = "best",
    common: Common = COMMON,
) -> None:
    """Measure a network's loss on a part of its text, or on another text.

    Parameters
    ----------
    run
        The run folder.
    text
        Another text. Without it, the text the run was trained on.
    part
        Which part: of the run's own text test by default, of another text all of it.
    lanes
        Pieces the part is cut into, each read from the zero state after 1,000 symbols of context; 1 is one stream.
    checkpoint
        Which weights: best, last, or a step.
    """
    from rnnscope import api

    result = api.evaluate(run, text, part=part, lanes=lanes, checkpoint=checkpoint)
    common.result(result, f"{loss_text(result['loss_nats'])} on {result['chars']:,} characters of {result['what']}")


def sample(
    run: Path,
    *,
    length: Whole = 2000,
    temperature: float = 1.0,
    prime: Annotated[str, Parameter(allow_leading_hyphen=True)] = "",
    count: Whole = 1,
    checkpoint: Checkpoint = "best",
    common: Common = COMMON,
) -> None:
    """Let a network write. One text is shown while it is drawn, several side by side when all are.

    Parameters
    ----------
    run
        The run folder.
    length
        Symbols to draw.
    temperature
        Divides the log-probabilities: below 1 is more careful, 0 takes the most likely symbol each time.
    prime
        What the text begins with, of any length.
    count
        How many samples.
    checkpoint
        Which weights: best, last, or a step.
    """
    from rnnscope import api

    if count < 1:
        raise InputError(
            tried="draw samples",
            given=f"--count {count}",
            why="at least one sample is drawn",
            todo="Leave it out for one sample.",
        )
    opened = api.open(run, checkpoint=checkpoint)
    seed = 1 if common.seed is None else common.seed
    if count == 1 and not common.json:
        pieces = opened.sample_stream(length, temperature, prime, seed)
        terminal.write_stream(itertools.chain([prime], pieces, ["\n"]))
        return
    texts = opened.sample(length, temperature, prime, seed, count=count)
    if common.json:
        facts = {"length": length, "temperature": temperature, "prime": prime, "seed": seed}
        terminal.print_json({"samples": texts} | facts)
        return
    for index, text in enumerate(texts):
        terminal.print_text(f"--- sample {index + 1} of {count}")
        terminal.write_stream([prime, text, "\n"])


def record(
    run: Path,
    text: OtherTextName = None,
    *,
    part: Part | None = None,
    clamp: Annotated[tuple[str, ...], Parameter(negative="")] = (),
    name: str | None = None,
    checkpoint: Checkpoint = "best",
    common: Common = COMMON,
) -> None:
    """Record every state and gate of a network while it reads.

    Parameters
    ----------
    run
        The run folder; the recording is written below it.
    text
        Another text. Without it, the text the run was trained on.
    part
        Which part: of the run's own text test by default, of another text all of it.
    clamp
        LAYER:CELL=VALUE holds a cell at a value while the network reads; may be given several times.
    name
        Name of the recording. Default: the part, or the text's name.
    checkpoint
        Which weights: best, last, or a step.
    """
    from rnnscope import api

    say = common.progress().say
    result = api.record(run, text, part=part, clamps=clamp, name=name, checkpoint=checkpoint, announce=say)
    common.result(
        result, f"recorded {result['positions']:,} positions, {bytes_text(result['bytes'])}: {result['recording']}"
    )


def corpus(
    text: TextName,
    *,
    download: Annotated[bool, Parameter(negative="")] = False,
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
        stdin=_stdin(text),
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


def study(
    text: TextName = "stdlib",
    *,
    out: Out,
    preset: Literal["demo"] = "demo",
    download: Annotated[bool, Parameter(negative="")] = False,
    options: Annotated[CorpusFlags | None, Parameter(name="*")] = None,
    common: Common = COMMON,
) -> None:
    """Do everything for one text: train, record, evaluate, write the report.

    A second start with the same folder continues where the first one stopped.

    Parameters
    ----------
    text
        A file, a folder, `-` for standard input, or a built-in name: stdlib, planted, warpeace, linux.
    out
        The study folder to make, or to continue.
    preset
        How much is done: demo takes about 3 minutes on 2 cores.
    download
        Allow fetching warpeace or linux from its public address.
    """
    from rnnscope.study import run as study_run

    result = study_run.study(
        text,
        out,
        preset=preset,
        seed=1 if common.seed is None else common.seed,
        stdin=_stdin(text),
        download=download,
        progress=common.progress,
        options=settings.given(options),
    )
    common.result(result.to_dict(), result.to_text())


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
    what: Literal["train", "sample", "record"],
    *,
    out: Annotated[Path | None, Parameter(name=["--out", "-o"])] = None,
    options: Annotated[BenchOptions | None, Parameter(name="*")] = None,
    common: Common = COMMON,
) -> None:
    """Measure training, sampling or recording side by side with torch.nn on this machine.

    Parameters
    ----------
    what
        train: whole training steps; sample: drawing text; record: reading a text, with every state and gate.
    out
        Write the result as a page too: a Markdown file, or a folder in which it gets a name of its own.
    """
    from rnnscope.bench import options as bench_options
    from rnnscope.bench import output, start, tables

    job = bench_options.resolve(what, options or BenchOptions(), 1 if common.seed is None else common.seed)
    if out is not None:
        output.refuse_place(out)
    say = common.progress().say
    say(f"networks: {len(job.cases)}; here {job.path}, {' and '.join(job.precisions)}; threads: {job.threads}")
    found = start.run(job, say)
    if out is not None:
        say(f"written: {output.write(found, out)}")
    common.result(found, tables.text(found))
