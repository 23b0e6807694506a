"""How counting grows with the text: time and memory for all contexts 0 to 20 of one, two, five and ten times a text.

    python benchmarks/ngram_scale.py FOLDER... [--unit 3258246] [--times 1,2,5,10] [--context 20] [--out PAGE]

The bytes of the folders' text files (UTF-8, each content once) are concatenated in shuffled order, so that every length
is a sample of the same mixture. Each length is counted in a process of its own, several times in turn.
"""

from __future__ import annotations

import argparse
import random
import statistics
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from rnnscope import environment
from rnnscope.bench import counting


def gathered(folders: list[Path], least: int) -> np.ndarray:
    """At least `least` bytes of the folders' texts as ids, each file once."""
    paths = sorted(path for folder in folders for path in folder.rglob("*") if path.is_file() and not path.is_symlink())
    random.Random(1).shuffle(paths)
    pieces, seen, total = [], set(), 0
    for path in paths:
        data = path.read_bytes() if path.suffix in (".py", ".txt", ".rst", ".md", ".c", ".h", ".html", ".xml") else b""
        if not data or data in seen:
            continue
        try:
            data.decode("utf-8")
        except UnicodeDecodeError:
            continue
        seen.add(data)
        pieces.append(np.frombuffer(data, np.uint8))
        total += len(data)
        if total >= least:
            return np.unique(np.concatenate(pieces), return_inverse=True)[1].astype(np.uint8)
    raise SystemExit(f"the folders hold {total:,} bytes of text, {least:,} are wanted")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", type=Path, nargs="+")
    parser.add_argument("--unit", type=int, default=3_258_246, help="symbols of the smallest text")
    parser.add_argument("--times", default="1,2,5,10")
    parser.add_argument("--context", type=int, default=20)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--out", type=Path)
    given = parser.parse_args()
    sizes = [given.unit * int(times) for times in given.times.split(",")]
    ids = gathered(given.folders, max(sizes))
    found: dict[int, list[dict[str, float]]] = {size: [] for size in sizes}
    with tempfile.TemporaryDirectory(prefix="rnnscope-scale-") as folder:
        for size in sizes:
            ids[:size].tofile(f"{folder}/{size}")
        for _ in range(given.repeats):
            for size in sizes:
                job = {
                    "do": "fit", "ids": f"{folder}/{size}", "type": "uint8", "vocabulary": int(ids.max()) + 1,
                    "context": given.context, "marks": False, "kernel": "auto", "threads": 1,
                }  # fmt: skip
                found[size].append(counting.run(job))
    lines = [
        "# n-grams of longer texts", "",
        f"- command: `python benchmarks/ngram_scale.py {' '.join(path.name for path in given.folders)}`",
        f"- processor: {environment.describe()['processor']}, one thread; {datetime.now(UTC):%Y-%m-%d}",
        f"- alphabet: {int(ids.max()) + 1}; contexts 0 to {given.context}",
        f"- medians of {given.repeats} processes in turn (lowest); nanoseconds are of the lowest",
        "- processor time; bytes are per symbol", "",
        "| symbols | seconds | ns per symbol | model, bytes | peak of fitting, bytes |",
        "|---|---|---|---|---|",
    ]  # fmt: skip
    for size, runs in found.items():
        seconds = statistics.median(run["cpu_seconds"] for run in runs)
        lowest = min(run["cpu_seconds"] for run in runs)
        model = runs[0]["model_bytes"] / size
        peak = statistics.median(run["peak_bytes"] - run["bytes_before"] for run in runs) / size
        lines.append(
            f"| {size:,} | {seconds:.2f} ({lowest:.2f}) | {lowest / size * 1e9:.0f} | {model:.1f} | {peak:.1f} |"
        )
    page = "\n".join(lines) + "\n"
    sys.stdout.write(page)
    if given.out:
        given.out.write_text(page, "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
