"""Which models of a folder are shown, and what is said of those that are not."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

import rnnscope as rs
from rnnscope import api
from rnnscope.api import folders, reporting
from rnnscope.artifacts.run import RunFolder
from rnnscope.errors import Diverged, InputError

from ..surface import call, check_refusal, done

TEXT = "".join(f"line {n}: {n * n % 997} = f(a{n % 7}, 'b');\n" for n in range(560))
TINY: dict[str, Any] = {"layers": 1, "epochs": 0, "batch": 5, "steps": 20, "sample_length": 0}
WILD = {"cell": "rnn", "hidden": 64, "activation": "relu", "init_scale": 10.0}
"""Units without a bound and weights far above 1: the first loss on the validation part is no number."""


def killed(like: Path, path: Path) -> RunFolder:
    """A run as a training leaves it that is killed before its first validation."""
    run = RunFolder.open(like)
    return RunFolder.create(path, config=run.config, alphabet=run.alphabet, environment=run.environment)


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two networks and an n-gram, a network that diverged at once and one that was killed at once."""
    folder = tmp_path_factory.mktemp("study")
    text = folder / "text.txt"
    text.write_text(TEXT)
    runs = folder / "runs"
    for name, hidden in (("large", 6), ("small", 3)):
        rs.train(str(text), runs / name, hidden=hidden, **TINY)
    with pytest.raises(Diverged, match="nothing was saved yet"):
        rs.train(str(text), runs / "diverged", **(TINY | WILD))
    killed(runs / "small", runs / "killed")
    api.ngram(str(text), runs / "ngram", contexts="1-3")
    return folder


@pytest.mark.law
def test_networks_without_weights_are_told_apart(study: Path) -> None:
    """Networks that never saved are left out, each with its reason; everything else is there in order."""
    found = folders.find(study)
    assert [folder.path.name for folder in found.ready] == ["large", "ngram", "small"]
    assert [folder.path.name for folder in found.networks] == ["large", "small"]
    assert [folder.path.name for folder in found.counts] == ["ngram"]
    assert found.left_out() == [
        "diverged is left out: its loss was no longer a number before any weights were saved.",
        "killed is left out: it has not trained that far, or was ended before any weights were saved.",
    ]
    inside = folders.find(study / "runs", of_folders=True)
    assert [folder.path.name for folder in inside.ready] == ["large", "ngram", "small"]


@pytest.mark.law
def test_errors_leave_them_out_and_say_so(study: Path) -> None:
    """`rnnscope errors STUDY` explains the others: the same facts as without the two, and a sentence for each."""
    found = json.loads(done("errors", study, "--json", "-q"))
    assert found["left_out"] == folders.find(study).left_out()
    assert all(sentence in done("errors", study, "-q").splitlines() for sentence in found["left_out"])
    runs = study / "runs"
    named = json.loads(done("errors", runs / "large", runs / "ngram", runs / "small", "--json", "-q"))
    assert named["left_out"] == []
    assert found | {"left_out": []} == named


@pytest.mark.law
def test_a_report_leaves_them_out_and_says_so(study: Path, tmp_path: Path) -> None:
    """The page shows the others, names the two with cell and state, and warns; the command says it too."""
    outcome = call("report", study, "-o", tmp_path / "page.html")
    assert outcome.code == 0, outcome
    for sentence in folders.find(study).left_out():
        assert sentence in outcome.err
    page = reporting.page_of(study)
    assert [run.name for run in page.runs] == ["large", "small"]
    told = [(each.name, each.cell, each.hidden, each.state) for each in page.unsaved]
    assert told == [("diverged", "rnn", 64, "diverged"), ("killed", "lstm", 3, "new")]
    assert page.meta.warnings[:2] == folders.find(study).left_out()


@pytest.mark.golden
def test_a_network_without_weights_by_itself_is_refused(study: Path, tmp_path: Path) -> None:
    """Named alone, or alone in a study, such a network is refused in words that say what to do."""
    for name in ("diverged", "killed"):
        for words in (("report", study / "runs" / name, "-o", tmp_path / "x.html"), ("errors", study / "runs" / name)):
            check_refusal(call(*words, "-q"), 2, "has not saved any yet", "--resume")
    (tmp_path / "runs").mkdir()
    shutil.copytree(study / "runs" / "diverged", tmp_path / "runs" / "diverged")
    for words in (("report", tmp_path, "-o", tmp_path / "x.html"), ("errors", tmp_path)):
        check_refusal(call(*words, "-q"), 2, "none of its networks has saved weights", "diverged is left out")


@pytest.mark.golden
def test_a_folder_without_models_is_refused(tmp_path: Path) -> None:
    """An empty study says so, and so does a folder that is neither."""
    (tmp_path / "runs").mkdir()
    with pytest.raises(InputError, match=r"its folder runs/ holds no run"):
        folders.find(tmp_path)
    with pytest.raises(InputError, match="not a run folder"):
        folders.find(tmp_path / "runs")
    with pytest.raises(InputError, match="no folder of a model in it"):
        folders.find(tmp_path / "runs", of_folders=True)
