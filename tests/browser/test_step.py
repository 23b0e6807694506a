"""The page One step, the search and the help in a real browser."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ..report import sample_data, step_data
from .conftest import Open

pytestmark = [pytest.mark.browser]


def rows(tab: Any) -> dict[str, tuple[str, str]]:
    """What the equations give and what was recorded, by quantity."""
    tab.wait_for_selector(".equations")
    texts = tab.locator(".equations tbody tr").evaluate_all(
        """rows => rows.map(row => [row.querySelector('.target i').textContent,
          ...[...row.querySelectorAll('td')].map(cell => cell.innerText)])"""
    )
    return {name: (given, recorded) for name, given, recorded in texts}


def number(text: str) -> float:
    return float(text.replace("\u2212", "-"))


@pytest.mark.oracle
@pytest.mark.parametrize("cell", step_data.CELLS)
@pytest.mark.parametrize("layer", [1, 2])
def test_equations_give_what_was_recorded(open_report: Open, cell: str, layer: int) -> None:
    """For every cell and layer the page computes from weights and states what the network did, within rounding."""
    given = step_data.report_input()
    tab = open_report(given, f"#step/run={cell}&layer={layer}&cell=3&at=25").tab
    found = rows(tab)
    run = next(run for run in given.runs if run.name == cell)
    assert set(found) == set(run.passages[0].quantities)
    for name, (computed, recorded) in found.items():
        true = float(run.passages[0].quantities[name][layer - 1, 24, 2])
        assert number(computed) == pytest.approx(true, abs=0.02)
        assert number(recorded) == pytest.approx(true, abs=0.005)
    assert "NaN" not in tab.locator("#page-step").inner_text()
    assert "?" not in tab.locator(".drawing").text_content()


@pytest.mark.law
def test_keys_walk_and_the_address_follows(open_report: Open) -> None:
    """Arrows go through symbols and layers, comma and full stop through cells; a link restores all of it."""
    tab = open_report(step_data.report_input(), "#step/run=lstm&layer=1&cell=2&at=10").tab
    rows(tab)
    for key, part in [
        ("ArrowRight", "layer=1&cell=2&at=11"),
        ("ArrowUp", "layer=2&cell=2&at=11"),
        (".", "layer=2&cell=3&at=11"),
        ("ArrowDown", "layer=1&cell=3&at=11"),
        ("ArrowLeft", "layer=1&cell=3&at=10"),
        (",", "layer=1&cell=2&at=10"),
    ]:
        tab.keyboard.press(key)
        tab.wait_for_function("part => location.hash.endsWith(part)", arg=part)
    tab.locator(".ribbon .s").nth(30).click()
    tab.wait_for_function("() => location.hash.endsWith('at=31')")


@pytest.mark.law
def test_without_weights_the_gates_say_what_entered(open_report: Open) -> None:
    """Where weights are left out, gates are not computed again but what enters them is taken back from them."""
    tab = open_report(step_data.report_input(weights=False), "#step/run=lstm&layer=1&cell=2&at=10").tab
    found = rows(tab)
    assert found["f"][0] == "\u2013"
    assert abs(number(found["c"][0]) - number(found["c"][1])) < 0.02
    assert "taken back" in tab.locator("#page-step").inner_text()


@pytest.mark.law
def test_hostile_text_steps_as_any_other(open_report: Open) -> None:
    """A hostile text can be stepped through; its symbols are text and nothing else."""
    tab = open_report(step_data.report_input(sample_data.HOSTILE), "#step/run=gru&at=5").tab
    rows(tab)
    assert tab.locator("#page-step").locator("img, iframe, object, script").count() == 0
    for _ in range(5):
        tab.keyboard.press("ArrowRight")
    tab.wait_for_function("() => location.hash.endsWith('at=10')")


@pytest.mark.law
def test_drawings_are_saved_as_pictures(open_report: Open, tmp_path: Path) -> None:
    """A drawing is saved as SVG with its looks and as PNG, its numbers as CSV and JSON, without any request."""
    tab = open_report(step_data.report_input(), "#step/run=gru&layer=1&cell=2&at=10").tab
    rows(tab)
    figure = tab.locator("#page-step figure").first
    for kind, beginning in [("SVG", b"<svg"), ("PNG", b"\x89PNG"), ("CSV", b"quantity,"), ("JSON", b"[{")]:
        with tab.expect_download() as saved:
            figure.get_by_role("button", name=kind, exact=True).click()
        saved.value.save_as(tmp_path / kind)
        assert (tmp_path / kind).read_bytes().startswith(beginning)
    assert b'stroke="rgb' in (tmp_path / "SVG").read_bytes()


@pytest.mark.law
def test_search_and_help(open_report: Open) -> None:
    """A slash finds a cell by its name and opens it; a question mark shows the keys; Escape closes."""
    tab = open_report(sample_data.report_input()).tab
    tab.keyboard.press("/")
    tab.locator("dialog[open] input").fill("cell 2:17")
    assert tab.locator("dialog[open] [role=option]").first.inner_text() == "lstm-2x128 cell 2:17"
    tab.keyboard.press("Enter")
    tab.wait_for_selector("#page-heat:not(.away)")
    assert "layer=2&cell=17" in tab.evaluate("location.hash")
    tab.keyboard.press("?")
    assert "find a page" in tab.locator("dialog[open]").inner_text()
    tab.keyboard.press("Escape")
    tab.wait_for_function("() => document.querySelector('dialog[open]') === null")


@pytest.mark.law
def test_models_sort_by_any_column(open_report: Open) -> None:
    """The table begins with the lowest loss; a click sorts by another column, a second one the other way."""
    tab = open_report(sample_data.report_input(runs=3)).tab
    names = tab.locator(".models tbody th")
    assert names.all_inner_texts() == ["lstm-2x128", "gru-2x150", "rnn-2x280"]
    tab.get_by_role("button", name="network", exact=True).click()
    assert names.all_inner_texts() == ["gru-2x150", "lstm-2x128", "rnn-2x280"]
    tab.locator(".models .sort").first.click()
    assert names.all_inner_texts() == ["rnn-2x280", "lstm-2x128", "gru-2x150"]
