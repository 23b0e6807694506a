"""The pages of cells and of gates in a real browser."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ..report import cells_data, sample_data
from .conftest import Open

pytestmark = [pytest.mark.browser, pytest.mark.law]


def test_dictionary_and_card(open_report: Open) -> None:
    """Filters, sorting and links lead from the trackers to a card with its evidence, and the address keeps it."""
    given = replace(sample_data.report_input(), cells=[cells_data.cells()])
    tab = open_report(given, "#cells").tab
    page = tab.locator("#page-cells")
    assert page.locator(".panel").count() == 7
    rows = page.locator(".dictionary tbody tr")
    assert rows.count() == 1
    page.get_by_label("verdict", exact=True).select_option("all")
    assert rows.count() == 2
    page.get_by_role("button", name="score").click()
    assert "1:1" in rows.first.inner_text()
    page.get_by_role("searchbox").fill("line")
    assert rows.count() == 1
    rows.first.get_by_role("link").click()
    assert "feature=line-position" in tab.evaluate("location.hash")
    card = page.locator("#cell-card")
    assert "did not pass echo" in card.inner_text()
    quotes = open_report(given, "#cells/cell=1:1&feature=double-quotes").tab.locator("#cell-card")
    quotes.locator(".traces").wait_for()
    quotes.page.wait_for_function("document.getElementById('cell-card').getBoundingClientRect().top < 200")
    said = quotes.inner_text()
    assert "inside quotation marks" in said
    assert "2 matched cells" in said
    assert quotes.locator(".passage").count() == 3
    colour = quotes.locator(".passage .s").first.evaluate("box => box.style.backgroundColor")
    quotes.get_by_label("colours over").select_option("full")
    assert quotes.locator(".passage .s").first.evaluate("box => box.style.backgroundColor") != colour
    assert quotes.locator(".passage").first.locator(".holds").count() == 4
    assert quotes.locator(".passage").first.locator(".s").count() == len(cells_data.TEXT)


def test_gates(open_report: Open) -> None:
    """Every unit has a mark at its shares, and those that are always saturated are counted."""
    given = replace(sample_data.report_input(), gates=[("lstm-2x128", cells_data.gates())])
    page = open_report(given, "#gates").tab.locator("#page-gates")
    assert page.locator(".units path").count() == 4
    assert page.locator(".constant").count() == 4
    assert page.locator("tbody tr").nth(1).inner_text().split()[:5] == ["keep", "2", "2", "1", "1"]


def test_narrow_and_dark(open_report: Open) -> None:
    """On a telephone nothing is wider than the screen."""
    given = replace(sample_data.report_input(), cells=[cells_data.cells()], gates=[("lstm-2x128", cells_data.gates())])
    for fragment in ("#cells", "#gates"):
        tab = open_report(given, fragment, viewport={"width": 390, "height": 800}, color_scheme="dark").tab
        assert tab.evaluate("document.documentElement.scrollWidth") <= 390


def test_hypotheses_are_found_by_name(open_report: Open) -> None:
    """A slash and a word of its definition lead to the card of the best cell of a hypothesis."""
    tab = open_report(replace(sample_data.report_input(), cells=[cells_data.cells()])).tab
    tab.keyboard.press("/")
    tab.locator("dialog[open] input").fill("quotation marks")
    first = tab.locator("dialog[open] [role=option]").first
    assert "hypothesis double-quotes" in first.inner_text()
    tab.keyboard.press("Enter")
    tab.wait_for_selector("#page-cells:not(.away)")
    assert "feature=double-quotes" in tab.evaluate("location.hash")
