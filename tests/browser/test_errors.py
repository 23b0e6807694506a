"""The pages of errors and of memory in a real browser."""

from __future__ import annotations

from dataclasses import replace

import pytest

from rnnscope.analyse.cliff import pictures
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
    """Horizons stand in a table, the training steps in the figures; stages and contexts in others, the cliff below."""
    given = replace(sample_data.report_input(), memories=[("lstm", findings_data.memory())])
    tab = open_report(given, "#memory").tab
    assert tab.locator("#page-memory svg[role=img]").count() == 3
    assert "5 training steps" in (tab.locator("#page-memory .level-name").first.text_content() or "")
    assert tab.locator("#page-memory tbody tr").first.inner_text().split()[:5] == ["all", "h,", "layer", "1", "1"]


def test_memories_side_by_side_and_the_cliff(open_report: Open) -> None:
    """Two networks share two figures more; stages are named; both pictures of the unit say what is in them."""
    memories = [("lstm", findings_data.memory()), ("gru", findings_data.memory())]
    given = replace(sample_data.report_input(), memories=memories, cliff=pictures())
    page = open_report(given, "#memory").tab.locator("#page-memory")
    assert page.locator("svg[role=img]").count() == 2 + 2 * 3 + 2
    told = page.inner_text()
    assert "Side by side" in told
    assert "2 (untrained), 3 (100 updates), 6 (3,200 updates)" in told
    assert "Between b = −2.66 and −2.34 there are two resting places" in told
    assert "gradient clipped to 0.5: longest step 0.10," in told


def test_gradient_norms_on_the_page_of_learning(open_report: Open) -> None:
    """Norms have a figure; the share of clipped updates is counted or bounded, and which of both is said."""
    given = sample_data.report_input()
    counted = [row | {"clipped_updates": row["step"] // 4} for row in given.runs[0].metrics]
    for change, sentence in (
        ({"clip": 1.5, "metrics": counted}, "25 % of all updates were clipped to the norm 1.5"),
        ({"clip": 5.0}, "was not counted, but the means of the rows allow at most 31 % of their updates"),
        ({}, "not clipped by norm"),
    ):
        runs = [replace(given.runs[0], **change)]  # type: ignore[arg-type] # fields of a run
        assert sentence in open_report(replace(given, runs=runs), "#curves").tab.locator("#page-curves").inner_text()


def test_pages_without_data_are_not_there(open_report: Open) -> None:
    """Without errors and memories nothing leads to their pages."""
    titles = open_report(sample_data.report_input()).tab.locator("nav a").all_inner_texts()
    assert not {"Errors", "Memory"} & set(titles)
