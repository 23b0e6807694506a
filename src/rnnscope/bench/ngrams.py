"""All contexts of an n-gram counted, kept and asked: ours, and KenLM's one order where its programs are on the PATH.

Both sides have the training part of a built-in text as one stream, KenLM's convention for its start and end, and the
test part to predict. Their probabilities are compared before anything is timed. Fits are timed in turn, whole
distributions interleaved like every other benchmark; memory is that of processes which do nothing else.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from rnnscope.bench import counting, figures, kenlm
from rnnscope.bench.check import wrong
from rnnscope.bench.clock import Measured, interleave
from rnnscope.bench.options import Job
from rnnscope.config import CorpusConfig
from rnnscope.corpus import builtin, split
from rnnscope.corpus.alphabet import Alphabet
from rnnscope.corpus.read import load
from rnnscope.ngram import seams
from rnnscope.ngram.kneser_ney import KneserNey

FITS = 3
LOG10_LIMIT = 2e-4
"""KenLM takes one n-gram of each order into its discounts with another count, which moves some values by 1e-4."""

Announce = Callable[[str], None]


class Texts(NamedTuple):
    """What both sides are given.

    Attributes:
        train: ids, [any number].
        read: ids of what the test part is read after, and of the test part, [N].
        start: where the test part begins in `read`.
        vocabulary: V.
    """

    train: NDArray[np.integer[Any]]
    read: NDArray[np.integer[Any]]
    start: int
    vocabulary: int


def measure(job: Job, announce: Announce) -> dict[str, Any]:
    """Measure every text of the job: `rows`, and which programs of KenLM are `missing`.

    Raises:
        InputError: a text is not on this machine.
        MachineError: probabilities differ, or a program of KenLM failed.
    """
    programs = kenlm.programs()
    rows = []
    for text in job.texts:
        with tempfile.TemporaryDirectory(prefix="rnnscope-bench-") as folder:
            rows.append(_measured(job, text, texts(text), Path(folder), programs, announce))
    return {"rows": rows, "missing": list(kenlm.missing(programs))}


def texts(name: str) -> Texts:
    """The parts of a text as they are given to both sides."""
    usual = builtin.usual(name) | {"text": name, "split": "streams"}
    read = load(name)
    alphabet = Alphabet.of(read, unseen="refuse")
    ids = alphabet.encode(read.codes_N)
    cut = split.make(len(read), CorpusConfig.model_validate(usual), read.files)
    (train,) = seams.training_streams(ids, cut.parts["train"], "joined")
    stream, pieces = seams.reading(ids, cut, "test", "joined")
    return Texts(train, stream, pieces[0].start, alphabet.size)


def _measured(
    job: Job, name: str, given: Texts, folder: Path, programs: dict[str, str], announce: Announce
) -> dict[str, Any]:
    row: dict[str, Any] = {
        "text": name, "symbols": len(given.train), "vocabulary": given.vocabulary, "context": job.context,
        "order": job.context,
    }  # fmt: skip
    row |= _processes(job, given, folder, lambda line: announce(f"{name}: {line}"))
    structures = kenlm.STRUCTURES if {"lmplz", "build_binary"} <= set(programs) else ()
    if structures:
        kenlm.write_line(folder / "train.txt", given.train, given.vocabulary)
    row |= _fits(job, given, folder, programs, structures, lambda line: announce(f"{name}: {line}"))
    # Here and not before, so that ours is as fresh as KenLM's.
    model = KneserNey.fit([given.train], given.vocabulary, job.context, marks=True)
    asking = structures if "kenlm_rows" in programs else ()
    peers = {
        structure: kenlm.Rows(programs["kenlm_rows"], folder / structure, given.read, given.vocabulary)
        for structure in asking
    }
    try:
        for structure, peer in peers.items():
            row[f"{structure}_log10_difference"] = _compare(job, given, model, peer)
        row |= _rows(job, given, model, peers)
    finally:
        for peer in peers.values():
            peer.close()
    row["kernel"] = model.kernel
    announce(f"{name}: {row['rows_ours_1']['chars_per_second']:,.0f} distributions a second with one thread")
    return row


def _processes(job: Job, given: Texts, folder: Path, announce: Announce) -> dict[str, Any]:
    """Memory, times and sizes of processes that do one thing each."""
    ids = folder / "train.ids"
    given.train.tofile(ids)
    asked = {
        "do": "fit", "ids": str(ids), "type": given.train.dtype.name, "vocabulary": given.vocabulary,
        "context": job.context, "marks": True, "kernel": "auto", "threads": job.threads,
    }  # fmt: skip
    saved = folder / "model"
    row: dict[str, Any] = {"fit_process": counting.run(asked | {"folder": str(saved)})}
    loads = [counting.run({"do": "load", "folder": str(saved)}) for _ in range(FITS)]
    row["load_process"] = min(loads, key=lambda found: found["seconds"])
    announce(f"counted in {row['fit_process']['seconds']:.2f} s, loaded in {row['load_process']['seconds']:.2f} s")
    row["numpy_process"] = counting.run(asked | {"kernel": "reference"})
    announce(f"counted with NumPy alone in {row['numpy_process']['seconds']:.1f} s")
    return row


def _fits(
    job: Job,
    given: Texts,
    folder: Path,
    programs: dict[str, str],
    structures: tuple[kenlm.Structure, ...],
    announce: Announce,
) -> dict[str, Any]:
    """Fits in turn, the fast side a few times in each turn."""
    seconds: dict[str, list[float]] = {"ours": [], **{structure: [] for structure in structures}}
    built: dict[str, kenlm.Built] = {}
    for _ in range(min(job.repeats, FITS)):
        times = []
        for _ in range(FITS):
            began = time.perf_counter()
            KneserNey.fit([given.train], given.vocabulary, job.context, marks=True, threads=job.threads)
            times.append(time.perf_counter() - began)
        seconds["ours"].append(float(np.median(times)))
        for structure in structures:
            found = kenlm.build(programs, folder / "train.txt", folder / structure, job.context, structure)
            built[structure] = found
            seconds[structure].append(found.seconds)
            announce(f"KenLM, {structure}: {found.seconds:.1f} s; ours {seconds['ours'][-1]:.2f} s")
    row: dict[str, Any] = {f"fit_{name}": figures.speed(times, len(given.train)) for name, times in seconds.items()}
    for structure in structures:
        row[f"fit_{structure}_ratio"] = figures.ratio(seconds[structure], seconds["ours"])
        row[f"{structure}_bytes"] = built[structure].file_bytes
        row[f"{structure}_peak_bytes"] = built[structure].peak_bytes
    return row


def _compare(job: Job, given: Texts, model: KneserNey, peer: kenlm.Rows) -> dict[str, float]:
    """Largest and mean difference of log10 p over the test part, KenLM's order against the context that it has."""
    count = len(given.read) - given.start
    piece = [(given.start, len(given.read))]
    ours_N = model.log_probs_of_true(given.read, piece, [job.context - 1])[0] / np.log(10)
    off_N = np.abs(ours_N - peer.log10_probs_of_true(given.start, count))
    worst = float(off_N.max())
    if not worst <= LOG10_LIMIT:
        raise wrong(f"order {job.context}", f"log10 p differs from KenLM's by {worst:.2g}, {LOG10_LIMIT:g} is allowed")
    return {"largest": worst, "mean": float(off_N.mean()), "positions": count}


def _rows(job: Job, given: Texts, model: KneserNey, peers: dict[kenlm.Structure, kenlm.Rows]) -> dict[str, Any]:
    """Whole distributions, thread for thread."""
    count = min(job.length, len(given.read) - given.start)
    piece = [(given.start, given.start + count)]

    def ours(threads: int) -> Callable[[], object]:
        def compute() -> None:
            for _ in model.distributions(given.read, piece, job.context - 1, threads=threads):
                pass

        return compute

    runs: dict[str, Callable[[], object]] = {}
    for threads in sorted({1, job.threads}):
        runs[f"rows_ours_{threads}"] = ours(threads)
        for structure, peer in peers.items():
            if structure == "probing" or threads == 1:
                runs[f"rows_{structure}_{threads}"] = partial(peer.compute, given.start, count, threads)
    measured: Measured = interleave(runs, repeats=job.repeats, seconds=job.seconds)
    row: dict[str, Any] = {"positions": count, **measured.facts()}
    for name, times in measured.seconds.items():
        row[name] = figures.speed(times, count)
        _, side, workers = name.split("_")
        if side != "ours":
            row[f"{name}_ratio"] = figures.ratio(times, measured.seconds[f"rows_ours_{workers}"])
    return row
