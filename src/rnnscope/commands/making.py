"""Verbs that make something of a text: a trained network, an n-gram model, a whole study."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Parameter

from rnnscope import flags as settings
from rnnscope.commands.common import COMMON, Common, Out, Switch, TextName, Whole, stdin_of
from rnnscope.commands.tables import ngram_lines
from rnnscope.units import loss_text

if TYPE_CHECKING:
    from pydantic import BaseModel as CorpusFlags
    from pydantic import BaseModel as NgramFlags
    from pydantic import BaseModel as TrainFlags
else:
    from rnnscope.flags import CorpusFlags, NgramFlags, TrainFlags


def train(
    text: TextName,
    *,
    out: Out,
    resume: Switch = False,
    download: Switch = False,
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
        stdin=stdin_of(text),
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


def ngram(
    text: TextName,
    *,
    out: Out,
    download: Switch = False,
    options: Annotated[NgramFlags | None, Parameter(name="*")] = None,
    common: Common = COMMON,
) -> None:
    """Count the n-grams of a text, all lengths of context in one model, and score its held-out parts.

    Parameters
    ----------
    text
        A file, a folder, `-` for standard input, or a built-in name: stdlib, planted, warpeace, linux.
    out
        The folder to make.
    download
        Allow fetching warpeace or linux from its public address.
    """
    from rnnscope import api

    say = common.progress().say
    started = time.perf_counter()
    model = api.ngram(text, out, download=download, stdin=stdin_of(text), announce=say, **settings.given(options))
    facts = {"folder": str(model.path)} | model.facts() | {"seconds": time.perf_counter() - started}
    lines = [*ngram_lines(facts), f"next: rnnscope eval {model.path}  or  rnnscope report {model.path} -o report.html"]
    common.result(facts, "\n".join(lines))


def study(
    text: TextName = "stdlib",
    *,
    out: Out,
    preset: Literal["demo", "quick", "paper", "modern"] = "demo",
    plan: Path | None = None,
    seeds: Whole | None = None,
    epochs: Whole | None = None,
    jobs: Whole | None = None,
    engine: Literal["local", "ray"] = "local",
    address: str | None = None,
    hours: float | None = None,
    dry_run: Switch = False,
    download: Switch = False,
    options: Annotated[CorpusFlags | None, Parameter(name="*")] = None,
    common: Common = COMMON,
) -> None:
    """Do everything for one text: train, evaluate, analyse, write the report.

    A second start with the same folder continues where the first one stopped.

    Parameters
    ----------
    text
        A file, a folder, `-` for standard input, or a built-in name: stdlib, planted, warpeace, linux.
    out
        The study folder to make, or to continue.
    preset
        How much is done, on 2 cores: demo in about 3 minutes, quick in about 20, paper and modern in days.
    plan
        TOML file with a plan of your own, in the place of a preset.
    seeds
        Trainings of each network, with as many seeds, in the place of what the plan says.
    epochs
        Passes after which every training ends that the plan lets go on longer.
    jobs
        Tasks at a time, of one thread each. Default: as many as there are processors.
    engine
        Where tasks run: local, processes on this machine; ray, a Ray cluster (`pip install 'rnnscope[ray]'`).
    address
        Of the Ray cluster: HOST:PORT, or auto for the one that this machine belongs to. Default: one on this machine.
    hours
        Time after which trainings pause, and what there is gets its table and report.
    dry_run
        Show the plan and what it would cost; do nothing.
    download
        Allow fetching warpeace or linux from its public address.
    """
    from rnnscope.study import run as study_run
    from rnnscope.study import show
    from rnnscope.study.grid import Asked

    seed = 1 if common.seed is None else common.seed
    request = study_run.Request(
        text,
        out,
        preset=preset,
        plan_file=plan,
        asked=Asked(seed=seed, seeds=seeds, epochs=epochs, options=settings.given(options)),
        jobs=jobs,
        engine=engine,
        address=address,
        hours=hours,
        stdin=stdin_of(text),
        download=download,
    )
    if dry_run:
        facts = study_run.dry_run(request)
        common.result(facts, show.plan_text(facts))
        return
    result = study_run.study(request, verbosity=common.verbosity)
    common.result(result.to_dict(), result.to_text())
    if (error := result.error()) is not None:
        raise error
