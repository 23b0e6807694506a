"""How long networks remember, by cell and along training, and what clipping does: one page of what commands found.

    python benchmarks/memory_found.py STUDY --along STUDY [--tasks FOLDER ...] [--out docs/memory-found.md]

A STUDY is a folder whose `runs/` hold networks for which `rnnscope memory RUN` has run, each FOLDER one that `rnnscope
tasks` made. Nothing is computed here; what stands in the page before the tables was written by hand and is kept.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from rnnscope.api.folders import find
from rnnscope.artifacts import sealed
from rnnscope.artifacts.run import RunFolder
from rnnscope.config import RecurrentConfig
from rnnscope.report.kept import memories_of
from rnnscope.report.tasks import markdown

Facts = Mapping[str, Any]

TABLES = "<!-- Written by benchmarks/memory_found.py from here to the end. -->\n"


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("study", type=Path)
    parser.add_argument("--along", type=Path, required=True)
    parser.add_argument("--tasks", type=Path, nargs="*", default=[])
    parser.add_argument("--out", type=Path, default=Path("docs/memory-found.md"))
    options = parser.parse_args(arguments)
    by_hand = options.out.read_text("utf-8").partition(TABLES)[0] if options.out.exists() else ""
    tables = "\n".join(page(options.study, options.along, options.tasks))
    options.out.write_text(f"{by_hand}{TABLES}\n{tables}\n", "utf-8")
    return 0


def page(study: Path, along: Path, tasks: Sequence[Path]) -> Iterator[str]:
    """The lines of the page."""
    yield "## Horizons of three cells"
    yield ""
    yield from _networks(study)
    yield ""
    yield "![Gradients of three networks by distance](images/memory-compared.svg)"
    yield ""
    yield from _horizons(study)
    yield ""
    yield "## Before, during and after training"
    yield ""
    yield from _networks(along)
    yield ""
    yield "![Gradients along training](images/memory-training.svg)"
    yield ""
    yield from _training(along)
    for folder in tasks:
        facts = sealed.read(folder / "tasks.json", "tasks").facts
        yield ""
        yield from ("#" + line if line.startswith("#") else line for line in markdown(facts).splitlines())


def _found(study: Path) -> tuple[list[RunFolder], dict[str, Facts]]:
    runs = find(study).networks
    found, warnings = memories_of(runs)
    if warnings or len(found) < len(runs):
        sys.exit("\n".join(warnings) or f"rnnscope memory has not run for every network of {study}")
    return runs, dict(found)


def _networks(study: Path) -> Iterator[str]:
    runs, found = _found(study)
    yield "| network | cell | layers | cells | epochs | lowest validation loss, nats | text | losses of each kind |"
    yield "|---|---|---|---|---|---|---|---|"
    for run in runs:
        facts, model, status = found[run.path.name], run.config.model, run.status()
        assert isinstance(model, RecurrentConfig)
        cases = max(curve["cases"] for curve in facts["gradients"])
        yield (
            f"| {run.path.name} | {model.cell} | {model.layers} | {model.hidden} | {status['epoch']:.1f} | "
            f"{status['best_valid_loss_nats']:.4f} | {facts['what']} | {cases} |"
        )


def _horizons(study: Path) -> Iterator[str]:
    _, found = _found(study)
    yield "Symbols back until the median gradient stays below a share of its own size at distance 0, for losses at all"
    yield "symbols and at closing brackets; and the context from which on hiding older text costs less than 0.01 nats."
    yield ""
    yield "| network | losses at | state | half | 1/100 | 1/1,000 | kept per symbol | context |"
    yield "|---|---|---|---|---|---|---|---|"
    for name, facts in found.items():
        contexts = {curve["event"]: curve for curve in facts["context"]}
        for curve in facts["gradients"]:
            if curve["event"] in ("all", "closing brackets"):
                ends = " | ".join(_end(end, facts) for end in _ends(curve))
                kept = "" if curve["decay_per_step"] is None else f"{curve['decay_per_step']:.3f}"
                context = contexts.get(curve["event"])
                enough = context is not None and all(point["enough"] for point in context["points"])
                reach = _end(context["reach"], facts) if context is not None and enough else "too few cases"
                yield f"| {name} | {curve['event']} | {curve['state']} {curve['layer']} | {ends} | {kept} | {reach} |"


def _ends(curve: Facts) -> tuple[int | None, ...]:
    return curve["half_life"], curve["horizons"]["0.01"], curve["horizons"]["0.001"]


def _training(study: Path) -> Iterator[str]:
    _, found = _found(study)
    yield "Symbols back until the gradient of losses at all symbols stays below 1/100."
    yield ""
    yield "| network | updates | horizons by state and layer |"
    yield "|---|---|---|"
    for name, facts in found.items():
        for stage in facts["training"]:
            ends = [
                f"{curve['state']} {curve['layer']}: {_end(curve['horizons']['0.01'], facts)}"
                for curve in stage["gradients"]
            ]
            yield f"| {name} | {stage['step']:,} | {', '.join(ends)} |"


def _end(end: int | None, facts: Facts) -> str:
    return f"beyond {facts['distances']}" if end is None else str(end)


if __name__ == "__main__":
    sys.exit(main())
