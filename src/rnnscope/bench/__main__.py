"""The process that measures: a job on stdin, lines of JSON on stdout. See start.py for why it is a process."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import torch

from rnnscope import environment
from rnnscope.bench import cells, ngrams, recording, sampling, training
from rnnscope.bench.options import Job, What
from rnnscope.bench.start import written
from rnnscope.errors import RnnscopeError

MEASURE: dict[What, Callable[[Job, Callable[[str], None]], dict[str, Any]]] = {
    "train": training.measure,
    "sample": sampling.measure,
    "record": recording.measure,
    "ngram": ngrams.measure,
    "cells": cells.measure,
}


def measure(job: Job, announce: Callable[[str], None]) -> dict[str, Any]:
    """What was found, with everything that says under which conditions."""
    facts = environment.describe() | {
        "torch_instructions": torch.backends.cpu.get_cpu_capability(),
        "torch_threads": job.threads,
        "load_before": _load(),
        "began": datetime.now(UTC).isoformat(timespec="seconds"),
    }
    found = MEASURE[job.what](job, announce)
    facts |= {"load_after": _load(), "ended": datetime.now(UTC).isoformat(timespec="seconds")}
    return {"bench": job.what, "job": job.model_dump(mode="json", exclude={"cases"}), "machine": facts} | found


def _load() -> list[float]:
    return [round(value, 2) for value in os.getloadavg()] if hasattr(os, "getloadavg") else []


def main() -> int:
    """Measure what stdin asks for."""
    job = Job.model_validate_json(sys.stdin.read())

    def tell(**message: Any) -> None:
        sys.stdout.write(json.dumps(message) + "\n")
        sys.stdout.flush()

    try:
        tell(found=measure(job, lambda line: tell(say=line)))
    except RnnscopeError as error:
        tell(error=written(error))
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
