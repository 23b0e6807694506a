"""How fast a report with 1,500 cells and a text of 300,000 characters is in a browser.

    python benchmarks/page_speed.py [--page FILE] [--repeats 5] [--out FILE.md]

Writes a page about a made-up network of three layers of 500 cells: a passage of 1,500 characters with all quantities of
all cells, and one of 300,000 characters with two quantities of five cells. (All 1,500 over such a text would be 450
million numbers a quantity, which no file that is mailed can hold.) Then opens it in Chromium from its file, and takes
the time from a key or a click to the frame that shows what it does. Needs playwright and Chromium (RNNSCOPE_CHROMIUM,
or one on the path).
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rnnscope.corpus.planted import planted
from rnnscope.report import CorpusInput, ReportInput, RunInput, build_page, write_html
from rnnscope.report.inputs import PassageInput

LAYERS, CELLS, SHORT = 3, 500, 1_500
LONG, LONG_CELLS = 300_000, 5
RANGES = {"h": (-1.0, 1.0), "c": (None, None), "i": (0.0, 1.0), "f": (0.0, 1.0), "g": (-1.0, 1.0), "o": (0.0, 1.0)}
PAINT_MILLISECONDS, TOUCH_MILLISECONDS = 1_000, 100

WATCH = """
addEventListener("DOMContentLoaded", () => {
  const look = () => requestAnimationFrame(
    document.querySelector("nav a") ? () => { window.painted = performance.now(); } : look);
  look();
});
window.until = (act, done) => new Promise((resolve, reject) => {
  const started = performance.now();
  act();
  const look = () => {
    if (done()) requestAnimationFrame(() => resolve(performance.now() - started));
    else if (performance.now() - started > 20000) reject(new Error("it does not come: " + done));
    else requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
});
window.press = (key) => document.body.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
window.choose = (label, value) => {
  const list = document.querySelector(`#page-heat select[aria-label="${label}"]`);
  list.value = value;
  list.dispatchEvent(new Event("change", { bubbles: true }));
};
window.head = () => document.querySelector("#page-heat .heat-head h3")?.innerText ?? "";
window.boxes = () => document.querySelectorAll("#page-heat .sheet .s[style]").length;
"""


def _noise(random: np.random.Generator, layers: int, length: int, cells: int) -> NDArray[np.float32]:
    """Values that remember themselves for 1 to 60 positions, as those of cells do, [L, N, H]."""
    keep_LH = np.exp(-1 / random.uniform(1, 60, (layers, cells))).astype(np.float32)
    fresh_LNH = random.standard_normal((layers, length, cells), np.float32) * np.sqrt(1 - keep_LH**2)[:, None]
    for position in range(1, length):
        fresh_LNH[:, position] += keep_LH * fresh_LNH[:, position - 1]
    return fresh_LNH


def _passage(name: str, length: int, layers: int, cells: int, quantities: str) -> PassageInput:
    random = np.random.default_rng(length)
    text = planted(seed=1, length=length).text[:length]
    codes = sorted({ord(symbol) for symbol in text})
    values = {}
    for quantity in quantities:
        noise_LNH = _noise(random, layers, length, cells)
        if RANGES[quantity] == (0.0, 1.0):
            values[quantity] = 1 / (1 + np.exp(-2 * noise_LNH))
        else:
            values[quantity] = noise_LNH if quantity == "c" else np.tanh(noise_LNH)
    next_probs_NK = -np.sort(-random.dirichlet(np.ones(8), length)[:, :5])
    return PassageInput(
        name=name,
        where=f"{length:,} made-up characters",
        unit="characters",
        codes=codes,
        ids=np.searchsorted(codes, [ord(symbol) for symbol in text]),
        log_probs=-random.exponential(1.3, length).astype(np.float32),
        next_ids=random.integers(0, len(codes), (length, 5)),
        next_probs=next_probs_NK,
        quantities=values,
        ranges={quantity: RANGES[quantity] for quantity in quantities},
    )


def write_page(path: Path) -> None:
    """Write the page that is measured."""
    run = RunInput(
        name="lstm-3x500", cell="lstm", layers=LAYERS, hidden=CELLS, parameters=5_274_096, state="complete", epochs=1,
        epochs_reached=1.0, losses=[("test", 1.3, LONG)],
        passages=[
            _passage("short", SHORT, LAYERS, CELLS, "hcifgo"),
            _passage("long", LONG, 1, LONG_CELLS, "hc"),
        ],
    )  # fmt: skip
    corpus = CorpusInput(name="made up", sha256="0" * 64, unit="characters", symbols=LONG, distinct=60, parts=[])
    write_html(build_page(ReportInput(title="made up", corpus=corpus, runs=[run]), version="0"), path)


STEPS: list[tuple[str, str, str, str]] = [
    # what it is; where; what is done; when it is shown
    ("next cell", "short", 'press("ArrowRight")', 'head().startsWith("c of cell 2,")'),
    ("the cell after it", "short", 'press("ArrowRight")', 'head().startsWith("c of cell 3,")'),
    ("next layer", "short", 'press("ArrowDown")', 'head().startsWith("c of cell 3, layer 2")'),
    ("the layer after it", "short", 'press("ArrowDown")', 'head().startsWith("c of cell 3, layer 1")'),
    ("another quantity", "short", 'choose("quantity", "f")', 'head().startsWith("f of cell")'),
    ("cells by variance", "short", 'choose("cells by", "variance")', 'location.hash.includes("order=variance")'),
    ("colours of one cell", "short", 'choose("colours over", "cell")', 'location.hash.includes("scale=cell")'),
    ("search opens", "short", 'press("/")', 'document.querySelectorAll("#found-places li").length === 12'),
    (
        "search finds a cell", "short",
        'const field = document.querySelector(".finder input"); field.value = "3:417"; '
        'field.dispatchEvent(new Event("input", { bubbles: true }))',
        'document.querySelector("#found-places li").innerText.endsWith("cell 3:417")',
    ),
    ("next cell", "long", 'press("ArrowRight")', 'head().startsWith("c of cell 2,")'),
    ("another quantity", "long", 'choose("quantity", "h")', 'head().startsWith("h of cell 2")'),
    (
        "to the middle of the text", "long",
        'const strip = document.querySelector("#page-heat .strip"), area = strip.getBoundingClientRect(); '
        'strip.dispatchEvent(new MouseEvent("click", { bubbles: true, clientX: area.left + area.width / 2 }))',
        'document.querySelector("#page-heat .s.marked")?.getBoundingClientRect().top < innerHeight',
    ),
    (
        "what it expected next", "short",
        'document.querySelectorAll("#page-heat .toggle input")[1].click()',
        'document.querySelector("#page-heat .sheet.expected .guess")',
    ),
    (
        "what it expected next", "long",
        'document.querySelectorAll("#page-heat .toggle input")[1].click()',
        'document.querySelector("#page-heat .sheet.expected .guess")',
    ),
    (
        "underline surprises", "long",
        'document.querySelectorAll("#page-heat .toggle input")[2].click()',
        '[...document.querySelectorAll("#page-heat .s")].some((box) => box.style.boxShadow)',
    ),
]  # fmt: skip


def measure(browser: Any, page: Path) -> Iterator[tuple[str, str, float]]:
    """Passage, what was done, and how many milliseconds it took, each once."""
    for where, number in (("short", 1), ("long", 2)):
        tab = browser.new_page(viewport={"width": 1400, "height": 900})
        tab.add_init_script(WATCH)
        tab.goto(f"{page.as_uri()}#heat/passage={number}")
        tab.wait_for_function("window.painted")
        yield where, "page painted, from the start of loading", tab.evaluate("painted")
        tab.wait_for_function("boxes() > 0")
        yield where, "coloured text, from the start of loading", tab.evaluate("performance.now()")
        tab.wait_for_timeout(1500)  # pages that are not on screen are prepared meanwhile
        for name, at, act, done in STEPS:
            if at == where:
                yield where, name, tab.evaluate(f"until(() => {{ {act} }}, () => {done})")
                tab.wait_for_timeout(400)
        tab.close()


def main() -> None:
    """Write the page, measure, print and keep a table."""
    arguments = argparse.ArgumentParser(description="Speed of a large report in a browser.")
    arguments.add_argument("--page", type=Path, help="measure this page, written by an earlier version, instead")
    arguments.add_argument("--repeats", type=int, default=5)
    arguments.add_argument("--out", type=Path, help="file for the result")
    asked = arguments.parse_args()
    from playwright.sync_api import sync_playwright

    with tempfile.TemporaryDirectory() as folder, sync_playwright() as driver:
        page = asked.page or Path(folder) / "page.html"
        if asked.page is None:
            write_page(page)
        chromium = os.environ.get("RNNSCOPE_CHROMIUM") or shutil.which("chromium")
        browser = driver.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        found: dict[tuple[str, str], list[float]] = {}
        for _ in range(asked.repeats):
            for where, name, milliseconds in measure(browser, page.resolve()):
                found.setdefault((where, name), []).append(milliseconds)
        version, size = browser.version, page.stat().st_size
        browser.close()
    text = _report(found, size, version, asked.repeats)
    sys.stdout.write(text)
    if asked.out:
        asked.out.write_text(text, "utf-8")


def _report(found: dict[tuple[str, str], list[float]], size: int, version: str, repeats: int) -> str:
    lines = [
        "# Speed of a large report",
        "",
        f"Written by `python benchmarks/page_speed.py`: {LAYERS} x {CELLS} cells over {SHORT:,} characters (short) and "
        f"{LONG_CELLS} cells over {LONG:,} characters (long) in one page of {size / 1e6:.1f} MB; Chromium {version}, "
        f"{repeats} times. Milliseconds from the key or click to the frame that shows its effect; a frame is 16.7.",
        "",
        "| passage | what | median | largest | aim |",
        "|---|---|--:|--:|--:|",
    ]
    for (where, name), times in found.items():
        aim = PAINT_MILLISECONDS if "painted" in name else TOUCH_MILLISECONDS
        aim_text = "" if "coloured" in name else f"{aim:,}"
        lines.append(f"| {where} | {name} | {statistics.median(times):.0f} | {max(times):.0f} | {aim_text} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
