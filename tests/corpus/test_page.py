"""The page about this stage."""

from __future__ import annotations

import doctest
from pathlib import Path

import pytest

from rnnscope.corpus import builtin

PAGE = Path(__file__).resolve().parents[2] / "docs" / "corpus.md"


@pytest.mark.golden
def test_examples_of_the_page() -> None:
    """Every example of docs/corpus.md gives what the page shows."""
    failed, tried = doctest.testfile(str(PAGE), module_relative=False)
    assert tried > 10
    assert failed == 0


@pytest.mark.law
def test_page_names_every_text_and_its_headings() -> None:
    """Each built-in text is on the page, under the headings that all stages share."""
    page = PAGE.read_text("utf-8")
    assert all(f"`{name}`" in page for name in builtin.BUILTIN)
    headings = [line[3:] for line in page.splitlines() if line.startswith("## ")]
    assert headings == ["What", "Command", "Files read", "Files written", "Options", "Example", "Limits"]
