from __future__ import annotations

import doctest
from pathlib import Path

import pytest

PAGE = Path(__file__).parents[2] / "docs" / "model.md"


@pytest.mark.golden
def test_examples_of_the_page_are_true() -> None:
    """Every example of docs/model.md gives what the page shows."""
    failed, tried = doctest.testfile(str(PAGE), module_relative=False)
    assert failed == 0
    assert tried > 20
