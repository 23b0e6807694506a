from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from ..surface import TEXT, call, check_refusal, done

pytestmark = pytest.mark.law

CLAIM = {"layer", "cell", "quantity", "feature", "verdict", "score", "interval", "null", "effect_bits"}


@pytest.fixture(scope="module")
def copy(run: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run that may be written to."""
    path = tmp_path_factory.mktemp("copies") / "run"
    shutil.copytree(run, path)
    return path


@pytest.fixture(scope="module")
def other(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A text of the same alphabet, long enough for three parts of five blocks."""
    path = tmp_path_factory.mktemp("other") / "other"
    path.write_bytes(TEXT * 70)
    return path


def test_cells_searches_a_run(copy: Path, other: Path, tmp_path: Path) -> None:
    """One document with its fixed keys, the caller's own hypotheses among them, and a table with a line for each."""
    (tmp_path / "mats.jsonl").write_text('{"start": 19, "stop": 22}\n{"start": 43, "stop": 46}\n')
    (tmp_path / "own.py").write_text("def vowels(text):\n    return [symbol in 'aeiou' for symbol in text]\n")
    words = (
        *("cells", copy, other, "--features", "line-position", "--regex", "cat=cat", "--regex", "mat=mat"),
        *("--spans", tmp_path / "mats.jsonl", "--python", f"{tmp_path / 'own.py'}:vowels"),
    )
    found = json.loads(done(*words, "--json"))
    assert {"claims", "searched"} <= set(found)
    assert {"cells", "features"} <= set(found["searched"])
    assert found["searched"]["cells"] == 8 * 2  # h and c of eight cells
    assert found["searched"]["features"] == 5
    assert {"line-position", "cat", "mat"} <= set(found["features"])
    assert found["claims"]
    for claim in found["claims"]:
        assert set(claim) >= CLAIM
        assert claim["verdict"] in ("observed", "confirmed", "causal")
        assert claim["layer"] == 1
        assert 1 <= claim["cell"] <= 8
    table = done(*words, "--quiet")
    for name in ("line-position", "cat", "mat"):
        assert any(line.startswith(name) for line in table.splitlines()), (name, table)
    assert done(*words, "--json") == done(*words, "--json"), "the seed decides"


def test_gates_measures_a_run(copy: Path) -> None:
    """One document with a row for every layer, and a table for people."""
    found = json.loads(done("gates", copy, "--json"))
    assert [row["layer"] for row in found["layers"]] == [1]
    assert "a memory lasts" in done("gates", copy)


def test_misuse_is_refused(copy: Path, other: Path, tmp_path: Path) -> None:
    """What cannot be searched is refused in the documented form, naming what was typed."""
    check_refusal(call("cells", tmp_path / "absent", "-q"), 2, "absent")
    check_refusal(call("cells", copy, "-q"), 2, "each of the three parts needs at least")
    check_refusal(call("cells", copy, other, "--features", "quotes", "-q"), 2, "quotes")
    check_refusal(call("cells", copy, other, "--features", ",", "-q"), 2, "nothing would be looked for")
    check_refusal(call("cells", copy, other, "--regex", "year", "-q"), 2, "not a name and an expression")
    check_refusal(call("cells", copy, other, "--spans", tmp_path / "none.jsonl", "-q"), 2, "none.jsonl")
    check_refusal(call("cells", copy, other, "--python", "own.py", "-q"), 2, "own.py")
    check_refusal(call("cells", copy, other, "--symbols", "0", "-q"), 2, "--symbols 0")
    check_refusal(call("cells", copy, tmp_path / "no-text", "-q"), 2, "no-text")
