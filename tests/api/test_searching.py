"""The stages cells and gates over a run folder: findings, what is kept, what is refused."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from rnnscope import api
from rnnscope.api import Run
from rnnscope.errors import InputError

pytestmark = pytest.mark.law


@pytest.fixture
def other_text(tmp_path: Path) -> Path:
    """A text of another run's alphabet, long enough for three parts of five blocks."""
    path = tmp_path / "other.c"
    path.write_text("int main(void) {\n\treturn f(a, b);\n}\n\nint f(int a) {\n\treturn a;\n}\n" * 480)
    return path


def test_findings_have_their_keys_and_are_kept(run: Run, other_text: Path) -> None:
    """Claims and what was searched have the keys that programs rely on, and are read back from the run folder."""
    found = api.cells(run, other_text, features=["round-depth", "last-blank"], regex=["word=[a-z]+"])
    assert found["searched"]["cells"] == 2 * 2 * 6
    assert found["searched"]["features"] == 3
    assert {claim["feature"] for claim in found["claims"]} == {"round-depth", "last-blank", "word"}
    for claim in found["claims"]:
        keys = {"layer", "cell", "quantity", "feature", "verdict", "score", "interval", "null", "effect_bits"}
        assert keys <= set(claim)
        assert 1 <= claim["layer"] <= 2
        assert 1 <= claim["cell"] <= 6
        assert claim["verdict"] in ("observed", "confirmed")  # twelve cells are too few to be compared with
    (name,) = (name for stage, name in run.folder("read").results() if stage == "cells")
    kept = run.folder("read").read_result("cells", name)
    assert kept.facts["claims"] == found["claims"]
    with pytest.raises(InputError, match="stale"):
        run.folder("read").read_result("cells", name, {"checkpoint": "another"})


def test_findings_are_a_function_of_the_seed(run: Run, other_text: Path) -> None:
    """The same seed gives the same findings."""
    one, other = (api.cells(run, other_text, features=["round-depth"], seed=4) for _ in range(2))
    assert one == other


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"features": ["quotes"]}, "none of the"),
        ({"features": []}, "nothing would be looked for"),
        ({"regex": ["year"]}, "not a name and an expression"),
        ({"symbols": 0}, "at least 1"),
    ],
)
def test_misuse_is_refused(run: Run, other_text: Path, given: dict[str, object], message: str) -> None:
    """What cannot be searched is refused in words, such as a feature that nobody knows."""
    with pytest.raises(InputError, match=message):
        api.cells(run, other_text, **given)  # type: ignore[arg-type]  # what a caller may type


def test_short_texts_are_refused(run: Run) -> None:
    """A test part of a few hundred symbols does not make three parts."""
    with pytest.raises(InputError, match="each of the three parts needs at least"):
        api.cells(run)


def test_gates_are_measured_and_kept(run: Run) -> None:
    """Every unit of every gate has shares of time, the memory a time constant; the result is read back."""
    found = api.gates(run.folder("find").path)
    assert [row["layer"] for row in found["layers"]] == [1, 2]
    for row in found["layers"]:
        assert set(row["units"]) == {"i", "f", "g", "o", "keep"}
        for unit in row["units"].values():
            assert len(unit["right"]) == len(unit["left"]) == 6
            assert all(0 <= share <= 1 for share in (*unit["right"], *unit["left"]))
        assert row["units"]["keep"] == row["units"]["f"]
        assert all(steps > 0 for steps in row["steps"])
    assert run.folder("read").read_result("gates", "test").facts["layers"] == found["layers"]


def test_the_table_names_every_feature(run: Run, other_text: Path) -> None:
    """The table has a line for every feature that applies, with cells counted from 1."""
    from rnnscope.commands.finding import cell_lines

    lines = cell_lines(api.cells(run, other_text, features=["round-depth", "last-blank"]))
    for name in ("round-depth", "last-blank"):
        (line,) = (line for line in lines if line.startswith(name))
        assert re.search(r" [12]:[1-6] [hc] +(observed|confirmed)", line)
