"""Verbs that ask a model: how well it predicts, what it writes, what happens inside it."""

from __future__ import annotations

import itertools
import shutil
import sys
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from rnnscope import terminal
from rnnscope.commands.common import COMMON, STDIN, Checkpoint, Common, OtherTextName, Whole, stdin_of
from rnnscope.config import Part
from rnnscope.errors import InputError
from rnnscope.units import bytes_text, loss_text


def evaluate(
    run: Path,
    text: OtherTextName = None,
    *,
    part: Part | None = None,
    lanes: Whole | None = None,
    checkpoint: Checkpoint = "best",
    context: Whole | None = None,
    common: Common = COMMON,
) -> None:
    """Measure a model's loss on a part of its text, or on another text.

    Parameters
    ----------
    run
        The folder of a network or an n-gram model.
    text
        Another text. Without it, the text the model was made from.
    part
        Which part: of the model's own text test by default, of another text all of it.
    lanes
        Networks: pieces the part is cut into, each read from the zero state after 1,000 symbols of context; 1 is one
        stream. Default: 100.
    checkpoint
        Networks: which weights: best, last, or a step.
    context
        N-grams: symbols of context. Default: all it was made for, and the best on the validation part first.
    """
    from rnnscope import api

    result = api.evaluate(run, text, part=part, lanes=lanes, checkpoint=checkpoint, context=context)
    by = f" by context {result['context']}" if "context" in result else ""
    lines = [f"{loss_text(result['loss_nats'])} on {result['chars']:,} characters of {result['what']}{by}"]
    rows = result.get("contexts", ())
    lines += [f"context {row['context']}: {loss_text(row['loss_nats'])}" for row in rows if len(rows) > 1]
    common.result(result, "\n".join(lines))


def sample(
    run: Path,
    *,
    length: Whole = 2000,
    temperature: float = 1.0,
    prime: Annotated[str, Parameter(allow_leading_hyphen=True)] = "",
    count: Whole = 1,
    checkpoint: Checkpoint = "best",
    context: Whole | None = None,
    common: Common = COMMON,
) -> None:
    """Let a model write. One text is shown while it is drawn, several side by side when all are.

    Parameters
    ----------
    run
        The folder of a network or an n-gram model.
    length
        Symbols to draw.
    temperature
        Divides the log-probabilities: below 1 is more careful, 0 takes the most likely symbol each time.
    prime
        What the text begins with, of any length.
    count
        How many samples.
    checkpoint
        Networks: which weights: best, last, or a step.
    context
        N-grams: symbols of context. Default: the best on the validation part.
    """
    from rnnscope import api

    if count < 1:
        raise InputError(
            tried="draw samples",
            given=f"--count {count}",
            why="at least one sample is drawn",
            todo="Leave it out for one sample.",
        )
    opened = api.open(run, checkpoint=checkpoint, context=context)
    seed = 1 if common.seed is None else common.seed
    if count == 1 and not common.json:
        pieces = opened.sample_stream(length, temperature, prime, seed)
        terminal.write_stream(itertools.chain([prime], pieces, ["\n"]))
        return
    texts = opened.sample(length, temperature, prime, seed, count=count)
    if common.json:
        facts = {"length": length, "temperature": temperature, "prime": prime, "seed": seed}
        facts |= {"context": opened.context} if isinstance(opened, api.Ngram) else {}
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
    quantity: Annotated[tuple[str, ...], Parameter(negative="")] = (),
    layer: Annotated[tuple[int, ...], Parameter(negative="")] = (),
    name: str | None = None,
    cell: str = "1:1",
    beside: Path | None = None,
    checkpoint: Checkpoint = "best",
    common: Common = COMMON,
) -> None:
    """Record states and gates of a network while it reads: all of them, unless some are named.

    Parameters
    ----------
    run
        The run folder; the recording is written below it.
    text
        Another text. Without it, the text the run was trained on. With `-` nothing is kept: what is typed is shown,
        coloured by one cell.
    part
        Which part: of the run's own text test by default, of another text all of it.
    clamp
        LAYER:CELL=VALUE holds a cell at a value while the network reads; may be given several times.
    quantity
        Record this state or gate only; may be given several times.
    layer
        Record this layer only, counted from 1; may be given several times.
    name
        Name of the recording. Default: the part, or the text's name.
    cell
        With `-`: LAYER:CELL that colours the text, counted from 1.
    beside
        With `-`: another run that reads the same text, shown beside the first.
    checkpoint
        Which weights: best, last, or a step.
    """
    from rnnscope import api

    if text == STDIN:
        _show(run, beside, cell, clamp, quantity, checkpoint, common)
        return
    say = common.progress().say
    result = api.record(
        run,
        text,
        part=part,
        clamps=clamp,
        quantities=quantity,
        layers=layer,
        name=name,
        checkpoint=checkpoint,
        announce=say,
    )
    common.result(
        result, f"recorded {result['positions']:,} positions, {bytes_text(result['bytes'])}: {result['recording']}"
    )


def _show(
    run: Path,
    beside: Path | None,
    cell: str,
    clamp: tuple[str, ...],
    quantity: tuple[str, ...],
    checkpoint: str,
    common: Common,
) -> None:
    """Colour what comes from standard input: in a terminal by colours, elsewhere as numbers."""
    from rnnscope import api
    from rnnscope.corpus.read import load

    layer, _, number = cell.partition(":")
    if not (layer.isdecimal() and number.isdecimal()):
        raise InputError(
            tried="show a cell",
            given=f"--cell {cell}",
            why="a cell is named LAYER:CELL",
            todo="Both are counted from 1: --cell 2:17.",
        )
    typed = load(STDIN, symbols="characters", stdin=stdin_of(STDIN))
    text = "".join(map(chr, typed.codes_N.tolist()))
    pictures = [
        api.open_run(each, checkpoint).record(text, clamp).show(int(layer), int(number), next(iter(quantity), None))
        for each in (run, *([] if beside is None else [beside]))
    ]
    if common.json:
        rows = [
            {"title": one.title, "codes": list(one.codes), "values": [float(x) for x in one.values]} for one in pictures
        ]
        terminal.print_json({"pictures": rows})
    elif sys.stdout.isatty():
        width = shutil.get_terminal_size().columns
        shown = pictures[0].beside(pictures[1]).terminal(width) if beside else pictures[0].terminal(min(width, 120))
        sys.stdout.write(shown)
    else:
        sys.stdout.write("\n".join(one.csv() for one in pictures))
