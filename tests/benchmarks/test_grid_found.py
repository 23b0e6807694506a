"""The page of whole studies says what their tables say, and nothing of what they do not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from grid_found import KEPT, PAGE, TABLES, study_lines, with_tables


def _row(run: str, cell: str, layers: int, loss: float, paper: float | None, **more: Any) -> dict[str, Any]:
    row = {"run": run, "cell": cell, "layers": layers, "budget": 64, "hidden": 8, "parameters": 1000, "seed": 1}
    row |= {"loss_nats": loss, "interval_nats": [loss - 0.1, loss + 0.1], "bits_per_char": loss * 1.4427}
    row |= {"valid_loss_nats": loss, "above_ngram_nats": loss - 1.2, "paper_nats": paper, "epochs_reached": 10.0}
    return row | {"question": run, "variant": run, "chosen": True} | more


ROWS = [
    _row("lstm-1-64", "lstm", 1, 1.5, 1.449),
    _row("lstm-1-64-seed-2", "lstm", 1, 1.6, 1.449, seed=2, question="lstm-1-64", variant="lstm-1-64"),
    _row("rnn-1-64", "rnn", 1, 1.7, 1.446),
    _row("gru-1-64", "gru", 1, 1.3, 1.398),
    _row("gru-1-64-dropout-0p1", "gru", 1, 1.9, 1.398, question="gru-1-64", chosen=False),
]
PAIRS = [
    {"group": "budget 64", "a": "lstm-1-64", "b": "rnn-1-64", "difference_nats": -0.15, "lower": "lstm-1-64"},
    {"group": "budget 64", "a": "lstm-1-64", "b": "gru-1-64", "difference_nats": 0.25, "lower": "gru-1-64"},
    {"group": "budget 64", "a": "rnn-1-64", "b": "gru-1-64", "difference_nats": 0.4, "lower": None},
]
SPEED = {"rows": [{"run": row["run"], "chars_per_second": 250_000.0} for row in ROWS]}


def _table(deviation: float | None) -> dict[str, Any]:
    differences = {"seed_deviation_nats": deviation, "degrees_of_freedom": 1, "pairs": PAIRS}
    return {"rows": ROWS, "differences": differences, "rival": {"context": 20, "loss_nats": 1.2}}


@pytest.mark.golden
def test_losses_stand_beside_the_papers() -> None:
    """A cell of the table is the mean over seeds of the chosen variant, with the paper's loss and the epochs seen."""
    page = "\n".join(study_lines(_table(0.01), SPEED))
    assert "| 64 | **1.5500** (1.449; 10; 2 seeds) | **1.7000** (1.446; 10) | **1.3000** (1.398; 10) |" in page
    assert "| 64 | GRU-1, 1.3000 | GRU-1, 1.398 |" in page
    assert "| gru-1-64-dropout-0p1 (not chosen) | 8 | 1,000 |" in page


@pytest.mark.golden
def test_orders_are_compared_with_the_papers() -> None:
    """Of three pairs two are claimed; the paper has one of them the other way round, and that one is named."""
    page = "\n".join(study_lines(_table(0.01), SPEED))
    assert "| 64 | 3 | 2 | 1 | 1 | lstm-1-64 below rnn-1-64 |" in page


@pytest.mark.law
def test_no_order_without_seeds() -> None:
    """Without a second seed anywhere no order is claimed."""
    page = "\n".join(study_lines(_table(None), SPEED))
    assert "No order of two networks is claimed" in page
    assert "orders claimed" not in page


@pytest.mark.golden
def test_the_page_is_written_by_the_command() -> None:
    """`dev.py bench grid_found` changes nothing: the tables of the page are those of the studies that are kept."""
    page = PAGE.read_text("utf-8")
    assert TABLES in page
    assert with_tables(page, Path(KEPT)) == page
