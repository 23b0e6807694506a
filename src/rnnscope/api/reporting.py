"""Gets a run ready for its report: scores of the held-out parts, samples at several temperatures, a recorded passage.

The report itself reads artifacts only. What it needs beyond the training's own files is computed here, with the
network, and kept in the run folder; it is made anew only when the weights that it was made from are others.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from rnnscope.analyse.cliff import pictures
from rnnscope.analyse.stats import block_bootstrap_mean, block_length
from rnnscope.api import folders
from rnnscope.api.command_line import command_line
from rnnscope.api.opening import open_run
from rnnscope.api.rivals import collect_counts, prepare_counts
from rnnscope.api.run import Run
from rnnscope.api.texts import chosen_text
from rnnscope.artifacts import tensors
from rnnscope.artifacts.lock import exclusive
from rnnscope.artifacts.run import RunFolder
from rnnscope.artifacts.trace import Trace
from rnnscope.config import Part, RecurrentConfig
from rnnscope.corpus.describe import describe
from rnnscope.corpus.lanes import LANES, WARM, reading_lanes
from rnnscope.corpus.split import Segment
from rnnscope.errors import InputError

if TYPE_CHECKING:
    from rnnscope.report.page import Page

PASSAGE_SYMBOLS = 1500
TEMPERATURES = (0.0, 0.5, 1.0, 1.2)
SAMPLE_LENGTH = 500
SCORED: tuple[Part, ...] = ("test", "valid")

Announce = Callable[[str], None]


def report(folder: str | Path, out: str | Path, *, announce: Announce | None = None) -> Path:
    """Write the report on a network, an n-gram model or a study as one HTML file.

    Args:
        folder: the folder of a model, or one whose sub-folders in runs/ hold models.
        out: the file to write; an existing one is replaced.
        announce: is told what is being computed, and which networks of a study are left out for want of weights.

    Raises:
        InputError: there is no model, the text of one cannot be found again, or no file can have this name.
    """
    from rnnscope.report.write import write_html

    _refuse_place(Path(out))
    write_html(page_of(folder, announce=announce), Path(out))
    return Path(out)


def page_of(folder: str | Path, *, announce: Announce | None = None) -> Page:
    """Everything that a report shows of a network, an n-gram model or a study; what is missing is computed.

    Args:
        folder: as for `report`. announce: is told what is being computed.
    """
    from importlib import metadata

    from rnnscope.report.build import build_page
    from rnnscope.report.collect import collect

    models = folders.find(Path(folder))
    runs, counts = models.networks, models.counts
    if announce is not None:
        for sentence in models.left_out():
            announce(sentence)
    for run in runs:
        prepare(open_run(run.path), announce=announce)
    for count in counts:
        prepare_counts(count, announce=announce)
    collected = collect(runs, [(count, collect_counts(count, runs)) for count in counts], Path(folder), models.unsaved)
    if collected.memories:
        collected = replace(collected, cliff=pictures())
    return build_page(collected, version=metadata.version("rnnscope"))


def _refuse_place(out: Path) -> None:
    """Refuse where no file can be written before anything is computed."""
    if os.path.isdir(out):
        why, todo = "a folder has this name", f"Name a file, such as {out / 'report.html'}."
    elif not os.path.isdir(out.parent):
        why, todo = f"there is no folder {out.parent}", "Make that folder first, or choose another."
    else:
        return
    raise InputError(tried="write a report", given=str(out), why=why, todo=todo)


def prepare(run: Run, *, announce: Announce | None = None) -> None:
    """Compute what the report needs beyond the training's files, unless it is there and fresh.

    Args:
        run: a run opened from its folder, with the weights that the report shall be about.
        announce: is told what is being computed.

    Raises:
        InputError: the run's text cannot be found again.
        Locked: another process writes to the run.
    """
    say = announce or (lambda line: None)
    folder = run.folder("get a report ready")
    made_from = {"checkpoint": run.made_from["checkpoint"], "text": folder.environment["text"]["sha256"]}
    with exclusive(folder.path):
        folder.sweep()
        for part in SCORED:
            if folder.environment["split"][part] and not _fresh(folder, "eval", part, made_from):
                say(f"scoring the {part} part with {folder.path.name}")
                _score(run, folder, part, made_from)
        if not _fresh(folder, "report", "about", made_from):
            say(f"sampling from {folder.path.name}")
            folder.write_result("report", "about", _about(run, folder), made_from)
        if isinstance(run.model, RecurrentConfig) and not _fresh(folder, "report", "passage", made_from):
            say(f"recording a passage with {folder.path.name}")
            _record_passage(run, folder, made_from)
        if isinstance(run.model, RecurrentConfig) and not _fresh(folder, "report", "gradients", made_from):
            say(f"following losses of the passage back with {folder.path.name}")
            _follow_back(run, folder, made_from)


def _fresh(folder: RunFolder, stage: str, name: str, made_from: dict[str, str]) -> bool:
    try:
        folder.read_result(stage, name, made_from)
    except InputError:  # absent, or made from other weights
        return False
    return True


def _score(run: Run, folder: RunFolder, part: Part, made_from: dict[str, str]) -> None:
    from rnnscope.record.scores import score_part

    chosen = chosen_text(run, part, None, LANES)
    ids = run.alphabet.encode(chosen.text.codes_N)
    scores = score_part(run.network, ids, reading_lanes(chosen.segments, LANES, WARM))
    rows = folder.config.corpus.split == "streams"
    block = block_length(len(scores), chosen.segments[0].stop - chosen.segments[0].start if rows else None)
    facts = {
        "part": part,
        "loss_nats": scores.loss_nats,
        "accuracy": scores.accuracy,
        "chars": len(scores),
        "interval_nats": block_bootstrap_mean(-scores.log_probs, block),
        "block": block,
        "lanes": LANES,
        "warm": WARM,
    }
    with folder.begin_result("eval", part, made_from) as draft:
        scores.write(draft)
        draft.facts.update(facts)


def _about(run: Run, folder: RunFolder) -> dict[str, Any]:
    seed = folder.config.train.seed
    description = describe(run.text(), folder.config.corpus)
    return {
        "frequency_loss_nats": _frequency_loss_nats(run, folder),
        "temperatures": [
            {"temperature": value, "text": run.sample(SAMPLE_LENGTH, value, seed=seed)} for value in TEMPERATURES
        ],
        "parameters": sum(parameter.numel() for parameter in run.network.parameters()),
        "step": run.weights_step,
        "analyses": [judgement._asdict() for judgement in description.analyses],
        "distinct": description.alphabet_size,
        "command": _command(folder),
    }


def _frequency_loss_nats(run: Run, folder: RunFolder) -> float | None:
    """Loss on the test part of knowing only how frequent each symbol is in the training part (one added to each)."""
    if not folder.environment["split"]["test"]:
        return None
    train_V, test_V = _counts(run, "train"), _counts(run, "test")
    log_p_V = np.log((train_V + 1) / (train_V + 1).sum())
    return float(-(test_V * log_p_V).sum() / test_V.sum())


def _counts(run: Run, part: Part) -> NDArray[np.int64]:
    """How often each symbol occurs in a part, [V]."""
    chosen = chosen_text(run, part, None, LANES)
    ids_N = run.alphabet.encode(chosen.text.codes_N)
    counts_V = np.zeros(run.alphabet.size, np.int64)
    for start, stop in chosen.segments:
        counts_V += np.bincount(ids_N[start:stop], minlength=run.alphabet.size)
    return counts_V


def _record_passage(run: Run, folder: RunFolder, made_from: dict[str, str]) -> None:
    """Record the first symbols of the test part, or of what there is, after 1,000 unrecorded ones."""
    from rnnscope.record.text import record_text

    parts: tuple[Part, ...] = (*SCORED, "train")
    part = next(part for part in parts if folder.environment["split"][part])
    chosen = chosen_text(run, part, None, LANES)
    start, stop = _longest(chosen.segments)
    stop = min(stop, start + PASSAGE_SYMBOLS)
    warm_start = max(0, start - WARM)
    ids = run.alphabet.encode(chosen.text.codes_N[warm_start:stop])
    trace = record_text(run.network, run.alphabet, ids, made_from=run.made_from).part(
        start - warm_start, stop - warm_start
    )
    with folder.begin_result("report", "passage", made_from) as draft:
        trace.write(draft)
        draft.facts.update({"part": part, "start": start, "stop": stop, "text_name": chosen.text.name})


def _follow_back(run: Run, folder: RunFolder, made_from: dict[str, str]) -> None:
    """Keep how far back each loss of the recorded passage is felt."""
    from rnnscope.model.char_rnn import CharRNN
    from rnnscope.record.unrolled import passage_gradients
    from rnnscope.report.kept import GRADIENTS_FILE

    passage = folder.read_result("report", "passage", made_from)
    trace = Trace.read(passage.folder, passage.manifest)
    assert isinstance(run.network, CharRNN)
    arrays = passage_gradients(run.network, trace)
    folder.write_result("report", "gradients", {}, made_from, {GRADIENTS_FILE: tensors.encode(arrays)})


def _longest(segments: tuple[Segment, ...]) -> Segment:
    return max(segments, key=lambda segment: (min(segment.stop - segment.start, PASSAGE_SYMBOLS), -segment.start))


def _command(folder: RunFolder) -> str:
    """The command line that trains this run again."""
    config = folder.config
    settings = config.corpus.model_dump(exclude={"text"}) | config.model.model_dump(exclude={"kind"})
    settings |= config.train.model_dump() | {"epochs": folder.status()["epochs"]}
    if settings.get("budget") is not None:
        settings.pop("hidden")
    if isinstance(config.model, RecurrentConfig):
        for name, owner in (("peephole", "lstm-peephole"), ("activation", "rnn")):
            if config.model.cell != owner:
                settings.pop(name)
    return command_line("train", folder, settings, (config.corpus, config.model, config.train))
