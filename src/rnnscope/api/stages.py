"""The stages eval and record as plain functions: what their commands call, and what they print."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from rnnscope.api.counts import Ngram
from rnnscope.api.opening import open, open_run
from rnnscope.api.run import Clamps, Run
from rnnscope.api.texts import Chosen, chosen_text
from rnnscope.artifacts.lock import exclusive
from rnnscope.artifacts.recording import Recording
from rnnscope.artifacts.results import NAME
from rnnscope.config import Part
from rnnscope.corpus.lanes import LANES, WARM, reading_lanes
from rnnscope.errors import InputError
from rnnscope.units import bytes_text


def evaluate(
    run: str | Path,
    text: str | Path | None = None,
    *,
    part: Part | None = None,
    lanes: int | None = None,
    checkpoint: str | int = "best",
    context: int | None = None,
) -> dict[str, Any]:
    """Measure the loss of a model; see `Run.eval` and `Ngram.eval`.

    Args:
        run: the folder of a network or an n-gram model.
        text: another text than the model's own.
        part: which part; by default test of the own text, all of another.
        lanes: pieces that a network reads the part in; 100 by default.
        checkpoint: which weights of a network: best, last or a step.
        context: which context of an n-gram model; without one all that it was made for are measured, too.

    Returns:
        `loss_nats`, `bits_per_char`, `chars`, `chars_per_second`, `what`; for an n-gram model also `context` and
        `contexts`, rows with `context`, `loss_nats`, `bits_per_char`.
    """
    opened = open(run, checkpoint, context=context)
    if not isinstance(opened, Ngram):
        return opened.eval(part, text, lanes=LANES if lanes is None else lanes).to_dict()
    if lanes is not None:
        raise InputError(
            tried="evaluate an n-gram model",
            given=f"--lanes {lanes}",
            why="lanes belong to networks; an n-gram reads every symbol after the symbols that stand before it",
            todo="Leave the option out.",
        )
    contexts = sorted({*opened.contexts, opened.context}) if context is None else [context]
    found = opened.eval_contexts(contexts, part, text)
    rows = [
        {"context": length, "loss_nats": each.loss_nats, "bits_per_char": each.bits_per_char}
        for length, each in found.items()
    ]
    return found[opened.context].to_dict() | {"context": opened.context, "contexts": rows}


def record(
    run: str | Path,
    text: str | Path | None = None,
    *,
    part: Part | None = None,
    clamps: Sequence[str] = (),
    quantities: Sequence[str] = (),
    layers: Sequence[int] = (),
    name: str | None = None,
    checkpoint: str | int = "best",
    lanes: int = LANES,
    announce: Callable[[str], None] | None = None,
) -> dict[str, Any]:
    """Record a trained network into its run folder; see `record_into`.

    Returns:
        `recording` (the folder), `name`, `positions`, `bytes`, `loss_nats`, `bits_per_char`, `what`, `clamps`.
    """
    opened = open_run(run, checkpoint)
    chosen = chosen_text(opened, part, text, lanes)
    recording = record_into(
        opened, chosen, clamp=clamps, quantities=quantities, layers=layers, name=name, lanes=lanes, announce=announce
    )
    return {
        "recording": str(recording.folder),
        "name": recording.folder.name,
        "positions": len(recording),
        "bytes": recording.bytes,
        "loss_nats": recording.scores.loss_nats,
        "bits_per_char": recording.scores.bits_per_char,
        "what": chosen.what,
        "clamps": list(recording.facts["clamps"]),
    }


def record_into(
    run: Run,
    chosen: Chosen,
    *,
    clamp: Clamps = (),
    quantities: Sequence[str] = (),
    layers: Sequence[int] = (),
    name: str | None = None,
    lanes: int = LANES,
    announce: Callable[[str], None] | None = None,
) -> Recording:
    """Record symbols of a text into RUN/record/NAME/: states and gates, and the scores of the same reading.

    Args:
        run: an opened run folder.
        chosen: which symbols.
        clamp: cells to hold at a value while reading.
        quantities: names of states and gates to record; all by default.
        layers: which layers to record, counted from 1; all by default.
        name: of the recording; by default the part or the text, and what is not as usual. An older one is replaced.
        lanes: pieces the symbols are cut into.
        announce: is told the size before anything is read.

    Raises:
        InputError: a clamp, a quantity, a layer or the name is not possible, or the text has unknown symbols.
        Locked: another process writes to the run.
        MachineError: the disk is full, for instance; nothing is left behind.
    """
    from rnnscope.record.clamps import written
    from rnnscope.record.part import Wanted, record_part, store_bytes

    folder = run.folder("record into a run folder")
    clamps = run.clamps(clamp)
    wanted = Wanted.of(run.network, quantities or None, _indices(layers, run.network.depth) or None)
    chosen_only = [f"layer-{layer}" for layer in layers] + list(quantities)
    name = _checked(_default_name(run, chosen, written(clamps), chosen_only) if name is None else name)
    ids = run.alphabet.encode(chosen.text.codes_N)
    pieces = reading_lanes(chosen.segments, lanes, WARM)
    positions = sum(piece.stop - piece.start for piece in pieces)
    if announce:
        size = store_bytes(run.network, positions, wanted)
        announce(f"recording {chosen.what}: {positions:,} positions, {bytes_text(size)} in {folder.path}/record/{name}")
    facts = {
        "part": chosen.part,
        "text": {"name": chosen.text.name, "source": chosen.text.source, "sha256": chosen.text.sha256},
        "segments": [list(segment) for segment in chosen.segments],
        "lanes": lanes,
        "warm": WARM,
        "step": run.weights_step,
        "alphabet": run.alphabet.to_json(),
    }
    made_from = {"checkpoint": run.made_from["checkpoint"], "text": chosen.text.sha256}
    with exclusive(folder.path):
        folder.sweep()
        with folder.begin_result("record", name, made_from) as draft:
            record_part(draft, run.network, ids, pieces, wanted=wanted, clamps=clamps, facts=facts)
    return run.recording(name)


def _indices(layers: Sequence[int], depth: int) -> list[int]:
    for layer in layers:
        if not 1 <= layer <= depth:
            raise InputError(
                tried="record a layer",
                given=f"--layer {layer}",
                why=f"the network has layers 1 to {depth}",
                todo="Choose a layer in that range; layers are counted from 1.",
            )
    return [layer - 1 for layer in layers]


def _default_name(run: Run, chosen: Chosen, clamps: Sequence[str], only: Sequence[str]) -> str:
    base: str = chosen.part if chosen.own else re.sub("[^a-z0-9]+", "-", chosen.text.name.lower()).strip("-") or "text"
    marks = [] if chosen.own else [chosen.text.sha256[:8]]
    if clamps:
        marks.append("clamped-" + hashlib.sha256(" ".join(clamps).encode()).hexdigest()[:8])
    if only:
        marks.append("only-" + hashlib.sha256(" ".join(sorted(only)).encode()).hexdigest()[:8])
    return "-".join([base[:32].strip("-"), *marks])


def _checked(name: str) -> str:
    if not NAME.fullmatch(name):
        raise InputError(
            tried="name a recording",
            given=repr(name),
            why="a name is at most 64 small letters, digits and hyphens, and begins with a letter or a digit",
            todo="Give another --name, such as test-without-cell-17.",
        )
    return name
