"""The tables of whole studies beside the paper's Figure 1, as Markdown: docs/grid-found.md.

    python3 dev.py bench grid_found [STUDY...]

Of each study folder that is named, table.json and speed.json are first taken into results/studies, under the folder's
name. The page is written from what is there, and from nothing else. Its name says what a study is of: TEXT-RECIPE.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from rnnscope.artifacts import sealed
from rnnscope.artifacts.commit import commit_file

ROOT = Path(__file__).resolve().parent.parent
PAGE, KEPT = ROOT / "docs" / "grid-found.md", ROOT / "results" / "studies"
TABLES = "<!-- Written by benchmarks/grid_found.py from here to the end. -->\n"
FILES = {"table.json": "table", "speed.json": "speed"}
TITLES = {
    "warpeace-paper": "War and Peace, the paper's recipe",
    "linux-paper": "Linux, the paper's recipe (a different slice of the kernel)",
    "warpeace-modern": "War and Peace, the recipe `modern`",
}
CELLS, LAYERS = ("lstm", "rnn", "gru"), (1, 2, 3)

Facts = Mapping[str, Any]
Column = tuple[str, int]


def main(arguments: Sequence[str] | None = None) -> int:
    """Keep the tables of the studies that are named, and write the page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("studies", type=Path, nargs="*")
    for study in parser.parse_args(arguments).studies:
        if study.name not in TITLES:
            parser.error(f"{study}: a study's folder is called {', '.join(TITLES)} here")
        (KEPT / study.name).mkdir(parents=True, exist_ok=True)
        for name, kind in FILES.items():
            sealed.read(study / name, kind)  # refuses a damaged one
            commit_file(KEPT / study.name / name, (study / name).read_bytes())
    PAGE.write_text(with_tables(PAGE.read_text("utf-8"), KEPT), "utf-8")
    return 0


def with_tables(page: str, kept: Path) -> str:
    """The page with the tables of all studies that are kept."""
    by_hand = page.partition(TABLES)[0]
    blocks = []
    for name, title in TITLES.items():
        if (kept / name).is_dir():
            table, speed = (sealed.read(kept / name / file, kind).facts for file, kind in FILES.items())
            blocks.append("\n".join([f"## {title}\n", *study_lines(table, speed)]))
    return f"{by_hand}{TABLES}\n" + "\n".join(blocks)


def study_lines(table: Facts, speed: Facts) -> Iterator[str]:
    """Everything that is said of one study."""
    rows = [row for row in table["rows"] if row["loss_nats"] is not None]
    networks = [row for row in rows if row["cell"] in CELLS and row["chosen"] and row["budget"] is not None]
    cells: dict[int, dict[Column, list[Facts]]] = {}
    for row in networks:
        cells.setdefault(row["budget"], {}).setdefault((row["cell"], row["layers"]), []).append(row)
    yield from _losses(cells)
    yield from _least(cells)
    yield from _orderings(table, networks)
    yield from _others(rows, table["rival"])
    yield from _every(rows, {row["run"]: row for row in speed["rows"]})


def _losses(cells: Mapping[int, Mapping[Column, Sequence[Facts]]]) -> Iterator[str]:
    columns = [
        (cell, layers) for cell in CELLS for layers in LAYERS if any((cell, layers) in row for row in cells.values())
    ]
    yield "Test loss in nats, the mean over seeds; in brackets the paper's and the epochs seen here (there 50).\n"
    yield "| budget | " + " | ".join(map(_title, columns)) + " |"
    yield "|--:|" + "---|" * len(columns)
    for budget, row in sorted(cells.items()):
        yield f"| {budget} | " + " | ".join(_cell(row.get(column, ())) for column in columns) + " |"
    yield ""


def _cell(rows: Sequence[Facts]) -> str:
    if not rows:
        return "–"
    paper, seeds = rows[0]["paper_nats"], len(rows)
    beside = "–" if paper is None else f"{paper:.3f}"
    epochs = min(row["epochs_reached"] for row in rows)
    return f"**{_mean(rows):.4f}** ({beside}; {epochs:.0f}{f'; {seeds} seeds' if seeds > 1 else ''})"


def _mean(rows: Sequence[Facts]) -> float:
    return float(sum(row["loss_nats"] for row in rows) / len(rows))


def _least(cells: Mapping[int, Mapping[Column, Sequence[Facts]]]) -> Iterator[str]:
    yield "The lowest of each budget, among the networks that were trained here:\n"
    yield "| budget | lowest here | lowest in the paper |"
    yield "|--:|---|---|"
    for budget, row in sorted(cells.items()):
        here = min(row, key=lambda column: _mean(row[column]))
        known = {column: rows[0]["paper_nats"] for column, rows in row.items() if rows[0]["paper_nats"] is not None}
        there = min(known, key=lambda column: known[column]) if known else None
        said = "–" if there is None else f"{_title(there)}, {known[there]:.3f}"
        yield f"| {budget} | {_title(here)}, {_mean(row[here]):.4f} | {said} |"
    yield ""


def _title(column: Column) -> str:
    return f"{column[0].upper()}-{column[1]}"


def _orderings(table: Facts, networks: Sequence[Facts]) -> Iterator[str]:
    paper = {row["question"]: row["paper_nats"] for row in networks}
    found = table["differences"]
    if found["seed_deviation_nats"] is None:
        yield "No order of two networks is claimed: none was trained with several seeds.\n"
        return
    yield (
        f"Orders: one seed moves a loss by {found['seed_deviation_nats']:.4f} nats (standard deviation, "
        f"{found['degrees_of_freedom']} degrees of freedom, from the networks with several seeds). An order is claimed "
        "where the 95 % interval of the difference, over blocks of text and over seeds, leaves out 0.\n"
    )
    yield "| budget | pairs | orders claimed | the paper says the same | the other way round | where they differ |"
    yield "|--:|--:|--:|--:|--:|---|"
    groups: dict[str, list[Facts]] = {}
    for pair in found["pairs"]:
        if pair["group"].startswith("budget ") and pair["a"] in paper and pair["b"] in paper:
            groups.setdefault(pair["group"].removeprefix("budget "), []).append(pair)
    for budget, pairs in sorted(groups.items(), key=lambda group: int(group[0])):
        claimed = [pair for pair in pairs if pair["lower"] is not None]
        known = [pair for pair in claimed if paper[pair["a"]] is not None and paper[pair["b"]] is not None]
        other = [pair for pair in known if pair["difference_nats"] * (paper[pair["a"]] - paper[pair["b"]]) < 0]
        differing = "; ".join(f"{pair['lower']} below {_upper(pair)}" for pair in other) or "–"
        yield f"| {budget} | {len(pairs)} | {len(claimed)} | {len(known) - len(other)} | {len(other)} | {differing} |"
    yield ""


def _upper(pair: Facts) -> str:
    return str(pair["b"] if pair["lower"] == pair["a"] else pair["a"])


def _others(rows: Sequence[Facts], rival: Facts | None) -> Iterator[str]:
    others = [row for row in rows if row["cell"].startswith(("window-", "ngram-"))]
    if not others:
        return
    if rival is not None:
        yield f"The n-gram with {rival['context']} symbols of context: {rival['loss_nats']:.4f} nats.\n"
    yield "| rival | test nats | the paper's |"
    yield "|---|--:|--:|"
    for row in others:
        paper = "–" if row["paper_nats"] is None else f"{row['paper_nats']:.3f}"
        yield f"| {row['cell']} | {row['loss_nats']:.4f} | {paper} |"
    yield ""


def _every(rows: Sequence[Facts], speeds: Mapping[str, Facts]) -> Iterator[str]:
    yield "<details><summary>Every network</summary>\n"
    yield (
        "| network | width | weights | seed | epochs | test nats (95 % over text) | bits | valid nats | "
        "less the n-gram | thousand symbols a second |"
    )
    yield "|---|--:|--:|--:|--:|---|--:|--:|--:|--:|"
    for row in rows:
        if row["epochs_reached"] is None:
            continue
        interval, rate = row["interval_nats"], speeds[row["run"]]["chars_per_second"]
        between = f" ({interval[0]:.4f} to {interval[1]:.4f})" if interval else ""
        above = "–" if row["above_ngram_nats"] is None else f"{row['above_ngram_nats']:+.4f}"
        size = "–" if row["parameters"] is None else f"{row['parameters']:,}"
        mark = "" if row["chosen"] else " (not chosen)"
        yield (
            f"| {row['run']}{mark} | {row['hidden']:,} | {size} | {row['seed']} | {row['epochs_reached']:.1f} | "
            f"{row['loss_nats']:.4f}{between} | {row['bits_per_char']:.4f} | {row['valid_loss_nats']:.4f} | {above} | "
            f"{'–' if rate is None else f'{rate / 1000:,.0f}'} |"
        )
    yield "\n</details>\n"


if __name__ == "__main__":
    sys.exit(main())
