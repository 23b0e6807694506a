"""Trackers through checkpoints and over networks: what is followed, what is counted, what is refused."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from rnnscope import api
from rnnscope.api import Run
from rnnscope.api.across import lives
from rnnscope.api.opening import open_run
from rnnscope.api.search.material import Material
from rnnscope.corpus import text as texts
from rnnscope.corpus.split import Segment
from rnnscope.errors import InputError

pytestmark = pytest.mark.law

TEXT = "int main(void) {\n\treturn f(a, b);\n}\n\nint f(int a) {\n\treturn a;\n}\n" * 480


@pytest.fixture
def other_text(tmp_path: Path) -> Path:
    path = tmp_path / "other.c"
    path.write_text(TEXT)
    return path


def test_a_life_has_the_score_of_every_checkpoint(run: Run) -> None:
    """Scores and losses are those that each checkpoint's own network has, and only trackers are followed."""
    steps = run.checkpoints
    assert len(steps) >= 2
    read = texts.from_string(TEXT, name="other.c")
    material = Material.of(read, run.alphabet, [Segment(0, len(TEXT))], names=["round-depth", "last-blank"])
    claim = {"feature": "round-depth", "layer": 2, "cell": 3, "quantity": "h", "verdict": "confirmed"}
    said: list[str] = []
    (life,) = lives(run, material, [claim, claim | {"feature": "last-blank", "verdict": "observed"}], said.append)
    assert life["steps"] == steps
    assert len(said) == len(life["scores"]) == len(steps)
    assert len(set(life["scores"])) > 1
    path = run.folder("read").path
    last = open_run(path, steps[-1])
    (again,) = lives(last, material, [claim], said.append)
    assert again == life
    assert life["losses_nats"] is None or len(life["losses_nats"]) == len(steps)


def test_networks_beside_are_counted(run: Run, other_text: Path, tmp_path: Path) -> None:
    """A network beside itself is counted twice; one that was not searched, or otherwise, is refused with what to do."""
    one = api.cells(run, other_text, features=["round-depth"])
    assert "census" not in one
    path = run.folder("read").path
    found = api.cells(run, other_text, features=["round-depth"], beside=[path, path])
    (count,) = found["census"]
    trackers = any(claim["verdict"] != "observed" for claim in one["claims"])
    assert (count["networks"], count["found"]) == (3, 3 if trackers else 0)
    assert len(set(count["scores"])) == 1
    with pytest.raises(InputError, match="of another search"):
        api.cells(run, other_text, features=["round-depth"], seed=5, beside=[path])
    with pytest.raises(InputError, match="of another search"):
        api.cells(run, other_text, features=["round-depth", "last-blank"], beside=[path])
    other_text.write_text(TEXT.replace("f(a, b)", "f(b, a)"))
    with pytest.raises(InputError, match="no findings about this text"):
        api.cells(run, other_text, features=["round-depth"], beside=[path])
    other_text.write_text(TEXT)
    fresh = tmp_path / "fresh"
    shutil.copytree(path, fresh)
    shutil.rmtree(fresh / "cells")
    with pytest.raises(InputError, match="no findings about this text"):
        api.cells(run, other_text, features=["round-depth"], beside=[fresh])
