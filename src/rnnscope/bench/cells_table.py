"""The table of one search of cells: what it took, on a longer text too, and what other ways would take."""

from __future__ import annotations

from typing import Any

from rnnscope.units import bytes_text

Row = dict[str, Any]


def title(row: Row) -> str:
    """What is searched."""
    return f"{row['text']}: {row['cell']}, {row['layers']} x {row['hidden']}"


def table(row: Row) -> tuple[list[str], list[list[str]]]:
    """Names of the columns, and the lines: a column for each length of the text."""
    found = [row[name] for name in ("scan", "longer") if name in row]
    lines = [
        ["cells x features", *(f"{one['columns']:,} x {one['features']}" for one in found)],
        ["search, recording included", *(f"{one['seconds']:.1f} s" for one in found)],
        ["its threads", *(f"{one['threads']}" for one in found)],
        ["load of the machine, last minute of it", *(f"{one['load']:.1f}" for one in found)],
        ["its processor time", *(f"{one['processor_seconds']:.1f} s" for one in found)],
        ["one reading alone (a search has three)", *(f"{one['reading_seconds']:.1f} s" for one in found)],
        ["measuring the features", *(f"{one['features_seconds']:.1f} s" for one in found)],
        ["memory before the search", *(bytes_text(int(one["held_bytes"])) for one in found)],
        ["peak memory of the search", *(bytes_text(int(one["peak_bytes"])) for one in found)],
        ["peak memory of measuring the features", *(bytes_text(int(one["features_peak_bytes"])) for one in found)],
    ]
    return ["", *(f"{one['chars']:,} symbols" for one in found)], lines


def notes(found: Row) -> list[str]:
    """How the other ways compare."""
    lines = []
    for row in found["rows"]:
        ratio, regression = row["scipy_ratio"], row["regression"]
        lines += [
            f"{title(row)}: {row['compared']} cells on stored states, one thread: ours"
            f" {row['ours']['milliseconds'] / 1000:.2f} s, scipy's ranks and one product"
            f" {row['scipy']['milliseconds'] / 1000:.2f} s: {ratio['median']:.1f} times as long ({ratio['low']:.1f} to"
            f" {ratio['high']:.1f}; {row['repeats']} repeats, {row['discarded']} discarded"
            f"{', noisy: other processes were busy' if row['noisy'] else ''}). Largest difference of a score:"
            f" {row['difference']:.1e}.",
            f"{title(row)}: a logistic regression of scikit-learn on stored states takes"
            f" {regression['each_seconds']:.2f} s (mean of {regression['fitted']}); extrapolated to"
            f" {regression['pairs']:,} pairs of a cell and a binary feature"
            f" {regression['all_seconds'] / 3600:.1f} hours, {regression['ratio']:,.0f} times the search.",
        ]
    return lines
