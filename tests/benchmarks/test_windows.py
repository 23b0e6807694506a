"""What is kept of the window networks is what the paper's table asks for and the documentation says."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import pytest
import window_table

from .conftest import ROOT

KEPT = ROOT / "results" / "windows"
ENTRIES: dict[str, dict[str, Any]] = {
    entry["name"]: entry for entry in json.loads((KEPT / "index.json").read_text("utf-8"))["networks"]
}
ALLOWED_NATS = 0.02


@pytest.mark.golden
@pytest.mark.parametrize("window", [1, 2, 3])
def test_the_papers_losses_are_reached(window: int) -> None:
    """On War and Peace windows of 1, 2 and 3 symbols are at most 0.02 nats above the paper, chosen on validation."""
    entry = ENTRIES[f"warpeace-window-{window}"]
    assert entry["test_loss_nats"] <= entry["paper_nats"] + ALLOWED_NATS
    assert (entry["text"], entry["split"], entry["cell"]) == ("warpeace", "streams", f"window-{window}")
    assert min(loss for _, loss in entry["curve"]) == entry["valid_loss_nats"]
    assert any(f"{entry['hidden']:,} units were best on the validation part" in note for note in entry["notes"])
    weights = (KEPT / entry["weights"]).read_bytes()
    assert hashlib.sha256(weights).hexdigest() == entry["weights_sha256"]


@pytest.mark.golden
def test_the_page_has_these_losses() -> None:
    """docs/results.md has every kept window with its loss, width and epochs."""
    page = (ROOT / "docs" / "results.md").read_text("utf-8")
    for entry in ENTRIES.values():
        window = entry["cell"].removeprefix("window-")
        assert f"| {window} | {entry['test_loss_nats']:.4f} | {entry['hidden']:,} | {entry['epochs']:.1f} |" in page


@pytest.mark.golden
def test_the_tables_of_the_page_are_written_by_the_command() -> None:
    """`dev.py bench window_table` changes nothing on the page: its tables are those of the index, row by row."""
    page = (ROOT / "docs" / "results.md").read_text("utf-8")
    column: dict[str, list[float]] = {}
    for text, introduction in window_table.INTRODUCED.items():
        rows = page.split(introduction)[1].split("\n\n")[1].splitlines()[2:]
        column[text] = [float(row.split("|")[6]) for row in rows]
    assert window_table.with_tables(page, window_table.tables(ENTRIES.values(), column)) == page


@pytest.mark.law
def test_a_window_that_is_missing_has_no_row() -> None:
    """Networks that are not kept leave their row out, and a text without any its table."""
    entries = [ENTRIES["warpeace-window-1"], ENTRIES["warpeace-window-7"]]
    found = window_table.tables(entries, {"warpeace": [1.0] * 7})
    assert [line[:5] for line in found.splitlines() if line.startswith("| ")][1:] == ["| 1 |", "| 7 |"]
    assert "| – | 1.000 |" in found
    assert "Linux" not in found
