from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import _collect
import _networks
import pytest
from _jobs import epochs_reached

from rnnscope import api
from rnnscope.artifacts.lock import exclusive
from rnnscope.artifacts.run import RunFolder
from rnnscope.artifacts.verify import verify_run
from rnnscope.corpus.planted import planted
from rnnscope.errors import InputError
from rnnscope.model.budget import parameters, width

from .conftest import ROOT

PLAN, WINDOWS = ROOT / "results" / "networks.toml", ROOT / "results" / "windows.toml"


@pytest.fixture
def text(tmp_path: Path) -> Path:
    path = tmp_path / "text"
    path.write_text(planted(seed=2, length=100_000).text, encoding="utf-8")
    return path


def train(text: Path, folder: Path, epochs: int = 2) -> RunFolder:
    """A network that trains in a moment."""
    tiny = {"hidden": 4, "layers": 1, "split": "streams", "symbols": "bytes", "sample_length": 5, "seed": 1}
    return RunFolder.open(api.train(str(text), folder, resume=True, epochs=epochs, **tiny).path)


@pytest.mark.golden
def test_the_plan() -> None:
    """Both texts have the same seven networks in the recipe that is theirs, the most needed before the others."""
    networks = _networks.read_plan(PLAN, {})
    shared = {"symbols": "bytes", "split": "streams", "checkpoints": "early", "epochs": 50, "seed": 1}
    assert all(shared.items() <= network.options.items() for network in networks)
    kinds = {
        name: [
            tuple(network.options[key] for key in ("cell", "layers", "budget", "steps"))
            for network in networks
            if network.text == name
        ]
        for name in ("warpeace", "linux")
    }
    assert kinds["warpeace"] == kinds["linux"]
    assert set(kinds["linux"]) == {
        ("lstm", 2, 64, 100), ("lstm", 2, 256, 100), ("rnn", 2, 256, 100), ("gru", 2, 256, 100), ("lstm", 3, 512, 100),
        ("lstm", 2, 256, 50), ("lstm", 2, 256, 25),
    }  # fmt: skip
    assert len(networks) == 14
    order = [(network.options["steps"] != 100, network.text == "linux") for network in networks]
    assert order == sorted(order)
    for network in networks:
        assert network.name.startswith(
            f"{network.text}-{network.options['cell']}-{network.options['layers']}-{network.options['budget']}"
        )


@pytest.mark.law
def test_all_of_the_plan_fits_into_the_limit() -> None:
    """The weights of all networks together leave room for their logs under the limit."""
    total = 0
    for network in _networks.read_plan(PLAN, {}):
        cell, layers, budget = (network.options[key] for key in ("cell", "layers", "budget"))
        total += 4 * parameters(cell, layers, width(budget, cell, layers, 101), 101)
    assert total < 0.6 * _collect.LIMIT_BYTES


@pytest.mark.golden
def test_the_plan_of_windows() -> None:
    """Windows of 1 to 7 on both texts in one recipe, the width chosen on validation; the paper's losses beside them."""
    networks, room = _networks.read_plan(WINDOWS, {}), _networks.read_room(WINDOWS)
    assert [(network.text, network.options["window"]) for network in networks] == [
        (text, n) for text in ("warpeace", "linux") for n in range(1, 8)
    ]
    assert [network.name for network in networks] == [f"{n.text}-window-{n.options['window']}" for n in networks]
    assert {network.options["hidden"] for network in networks} == {"auto"}
    assert [network.paper_nats for network in networks[:7]] == [2.399, 1.931, 1.553, 1.451, 1.339, 1.321, None]
    assert not any("paper_nats" in network.options for network in networks)
    assert (room.limit_bytes, room.weights_bytes) == (16 << 20, 3 << 20)
    assert _networks.read_room(PLAN) == _collect.Room(_collect.LIMIT_BYTES)


@pytest.mark.law
def test_a_name_twice_is_refused(tmp_path: Path) -> None:
    """Two networks of one name would train in one folder."""
    row = '{ name = "a", text = "t" }'
    (tmp_path / "plan").write_text(f"shared = {{ epochs = 3 }}\nnetworks = [{row}, {row}]\n")
    with pytest.raises(InputError, match="twice"):
        _networks.read_plan(tmp_path / "plan", {})


@pytest.mark.law
def test_choosing() -> None:
    """Patterns choose in the order of the plan; one that names nothing is refused."""
    networks = _networks.read_plan(PLAN, {"epochs": 7})
    names = [network.name for network in _networks.chosen(networks, ["linux-gru-*", "warpeace-lstm-2-64"])]
    assert names == ["warpeace-lstm-2-64", "linux-gru-2-256"]
    assert _networks.chosen(networks, []) == networks
    assert {network.options["epochs"] for network in networks} == {7}
    with pytest.raises(InputError, match="no network"):
        _networks.chosen(networks, ["nothing"])


@pytest.mark.law
@pytest.mark.parametrize(
    ("epochs", "stops"), [(50, [10, 25, 50]), (25, [10, 25]), (24, [10, 24]), (10, [10]), (3, [3]), (30, [10, 25, 30])]
)
def test_rounds(epochs: int, stops: list[int]) -> None:
    """Every network comes to one stop before any goes on to the next, and the last stop is its end, once."""
    networks = _networks.read_plan(PLAN, {"epochs": epochs})[:2]
    jobs = _networks.rounds(networks, Path("runs"))
    assert [(job.folder.name, job.pause) for job in jobs] == [
        (network.name, stop) for stop in stops for network in networks
    ]
    assert all(job.options["epochs"] == epochs for job in jobs)


@pytest.mark.law
def test_further_options() -> None:
    """Words behind `--` are pairs of an option and its value, or refused."""
    assert _networks.pairs(["--kernel", "naive", "--init-scale", "0.1"]) == {"kernel": "naive", "init_scale": "0.1"}
    for wrong in (["--kernel"], ["kernel", "naive"]):
        with pytest.raises(SystemExit):
            _networks.pairs(wrong)


@pytest.mark.law
def test_keeping_and_finding(text: Path, tmp_path: Path) -> None:
    """What is kept verifies, evaluates to the loss of the run itself, and the index names it by its hash."""
    runs, kept = tmp_path / "runs", tmp_path / "kept"
    kept.mkdir()
    assert _collect.collect(runs / "a", kept / "a") == "not begun"
    run = train(text, runs / "a")
    assert _collect.collect(runs / "a", kept / "a").startswith("kept after 2.0 epochs")
    verify_run(kept / "a")
    (entry,) = _collect.write_index(kept, [{"name": "a", "command": "rnnscope train"}])
    assert entry == json.loads((kept / "index.json").read_text())["networks"][0]
    assert hashlib.sha256((kept / entry["weights"]).read_bytes()).hexdigest() == entry["weights_sha256"]
    whole = api.evaluate(run.path)["loss_nats"]
    assert entry["test_loss_nats"] == whole == api.evaluate(kept / "a")["loss_nats"]
    assert (entry["epochs"], entry["cell"], entry["hidden"], entry["run"]) == (2.0, "lstm", 4, run.id)
    assert entry["valid_loss_nats"] == run.status()["best_valid_loss_nats"]
    assert entry["weights_sha256"] in (kept / "README.md").read_text()
    assert sorted(path.name for path in kept.iterdir()) == ["README.md", "a", "index.json"]


@pytest.mark.law
def test_large_weights_leave_their_losses(text: Path, tmp_path: Path) -> None:
    """Weights above the plan's limit are not kept, but their row is, also where the run itself is gone."""
    runs, kept = tmp_path / "runs", tmp_path / "kept"
    kept.mkdir()
    options = {"window": 2, "hidden": 4, "split": "streams", "symbols": "bytes", "sample_length": 0, "epochs": 1}
    run = RunFolder.open(api.train(str(text), runs / "a", **options).path)
    plan = [{"name": "a", "command": "rnnscope train", "paper_nats": 2.5}]
    small = _collect.Room(1 << 20, 100)
    assert _collect.collect(runs / "a", kept / "a", small).startswith("too large to keep; after 1.0 epochs")
    (entry,) = _collect.write_index(kept, plan, runs=runs, room=small)
    assert (entry["weights"], entry["cell"], entry["test_loss_nats"]) == (
        None, "window-2", api.evaluate(run.path)["loss_nats"],
    )  # fmt: skip
    assert entry["curve"][-1] == [1.0, run.status()["best_valid_loss_nats"]]
    page = (kept / "README.md").read_text()
    assert f"| 2.500 | {entry['test_loss_nats'] - 2.5:+.3f} |" in page
    assert "the index alone knows them: a." in page
    assert _collect.write_index(kept, plan, runs=tmp_path / "elsewhere", room=small) == [entry]
    large = _collect.Room(1 << 20, 1 << 20)
    assert _collect.collect(runs / "a", kept / "a", large).startswith("kept after 1.0 epochs")
    (entry,) = _collect.write_index(kept, plan, runs=runs, room=large)
    assert (kept / entry["weights"]).is_file()


@pytest.mark.law
def test_only_a_longer_training_takes_the_place(text: Path, tmp_path: Path) -> None:
    """The same or fewer epochs leave what is kept alone, more replace it, and a run being trained is not touched."""
    runs, kept = tmp_path / "runs", tmp_path / "kept"
    kept.mkdir()
    train(text, runs / "a")
    _collect.collect(runs / "a", kept / "a")
    assert _collect.collect(runs / "a", kept / "a") == "kept before"
    train(text, runs / "short", epochs=1)
    assert _collect.collect(runs / "short", kept / "a") == "kept before"
    train(text, runs / "a", epochs=3)
    with exclusive(runs / "a"):
        assert _collect.collect(runs / "a", kept / "a") == "being trained; left alone"
    assert RunFolder.open(kept / "a").status()["epoch"] == 2.0
    assert _collect.collect(runs / "a", kept / "a").startswith("kept after 3.0 epochs")
    assert RunFolder.open(kept / "a").status()["epoch"] == 3.0
    (kept / "a" / "status.json").write_text("{}")
    assert _collect.collect(runs / "a", kept / "a").startswith("kept after 3.0 epochs"), "what is broken is replaced"
    untrained = train(text, runs / "new", epochs=0)
    assert _collect.collect(untrained.path, kept / "new").startswith("nothing")


@pytest.mark.law
def test_the_index(text: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It follows the plan's order, measures no weights twice, does without a text, and says when all is too large."""
    for name in ("b", "a", "c"):
        train(text, tmp_path / "runs" / name, epochs=1)
        _collect.collect(tmp_path / "runs" / name, tmp_path / "kept" / name)
    plan = [{"name": name, "command": f"command of {name}"} for name in ("c", "a", "absent")]
    entries = _collect.write_index(tmp_path / "kept", plan)
    assert [(entry["name"], entry["command"]) for entry in entries] == [
        ("c", "command of c"), ("a", "command of a"), ("b", None),
    ]  # fmt: skip
    text.unlink()
    assert _collect.write_index(tmp_path / "kept", plan) == entries
    (tmp_path / "kept" / "index.json").unlink()
    assert [entry["test_loss_nats"] for entry in _collect.write_index(tmp_path / "kept", plan)] == [None] * 3
    monkeypatch.setattr(_collect, "LIMIT_BYTES", 1000)
    with pytest.raises(InputError, match="at most 1000 bytes together"):
        _collect.write_index(tmp_path / "kept", plan)


@pytest.mark.law
@pytest.mark.skipif(sys.platform == "win32", reason="a signal there ends a process without asking it")
def test_a_campaign_that_is_stopped_goes_on(text: Path, tmp_path: Path) -> None:
    """SIGTERM saves what is being trained, keeps it and ends with 143; the next start comes to the end."""
    plan, runs, kept = tmp_path / "plan.toml", tmp_path / "runs", tmp_path / "kept"
    plan.write_text(
        'shared = { symbols = "bytes", split = "streams", epochs = 3000, hidden = 4, layers = 1, sample_length = 0 }\n'
        f'networks = [{{ name = "a", text = "{text}", cell = "rnn" }}]\n'
    )
    command = [sys.executable, str(ROOT / "benchmarks" / "_networks.py"), "--plan", str(plan)]
    command += ["--runs", str(runs), "--kept", str(kept)]
    environment = os.environ | {"PYTHONPATH": str(ROOT / "src")}
    with subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, env=environment) as process:
        try:
            while epochs_reached(runs / "a") < 2 and process.poll() is None:
                time.sleep(0.05)
        finally:
            process.send_signal(signal.SIGTERM)
            process.communicate()
    assert process.returncode == 128 + signal.SIGTERM
    status = RunFolder.open(runs / "a").status()
    assert status["state"] == "interrupted"
    assert RunFolder.open(kept / "a").status() == status | {"last_step": status["best_step"]}
    epochs = str(int(status["epoch"]) + 2)
    command += ["--epochs", epochs]
    again = subprocess.run(command, cwd=tmp_path, stdout=subprocess.PIPE, text=True, env=environment, check=False)
    assert again.returncode == 0
    assert epochs_reached(kept / "a") == float(epochs)
    assert f"{epochs}.0/{epochs}" in again.stdout
