from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

import rnnscope as rs
from rnnscope.artifacts import sealed
from rnnscope.artifacts.counts import open_folder
from rnnscope.artifacts.lock import exclusive
from rnnscope.artifacts.run import RunFolder
from rnnscope.corpus.planted import planted
from rnnscope.errors import Diverged, InputError, Locked
from rnnscope.study import table

from ..surface import call, check_refusal, done, nothing_left
from .cases import SHARED, TINY, plan_file, process, study
from .cases import table as table_bytes

pytestmark = pytest.mark.law

LONG = "epochs = 150\nvalidate_every = 1000\nsave_every = 30"
"""Long enough to be met in the middle, and with few saves, which wait for the disk."""


def page(report: Path) -> dict[str, Any]:
    """The data of a report."""
    document = report.read_text("utf-8")
    data = document.partition('<script type="application/json" id="page-data">')[2].partition("</script>")[0]
    found = json.loads(data)
    assert isinstance(found, dict)
    return found


def wait_for_step(run: Path, step: int, driver: subprocess.Popen[bytes]) -> None:
    """Wait until a training that another process does has saved at a step."""
    while not (run / "status.json").exists() or RunFolder.open(run).status()["step"] < step:
        assert driver.poll() is None
        time.sleep(0.02)


def test_a_study_from_text_to_report(text: Path, plan: Path, tmp_path: Path) -> None:
    """One row per model with its folder's facts, its loss inside its interval; everything is kept."""
    out = tmp_path / "study"
    found = study(text, out, plan)
    assert [row["run"] for row in found.table] == ["lstm", "rnn", "ngram"]
    *networks, counted = found.table
    assert [(row["cell"], row["layers"], row["budget"]) for row in networks] == [("lstm", 1, None), ("rnn", 1, 8)]
    for row in networks:
        run = RunFolder.open(out / "runs" / row["run"])
        assert run.status()["state"] == row["state"] == "complete"
        assert row["text_sha256"] == run.environment["text"]["sha256"]
        assert row["parameters"] == sum(tensor.size for tensor in run.read_checkpoint("last").tensors.values())
        assert row["loss_nats"] == pytest.approx(rs.open(run.path).eval().loss_nats, abs=1e-6)
        low, high = row["interval_nats"] or (0, 10)
        assert low < row["loss_nats"] < high
        rival = found.facts["rival"]
        assert rival["context"] == 6
        assert row["above_ngram_nats"] == row["loss_nats"] - rival["loss_nats"]
    ngram = rs.open(out / "runs" / "ngram")
    assert counted["cell"] == f"ngram-{ngram.context}"
    assert counted["loss_nats"] == pytest.approx(ngram.eval().loss_nats, abs=1e-6)
    assert [counted[name] for name in ("layers", "hidden", "parameters", "seed")] == [None] * 4
    kept = sealed.read(out / "table.json", table.KIND)
    assert kept.facts["rows"] == found.table
    assert kept.made_from == {name: open_folder(out / "runs" / name).id for name in ("lstm", "rnn", "ngram")}
    assert [run["name"] for run in page(found.report)["runs"]] == ["lstm", "rnn"]
    assert RunFolder.open(out / "runs" / "lstm").read_result("gates", "test").facts["cell"] == "lstm"
    assert found.to_text().splitlines()[-1] == f"report: {found.report}"
    assert found.error() is None


def test_a_second_start_computes_nothing(text: Path, plan: Path, tmp_path: Path) -> None:
    """Finished tasks are left alone and the result is the same; what was removed, and only that, is made again."""
    out = tmp_path / "study"
    first = study(text, out, plan)
    before = {path: path.stat().st_mtime_ns for path in (out / "tasks").iterdir()}
    weights = {path: path.stat().st_mtime_ns for path in out.rglob("*.safetensors") if "runs" in path.parts}
    second = study(text, out, plan)
    assert second.table == first.table
    assert {path: path.stat().st_mtime_ns for path in (out / "tasks").iterdir()} == before
    assert {path: path.stat().st_mtime_ns for path in weights} == weights
    (out / "tasks" / "gates-lstm.json").unlink()
    assert study(text, out, plan).table == first.table
    again = [path.name for path, time in before.items() if path.stat().st_mtime_ns != time]
    assert again == ["gates-lstm.json"]


def test_a_plan_may_grow(text: Path, plan: Path, tmp_path: Path) -> None:
    """More seeds and more epochs go on with what is there; the rows of finished networks with nothing new stay."""
    out = tmp_path / "study"
    first = study(text, out, plan)
    more = study(text, out, plan, seeds=2)
    assert [row["run"] for row in more.table] == ["lstm", "lstm-seed-2", "rnn", "rnn-seed-2", "ngram"]
    assert [row for row in more.table if row["seed"] == 1] == [row for row in first.table if row["seed"] == 1]
    assert [row["seed"] for row in more.table] == [1, 2, 1, 2, None]
    plan_file(tmp_path, TINY.replace("epochs = 2", "epochs = 3"))
    longer = study(text, out, plan, seeds=2)
    assert [row["epochs_reached"] for row in longer.table[:4]] == [3.0] * 4


def test_a_text_that_comes_through_a_pipe(text: Path, plan: Path, tmp_path: Path) -> None:
    """A study of standard input gives the table of the same text in a file, and can be continued the same way."""
    words = ("study", "-", "-o", tmp_path / "piped", "--plan", plan, "--json", "-q", "--jobs", "1")
    out = done(*words, stdin=text.read_bytes())
    assert out == done(*words, stdin=text.read_bytes())
    assert json.loads(out)["table"] == study(text, tmp_path / "file", plan).table
    assert {"table", "report"} <= set(json.loads(out))


def test_a_study_is_of_one_text_and_one_plan(text: Path, plan: Path, tmp_path: Path) -> None:
    """In the folder of a study another text, seed, setting or a plan that lacks a model is refused; nothing changes."""
    out = tmp_path / "study"
    study(text, out, plan)
    (tmp_path / "other").write_text(planted(seed=3, length=1200).text, encoding="utf-8")
    words = ("study", text, "-o", out, "--plan", plan)
    with nothing_left(out):
        check_refusal(call("study", tmp_path / "other", *words[2:]), 2, "begun on a text with SHA-256")
        check_refusal(call(*words, "--seed", "2"), 2, "--seed 2", "begun with --seed 1")
        check_refusal(call(*words, "--fold", "1"), 2, "--fold 1")
        check_refusal(call("study", text, "-o", out), 2, "a plan without lstm")
        with exclusive(out):
            check_refusal(call(*words), 6, "drives it already")
            with pytest.raises(Locked):
                study(text, out, plan)
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "letter").write_text("dear")
    check_refusal(call("study", text, "-o", tmp_path / "own", "--plan", plan), 2, "other things (letter)")


def test_damage_in_a_study_is_found(text: Path, plan: Path, tmp_path: Path) -> None:
    """A flipped bit in what a finished study kept is told with its exit code, and the rest is done all the same."""
    out = tmp_path / "study"
    study(text, out, plan)
    for pattern in ("runs/rnn/eval/test/manifest.json", "runs/lstm/metrics.jsonl", "tasks/train-rnn.json"):
        path = next(out.glob(pattern))
        sound = path.read_bytes()
        path.write_bytes(sound[:-3] + bytes([sound[-3] ^ 1]) + sound[-2:])
        outcome = call("study", text, "-o", out, "--plan", plan, "--jobs", "1", "-q")
        assert (outcome.code, path.name in outcome.err) == (4, True), outcome
        path.write_bytes(sound)
    assert study(text, out, plan).error() is None


def test_a_task_that_fails_is_left_alone(text: Path, tmp_path: Path) -> None:
    """Networks that diverge, one of them before it saved anything, are marked in the table and told with their exit
    code; the others, the n-gram, the errors and the report are made, and the report names what it leaves out.
    """
    bad = '[[networks]]\nname = "wild"\ncell = "rnn"\nhidden = 8\nactivation = "relu"\n'
    bad += "learning_rate = 100.0\nclip = 0.0\n"
    bad += '[[networks]]\nname = "never"\ncell = "rnn"\nhidden = 64\nactivation = "relu"\ninit_scale = 10.0\n'
    plan, out = plan_file(tmp_path, TINY + bad), tmp_path / "study"
    found = study(text, out, plan)
    error = found.error()
    assert isinstance(error, Diverged), found.outcome
    assert found.outcome.failed.keys() == {"train-wild", "train-never"}
    assert next(iter(found.outcome.failed)) in str(error)
    assert {row["run"]: row["state"] for row in found.table} == {
        "lstm": "complete",
        "rnn": "complete",
        "wild": "failed",
        "never": "failed",
        "ngram": "complete",
    }
    assert found.outcome.blocked == {"prepare-wild": "train-wild", "prepare-never": "train-never"}
    assert set(sealed.read(out / "errors.json", "errors").made_from) == {"lstm", "rnn", "wild", "ngram"}
    shown = page(found.report)
    assert [run["name"] for run in shown["runs"]] == ["lstm", "rnn", "wild"]
    assert [network["name"] for network in shown["unsaved"]] == ["never"]
    assert shown["meta"]["warnings"][0].startswith("never is left out")
    outcome = call("study", text, "-o", out, "--plan", plan, "--json", "-q")
    assert outcome.code == Diverged.exit_code
    assert json.loads(outcome.out)["failed"].keys() == {"train-wild", "train-never"}


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_driver_that_is_asked_to_stop(number: signal.Signals, text: Path, tmp_path: Path) -> None:
    """A signal to the driver lets the training save, ends with 128 + its number, and can be started again."""
    long = SHARED.replace("epochs = 2", LONG) + '[[networks]]\nname = "gru"\ncell = "gru"\nhidden = 8\n'
    plan, out = plan_file(tmp_path, long), tmp_path / "study"
    driver = process(text, out, plan, "--jobs", "1")
    wait_for_step(out / "runs" / "gru", 30, driver)
    driver.send_signal(number)
    assert driver.wait() == 128 + number
    assert RunFolder.open(out / "runs" / "gru").status()["state"] == "interrupted"
    calm = study(text, tmp_path / "calm", plan)
    assert study(text, out, plan).table == calm.table
    assert table_bytes(out) == table_bytes(tmp_path / "calm")


def test_a_worker_that_died_is_replaced(text: Path, plan: Path, tmp_path: Path) -> None:
    """SIGKILL to the only worker in a training: another one goes on, and the study completes."""
    plan_file(tmp_path, TINY.replace("epochs = 2", LONG))
    out = tmp_path / "study"
    driver = process(text, out, plan, "--jobs", "1")
    wait_for_step(out / "runs" / "lstm", 30, driver)
    children = Path(f"/proc/{driver.pid}/task/{driver.pid}/children").read_text().split()
    os.kill(int(children[0]), signal.SIGKILL)
    assert driver.wait() == 0
    assert "ended by SIGKILL" in (tmp_path / "study.log").read_text()
    assert all(row["state"] == "complete" for row in study(text, out, plan).table)


def test_time_that_is_up(text: Path, plan: Path, tmp_path: Path) -> None:
    """With --hours trainings pause, and table and report tell how far they have come; without it they go on."""
    plan_file(tmp_path, TINY.replace("epochs = 2", "epochs = 20000\nvalidate_every = 5000"))
    out = tmp_path / "study"
    driver = process(text, out, plan, "--jobs", "2", "-q", "--json", "--hours", "0.004")
    assert driver.wait() == 0
    found = json.loads((tmp_path / "study.log").read_text())
    assert [row["state"] for row in found["table"]] == ["unfinished", "unfinished", "complete"]
    assert all(0 < row["epochs_reached"] < 20000 and row["loss_nats"] for row in found["table"][:2])
    assert found["unfinished"] == ["train-lstm", "train-rnn", "gates-lstm"]
    assert Path(found["report"]).is_file()
    assert not (out / "tasks" / "prepare-lstm.json").exists()


def test_a_pause_that_lies_behind(text: Path, plan: Path, tmp_path: Path) -> None:
    """A plan that gets a pause where its trainings have long been goes on: they are not asked to go back."""
    out = tmp_path / "study"
    study(text, out, plan)
    longer = TINY.replace("epochs = 2", "epochs = 3").replace("[shared]", "pauses = [1]\n[shared]", 1)
    found = study(text, out, plan_file(tmp_path, longer))
    assert not found.outcome.failed
    assert [row["epochs_reached"] for row in found.table[:2]] == [3, 3]


def test_a_dry_run_writes_nothing(text: Path, plan: Path, tmp_path: Path) -> None:
    """--dry-run shows networks, tasks and costs, knows what is done, and leaves no trace."""
    out = tmp_path / "study"
    words = ("study", text, "-o", out, "--plan", plan, "--dry-run")
    with nothing_left(tmp_path):
        facts = json.loads(done(*words, "--json"))
        assert "9 tasks" in done(*words)
    assert [network["run"] for network in facts["networks"]] == ["lstm", "rnn"]
    assert not any(task["done"] for task in facts["tasks"])
    assert facts["seconds"] >= facts["wall_seconds"] > 0
    study(text, out, plan)
    with nothing_left(out):
        later = json.loads(done(*words, "--json"))
    assert [task["kind"] for task in later["tasks"] if not task["done"]] == ["errors", "table", "report"]


def test_a_study_needs_models(text: Path, tmp_path: Path) -> None:
    """A text on which nothing can be trained is refused by its cause, with the exit code of it."""
    (tmp_path / "short").write_text("ab" * 12)
    outcome = call("study", tmp_path / "short", "-o", tmp_path / "study", "--plan", plan_file(tmp_path), "-q")
    assert outcome.code == InputError.exit_code
    assert "symbols" in outcome.err


def test_20_kb_say_what_they_cannot_conclude(tmp_path: Path) -> None:
    """A text of 20 KB goes all the way, and its report says for each analysis that it is too small, and why."""
    (tmp_path / "text").write_text(planted(seed=5, length=20_000).text, encoding="utf-8")
    found = study(tmp_path / "text", tmp_path / "study", plan_file(tmp_path, TINY.replace("batch = 4", "batch = 16")))
    notes = {note["name"]: note for note in page(found.report)["meta"]["notes"]}
    assert {"training", "cells", "gates", "memory", "errors"} <= set(notes)
    for name in ("training", "cells", "gates"):
        assert not notes[name]["enough"]
        assert "at least" in notes[name]["why"]
    written = found.report.read_text("utf-8").partition("<script")[0]
    assert "2,000 symbols in the test part, at least 50,000 wanted" in written
