"""The paper's own numbers, from the paper's own text."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from rnnscope.corpus.builtin import BUILTIN
from rnnscope.report.paper import table_2

from ..surface import done

DATA = os.environ.get("RNNSCOPE_DATA", "")  # read here: tests run without the caller's variables
needs_texts = pytest.mark.skipif(not (Path(DATA) / "warpeace.txt").is_file(), reason="needs RNNSCOPE_DATA")


@needs_texts
@pytest.mark.oracle
def test_table_2_of_the_paper(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """War and Peace in rows, seams joined: all ten n-gram losses of the paper's Table 2 to the last printed digit."""
    monkeypatch.setenv("RNNSCOPE_DATA", DATA)
    words = ("--split", "streams", "--seams", "joined", "--contexts", "1-9,20", "--json", "-q")
    found = json.loads(done("ngram", "warpeace", "-o", tmp_path / "out", *words))
    printed = table_2(BUILTIN["warpeace"].sha256)
    assert printed is not None
    assert [row["context"] for row in found["contexts"]] == printed.contexts
    assert [f"{row['loss_nats']:.3f}" for row in found["contexts"]] == [f"{loss:.3f}" for loss in printed.ngram]
    assert found["chars"] == {"train": 2_600_000, "valid": 320_000, "test": 330_000}
    assert [level["context"] for level in found["levels"] if level["highest_discounts"]["fallback"]] == []


@pytest.mark.golden
def test_the_table_stands_beside_its_texts_only() -> None:
    """Table 2 is known for the two texts of the paper, says how they compare, and is left out for any other."""
    for name, last in (("warpeace", 1.195), ("linux", 0.889)):
        table = table_2(BUILTIN[name].sha256)
        assert table is not None
        assert (table.contexts[-1], table.ngram[-1], len(table.network)) == (20, last, 10)
        assert ("own text" in table.text) == (name == "warpeace")
    assert table_2("0" * 64) is None
