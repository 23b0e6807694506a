"""Saved pictures of cells, as a browser draws them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rnnscope.artifacts.picture import Picture

pytestmark = [pytest.mark.browser, pytest.mark.planted]

HOSTILE = '<script>document.title="run"</script>"><img src=x onerror=alert(1)>\n&lt;b&gt; \u202e\x1b] 漢é\u0301\n'

OUTSIDE = """
() => {
    const svg = document.querySelector("svg");
    const [, , width, height] = svg.getAttribute("viewBox").split(" ").map(Number);
    return [...svg.querySelectorAll("text, rect")].filter((part) => {
        const box = part.getBBox();
        return box.x < 0 || box.y < 0 || box.x + box.width > width + 0.5 || box.y + box.height > height + 0.5;
    }).map((part) => part.textContent);
}
"""


@pytest.fixture
def tab(browser: Any) -> Any:
    context = browser.new_context(viewport={"width": 1000, "height": 700})
    yield context.new_page()
    context.close()


@pytest.mark.parametrize("text", [HOSTILE, "a\n", "x" * 300], ids=["hostile", "short", "long"])
@pytest.mark.parametrize("suffix", [".svg", ".html"])
def test_saved_pictures_are_whole_and_inert(tab: Any, tmp_path: Path, text: str, suffix: str) -> None:
    """Every word and box of a saved picture lies inside it, nothing in the text runs, nothing is fetched."""
    noticed: list[str] = []
    tab.on("dialog", lambda dialog: (noticed.append(dialog.message), dialog.dismiss()))
    tab.on("pageerror", lambda error: noticed.append(str(error)))
    tab.on("request", lambda request: noticed.append(request.url))
    values = np.linspace(-3, 3, len(text)).astype(np.float32)
    codes = [ord(character) for character in text]
    title = "lstm, layer 2 of 2, cell 17 of 128: c, clamped 1:1=0.25, 2:3=-1"
    path = Picture(title, "c", codes, "characters", values, (None, None)).save(tmp_path / f"picture{suffix}")
    tab.goto(path.as_uri())
    assert noticed == [path.as_uri()]
    assert tab.evaluate(OUTSIDE) == []
    assert tab.evaluate("() => document.title") in (title, "")
    assert tab.evaluate("() => document.querySelectorAll('rect title').length") == len(text)
