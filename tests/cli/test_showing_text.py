"""What is typed, coloured by a cell: numbers in a pipe, colours in a terminal, two runs side by side."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import rnnscope as rs

from ..surface import TEXT, done

pytestmark = pytest.mark.law


def test_typed_text_is_shown(run: Path) -> None:
    """A pipe gets the values that `Run.record` computes, of one run or of two; nothing is kept."""
    typed = TEXT[:20]
    found = json.loads(done("record", run, "-", "--cell", "1:2", "--beside", run, "--json", stdin=typed))
    trace = rs.open(run).record(typed.decode())
    picture = trace.show(1, 2)
    for one in found["pictures"]:
        assert one["values"] == pytest.approx(picture.values.tolist())
    assert done("record", run, "-", "--cell", "1:2", stdin=typed) == picture.csv()
    assert not (run / "record").exists()


def test_terminal_colours(run: Path) -> None:
    """In a terminal every symbol has a background, control characters of the text never get there, halves line up."""
    picture = rs.open(run).record(TEXT[:20].decode()).show(1, 1)
    shown = picture.terminal(10)
    assert shown.count("\x1b[48;2;") == 20
    assert "left: " in picture.beside(picture).terminal(40)
    assert "<svg" in picture.beside(picture)._repr_html_()
