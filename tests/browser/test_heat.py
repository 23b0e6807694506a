"""The text heat map in a real browser: colours, keys, addresses, what is under the pointer."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest

from ..report import sample_data
from .conftest import Open

pytestmark = [pytest.mark.browser, pytest.mark.oracle]

BLUE, RED, WHITE = "rgb(33, 102, 172)", "rgb(178, 24, 43)", "rgb(255, 255, 255)"


def colour(tab: Any, position: int) -> str:
    return str(tab.locator(f'.s[data-at="{position}"]').evaluate("box => getComputedStyle(box).backgroundColor"))


def ready(tab: Any) -> None:
    tab.wait_for_selector(".sheet .s[style]")


def heading(tab: Any) -> str:
    return str(tab.locator(".heat-head h3").inner_text().splitlines()[0])


def test_colours_of_known_values(open_report: Open) -> None:
    """c = 0 is exactly white, c = 1 and -1 have the colours of their tanh, and letters are black or white on them."""
    tab = open_report(sample_data.report_input(), "#heat/layer=1&quantity=c&cell=1").tab
    ready(tab)
    assert colour(tab, 0) == WHITE
    red, _, blue = map(int, re.findall(r"\d+", colour(tab, 1)))
    assert blue > 150 > red
    red, _, blue = map(int, re.findall(r"\d+", colour(tab, 2)))
    assert red > 150 > blue
    inks = tab.locator(".s").evaluate_all("boxes => [...new Set(boxes.map(box => box.style.color))]")
    assert set(inks) == {"rgb(0, 0, 0)", "rgb(255, 255, 255)"}


def test_ends_of_the_scales(open_report: Open) -> None:
    """h = +1 and -1 are the ends of the legend, blue and red; gates have greens, white at 0."""
    given = sample_data.report_input()
    quantities = dict(given.runs[0].passages[0].quantities)
    for name, values in (("h", [1.0, -1.0, 0.0]), ("f", [1.0, 0.0, 0.5])):
        array = np.array(quantities[name])
        array[0, :3, 0] = values
        given.runs[0].passages[0].quantities[name][0, :3, 0] = array[0, :3, 0]
    tab = open_report(given, "#heat/layer=1&quantity=h&cell=1").tab
    ready(tab)
    assert [colour(tab, position) for position in range(3)] == [BLUE, RED, WHITE]
    tab.get_by_label("quantity", exact=True).select_option("f")
    tab.wait_for_function("() => document.querySelector('.heat-head h3').innerText.startsWith('f of')")
    assert [colour(tab, position) for position in range(2)] == ["rgb(0, 109, 44)", WHITE]


@pytest.mark.parametrize(
    ("quantity", "ticks"),
    [("c", "−2 −1 −0.5 0 0.5 1 2"), ("h", "−1 −0.5 0 0.5 1"), ("o", "0 0.25 0.5 0.75 1")],
)
def test_legend_numbers(open_report: Open, quantity: str, ticks: str) -> None:
    """The legend of each kind of quantity carries its numbers, each at its own place on the bar."""
    tab = open_report(sample_data.report_input(), f"#heat/quantity={quantity}").tab
    ready(tab)
    marks = tab.locator(".legend .ticks span")
    assert marks.all_inner_texts() == ticks.split()
    places = [float(mark.evaluate("tick => parseFloat(tick.style.left)")) for mark in marks.all()]
    values = [float(tick.replace("−", "-")) for tick in ticks.split()]
    wanted = {"c": 50 + 50 * np.tanh(values), "h": 50 + 50 * np.array(values), "o": 100 * np.array(values)}[quantity]
    np.testing.assert_allclose(places, wanted, atol=0.01)


def test_arrow_keys_walk(open_report: Open) -> None:
    """Left and right go through cells, up and down through layers, and stop at the ends; the address follows."""
    tab = open_report(sample_data.report_input(), "#heat/layer=1&quantity=c&cell=1").tab
    ready(tab)
    for key, shown in [
        ("ArrowRight", "c of cell 2, layer 1"),
        ("ArrowRight", "c of cell 3, layer 1"),
        ("ArrowUp", "c of cell 3, layer 2"),
        ("ArrowUp", "c of cell 3, layer 2"),
        ("ArrowLeft", "c of cell 2, layer 2"),
        ("ArrowDown", "c of cell 2, layer 1"),
        ("ArrowDown", "c of cell 2, layer 1"),
        ("ArrowLeft", "c of cell 1, layer 1"),
        ("ArrowLeft", "c of cell 1, layer 1"),
    ]:
        before = [colour(tab, position) for position in range(4)]
        tab.keyboard.press(key)
        tab.wait_for_function("shown => document.querySelector('.heat-head h3').innerText.startsWith(shown)", arg=shown)
        assert heading(tab) == shown
        cell, layer = re.findall(r"\d+", shown)
        assert f"layer={layer}&quantity=c&cell={cell}" in tab.evaluate("location.hash")
        assert before
    assert colour(tab, 0) == WHITE


def test_keys_in_fields_belong_to_the_fields(open_report: Open) -> None:
    """Arrow keys inside a number field or a list do what such fields do, and nothing else."""
    tab = open_report(sample_data.report_input(), "#heat/layer=1&cell=5").tab
    ready(tab)
    tab.get_by_role("spinbutton", name="cell").focus()
    tab.keyboard.press("ArrowLeft")
    assert heading(tab) == "c of cell 5, layer 1"
    tab.get_by_label("cells by").focus()
    tab.keyboard.press("ArrowRight")
    assert heading(tab) == "c of cell 5, layer 1"


def test_addresses_restore_the_view(open_report: Open) -> None:
    """A deep link opens its run, layer, quantity and cell; back and forward walk through what was seen."""
    fragment = "#heat/run=gru-2x150&layer=2&quantity=o&cell=7&order=variance&show=letters.expected"
    tab = open_report(sample_data.report_input(runs=2), fragment).tab
    ready(tab)
    assert heading(tab) == "o of cell 7, layer 2"
    assert tab.locator("#page-heat").get_by_label("network").input_value() == "gru-2x150"
    assert tab.get_by_label("cells by").input_value() == "variance"
    assert tab.get_by_label("what it expected next").is_checked()
    tab.get_by_label("quantity", exact=True).select_option("h")
    tab.wait_for_function("() => document.querySelector('.heat-head h3').innerText.startsWith('h of')")
    tab.go_back()
    tab.wait_for_function("() => document.querySelector('.heat-head h3').innerText.startsWith('o of')")
    tab.go_forward()
    tab.wait_for_function("() => document.querySelector('.heat-head h3').innerText.startsWith('h of')")


def test_card_gives_the_numbers(open_report: Open) -> None:
    """Under the pointer: position, symbol, raw c and all other quantities, log p in both units, five expectations."""
    given = sample_data.report_input()
    passage = given.runs[0].passages[0]
    tab = open_report(given, "#heat/layer=1&quantity=c&cell=1").tab
    ready(tab)
    tab.locator('.s[data-at="1"]').hover()
    card = tab.locator(".card")
    text = card.inner_text()
    assert "position 2" in text
    assert "U+0065 LATIN SMALL LETTER E" in text
    assert "1.000 (tanh 0.76)" in text
    nats = passage.log_probs[1]
    assert f"log p = −{-nats:.3f} nats = −{-nats / np.log(2):.3f} bits" in text
    for name in "hifgo":
        value = float(passage.quantities[name][0, 1, 0])
        shown = (
            card.locator("tr", has=tab.get_by_role("rowheader", name=name, exact=True)).locator("td").first.inner_text()
        )
        assert float(shown.replace("−", "-")) == pytest.approx(value, abs=0.011)
    shares = card.locator(".expectations .number").all_inner_texts()
    assert len(shares) == 5
    assert float(shares[0].split()[0]) == pytest.approx(100 * passage.next_probs[1, 0], abs=0.6)


def test_held_symbol_stays_until_let_go(open_report: Open) -> None:
    """A click holds the card, comma and full stop move it, Escape lets go."""
    tab = open_report(sample_data.report_input(), "#heat").tab
    ready(tab)
    tab.locator('.s[data-at="10"]').click()
    tab.mouse.move(5, 5)
    assert "position 11, held" in tab.locator(".card").inner_text()
    tab.keyboard.press(".")
    tab.wait_for_function("() => document.querySelector('.card').innerText.includes('position 12, held')")
    tab.wait_for_selector('.s.marked[data-at="11"]')  # the mark is drawn after the card
    assert tab.locator(".s.marked").count() == 1
    tab.keyboard.press("Escape")
    tab.wait_for_function("() => document.querySelector('.card').innerText.startsWith('Point at')")


def test_expectations_stand_under_the_text(open_report: Open) -> None:
    """When asked for, five guesses stand under every symbol, shaded by probability; the one that came is marked."""
    given = sample_data.report_input()
    passage = given.runs[0].passages[0]
    tab = open_report(given, "#heat").tab
    ready(tab)
    assert tab.locator(".guess").count() == 0
    tab.get_by_label("what it expected next").check()
    # They come a block of lines at a time.
    tab.wait_for_function("n => document.querySelectorAll('.sheet .guess').length === n", arg=5 * len(passage.ids))
    first = tab.locator(".unit").first.locator(".guess")
    shares = [float(re.findall(r"([\d.]+)%", guess.get_attribute("style"))[0]) for guess in first.all()]
    np.testing.assert_allclose(shares, 100 * passage.next_probs[0], atol=0.51)
    came = int((passage.next_ids[:-1] == passage.ids[1:, None]).sum())
    assert tab.locator(".sheet .guess.came").count() == came


def test_letters_can_be_hidden(open_report: Open) -> None:
    """Without letters only the band remains, in the same colours."""
    tab = open_report(sample_data.report_input(), "#heat/layer=1&cell=1").tab
    ready(tab)
    before = [colour(tab, position) for position in range(20)]
    tab.get_by_label("letters").uncheck()
    tab.wait_for_selector(".sheet.bare")
    assert [colour(tab, position) for position in range(20)] == before
    assert tab.locator('.s[data-at="0"]').evaluate("box => getComputedStyle(box).color") == "rgba(0, 0, 0, 0)"


def test_bytes_of_one_character_stand_together(open_report: Open) -> None:
    """In byte mode the character stands once over its bytes, every byte has a box and says which it is."""
    tab = open_report(sample_data.report_input("Жa\n", unit="bytes", length=40), "#heat").tab
    ready(tab)
    assert tab.locator('.s[data-at="0"]').inner_text() == "Ж"
    assert tab.locator('.s[data-at="1"]').inner_text() == ""
    tab.locator('.s[data-at="1"]').hover()
    assert "byte 0x96, byte 2 of 2 of U+0416 CYRILLIC CAPITAL LETTER ZHE" in tab.locator(".card").inner_text()


def test_clicking_a_row_chooses_its_cell(open_report: Open) -> None:
    """The overview has a row per cell, in the order shown."""
    tab = open_report(sample_data.report_input(), "#heat/layer=1&cell=1").tab
    ready(tab)
    tab.locator(".overview canvas").click(position={"x": 20, "y": 4 * 6 + 2})
    tab.wait_for_function("() => document.querySelector('.heat-head h3').innerText.startsWith('c of cell 7,')")
    tab.get_by_label("cells by").select_option("variance")
    tab.locator(".overview canvas").click(position={"x": 20, "y": 2})
    spread = sample_data.report_input().runs[0].passages[0].quantities["c"][0].var(axis=0)
    shown = f"c of cell {int(spread.argmax()) + 1},"
    tab.wait_for_function("shown => document.querySelector('.heat-head h3').innerText.startsWith(shown)", arg=shown)


def test_copying_gives_the_text(open_report: Open) -> None:
    """What is copied from the sheet is the text itself, not the signs that stand for its blanks."""
    tab = open_report(sample_data.report_input(), "#heat").tab
    ready(tab)
    copied = tab.evaluate(
        """() => {
          getSelection().selectAllChildren(document.querySelector(".sheet"));
          const data = new DataTransfer();
          document.querySelector(".sheet").dispatchEvent(
            new ClipboardEvent("copy", { clipboardData: data, bubbles: true, cancelable: true }));
          return data.getData("text/plain");
        }"""
    )
    assert copied == (sample_data.CODE * 2)[:600]


def test_a_long_text_is_in_the_document_where_one_looks(open_report: Open) -> None:
    """Of 30,000 symbols those near the window have boxes, in their colours, marks and guesses; a click in the line
    brings others, and takes the first ones away.
    """
    given = sample_data.report_input(length=30_000, cells=3)
    values = given.runs[0].passages[0].quantities["h"][0, :, 0]
    tab = open_report(given, "#heat/layer=1&quantity=h&cell=1").tab
    ready(tab)
    assert 300 <= tab.locator(".sheet .s").count() < 12_000
    assert tab.locator('.s[data-at="29000"]').count() == 0
    area = tab.locator("#page-heat .strip").bounding_box()
    tab.locator("#page-heat .strip").click(position={"x": area["width"] * 29_000.5 / 30_000, "y": 10})
    tab.wait_for_selector(".s.marked")
    tab.wait_for_function("() => document.querySelectorAll('.s[data-at=\"0\"]').length === 0")
    at = int(tab.locator(".s.marked").get_attribute("data-at"))
    assert abs(at - 29_000) < 60
    shown = [int(part) for part in re.findall(r"\d+", colour(tab, at))]
    assert (shown[2] > shown[0]) == (values[at] > 0) or abs(values[at]) < 0.02
    tab.get_by_label("what it expected next").check()  # which scrolls to it, above the text
    first = """() => document.querySelector('.s[data-at="0"]')?.parentElement.querySelectorAll('.guess').length === 5"""
    tab.wait_for_function(first)
    tab.evaluate("document.activeElement.blur()")  # keys in a field belong to the field
    tab.keyboard.press("ArrowRight")
    tab.wait_for_function("() => document.querySelector('.heat-head h3').innerText.startsWith('h of cell 2')")
    assert tab.locator(".sheet .s").count() < 12_000
