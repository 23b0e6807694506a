"""What `rnnscope errors` found on the paper's two texts, beside the paper's figures, as one page.

    python benchmarks/errors_found.py STUDY... [--out docs/errors-found.md]

A STUDY is a folder in which `rnnscope errors STUDY` has left errors.json. Nothing is computed here but sums of shares.
Figures of the paper were measured in its pictures; on other texts than War and Peace and Linux there are none.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rnnscope.artifacts import sealed
from rnnscope.artifacts.run import RunFolder
from rnnscope.report.kept import ERRORS_FILE, ERRORS_KIND
from rnnscope.report.paper import figure_6

Facts = Mapping[str, Any]

VENN = (1.4, 8.3, 2.6, 4.8, 1.0, 6.0, 23.0)
"""Figure 4, Linux: network, window, n-gram; network with window, with n-gram, window with n-gram; all."""
BRACES = (
    (0.349, 0.297), (0.559, 0.353), (0.697, 0.371), (0.538, 0.288), (0.528, 0.290),
    (0.557, 0.334), (0.522, 0.335), (0.571, 0.367), (0.550, 0.353), (0.546, 0.402),
)  # fmt: skip
"""Figure 5, left: LSTM and 20-gram by bucket, Linux."""
SYMBOLS = {
    "linux": {
        "@": (0.627, 0.357), "=": (0.845, 0.591), ";": (0.834, 0.602), "}": (0.562, 0.363), "\\t": (0.871, 0.682),
        ")": (0.656, 0.475), "{": (0.947, 0.777), "]": (0.765, 0.648), ":": (0.550, 0.442), "space": (0.806, 0.709),
    },
    "warpeace": {
        "\\r": (0.686, 0.289), "space": (0.791, 0.672), '"': (0.446, 0.327), "7": (0.245, 0.128), "d": (0.751, 0.688),
        "8": (0.877, 0.818), "?": (0.137, 0.082), "y": (0.642, 0.588), "k": (0.623, 0.575), "n": (0.693, 0.646),
    },
}  # fmt: skip
"""Figure 4, right: the ten largest advantages of the LSTM over the 20-gram."""
OVERTAKES = {"window-1": 0.41, "window-2": 0.89, "window-3": 1.47, "window-4": 2.00}
"""Epochs at which the paper's LSTM-3 passed its windows, from Figure 5 right (Linux)."""


def percent(share: float) -> str:
    return f"{100 * share:.1f} %"


def section(study: Path) -> list[str]:
    """Everything about one text."""
    facts = sealed.read(study / ERRORS_FILE, ERRORS_KIND).facts
    name = facts["text"]["name"]
    slice_ = " (a different slice of the kernel)" if name == "linux" else ""
    return [
        "", f"## {name}", "",
        f"{facts['chars']:,} symbols of the test part, split {facts['split']}. The network is {facts['network']}.", "",
        *_predictors(study, facts), *_orderings(facts, name), *_venn(facts, name, slice_),
        *_symbols(facts, name, slice_),
        *_gain(facts), *_closers(facts, name, slice_), *_dynamics(facts, name, slice_), *_onion(facts),
    ]  # fmt: skip


def _predictors(study: Path, facts: Facts) -> list[str]:
    lines = ["| predictor | epochs seen | loss, nats | errors |", "|---|--:|--:|--:|"]
    for row in facts["predictors"]:
        folder = study / "runs" / row["name"]
        epochs = f"{RunFolder.open(folder).status()['epoch']:.1f}" if (folder / "status.json").exists() else ""
        share = percent(row["errors"] / facts["chars"])
        lines.append(f"| {row['name']} | {epochs} | {row['loss_nats']:.4f} | {row['errors']:,} ({share}) |")
    return lines


def _orderings(facts: Facts, name: str) -> list[str]:
    """What the paper's figures say in words, and whether it is so here."""
    told: list[tuple[str, bool]] = []
    better = {facts["symbol_names"][row["id"]] for row in facts["symbols"]["first"]} if facts["symbols"] else set()
    wanted = ["\\r"] if name == "warpeace" else ["}", ")", "]", "{", ";"]
    for symbol in wanted:
        told.append((f"the network knows `{symbol}` better than the n-gram (among the ten largest)", symbol in better))
    if name == "linux":
        braces = next(kind for kind in facts["brackets"] if kind["kinds"] == "{}")
        ahead = [row["differences"][0] for row in braces["buckets"]]
        told.append(
            (
                "braces: nearly even in the first bucket (less than half the largest lead)",
                abs(ahead[0]) < max(ahead) / 2,
            )
        )
        peak = max(braces["buckets"], key=lambda row: row["differences"][0])
        at_peak = f"{peak['differences'][0]:.3f}{_ends(peak['difference_intervals'][0])}"
        there = braces["buckets"][2]
        in_paper = f"{ahead[2]:.3f}{_ends(there['difference_intervals'][0])}"
        told.append(
            (
                f"braces: the largest lead is at 41 to 60 (there it is {in_paper} over "
                f"{there['cases']} cases; the largest, "
                f"{at_peak} over {peak['cases']}, at {peak['above'] + 1} to {peak['up_to']})",
                max(ahead) == ahead[2],
            )
        )
        told.append(("braces: the lead stays above 0 beyond 60", min(ahead[3:]) > 0))
    if facts["dynamics"]:
        windows = facts["dynamics"]["families"].get(
            "window networks", facts["dynamics"]["families"].get("n-grams", [])
        )[:4]
        by_rival = {row["rival"]: row for row in facts["dynamics"]["milestones"]}
        times = [by_rival[rival]["closest"] for rival in windows]
        told.append((f"it comes closest to {', '.join(windows)} in this order", times == sorted(times)))
    onions = list(facts["onions"].values())
    if len(onions) > 1:
        large, small = (
            facts["onions"][facts["network"]],
            next(one for key, one in facts["onions"].items() if key != facts["network"]),
        )
        gap = small["errors"] - large["errors"]
        share = (_family(small, "n-gram")[0] - _family(large, "n-gram")[0]) / max(gap, 1)
        told.append(
            (
                f"at least 70 % of the gap between the networks are n-gram errors (here {100 * share:.0f} %)",
                share >= 0.7,
            )
        )
    return ["", "Orderings:", "", *(f"- {'holds' if held else '**does not hold**'}: {text}" for text, held in told)]


def _venn(facts: Facts, name: str, slice_: str) -> list[str]:
    names = facts["overlap"]["names"]
    regions = {tuple(sorted(row["predictors"])): row for row in facts["overlap"]["regions"]}
    paper = dict(zip(_subsets(names), VENN, strict=False)) if name == "linux" and len(names) == 3 else {}
    lines = [
        "",
        f"### Errors in common (p < {facts['threshold']:g})",
        "",
        f"| who errs | symbols | share (95 %) | paper{slice_} |",
        "|---|--:|--:|--:|",
    ]
    for subset in [*_subsets(names), ()]:
        row = regions.get(tuple(sorted(subset)), {"errors": 0, "share": 0.0, "interval": None})
        beside = f"{paper[subset]:.1f} %" if subset in paper else "–"
        lines.append(
            _row(
                " and ".join(subset) or "nobody",
                f"{row['errors']:,}",
                percent(row["share"]) + _ends(row["interval"], 100, 1),
                beside,
            )
        )
    return lines


def _subsets(names: Sequence[str]) -> list[tuple[str, ...]]:
    if len(names) != 3:
        return [(name,) for name in names] + ([tuple(names)] if len(names) > 1 else [])
    one, two, three = names
    return [(one,), (two,), (three,), (one, two), (one, three), (two, three), (one, two, three)]


def _symbols(facts: Facts, name: str, slice_: str) -> list[str]:
    found = facts["symbols"]
    if not found:
        return []
    known, lines = SYMBOLS.get(name, {}), ["", "### Symbols known better"]
    for side, who in (("first", found["names"][0]), ("second", found["names"][1])):
        lines += [
            "",
            f"Better: {who}.",
            "",
            f"| symbol | {found['names'][0]} | {found['names'][1]} | difference (95 %) | cases | paper{slice_} |",
            "|---|--:|--:|--:|--:|--:|",
        ]
        for row in found[side]:
            symbol = facts["symbol_names"][row["id"]]
            beside = known.get(symbol)
            paper = f"{beside[0]:.3f} / {beside[1]:.3f}" if beside else "–"
            cases = f"{row['count']:,}" + ("" if row["enough"] else " (too few)")
            shown = symbol.replace("|", "\\|")
            lines.append(
                _row(
                    f"`{shown}`",
                    f"{row['first']:.3f}",
                    f"{row['second']:.3f}",
                    f"{row['difference']:+.3f}{_ends(row['interval'])}",
                    cases,
                    paper,
                )
            )
    return lines


def _gain(facts: Facts) -> list[str]:
    if not facts["gain"]:
        return []
    lines = ["", "### Memory and smoothing", "",
             "Losses in nats; the middle one is the network with all but the last 20 symbols replaced by other text.",
             "",
             "| at | cases | network | last 20 | n-gram | memory (95 %) | smoothing (95 %) |",
             "|---|--:|--:|--:|--:|--:|--:|"]  # fmt: skip
    for row in facts["gain"]:
        losses = " | ".join(f"{loss:.3f}" for loss in row["losses"])
        lines.append(
            f"| {row['event']} | {_cases(row)} | {losses} | {row['memory']:+.3f}{_ends(row['memory_interval'])}"
            f" | {row['smoothing']:+.3f}{_ends(row['smoothing_interval'])} |"
        )
    return lines


def _closers(facts: Facts, name: str, slice_: str) -> list[str]:
    wanted = "{}" if name == "linux" else "double-quotes"
    kind = next((kind for kind in facts["brackets"] if kind["kinds"] == wanted), None)
    if kind is None:
        return []
    names = kind["names"]
    lines = ["", f"### Closing symbols: {wanted}", "",
             "Mean p(closer) where it comes; in brackets where it does not, at the same depth, indentation, distance.",
             "",
             f"| distance | cases | {' | '.join(names)} | paper: LSTM / 20-gram{slice_} |",
             "|---|--:|" + "--:|" * (len(names) + 1)]  # fmt: skip
    for index, row in enumerate(kind["buckets"]):
        matched = row["matched"]["probs"] if row["matched"] else [None] * len(names)
        cells = [
            f"{p:.3f}" + ("" if other is None else f" ({other:.3f})")
            for p, other in zip(row["probs"], matched, strict=True)
        ]
        paper = f"{BRACES[index][0]:.3f} / {BRACES[index][1]:.3f}" if name == "linux" else "–"
        lines.append(_row(f"{row['above'] + 1}–{row['up_to']}", _cases(row), *cells, paper))
    return lines


def _dynamics(facts: Facts, name: str, slice_: str) -> list[str]:
    found = facts["dynamics"]
    if not found:
        return []
    lines = ["", "### Training", "",
             f"{found['network']} at {len(found['moments'])} moments, {found['chars']:,} symbols; KL in both "
             "directions, added.", "",
             f"| rival | its loss | overtaken, epoch | closest, epoch | least KL, nats | paper: overtaken{slice_} |",
             "|---|--:|--:|--:|--:|--:|"]  # fmt: skip
    for row in found["milestones"]:
        overtaken = "–" if row["overtaken"] is None else f"{row['overtaken']:.2f}"
        paper = f"{OVERTAKES[row['rival']]:.2f}" if name == "linux" and row["rival"] in OVERTAKES else "–"
        lines.append(
            _row(
                row["rival"],
                f"{row['loss_nats']:.3f}",
                overtaken,
                f"{row['closest']:.2f}",
                f"{row['least']:.2f}",
                paper,
            )
        )
    return lines


def _onion(facts: Facts) -> list[str]:
    known = figure_6(facts["text"]["sha256"])
    shares = known[1] if known else {}
    networks = sorted(facts["onions"], key=lambda name: name != facts["network"])
    columns = [
        word for name in networks for word in (f"{name}: errors", "share", "of nats", "taken first", "taken last")
    ]
    lines = [
        "",
        "### Causes",
        "",
        "| class | " + " | ".join(columns) + " | paper: large / small |",
        "|---|" + "--:|" * (len(columns) + 1),
    ]
    for family in dict.fromkeys(row["family"] for row in facts["onions"][networks[0]]["onion"]):
        own = {name: [row for row in facts["onions"][name]["onion"] if row["family"] == family] for name in networks}
        if len(own[networks[0]]) > 1:
            lines.append(_onion_row(f"**{family}**", [own[name] for name in networks], shares))
        for row in own[networks[0]]:
            lines.append(
                _onion_row(
                    row["class"],
                    [[other for other in own[name] if other["class"] == row["class"]] for name in networks],
                    shares,
                )
            )
    totals = ", ".join(f"{name} {facts['onions'][name]['errors']:,} of {facts['chars']:,}" for name in networks)
    return [*lines, "", f"All errors: {totals}."]


def _onion_row(name: str, by_network: Sequence[Sequence[Facts]], shares: Mapping[str, list[float]]) -> str:
    cells = []
    for rows in by_network:
        cells.append(f"{sum(row['errors'] for row in rows):,}")
        cells += [
            percent(sum(row[key] for row in rows)) for key in ("share", "share_of_nats", "share_first", "share_last")
        ]
    known = [shares[row["class"]] for row in by_network[0] if row["class"] in shares]
    paper = f"{percent(sum(pair[0] for pair in known))} / {percent(sum(pair[1] for pair in known))}" if known else "–"
    return f"| {name} | {' | '.join(cells)} | {paper} |"


def _family(onion: Facts, family: str) -> tuple[int, float]:
    rows = [row for row in onion["onion"] if row["family"] == family]
    return sum(row["errors"] for row in rows), sum(row["share"] for row in rows)


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


def _cases(row: Facts) -> str:
    return f"{row['cases']:,}" + ("" if row["enough"] else " (too few)")


def _ends(interval: Sequence[float] | None, factor: float = 1, decimals: int = 3) -> str:
    return "" if interval is None else f" ({factor * interval[0]:.{decimals}f} to {factor * interval[1]:.{decimals}f})"


INTRODUCTION = """# Errors that were found

What `rnnscope errors` ([errors](errors.md)) says about the networks of [results](results.md) on the two texts of
Karpathy, Johnson and Fei-Fei (2015), beside the figures of the paper where it has them. Made by `python3 dev.py bench
errors_found STUDY...` from the errors.json of two folders, each with the networks of one text (`python3 dev.py
networks`), its windows (`--plan results/windows.toml`) and `rnnscope ngram`.

Differences from the paper. Its networks were trained for 50 epochs, these as far as the first table of each text
says: they make more errors, and on Linux the n-gram still has the lower loss. Its text of the kernel is another one:
on `linux` its column is marked, and agreement is of order and shape. What it calls a word, punctuation or a matching
brace it does not say; [errors](errors.md) says what is meant here. The memory class of the onion is twice as large as
the paper's: words that stand inside longer words count here, and the control in [errors](errors.md) shows that much
of the class is how frequent words are. The network here passes its windows about half again as late as the paper's;
neither says why: the paper does not state its clipping, forget biases, dropout or carried states.

"Memory" is an upper and "smoothing" a lower bound: other text in the place of older symbols not only removes what
they said, it says something wrong. Closing quotes show it: after other text the network does not know that a
quotation is open.
"""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("studies", type=Path, nargs="+")
    parser.add_argument("--out", type=Path)
    given = parser.parse_args()
    page = INTRODUCTION + "\n".join(line for study in given.studies for line in section(study)) + "\n"
    sys.stdout.write(page)
    if given.out:
        given.out.write_text(page, "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
