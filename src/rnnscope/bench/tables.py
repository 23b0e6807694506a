"""What was found, for people: a table for the terminal, a page for benchmarks/results."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from rnnscope.bench import cells_table, ngram_table
from rnnscope.bench.figures import LARGE_WIDTH

Row = dict[str, Any]

REPEATS = "repeats"

WHOLE_TABLES = {"ngram": ngram_table, "cells": cells_table}
"""Benches in which each row is a table of its own."""


def page(found: dict[str, Any]) -> str:
    """The result as a Markdown page: what was measured, on what, how, and every row."""
    machine, job = found["machine"], found["job"]
    versions = ", ".join(f"{name} {version}" for name, version in machine["versions"].items())
    facts = {
        "command": f"`{job['command']}`",
        "processor": f"{machine['processor']} ({machine['architecture']}), {machine['threads_available']} threads",
        "platform": machine["platform"],
        "versions": versions,
        "instructions": f"here {job['path']}, PyTorch {machine['torch_instructions']}",
        "threads": job["threads"],
        "load": f"{_list(machine['load_before'])} before, {_list(machine['load_after'])} after",
        "time": f"{machine['began']} to {machine['ended']}",
    }
    if found["bench"] == "ngram":
        facts.pop("instructions")
    whole = WHOLE_TABLES.get(found["bench"])
    lines = [f"# bench {found['bench']}", "", *(f"- {name}: {value}" for name, value in facts.items()), ""]
    if whole:
        for row in found["rows"]:
            lines += [f"## {whole.title(row)}", "", *_markdown(*whole.table(row)), ""]
        return "\n\n".join(["\n".join(lines[:-1]), *whole.notes(found)]) + "\n"
    lines += [*_notes(found), "", *_markdown(*_table(found)), "", "## Geometric means", "", *_markdown(*_means(found))]
    return "\n".join(lines) + "\n"


def text(found: dict[str, Any]) -> str:
    """The result for a terminal."""
    if whole := WHOLE_TABLES.get(found["bench"]):
        blocks = [[whole.title(row), *_aligned(*whole.table(row)), ""] for row in found["rows"]]
        return "\n".join([line for block in blocks for line in block] + whole.notes(found))
    lines = [*_aligned(*_table(found)), "", *_aligned(*_means(found)), "", *_notes(found)]
    return "\n".join(lines)


def file_name(found: dict[str, Any]) -> str:
    """What the page is called where only a folder was given: topic, texts where it is about some, processor, date."""
    processor = re.sub(r"[^a-z0-9]+", "-", found["machine"]["processor"].lower()).strip("-") or "unknown"
    held = "-avx2" if found["job"]["instructions"] == "avx2" else ""
    texts = "".join(f"_{name}" for name in found["job"].get("texts", ()))
    return f"{found['bench']}{held}{texts}_{processor}_{found['machine']['began'][:10]}.md"


def _table(found: dict[str, Any]) -> tuple[list[str], list[list[str]]]:
    make = {"train": _train, "sample": _sample, "record": _record}[found["bench"]]
    cells = [make(row) for row in found["rows"]]
    names = [name for name in dict.fromkeys(name for row in cells for name in row) if name != REPEATS] + [REPEATS]
    return names, [[row.get(name, "") for name in names] for row in cells]


def _case(row: Row) -> dict[str, str]:
    budget = f" ({row['budget']})" if row["budget"] else ""
    return {
        "cell": row["cell"],
        "L": str(row["layers"]),
        "H (budget)": f"{row['hidden']}{budget}",
        "B": str(row["batch"]),
    }


def _train(row: Row) -> dict[str, str]:
    found = _case(row) | {"precision": row["precision"]} | _step("ours", row["ours"])
    if "torch" in row:
        found |= _step("torch", row["torch"]) | {"ratio": _ratio(row["torch_ratio"])}
    if "autocast" in row:
        found |= _step("autocast", row["autocast"]) | {"to autocast": _ratio(row["autocast_ratio"])}
    if "of_limit" in row:
        found["of limit"] = f"{row['of_limit']:.2f}"
    if "plain" in row:
        found[f"time to {row['plain']['cell']}"] = _ratio(row["plain_ratio"])
    return found | _repeats(row)


def _step(name: str, speed: Row) -> dict[str, str]:
    return {
        f"{name} ms": f"{speed['milliseconds']:.2f}",
        f"{name} chars/s": f"{speed['chars_per_second']:,.0f}",
        f"{name} GFLOP/s": f"{speed['gflops']:.0f}",
    }


def _sample(row: Row) -> dict[str, str]:
    return (
        _case(row)
        | {"ours chars/s": f"{row['ours']['chars_per_second']:,.0f}"}
        | {f"torch chars/s, {count} threads": f"{speed:,.0f}" for count, speed in row["torch_by_threads"].items()}
        | {"ratio": _ratio(row["torch_ratio"])}
        | _repeats(row)
    )


def _record(row: Row) -> dict[str, str]:
    found = _case(row) | {"chars": f"{row['chars']:,}"}
    for name in ("eval", "record", "torch"):
        found[f"{name} ms"] = f"{row[name]['milliseconds']:.0f}"
        found[f"{name} chars/s"] = f"{row[name]['chars_per_second']:,.0f}"
    return (
        found | {"eval ratio": _ratio(row["eval_ratio"]), "record ratio": _ratio(row["record_ratio"])} | _repeats(row)
    )


def _repeats(row: Row) -> dict[str, str]:
    discarded = f" (-{row['discarded']})" if row["discarded"] else ""
    return {REPEATS: f"{row['repeats']}{discarded}{' noisy' if row['noisy'] else ''}"}


def _means(found: dict[str, Any]) -> tuple[list[str], list[list[str]]]:
    ratios = ("torch_ratio", "autocast_ratio", "plain_ratio", "eval_ratio", "record_ratio")
    titles = {
        "torch_ratio": "times torch float32", "autocast_ratio": "times autocast", "plain_ratio": "time to plain cell",
        "eval_ratio": "eval, times torch", "record_ratio": "record, times torch",
    }  # fmt: skip
    if found["bench"] == "sample":
        titles["torch_ratio"] = "times torch"
    present = [name for name in ratios if any(name in row for row in found["means"])]
    least = any("of_limit" in row for row in found["means"])
    by = [name for name in ("cell", "precision", "batch") if name in found["means"][0]]
    body = []
    for row in found["means"]:
        shown = [
            f"{row[name]['geometric_mean']:.2f} ({row[name]['lowest']:.2f} to {row[name]['highest']:.2f}, "
            f"{row[name]['rows']} rows)" if name in row else ""
            for name in present
        ]  # fmt: skip
        fraction = [f"{row['of_limit']:.2f}" if "of_limit" in row else ""] if least else []
        body.append([*(str(row[name]) for name in by), *shown, *fraction])
    names = [*by, *(titles[name] for name in present)]
    return names + ([f"least of limit, H >= {LARGE_WIDTH}"] if least else []), body


def _notes(found: dict[str, Any]) -> list[str]:
    job = found["job"]
    notes = [
        "Times are medians of interleaved repeats; a ratio is the median over the repeats (lowest to highest), above 1"
        " where this project is faster."
    ]
    if found["bench"] == "train":
        notes += [f"V {job['vocabulary']}, T {job['steps']}. GFLOP/s: {found['formula']}."]
        for precision, limit in found["limit"].items():
            runs = [pair for products in found["products"] for pair in products[precision].items()]
            shown = ", ".join(f"{library} {speed:.0f}" for library, speed in runs)
            notes += [
                f"Large-matrix limit, {precision}: {limit:.0f} GFLOP/s, the best of {shown}"
                f" (side {job['matrix']:,}, before and after)."
            ]
        if any("plain" in row for row in found["rows"]):
            notes += ["Time to a plain cell: below 1 where the cell is faster than it."]
    noisy = sum(row["noisy"] for row in found["rows"])
    discarded = sum(row["discarded"] for row in found["rows"])
    if noisy or discarded:
        notes += [
            f"Other processes were busy: {discarded} repeats discarded; {noisy} rows, marked noisy, had too few others."
        ]
    return notes


def _ratio(ratio: Row) -> str:
    return f"{ratio['median']:.2f} ({ratio['low']:.2f} to {ratio['high']:.2f})"


def _list(values: Sequence[float]) -> str:
    return " ".join(map(str, values)) or "unknown"


def _markdown(names: list[str], rows: list[list[str]]) -> list[str]:
    head = ["| " + " | ".join(names) + " |", "|" + "---|" * len(names)]
    return head + ["| " + " | ".join(row) + " |" for row in rows]


def _aligned(names: list[str], rows: list[list[str]]) -> list[str]:
    table = [names, *rows]
    widths = [max(len(row[column]) for row in table) for column in range(len(names))]
    return ["  ".join(word.rjust(width) for word, width in zip(row, widths, strict=True)).rstrip() for row in table]
