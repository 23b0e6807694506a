"""The long proof that nothing is lost when a study is killed, and the page that says how it came out.

    python -m tests.study.campaign [KILLS]      200 kills: benchmarks/results/study_kills.md

Run from the root of the repository. tests/campaign holds the same to what is promised.
"""

from __future__ import annotations

import hashlib
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

from rnnscope.corpus.planted import planted
from rnnscope.study import book

from .cases import MANY, Kills, kill_until_done, plan_file, process, table

RESULT = Path(__file__).parents[2] / "benchmarks" / "results" / "study_kills.md"
KILLS = 200


class Cut(NamedTuple):
    """A study that was killed again and again, and what became of it."""

    kills: Kills
    tasks: int
    calm: bytes
    table: bytes


def cut_studies(folder: Path, kills: int) -> list[Cut]:
    """Kill a study until that many signals have met one; if it is done before, another one takes the rest.

    Args:
        folder: an empty one, for text and studies.
        kills: in all.
    """
    text = folder / "text"
    text.write_text(planted(seed=2, length=1200).text, encoding="utf-8")
    plan = plan_file(folder, MANY)
    assert process(text, folder / "calm", plan, "-q").wait() == 0
    cuts: list[Cut] = []
    while (left := kills - sum(sum(cut.kills) for cut in cuts)) > 0:
        out = folder / f"cut-{len(cuts)}"
        met = kill_until_done(text, out, plan, kills=left, seed=len(cuts))
        found = book.read(out)
        assert found is not None
        cuts.append(Cut(met, len(found.tasks()), table(folder / "calm"), table(out)))
        sys.stderr.write(f"{met}, {'same' if cuts[-1].table == cuts[-1].calm else 'ANOTHER'} table\n")
    return cuts


def page(cuts: list[Cut]) -> str:
    """What happened, as Markdown."""
    same = sum(cut.table == cut.calm for cut in cuts)
    calm = hashlib.sha256(cuts[0].calm).hexdigest()[:16]
    lines = [
        "# Studies whose processes were killed, and what became of their tables",
        "",
        f"Tiny studies of {cuts[0].tasks} tasks, two at a time on the local engine. After 0.2 to 3 seconds, at",
        "random, SIGKILL goes to the driver or to one of its workers, again and again; a driver that has ended is",
        "started anew. A study that is done before all signals are sent is followed by another. Made by",
        f"`python -m tests.study.campaign {sum(sum(cut.kills) for cut in cuts)}`.",
        "",
        f"{len(cuts)} studies, {same} with the table of an undisturbed one byte for byte (SHA-256 {calm}...).",
        "",
        "| study | drivers killed | workers killed | SHA-256 of its table |",
        "|---|---|---|---|",
    ]
    for number, cut in enumerate(cuts, 1):
        digest = hashlib.sha256(cut.table).hexdigest()[:16]
        lines.append(f"| {number} | {cut.kills.drivers} | {cut.kills.workers} | {digest}... |")
    totals = [sum(each) for each in zip(*(cut.kills for cut in cuts), strict=True)]
    lines.append(f"| all | {totals[0]} | {totals[1]} | |")
    return "\n".join(lines) + "\n"


def main() -> None:
    """Write the page; fail if a table differs."""
    kills = int(sys.argv[1]) if len(sys.argv) > 1 else KILLS
    with tempfile.TemporaryDirectory() as folder:
        cuts = cut_studies(Path(folder), kills)
    RESULT.write_text(page(cuts), encoding="utf-8")
    sys.exit(any(cut.table != cut.calm for cut in cuts))


if __name__ == "__main__":
    main()
