"""Scores all cells for all features of a text in a process of its own: a job on stdin, what it took on stdout.

    {"text": NAME, "length": N, "cell": CELL, "layers": L, "hidden": H, "kernel": KERNEL, "threads": 2, "seed": 1}

The network has the weights that a training starts with: neither reading nor ranking depends on what it has learned.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from rnnscope.analyse.cells.labels import Feature, Labels
from rnnscope.api.search.scan import columns_of, score_all
from rnnscope.api.search.states import States
from rnnscope.bench.counting import peak_bytes
from rnnscope.config import RecurrentConfig
from rnnscope.corpus.alphabet import Alphabet
from rnnscope.corpus.read import load
from rnnscope.corpus.split import Segment
from rnnscope.errors import InputError
from rnnscope.features import tracks
from rnnscope.model.build import build, use_threads
from rnnscope.model.network import Network

RESET = Path("/proc/self/clear_refs")


class Given(NamedTuple):
    """What is scanned.

    Attributes:
        network: with as many symbols as the text has.
        ids: the first symbols of the text, [N].
        labels: features of them.
    """

    network: Network
    ids: NDArray[np.integer[Any]]
    labels: Labels

    @property
    def segments(self) -> list[Segment]:
        """All of it."""
        return [Segment(0, len(self.ids))]


def prepare(job: dict[str, Any]) -> Given:
    """Read the beginning of a text, measure its features, make a network.

    Raises:
        InputError: the text is shorter.
    """
    text, length = load(job["text"]), int(job["length"])
    if len(text) < length:
        raise InputError(
            tried="measure speed",
            given=f"the first {length:,} symbols of {job['text']}",
            why=f"it has {len(text):,}",
            todo="Use a smaller --length, or --longer 1.",
        )
    alphabet = Alphabet.of(text, unseen="refuse")
    whole = [Segment(0, length)]
    found = list(tracks(text, keep=whole))
    labels = Labels(
        [Feature(track.name, graded=track.feature.kind == "graded") for track in found],
        [track.compact for track in found],
        [track.valid_N for track in found],
        whole,
    )
    config = RecurrentConfig(cell=job["cell"], layers=job["layers"], hidden=job["hidden"])
    network = build(config, alphabet.size, job["seed"], job["kernel"])
    return Given(network, alphabet.encode(text.codes_N[:length]), labels)


def scan(job: dict[str, Any]) -> dict[str, float]:
    """Score everything as `rnnscope cells` does; then read once more, to tell reading from scoring."""
    use_threads(job["threads"])
    began = time.perf_counter()
    given = prepare(job)
    found = {"features_seconds": time.perf_counter() - began, "features_peak_bytes": peak_bytes()}
    searched = given.labels.groups
    _forget_peak()
    found["held_bytes"] = peak_bytes()
    columns = columns_of(given.network)
    began, cpu_began = time.perf_counter(), time.process_time()
    scores_CF = score_all(
        States(given.network, given.ids, given.segments), columns, given.labels,
        seed=job["seed"], threads=job["threads"],
    )  # fmt: skip
    found |= {"seconds": time.perf_counter() - began, "processor_seconds": time.process_time() - cpu_began}
    found["peak_bytes"] = peak_bytes()
    began = time.perf_counter()
    States(given.network, given.ids, given.segments).feed()
    found["reading_seconds"] = time.perf_counter() - began
    features = sum(map(len, searched))
    assert np.isfinite(scores_CF).all(axis=0).sum() == features, "a feature has no scores"
    return found | {
        "threads": job["threads"], "load": os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0,
        "chars": len(given.ids), "columns": len(columns), "features": features, "groups": len(searched),
        "graded": _graded(given.labels, searched),
    }  # fmt: skip


def _graded(labels: Labels, groups: Sequence[NDArray[np.int64]]) -> int:
    return sum(labels.features[f].graded for group in groups for f in group)


def _forget_peak() -> None:
    """Let the peak begin anew at what is held now, where the system can."""
    with suppress(OSError):
        RESET.write_text("5", "ascii")


def main() -> int:
    """Do what stdin asks for."""
    sys.stdout.write(json.dumps(scan(json.loads(sys.stdin.read()))) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
