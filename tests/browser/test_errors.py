"""The pages of errors and of memory in a real browser."""

from __future__ import annotations

from dataclasses import replace

import pytest

from rnnscope.corpus.builtin import BUILTIN

from ..report import findings_data, sample_data
from .conftest import Open

pytestmark = [pytest.mark.browser, pytest.mark.law]


def test_causes_overlap_and_closers(open_report: Open) -> None:
    """The page has its figures and numbers; the paper stands beside War and Peace alone."""
    given = sample_data.report_input()
    tab = open_report(replace(given, errors=findings_data.errors()), "#errors").tab
    said = tab.locator("#page-errors").inner_text()
    assert "lstm makes 40 errors at 100 positions (40 %)" in said
    assert "No distance has 50 cases (1–20: 7)" in said
    assert "paper" not in said
    assert tab.locator("#page-errors .stack").count() == 1
    assert tab.locator("#page-errors .regions tbody tr").count() == 8  # four regions, at the threshold and another
    known = findings_data.errors(BUILTIN["warpeace"].sha256)
    assert (
        "paper: LSTM-3" in open_report(replace(given, errors=known), "#errors").tab.locator("#page-errors").inner_text()
    )


def test_memory(open_report: Open) -> None:
    """Horizons stand in a table, the training steps in the figure, and contexts in the other one."""
    given = replace(sample_data.report_input(), memories=[("lstm", findings_data.memory())])
    tab = open_report(given, "#memory").tab
    assert tab.locator("#page-memory svg[role=img]").count() == 2
    assert "5 training steps" in (tab.locator("#page-memory .level-name").text_content() or "")
    assert tab.locator("#page-memory tbody tr").first.inner_text().split()[:5] == ["all", "h,", "layer", "1", "1"]


def test_pages_without_data_are_not_there(open_report: Open) -> None:
    """Without errors and memories nothing leads to their pages."""
    titles = open_report(sample_data.report_input()).tab.locator("nav a").all_inner_texts()
    assert not {"Errors", "Memory"} & set(titles)
