"""What is kept of the window networks is what the paper's table asks for and the documentation says."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import pytest

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
