"""The page of what memory was found holds what the commands found, and leaves alone what was written by hand."""

from __future__ import annotations

from pathlib import Path

import pytest
from memory_found import TABLES, main

from rnnscope import api


@pytest.mark.oracle
def test_horizons_stand_in_the_page(tmp_path: Path) -> None:
    """Every number of a row is that of the document, in the header's order; a second writing keeps the head."""
    (tmp_path / "text").write_bytes(bytes(range(97, 117)) * 200)
    run, out = tmp_path / "study" / "runs" / "small", tmp_path / "page.md"
    tiny = {"layers": 1, "hidden": 6, "batch": 4, "steps": 16, "epochs": 1, "sample_length": 0}
    api.train(str(tmp_path / "text"), run, cell="gru", **tiny)
    found = api.memory(run, distances=12, cases=60, lanes=10)
    api.tasks("anbn", tmp_path / "sweep", lengths=(4,), seeds=(1,), hidden=4, updates=2)
    study = str(tmp_path / "study")
    arguments = [study, "--along", study, "--tasks", str(tmp_path / "sweep"), "--out", str(out)]
    assert main(arguments) == 0
    first = out.read_text("utf-8")
    curve = next(curve for curve in found["gradients"] if curve["event"] == "all")
    ends = [curve["half_life"], curve["horizons"]["0.01"], curve["horizons"]["0.001"]]
    told = " | ".join("beyond 12" if end is None else str(end) for end in ends)
    assert f"| small | all | h 1 | {told} |" in first
    assert "| small | 0 | h 1: " in first
    assert "## anbn" in first
    out.write_text("# By hand\n\n" + first, "utf-8")
    main(arguments)
    assert out.read_text("utf-8") == "# By hand\n\n" + first
    assert first.startswith(TABLES)
