from __future__ import annotations

import json
import os
import signal
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

import rnnscope as rs
from rnnscope.artifacts import sealed
from rnnscope.artifacts.counts import open_folder
from rnnscope.artifacts.run import RunFolder
from rnnscope.corpus.planted import planted
from rnnscope.errors import DamagedArtifact, InputError, Stopped
from rnnscope.ngram import scoring
from rnnscope.study import run as study_run
from rnnscope.study.plan import Counting, Plan, Training
from rnnscope.terminal import QUIET, Progress
from rnnscope.train import loop

from ..surface import call, check_refusal, done, nothing_left

pytestmark = pytest.mark.law

KEYS = ["run", "cell", "layers", "budget", "hidden", "parameters", "loss_nats", "interval_nats"]
MADE_FROM = ["text_sha256", "split", "fold", "seed", "epochs", "versions"]


def tiny(preset: str, *, seed: int, threads: int, options: Mapping[str, Any] | None = None) -> Plan:
    """Two networks that train in a moment, and an n-gram model."""
    shared = {"layers": 1, "batch": 4, "steps": 16, "epochs": 2, "sample_length": 10, "seed": seed, "threads": threads}
    networks = (Training("lstm", {"cell": "lstm", "hidden": 8}), Training("rnn", {"cell": "rnn", "budget": 8}))
    counting = Counting("ngram", {"contexts": "1-3,6"})
    return Plan(preset, shared | dict(options or {}), networks, (counting,))


@pytest.fixture(autouse=True)
def _tiny_plans(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(study_run, "plan", tiny)
    monkeypatch.setattr(os, "fsync", lambda descriptor: None)


@pytest.fixture
def text(tmp_path: Path) -> Path:
    path = tmp_path / "text"
    path.write_text(planted(seed=2, length=1200).text, encoding="utf-8")
    return path


def study(text: Path | str, out: Path, **more: Any) -> study_run.Study:
    """A study that says nothing."""
    return study_run.study(str(text), out, **{"progress": lambda label: Progress(QUIET)} | more)


def page(report: Path) -> dict[str, Any]:
    """The data of a report."""
    document = report.read_text("utf-8")
    data = document.partition('<script type="application/json" id="page-data">')[2].partition("</script>")[0]
    found = json.loads(data)
    assert isinstance(found, dict)
    return found


class SignalAt(Progress):
    """Sends SIGTERM to this process when a given step is reported."""

    def __init__(self, step: int) -> None:
        super().__init__(QUIET)
        self.step = step

    def row(self, row: dict[str, Any]) -> None:
        if row["step"] == self.step:
            os.kill(os.getpid(), signal.SIGTERM)


def test_a_study_from_text_to_report(text: Path, tmp_path: Path) -> None:
    """One row per model with every key, its folder, its loss inside its interval; table and report are kept."""
    out = tmp_path / "study"
    found = study(text, out)
    assert [row["run"] for row in found.table] == ["lstm", "rnn", "ngram"]
    assert [list(row) for row in found.table] == [KEYS + MADE_FROM] * 3
    *networks, counted = found.table
    assert [(row["cell"], row["layers"], row["budget"]) for row in networks] == [("lstm", 1, None), ("rnn", 1, 8)]
    for row in networks:
        run = RunFolder.open(out / "runs" / row["run"])
        assert run.status()["state"] == "complete"
        assert row["text_sha256"] == run.environment["text"]["sha256"]
        assert row["parameters"] == sum(tensor.size for tensor in run.read_checkpoint("last").tensors.values())
        assert 0 < row["loss_nats"] < 10
        low, high = row["interval_nats"] or (0, 10)
        assert low < row["loss_nats"] < high
    ngram = rs.open(out / "runs" / "ngram")
    assert counted["cell"] == f"ngram-{ngram.context}"
    assert counted["loss_nats"] == pytest.approx(ngram.eval().loss_nats, abs=1e-6)
    assert [counted[name] for name in ("layers", "hidden", "parameters", "seed")] == [None] * 4
    kept = sealed.read(out / "table.json", study_run.TABLE_KIND)
    assert kept.facts["rows"] == found.table
    ids = {name: open_folder(out / "runs" / name).id for name in ("lstm", "rnn", "ngram")}
    assert kept.made_from == ids
    assert found.report == out / "report.html"
    assert [run["name"] for run in page(found.report)["runs"]] == ["lstm", "rnn"]
    assert [ngram["name"] for ngram in page(found.report)["ngrams"]] == ["ngram"]
    assert sorted(path.name for path in out.iterdir()) == [
        "errors-classes.safetensors",
        "errors.json",
        "report.html",
        "runs",
        "table.json",
    ]
    last = found.to_text().splitlines()[-1]
    assert last == f"report: {found.report}"


def test_a_second_start_computes_nothing(text: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Finished trainings, scores, samples and recordings are left alone; the result is the same to the byte."""
    out = tmp_path / "study"
    first = study(text, out)
    # The training state is saved again, with another time on the clock.
    kept = [path for path in out.rglob("*") if path.is_file() and not {"resume", ".lock"} & set(path.parts)]
    files = {path: path.read_bytes() for path in kept}

    def not_again(*arguments: Any, **more: Any) -> None:
        raise AssertionError("computed again")

    monkeypatch.setattr(loop._Session, "_update", not_again)
    for name in (
        "reporting._score",
        "reporting._about",
        "reporting._record_passage",
        "rivals._other_split",
        "explaining.run",
    ):
        monkeypatch.setattr(f"rnnscope.api.{name}", not_again)
    for name in ("count", "score_part"):
        monkeypatch.setattr(scoring, name, not_again)
    second = study(text, out)
    assert second.table == first.table
    changed = [str(path) for path, data in files.items() if path.read_bytes() != data]
    assert changed == []


@pytest.mark.parametrize(("network", "step"), [("lstm", 0), ("lstm", 10), ("rnn", 20)])
def test_a_study_that_was_stopped_goes_on_to_the_same_table(
    network: str, step: int, text: Path, tmp_path: Path
) -> None:
    """A signal anywhere ends it with Stopped; started again, it ends with table and weights of an undisturbed one."""
    calm = study(text, tmp_path / "calm")
    out = tmp_path / "cut"
    watches = {name: Progress(QUIET) for name in ("", "lstm", "rnn", "ngram")} | {network: SignalAt(step)}
    with pytest.raises(Stopped) as stopped:
        study(text, out, progress=watches.__getitem__)
    assert stopped.value.exit_code == 128 + signal.SIGTERM
    assert not (out / "report.html").exists()
    continued = study(text, out)
    assert continued.table == calm.table
    for name in ("lstm", "rnn"):
        weights = [
            next((folder / "runs" / name).glob("checkpoints/*-000030/weights*")) for folder in (out, tmp_path / "calm")
        ]
        assert weights[0].read_bytes() == weights[1].read_bytes()


def test_a_piped_text_is_read_once_for_all_networks(text: Path, tmp_path: Path) -> None:
    """A study of standard input gives the table of the same text in a file, and can be continued the same way."""
    data = text.read_bytes()
    out = done("study", "-", "-o", tmp_path / "piped", "--json", "-q", stdin=data)
    again = done("study", "-", "-o", tmp_path / "piped", "--json", "-q", stdin=data)
    assert out == again
    assert json.loads(out)["table"] == study(text, tmp_path / "file").table
    assert set(json.loads(out)) == {"table", "report"}


def test_a_study_is_of_one_text_and_one_plan(text: Path, tmp_path: Path) -> None:
    """In the folder of a study, another text, seed or setting is refused, and nothing changes."""
    out = tmp_path / "study"
    study(text, out)
    (tmp_path / "other").write_text(planted(seed=3, length=1200).text, encoding="utf-8")
    with nothing_left(out):
        check_refusal(call("study", tmp_path / "other", "-o", out), 2, "begun on a text with SHA-256")
        check_refusal(call("study", text, "-o", out, "--seed", "2"), 2, "--seed 2", "begun with --seed 1")
        check_refusal(call("study", text, "-o", out, "--fold", "1"), 2, "--fold 1")
        with pytest.raises(InputError, match="begun with --layers 1"):
            study(text, out, options={"layers": 2})


def test_damage_in_a_study_is_found(text: Path, tmp_path: Path) -> None:
    """A flipped bit in what a finished study kept is refused, not passed on into a new report."""
    out = tmp_path / "study"
    study(text, out)
    for pattern in (
        "runs/rnn/eval/test/manifest.json",
        "runs/lstm/report/about/manifest.json",
        "runs/lstm/metrics.jsonl",
        "runs/ngram/ngram/table/manifest.json",
    ):
        path = next(out.glob(pattern))
        sound = path.read_bytes()
        path.write_bytes(sound[:-3] + bytes([sound[-3] ^ 1]) + sound[-2:])
        with pytest.raises(DamagedArtifact, match=path.name):
            study(text, out)
        path.write_bytes(sound)
    study(text, out)


def test_20_kb_say_what_they_cannot_conclude(tmp_path: Path) -> None:
    """A text of 20 KB goes all the way, and its report says for each analysis that it is too small, and why."""
    (tmp_path / "text").write_text(planted(seed=5, length=20_000).text, encoding="utf-8")
    found = study(tmp_path / "text", tmp_path / "study", options={"batch": 16})
    notes = {note["name"]: note for note in page(found.report)["meta"]["notes"]}
    assert {"training", "cells", "gates", "memory", "errors"} <= set(notes)
    for name in ("training", "cells", "gates"):
        assert not notes[name]["enough"]
        assert "at least" in notes[name]["why"]
    written = found.report.read_text("utf-8").partition("<script")[0]
    assert "2,000 symbols in the test part, at least 50,000 wanted" in written
