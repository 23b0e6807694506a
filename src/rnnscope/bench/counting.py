"""Counts n-grams in a process of its own, which has memory of its own: a job on stdin, what it took on stdout.

    {"do": "fit", "ids": FILE, "type": "uint8", "vocabulary": V, "context": C, "marks": true, "kernel": "auto",
     "threads": 1, "folder": FOLDER}
    {"do": "load", "folder": FOLDER}

`fit` saves the model if a folder is named. Times are of the step alone, what the process needed before it is told too.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

from rnnscope import environment
from rnnscope.artifacts.counts import CountFolder
from rnnscope.config import CorpusConfig, CountConfig, NgramConfig
from rnnscope.ngram.kneser_ney import KneserNey

STATUS = Path("/proc/self/status")


def run(job: dict[str, Any]) -> dict[str, float]:
    """Do a job in a new process; `process_seconds` is from its start to its end."""
    began = time.perf_counter()
    command = [sys.executable, "-m", "rnnscope.bench.counting"]
    done = subprocess.run(command, input=json.dumps(job), capture_output=True, text=True, check=True)
    found: dict[str, float] = json.loads(done.stdout)
    return found | {"process_seconds": time.perf_counter() - began}


def peak_bytes() -> int:
    """The most memory that this process had so far; 0 where the system does not tell."""
    try:
        lines = STATUS.read_text("ascii").splitlines()
    except OSError:
        return 0
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM"))


def fit(job: dict[str, Any]) -> dict[str, float]:
    """Count, and save if that is asked for."""
    ids = np.fromfile(job["ids"], np.dtype(job["type"]))
    before = peak_bytes()
    began, cpu_began = time.perf_counter(), time.process_time()
    model = KneserNey.fit(
        [ids], job["vocabulary"], job["context"], marks=job["marks"], kernel=job["kernel"], threads=job["threads"]
    )
    seconds = time.perf_counter() - began
    found = {"seconds": seconds, "cpu_seconds": time.process_time() - cpu_began, "model_bytes": model.bytes}
    found |= {"peak_bytes": peak_bytes(), "bytes_before": before}
    if job.get("folder"):
        began = time.perf_counter()
        CountFolder.create(
            job["folder"],
            config=CountConfig(corpus=CorpusConfig(text="bench"), ngram=NgramConfig(contexts=str(job["context"]))),
            alphabet={},
            environment=environment.describe(),
            parts=model.parts(),
            facts=model.facts(),
        )
        found["save_seconds"] = time.perf_counter() - began
    return found


def load(job: dict[str, Any]) -> dict[str, float]:
    """Open a folder as every command does, verifying every byte and table, and predict one symbol."""
    began = time.perf_counter()
    folder = CountFolder.open(job["folder"])
    model = KneserNey.from_parts(folder.read_parts(), folder.model_facts)
    model.log_probs_of_true(np.zeros(1, np.int64), [(0, 1)], [model.context])
    return {"seconds": time.perf_counter() - began, "peak_bytes": peak_bytes(), "model_bytes": folder.bytes}


def main() -> int:
    """Do what stdin asks for."""
    job = json.loads(sys.stdin.read())
    found = {"fit": fit, "load": load}[job["do"]](job)
    sys.stdout.write(json.dumps(found) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
