"""The search for cells over networks of which the truth is known: wired, trained on planted text, or ignorant."""

from __future__ import annotations

from pathlib import Path

import pytest

from ..planted import campaigns

pytestmark = pytest.mark.planted


def test_wired_cells_are_found_and_decoys_are_not() -> None:
    """20 of 20 carriers are causal; of 20 decoys none is, echoes track nothing, and threefold cells are redundant."""
    rows = list(campaigns.wired())
    assert len(rows) == 40
    assert not [row.wrong for row in rows if row.wrong]


def test_networks_trained_on_speech_have_a_causal_quote_cell(tmp_path: Path) -> None:
    """In at least four of five seeds a cell is causal for the planted quotes."""
    rows = list(campaigns.trained(tmp_path))
    assert len(rows) == 5
    assert sum(not row.wrong for row in rows) >= 4, [row.wrong for row in rows]


def test_nothing_is_found_in_networks_that_know_nothing() -> None:
    """Of 100 untrained and permuted networks at most three have any confirmed claim."""
    rows = list(campaigns.nothing())
    assert len(rows) == 100
    assert sum(bool(row.wrong) for row in rows) <= 3, [row.wrong for row in rows if row.wrong]
