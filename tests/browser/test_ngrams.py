"""The page of n-grams in a real browser."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from rnnscope.corpus.builtin import BUILTIN

from ..report import sample_data
from .conftest import Open

pytestmark = [pytest.mark.browser, pytest.mark.law]


def with_ngrams(**changes: Any) -> Any:
    """A report with two LSTM networks, a window network of 3 symbols and an n-gram model."""
    given = sample_data.report_input(runs=2)
    window = replace(given.runs[0], name="window-3", cell="window", window=3, hidden=32, passages=[])
    return replace(given, runs=[*given.runs, window], ngrams=[sample_data.ngram_input()], **changes)


def cells(tab: Any, row: int) -> list[str]:
    """What a row of the table of contexts says."""
    texts: list[str] = (
        tab.locator("#page-ngrams table").first.locator("tbody tr").nth(row).locator("th, td").all_inner_texts()
    )
    return [text.replace("\n", " ") for text in texts]


def test_losses_by_context(open_report: Open) -> None:
    """A row has the n-gram's losses on both splits, the window network's where it sees as much, in nats and bits."""
    tab = open_report(with_ngrams(), "#ngrams").tab
    assert cells(tab, 2) == [
        "3",
        "2.1100 nats 3.044 bits 2.090 to 2.130",
        "1.9100 nats 2.756 bits 1.890 to 1.930",
        "1.3500 nats 1.948 bits 1.340 to 1.362",
    ]
    assert cells(tab, 3)[0] == "9 best"
    assert cells(tab, 3)[3] == "–"
    assert "0.500, 1.000, 1.500 †" in tab.locator("#page-ngrams table").last.inner_text()
    assert "some of these are missing" in tab.locator("#page-ngrams").inner_text()
    tab.locator("#page-ngrams .chart svg").focus()
    tab.keyboard.press("End")
    assert "n-gram, contiguous: 1.5100 nats = 2.1785 bits" in tab.locator("#page-ngrams .chart-card").inner_text()


def test_the_paper_beside_its_own_text(open_report: Open) -> None:
    """On the paper's text its Table 2 has two columns, and what differs from its protocol is said; not on others."""
    given = with_ngrams()
    tab = open_report(replace(given, corpus=replace(given.corpus, sha256=BUILTIN["warpeace"].sha256)), "#ngrams").tab
    assert cells(tab, 2)[-2:] == ["1.521", "1.553"]
    assert cells(tab, 3)[-2:] == ["1.194", "–"]
    said = tab.locator("#page-ngrams").inner_text()
    assert "The paper's own text, byte for byte" in said
    assert "This model has true seams and the split contiguous." in said
    assert "paper" not in open_report(given, "#ngrams").tab.locator("#page-ngrams").inner_text()


def test_a_report_without_networks(open_report: Open) -> None:
    """A page about an n-gram model alone opens, and has no page that only networks could fill."""
    tab = open_report(replace(with_ngrams(), runs=[])).tab
    assert tab.locator("nav a").all_inner_texts() == ["Results", "n-grams", "Method"]
    assert "ngram: context 9" in tab.locator("#page-results .losses").inner_text()
    tab.locator("nav a").nth(1).click()
    tab.wait_for_selector("#page-ngrams:not(.away)")


def test_a_narrow_screen(open_report: Open) -> None:
    """On a telephone the page is no wider than the screen; tables scroll by themselves."""
    tab = open_report(with_ngrams(), "#ngrams", viewport={"width": 360, "height": 700}).tab
    tab.wait_for_selector("#page-ngrams:not(.away)")
    assert tab.evaluate("document.documentElement.scrollWidth") <= 360


def test_hostile_names_make_no_element(open_report: Open) -> None:
    """A model and mixtures with hostile names give the elements of harmless ones."""

    def elements(text: str) -> Any:
        ngram = replace(sample_data.ngram_input(text), mixtures=[(text, text, 1.0, None)], command=text)
        tab = open_report(replace(with_ngrams(), ngrams=[ngram]), "#ngrams").tab
        tab.wait_for_selector("#page-ngrams table")
        return tab.evaluate("[...document.querySelectorAll('#page-ngrams *')].map(e => e.tagName)")

    assert elements(sample_data.HOSTILE) == elements("harmless")
