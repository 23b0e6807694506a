"""What the battery of `rnnscope errors` takes where all scores are there: seconds and memory, in a process of its own.

    python benchmarks/errors_battery.py FOLDER [--repeats 3]

FOLDER holds models with their scores, as `rnnscope errors FOLDER` leaves them. Measured are overlap, symbols, brackets
with their spans, the onions with their controls and agreement; not t-SNE, and no reading by a network.
"""

from __future__ import annotations

import argparse
import json
import resource
import statistics
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

from rnnscope import environment
from rnnscope.analyse.agreement import agreement
from rnnscope.analyse.errors.battery import run
from rnnscope.api import comparing, explaining
from rnnscope.corpus import split


def once(folder: Path) -> dict[str, float]:
    """Do it here, and say what it took."""
    models = comparing.opened([folder])
    test, valid = comparing.predictions(models, "test"), comparing.predictions(models, "valid")
    assert test is not None
    assert valid is not None
    roles = explaining._roles(models, valid[0], None)
    first = models[0].opened
    text = first.text()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    started, used = time.perf_counter(), time.process_time()
    parts = split.make(len(text), first.corpus("measure"), text.files).parts
    marks = explaining._marks(text)
    run(test[0], valid[0], roles, text, parts["train"], first.alphabet.size, marks)
    agreement(np.stack(list(test[1].values())))
    return {
        "symbols": len(test[0]),
        "predictors": len(test[0].names),
        "seconds": time.perf_counter() - started,
        "cpu_seconds": time.process_time() - used,
        "before_mib": before,
        "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--once", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.once:
        print(json.dumps(once(given.folder)))
        return 0
    command = [sys.executable, __file__, str(given.folder), "--once"]
    runs = [json.loads(subprocess.check_output(command)) for _ in range(given.repeats)]
    middle = {name: statistics.median(run[name] for run in runs) for name in runs[0]}
    print(f"# The battery of errors\n\n- `python benchmarks/errors_battery.py {given.folder.name}`")
    print(f"- processor: {environment.describe()['processor']}; medians of {given.repeats} processes")
    print(f"- {middle['symbols']:,.0f} test symbols, {middle['predictors']:.0f} predictors, scores given\n")
    print(f"{middle['seconds']:.1f} s ({middle['cpu_seconds']:.1f} of the processor), peak of the process")
    print(f"{middle['peak_mib']:,.0f} MiB, of which {middle['before_mib']:,.0f} before it began.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
