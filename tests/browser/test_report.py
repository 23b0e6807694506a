"""The report as a whole in a real browser: silent, safe, readable, with and without scripts."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from rnnscope.report.inputs import UnsavedInput

from ..report import findings_data, sample_data
from .conftest import Open

pytestmark = [pytest.mark.browser, pytest.mark.law]

PAGES = ["results", "curves", "samples", "heat", "method"]


def skeleton(tab: Any) -> list[str]:
    """Every element of the document with the names of its attributes."""
    tab.wait_for_function(
        "() => document.querySelectorAll('article').length === 5 && document.querySelector('.sheet .s[style]')"
    )
    names: list[str] = tab.evaluate(
        "[...document.querySelectorAll('*')].map(e => e.tagName + ' ' + e.getAttributeNames().sort().join(' '))"
    )
    return names


def with_text_everywhere(text: str) -> Any:
    given = sample_data.report_input("x" * 60, length=60, cells=3, layers=1)
    run = given.runs[0]
    run = replace(
        run,
        name=text,
        passages=[replace(run.passages[0], name=text, where=text)],
        samples=[replace(sample, text=text, prime=text) for sample in run.samples],
        temperatures=[replace(sample, text=text, prime=text) for sample in run.temperatures],
    )
    return replace(
        given,
        title=text,
        corpus=replace(given.corpus, name=text),
        runs=[run],
        notes=[(text, False, text)],
        warnings=[text],
        provenance=[(text, text)],
        commands=[text],
        method=[text],
    )


def test_hostile_text_makes_no_element(open_report: Open) -> None:
    """A hostile text in every place gives the elements of a harmless one, no dialog, no request, no message."""
    harmless = skeleton(open_report(with_text_everywhere("harmless text\n")).tab)
    report = open_report(with_text_everywhere(sample_data.HOSTILE))
    assert skeleton(report.tab) == harmless
    assert report.tab.evaluate("document.title") != "owned"
    for page in PAGES:
        report.tab.goto(report.tab.url.split("#")[0] + f"#{page}")


def test_hostile_corpus_is_read_symbol_by_symbol(open_report: Open) -> None:
    """A hostile text in the heat map is one isolated box per symbol, controls as visible signs."""
    tab = open_report(sample_data.report_input(sample_data.HOSTILE, length=len(sample_data.HOSTILE)), "#heat").tab
    tab.wait_for_selector(".sheet .s[style]")
    boxes = tab.locator(".s")
    assert boxes.count() == len(sample_data.HOSTILE)
    assert tab.locator(".s:not(:empty)").count() == len(sample_data.HOSTILE)
    assert set(boxes.evaluate_all("all => all.map(box => getComputedStyle(box).unicodeBidi)")) == {"isolate"}
    assert not re.search(
        "[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]", tab.locator(".sheet").inner_text()
    )
    assert tab.locator(".sheet *:not(span):not(div)").count() == 0


def test_every_page_opens_from_its_link(open_report: Open) -> None:
    """Each link of the bar opens its page, marks itself, and names the page in the address; back returns."""
    tab = open_report(sample_data.report_input()).tab
    for page in PAGES[1:]:
        tab.locator(f'nav a[href^="#{page}"]').click()
        tab.wait_for_selector(f"#page-{page}:not(.away)")
        assert tab.locator("article:not(.away)").count() == 1
        assert tab.locator("nav a[aria-current=page]").get_attribute("href").startswith(f"#{page}")
        assert tab.evaluate("location.hash").startswith(f"#{page}")
    tab.go_back()
    tab.wait_for_selector("#page-heat:not(.away)")


@pytest.mark.parametrize("others", [0, 1])
def test_window_networks_have_no_heat_map(open_report: Open, others: int) -> None:
    """A network without cells is named with the reason, alone on the page or above the heat map of the others."""
    given = sample_data.report_input(runs=1 + others)
    bare = replace(given.runs[0], cell="window", window=3, hidden=32, passages=[])
    tab = open_report(replace(given, runs=[bare, *given.runs[1:]]), "#heat").tab
    said = tab.locator("#page-heat > p").first.inner_text()
    assert said.startswith(f"{bare.name} is not shown here: a window network of 32 units over the last 3 symbols keeps")
    if others:
        tab.wait_for_selector(".sheet .s[style]")
    assert tab.locator(".sheet").count() == others


def test_conclusions_fit_what_is_enough(open_report: Open) -> None:
    """What the text is too small for stands open with its reasons; what it is enough for is one line until asked."""
    given = sample_data.report_input()
    notes = [("cells", False, "few blocks"), ("gates", True, "many gates"), ("memory", True, "long stretches")]
    tab = open_report(replace(given, notes=notes)).tab
    assert tab.locator(".too-small").inner_text() == "✗ The text is too small for:"
    assert tab.locator("text=few blocks").is_visible()
    assert tab.locator(".enough summary").inner_text() == "✓ Large enough for gates, memory"
    assert not tab.locator("text=long stretches").is_visible()
    tab.locator(".enough summary").click()
    assert tab.locator("text=long stretches").is_visible()
    assert open_report(replace(given, notes=notes[1:])).tab.locator(".too-small").count() == 0


def test_keyboard_reaches_everything(open_report: Open) -> None:
    """From the first Tab on: skip link, pages, colours; focus is visible on each."""
    tab = open_report(sample_data.report_input()).tab
    reached = []
    for _ in range(7):
        tab.keyboard.press("Tab")
        reached.append(tab.evaluate("document.activeElement.innerText"))
        assert tab.evaluate("getComputedStyle(document.activeElement).outlineStyle") != "none"
    assert reached[0] == "Skip to the content"
    assert reached[1:6] == ["Results", "Learning", "Samples", "Cells in the text", "Method"]
    tab.keyboard.press("Enter")
    assert tab.evaluate("document.documentElement.dataset.theme") == "dark"


def test_controls_have_names(open_report: Open) -> None:
    """Every field, button, link and drawing has a name that a screen reader can say."""
    tab = open_report(sample_data.report_input(runs=2), "#heat").tab
    tab.wait_for_selector(".sheet .s[style]")
    nameless = tab.evaluate(
        """() => [...document.querySelectorAll("button, input, select, a, [role=img], [role=group], aside section")]
          .filter(e => !(e.getAttribute("aria-label") || e.innerText?.trim() || e.labels?.length))
          .map(e => e.outerHTML.slice(0, 120))"""
    )
    assert nameless == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_has_contrast(open_report: Open, scheme: str) -> None:
    """In light and in dark, words stand out from the paper by at least 4.5 to 1."""
    tab = open_report(sample_data.report_input(), color_scheme=scheme).tab
    ratios = tab.evaluate(
        """() => {
          const light = css => {
            const [r, g, b] = css.match(/[\\d.]+/g).map(v => v / 255)
              .map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
            return 0.2126 * r + 0.7152 * g + 0.0722 * b;
          };
          const paper = light(getComputedStyle(document.documentElement).backgroundColor);
          return ["h1", ".lead", ".quiet", "nav a", ".too-small", ".enough summary"].map(s => {
            const [a, b] = [light(getComputedStyle(document.querySelector(s)).color), paper].sort((x, y) => y - x);
            return (a + 0.05) / (b + 0.05); });
        }"""
    )
    assert min(ratios) >= 4.5
    dark = tab.evaluate("parseFloat(getComputedStyle(document.documentElement).backgroundColor.match(/\\d+/)[0]) < 128")
    assert dark == (scheme == "dark")


def test_narrow_screens_do_not_scroll_sideways(open_report: Open) -> None:
    """On a telephone no page is wider than the screen."""
    tab = open_report(sample_data.report_input(runs=2), viewport={"width": 360, "height": 700}).tab
    skeleton(tab)
    for page in PAGES:
        tab.locator(f'nav a[href^="#{page}"]').click()
        tab.wait_for_selector(f"#page-{page}:not(.away)")
        assert tab.evaluate("document.documentElement.scrollWidth") <= 360


def test_curve_reads_out_both_units(open_report: Open) -> None:
    """Under the pointer, and by arrow keys, the curve gives losses in nats and bits; the table says the same."""
    tab = open_report(sample_data.report_input(), "#curves").tab
    tab.locator(".chart svg").first.focus()
    tab.keyboard.press("End")
    card = tab.locator(".chart-card").first.inner_text()
    given = sample_data.report_input().runs[0].metrics[-1]
    assert "epoch 10.00" in card
    assert f"validation: {given['valid_loss_nats']:.4f} nats" in card
    assert f"{given['valid_loss_nats'] / 0.6931472:.4f} bits" in card
    tab.locator("#page-curves summary").click()
    assert tab.locator("details tr").last.inner_text().split("\t")[1] == "3,200"


def test_samples_follow_the_slider(open_report: Open) -> None:
    """The slider shows the sample of each step; every temperature has its text."""
    given = sample_data.report_input()
    tab = open_report(given, "#samples").tab
    slider = tab.get_by_role("slider")
    slider.focus()
    tab.keyboard.press("Home")
    assert tab.locator("pre.sample").first.text_content() == given.runs[0].samples[0].text
    tab.keyboard.press("End")
    assert tab.locator("pre.sample").first.text_content() == given.runs[0].samples[-1].text
    assert tab.locator(".cards pre").count() == 3


def test_data_can_be_taken_away(open_report: Open, tmp_path: Path) -> None:
    """The saved JSON is the page data; a saved cell has a row per position."""
    tab = open_report(sample_data.report_input(), "#method").tab
    with tab.expect_download() as saved:
        tab.get_by_role("button", name="Save all data").click()
    saved.value.save_as(tmp_path / "page.json")
    data = json.loads((tmp_path / "page.json").read_text(encoding="utf-8"))
    assert data["meta"]["format"] == 1
    tab.goto(tab.url.split("#")[0] + "#heat/layer=1&cell=1")
    with tab.expect_download() as saved:
        tab.get_by_role("button", name="Save this cell").click()
    saved.value.save_as(tmp_path / "cell.csv")
    rows = (tmp_path / "cell.csv").read_text(encoding="utf-8").splitlines()
    assert rows[0] == "position,symbol,h,c,i,f,g,o,log_prob_nats"
    assert len(rows) == 601
    assert float(rows[2].split(",")[3]) == pytest.approx(1.0, abs=1e-3)


@pytest.mark.parametrize(
    ("page", "header"),
    [
        ("curves", "network,step,epoch,train_loss_nats,valid_loss_nats,learning_rate,gradient_norm"),
        ("ngrams", "context,contiguous_valid_loss_nats,"),
        ("memory", "event,state,layer,cases,distance,median_ratio"),
    ],
)
def test_figures_can_be_taken_away(open_report: Open, tmp_path: Path, page: str, header: str) -> None:
    """The first figure of a page is saved as numbers under their names and as a picture with its axes' names."""
    given = replace(
        sample_data.report_input(), ngrams=[sample_data.ngram_input()], memories=[("lstm", findings_data.memory())]
    )
    tab = open_report(given, f"#{page}").tab
    figure = tab.locator(f"#page-{page} figure", has=tab.locator("figcaption")).first
    figure.wait_for()
    for kind in ("CSV", "JSON", "SVG", "PNG"):
        with tab.expect_download() as saved:
            figure.get_by_role("button", name=kind, exact=True).click()
        saved.value.save_as(tmp_path / kind)
    rows = (tmp_path / "CSV").read_text("utf-8").splitlines()
    assert rows[0].startswith(header)
    assert len(rows) > 1
    assert len(rows) - 1 == len(json.loads((tmp_path / "JSON").read_text("utf-8")))
    names = figure.locator("svg[role=img] .axis-name").all_text_contents()
    picture = (tmp_path / "SVG").read_text("utf-8")
    assert names
    assert all(name in picture for name in names)
    assert (tmp_path / "PNG").read_bytes().startswith(b"\x89PNG")


def test_paper_gets_every_page(open_report: Open) -> None:
    """Printed, all pages stand one after the other, without controls."""
    tab = open_report(sample_data.report_input()).tab
    tab.wait_for_function(
        "() => document.querySelectorAll('article').length === 5 && document.querySelector('.sheet .s[style]')"
    )
    tab.emulate_media(media="print")
    shown = tab.evaluate("[...document.querySelectorAll('article')].filter(e => e.offsetHeight > 0).map(e => e.id)")
    assert shown == [f"page-{page}" for page in PAGES]
    assert tab.evaluate("[...document.querySelectorAll('.controls, nav')].every(e => e.offsetHeight === 0)")


def test_reads_without_scripts(open_report: Open) -> None:
    """With scripts off, the summary, the losses and the samples are on the page."""
    tab = open_report(sample_data.report_input(), java_script_enabled=False).tab
    text = tab.locator("body").inner_text()
    for part in ["two-layer LSTM", "1.3500 nats = 1.9476 bits per character", "Too small for", "def read(path"]:
        assert part in text


def test_networks_without_weights_are_marked(open_report: Open) -> None:
    """The table of models ends with the networks that never saved weights, named as such, without a loss."""
    given = sample_data.report_input(runs=2)
    unsaved = [UnsavedInput("wild", "rnn", 1, 64, 3, "diverged"), UnsavedInput("cut-off", "gru", 2, 32, 1, "new")]
    tab = open_report(replace(given, unsaved=unsaved), "#results").tab
    rows = tab.locator("table.models tbody tr").all_inner_texts()
    assert len(rows) == 4
    names = [" ".join(row.split("\t")[0].split()) for row in rows[2:]]
    assert names == ["wild diverged before any weights were saved", "cut-off ended before any weights were saved"]
    assert rows[2].split("\t")[1:] == ["rnn", "1", "64", "\u2013", "\u2013", "3", "\u2013", "\u2013"]
