"""The table of cells that `rnnscope cells` found in a network, as Markdown: docs/cells-found.md holds two.

    rnnscope cells RUN --json > FINDINGS.json
    python benchmarks/cells_found.py FINDINGS.json...

Up to three trackers of every hypothesis; where there is none, its best cell and the tests that it failed.
Nothing is computed.
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
    return rows


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


def _between(value: float | None, ends: Sequence[float] | None) -> str:
    return "-" if value is None or ends is None else f"{value:+.2f} ({ends[0]:+.2f} to {ends[1]:+.2f})"


def main(files: Sequence[str]) -> int:
    for file in files:
        found = json.loads(Path(file).read_text("utf-8"))
        sys.stdout.write(f"## {found['network']}, {found['what']}\n\n" + "\n".join(table(found)) + "\n\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
