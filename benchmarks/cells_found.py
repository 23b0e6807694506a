"""The table of cells that `rnnscope cells` found in a network, as Markdown: docs/cells-found.md holds two.

    rnnscope cells RUN --json > FINDINGS.json
    python benchmarks/cells_found.py FINDINGS.json...

Up to three trackers of every hypothesis; where there is none, its best cell and the tests that it failed. Then, of all
networks together, how far from their openers the strongest trackers of quotes and brackets hold. Nothing is computed.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

Facts = Mapping[str, Any]

WANTED = {
    "line position": "line-position", "inside quotes": "double-quotes", "inside comment": "comment",
    "comment or string": "comment-or-string", "block depth": "block-depth", "expression depth": "expression-depth",
    "indentation": "indentation", "indentation level": "indentation-level", "`if` condition": "if-condition",
    "`if` body": "if-body", "newline predictor": "line-end-next", "about to wrap": "about-to-wrap",
}  # fmt: skip
OPENED = {
    "inside quotes": "double-quotes", "inside parentheses": "in-parentheses", "inside comment": "comment",
    "string": "string", "argument list": "argument-list",
}  # fmt: skip
MULTIPLES = (0.5, 1, 1.5, 2, 3, 4, 5)
"""Of the steps of training: the ends of the buckets that are shown."""
TRACKERS = 3
HEAD = (
    "| hypothesis | cell | verdict | score (99 % bounds) | untrained or shifted | effect, bits (99 % bounds) "
    "| elsewhere | largest matched | probe: one, eight, all |\n|---|---|---|---|---|---|---|---|---|"
)


def table(found: Facts) -> list[str]:
    """A row for every cell that is shown."""
    rows = [HEAD]
    for words, feature in WANTED.items():
        if feature in found["searched"]["inapplicable"]:
            rows.append(f"| {words} | - | does not apply | | | | | | |")
            continue
        strongest: dict[tuple[int, int], Facts] = {}
        for claim in found["claims"]:  # the strongest come first
            if claim["feature"] == feature:
                strongest.setdefault((claim["layer"], claim["cell"]), claim)
        trackers = [claim for claim in strongest.values() if claim["verdict"] != "observed"][:TRACKERS]
        scores = {probe["cells"]: probe["score"] for probe in found["probes"] if probe["feature"] == feature}
        read = ", ".join("-" if scores.get(size) is None else f"{abs(scores[size]):.2f}" for size in (1, 8, None))
        for k, claim in enumerate(trackers or list(strongest.values())[:1]):
            rows.append(_row(claim, words if k == 0 else "", read if k == 0 else "", bool(trackers)))
        rows += [_turned(one) for one in found["directions"] if one["feature"] == feature]
    return rows


def reach(found: Facts) -> list[str]:
    """A row for the strongest c tracker of every hypothesis with an opener."""
    rows = []
    for words, feature in OPENED.items():
        trackers = [
            claim
            for claim in found["claims"]
            if claim["feature"] == feature
            and claim["quantity"] == found.get("clamped", "c")
            and claim["verdict"] != "observed"
            and claim["reach"]
        ]
        for claim in sorted(trackers, key=lambda claim: claim["verdict"] != "causal")[:1]:
            shown = []
            for multiple in MULTIPLES:  # ends of buckets are whole symbols
                near = (each for each in claim["reach"]["buckets"] if abs(each["high"] - multiple * found["steps"]) < 1)
                shown.append(_held(next(near, None)))
            cell = f"{claim['layer']}:{claim['cell']}"
            row = (found["network"], found["what"], found["steps"], words, cell, claim["verdict"], *shown)
            rows.append(f"| {' | '.join(map(str, row))} |")
    return rows


def _held(bucket: Facts | None) -> str:
    if bucket is None or bucket["score"] is None:
        return "-"
    effect = "" if bucket["effect_bits"] is None else f", {bucket['effect_bits']:+.1f} bits"
    return f"{bucket['score']:+.2f}{effect} ({bucket['cases']})"


def _row(claim: Facts, words: str, read: str, tracks: bool) -> str:
    cell = f"{claim['layer']}:{claim['cell']} {claim['quantity']}"
    failed = ", ".join(test for test, passed in (claim["confirmation"]["passes"] or {}).items() if not passed)
    told = claim["verdict"] if tracks else f"{claim['verdict']} (not passed: {failed})"
    proof, null = claim["intervention"], claim["null"]
    effect = elsewhere = matched = "-"
    if proof is not None:
        effect = _between(proof["effect_bits"], proof["interval_bits"])
        elsewhere = f"{proof['elsewhere_bits']:+.2f}"
        matched = f"{proof['matched_bits'][0]:+.2f} of {len(proof['matched_bits'])}"
    shown = cell if tracks else f"no tracker; best {cell}"
    score, bar = _between(claim["score"], claim["interval"]), "-" if null is None else f"{null:.2f}"
    return f"| {words} | {shown} | {told} | {score} | {bar} | {effect} | {elsewhere} | {matched} | {read} |"


def _turned(one: Facts) -> str:
    proof = one["intervention"]
    acts = "acts" if proof["causal"] else "not shown to act"
    effect, matched = _between(proof["effect_bits"], proof["interval_bits"]), proof["matched_bits"]
    cells = f"{len(one['cells'])} cells of layer {one['layer']} together"
    return (
        f"|  | {cells} | {acts} | {one['score']:+.2f} | - | {effect} | {proof['elsewhere_bits']:+.2f} "
        f"| {matched[0]:+.2f} of {len(matched)} | |"
    )


def _between(value: float | None, ends: Sequence[float] | None) -> str:
    return "-" if value is None or ends is None else f"{value:+.2f} ({ends[0]:+.2f} to {ends[1]:+.2f})"


def main(files: Sequence[str]) -> int:
    all_found = [json.loads(Path(file).read_text("utf-8")) for file in files]
    for found in all_found:
        sys.stdout.write(f"## {found['network']}, {found['what']}\n\n" + "\n".join(table(found)) + "\n\n")
    ends = " | ".join(f"to {multiple:g}" for multiple in MULTIPLES)
    sys.stdout.write(f"## How far they hold\n\n| network | text | steps | hypothesis | cell | verdict | {ends} |\n")
    sys.stdout.write("|---" * (6 + len(MULTIPLES)) + "|\n")
    sys.stdout.writelines(f"{row}\n" for found in all_found for row in reach(found))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
