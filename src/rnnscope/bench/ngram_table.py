"""The table of one text's n-grams: what was measured, here and with KenLM."""

from __future__ import annotations

from typing import Any

from rnnscope.bench.kenlm import STRUCTURES
from rnnscope.units import bytes_text

Row = dict[str, Any]

SIDES = ("ours", *STRUCTURES)


def title(row: Row) -> str:
    """Which text it is about."""
    return str(row["text"])


def table(row: Row) -> tuple[list[str], list[list[str]]]:
    """Names of the columns, and the lines; a cell is empty where nothing was measured."""
    fit, load = row["fit_process"], row["load_process"]
    lines: list[list[str]] = [
        [f"fit: contexts 0 to {row['context']} here, order {row['order']} there", *_times(row, "fit_{}")],
        ["fit with NumPy alone", f"{row['numpy_process']['seconds']:.1f} s", "", "", "", ""],
    ]
    threads = sorted({int(name.rsplit("_", 1)[1]) for name in row if name.startswith("rows_ours_")})
    for count in threads:
        lines.append([f"{row['positions']:,} distributions, threads: {count}", *_times(row, f"rows_{{}}_{count}")])
    sizes = [row.get(f"{side}_bytes") for side in STRUCTURES]
    peaks = [row.get(f"{side}_peak_bytes") for side in STRUCTURES]
    lines += [
        ["size of the model", bytes_text(int(load["model_bytes"])), *(_bytes(size) for size in sizes), "", ""],
        ["peak memory of fitting", _bytes(fit["peak_bytes"]), *(_peak(peak) for peak in peaks), "", ""],
        ["peak memory of loading", _bytes(load["peak_bytes"]), "", "", "", ""],
        ["loading", f"{load['seconds']:.3f} s", "", "", "", ""],
        ["from the start of a process to a saved model", f"{fit['process_seconds']:.2f} s", "", "", "", ""],
    ]
    differences = [row.get(f"{side}_log10_difference") for side in STRUCTURES]
    if any(differences):
        shown = [f"{found['largest']:.1e} at most, {found['mean']:.0e} mean" if found else "" for found in differences]
        lines.append(["difference of log10 p(true)", "", *shown, "", ""])
    return ["", "ours", "KenLM probing", "KenLM trie", "times probing", "times trie"], lines


def notes(found: Row) -> list[str]:
    """What the tables leave out."""
    lines = ["Times are medians of repeats made in turn; a ratio is the median over the repeats (lowest to highest)."]
    for row in found["rows"]:
        lines.append(
            f"{row['text']}: {row['symbols']:,} training symbols, alphabet {row['vocabulary']}, kernel {row['kernel']};"
            f" distributions: {row['repeats']} repeats, {row['discarded']} discarded"
            f"{', noisy: other processes were busy' if row['noisy'] else ''}."
        )
    if found["missing"]:
        lines.append(f"KenLM was not measured in full: {', '.join(found['missing'])} not on the PATH (docs/bench.md).")
    return lines


def _times(row: Row, name: str) -> list[str]:
    found = [row.get(name.format(side)) for side in SIDES]
    ratios = [row.get(f"{name.format(side)}_ratio") for side in STRUCTURES]
    return [f"{time['milliseconds'] / 1000:.3g} s" if time else "" for time in found] + [
        f"{ratio['median']:.1f} ({ratio['low']:.1f} to {ratio['high']:.1f})" if ratio else "" for ratio in ratios
    ]


def _bytes(count: float | None) -> str:
    return "" if count is None else bytes_text(int(count))


def _peak(programs: dict[str, int] | None) -> str:
    return ", ".join(f"{name} {bytes_text(count)}" for name, count in programs.items()) if programs else ""
