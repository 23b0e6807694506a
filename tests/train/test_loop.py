from __future__ import annotations

import itertools
import math
import os
import shutil
import signal
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rnnscope.artifacts.lock import exclusive
from rnnscope.artifacts.run import RunFolder
from rnnscope.cells.dispatch import choose
from rnnscope.config import RecurrentConfig
from rnnscope.corpus.planted import planted
from rnnscope.errors import Diverged, Locked, Stopped
from rnnscope.model.char_rnn import CharRNN
from rnnscope.model.network import State
from rnnscope.native import network as native
from rnnscope.native.network import BFLOAT16_PATHS, paths
from rnnscope.train import loop
from rnnscope.train.start import start
from rnnscope.train.watch import Plan, Watch

from .killing import without_clock

OPTIONS: dict[str, Any] = {
    "layers": 1, "hidden": 5, "batch": 3, "steps": 11, "epochs": 2, "save_every": 4, "sample_length": 5,
    "validate_every": 9, "seed": 7,
}  # fmt: skip


@pytest.fixture
def text(tmp_path: Path) -> str:
    path = tmp_path / "text"
    path.write_text(planted(seed=2, length=1200).text, encoding="utf-8")
    return str(path)


class SignalAt(Watch):
    """Sends a signal to this process when a given row appears."""

    def __init__(self, step: int, number: int = signal.SIGINT) -> None:
        self.step, self.number = step, number
        self.states: list[str] = []

    def row(self, row: dict[str, Any]) -> None:
        if row["step"] == self.step:
            os.kill(os.getpid(), self.number)

    def ended(self, state: str, step: int) -> None:
        self.states.append(state)


def _weights(run: RunFolder, which: str | int = "last") -> dict[str, np.ndarray[Any, Any]]:
    return run.read_checkpoint(which).tensors


def _same(one: RunFolder, other: RunFolder) -> bool:
    ones, others = _weights(one), _weights(other)
    return ones.keys() == others.keys() and all(np.array_equal(ones[name], others[name]) for name in ones)


@pytest.mark.law
@pytest.mark.parametrize("options", [{}, {"optimiser": "adam", "dropout": 0.3, "cell": "gru"}, {"window": 3}])
def test_two_runs_are_equal(text: str, tmp_path: Path, options: dict[str, Any]) -> None:
    """The same text, settings and seed give the same weights and rows; another seed does not."""
    settings = {key: value for key, value in OPTIONS.items() if key != "layers" or "window" not in options} | options
    one = start(text, tmp_path / "one", settings)
    other = start(text, tmp_path / "other", settings)
    third = start(text, tmp_path / "third", settings | {"seed": 8})
    assert _same(one, other)
    assert not _same(one, third)
    for log in ("metrics.jsonl", "samples.jsonl"):
        assert without_clock(one.path / log) == without_clock(other.path / log)


@pytest.mark.law
@pytest.mark.parametrize(
    ("number", "options"),
    [
        (signal.SIGINT, {}),
        (signal.SIGTERM, {"kernel": "naive"}),
        *((signal.SIGINT, {"kernel": f"fused:{path}", "dropout": 0.3, "optimiser": "adam"}) for path in paths()),
        *((signal.SIGINT, {"precision": "bfloat16"}) for path in BFLOAT16_PATHS if path in paths()),
    ],
)
def test_a_signal_saves_and_the_run_goes_on_to_the_same_bits(
    text: str, tmp_path: Path, number: int, options: dict[str, Any]
) -> None:
    """SIGINT and SIGTERM finish the step, save, and exit with 128 + n; resuming equals never having stopped."""
    options = OPTIONS | options
    straight = start(text, tmp_path / "straight", options)
    cut = tmp_path / "cut"
    for step in (10, 18, 30):
        watch = SignalAt(step, number)
        with pytest.raises(Stopped, match=f"{signal.Signals(number).name} at step {step}.*--resume") as stopped:
            start(text, cut, options, resume=True, watch=watch)
        assert stopped.value.exit_code == 128 + number
        assert watch.states == ["interrupted"]
        assert RunFolder.open(cut).status()["state"] == "interrupted"
        assert RunFolder.open(cut).status()["step"] == step
    resumed = start(text, cut, options, resume=True)
    assert resumed.status() == straight.status()
    assert _same(resumed, straight)
    assert without_clock(resumed.path / "metrics.jsonl") == without_clock(straight.path / "metrics.jsonl")


@pytest.mark.law
@pytest.mark.skipif(not paths(), reason="needs the compiled library")
def test_the_compiled_network_trains_as_the_readable_steps_do(
    text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rows of losses and norms agree to 1e-4, threads change no bit, and the folder says who computed."""
    updates, rmsprop = [], native.rmsprop

    def counted(*arguments: Any, **options: Any) -> None:
        updates.append(options["path"])
        rmsprop(*arguments, **options)

    monkeypatch.setattr(native, "rmsprop", counted)
    options = OPTIONS | {"dropout": 0.2, "layers": 2}
    fused = start(text, tmp_path / "fused", options | {"kernel": "fused"})
    naive = start(text, tmp_path / "naive", options | {"kernel": "naive"})
    threads = start(text, tmp_path / "threads", options | {"kernel": "fused", "threads": 3})
    rows = [run.read_log("metrics.jsonl") for run in (fused, naive)]
    for name in ("train_loss_nats", "valid_loss_nats", "gradient_norm"):
        one, other = ([row[name] for row in log if row[name] is not None] for log in rows)
        assert len(one) > 3
        assert one == pytest.approx(other, abs=1e-4)
    assert _same(fused, threads)
    assert without_clock(fused.path / "metrics.jsonl") == without_clock(threads.path / "metrics.jsonl")
    assert not _same(fused, naive)
    assert updates == [paths()[0]] * (fused.status()["step"] + threads.status()["step"])
    assert fused.environment["kernel"]["path"] == paths()[0]
    assert naive.environment["kernel"]["path"] is None


@pytest.mark.law
def test_going_back_to_the_state_before_finds_its_best_weights(
    text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the newest training state is lost, the one before it still has the weights that were best at its time."""
    falling = (4.0 / (1 + number) for number in itertools.count())
    monkeypatch.setattr(loop, "mean_loss_nats", lambda *arguments: next(falling))
    path = tmp_path / "run"
    with pytest.raises(Stopped):
        start(text, path, OPTIONS, watch=SignalAt(18))
    run = RunFolder.open(path)
    assert run.resume_steps() == [16, 18]
    assert run.status()["best_step"] == 18
    best_before = run.read_resume(16).facts["best_step"]
    assert best_before == 9
    assert best_before in run.checkpoint_steps()
    shutil.rmtree(path / "resume" / "step-000018")
    with pytest.raises(Stopped):
        start(text, path, OPTIONS, resume=True, watch=SignalAt(20))
    assert run.read_checkpoint("best").step == run.status()["best_step"]


@pytest.mark.law
def test_more_epochs_equal_a_longer_run(text: str, tmp_path: Path) -> None:
    """A finished run that is given more epochs ends where a run of that many epochs ends."""
    start(text, tmp_path / "two", OPTIONS)
    longer = start(text, tmp_path / "two", {"epochs": 4}, resume=True)
    whole = start(text, tmp_path / "four", OPTIONS | {"epochs": 4})
    assert longer.status() == whole.status()
    assert _same(longer, whole)


@pytest.mark.law
def test_no_epochs_save_the_untrained_network(text: str, tmp_path: Path) -> None:
    """`--epochs 0` leaves a complete run whose weights are the starting weights of a longer one."""
    untrained = start(text, tmp_path / "untrained", OPTIONS | {"epochs": 0})
    assert untrained.status()["state"] == "complete"
    assert untrained.checkpoint_steps() == [0]
    trained = start(text, tmp_path / "trained", OPTIONS | {"checkpoints": "0"})
    assert all(np.array_equal(_weights(untrained)[name], array) for name, array in _weights(trained, 0).items())
    assert not _same(untrained, trained)


@pytest.mark.law
def test_training_lowers_the_loss(text: str, tmp_path: Path) -> None:
    """It learns: the best validation loss lies well under the untrained network's, and is the best row's."""
    run = start(text, tmp_path / "run", OPTIONS | {"epochs": 8, "hidden": 24, "learning_rate": 0.01})
    valid = [row["valid_loss_nats"] for row in run.read_log("metrics.jsonl") if row["valid_loss_nats"] is not None]
    assert min(valid) < valid[0] - 0.5
    assert run.status()["best_valid_loss_nats"] == min(valid)


@pytest.mark.law
def test_a_row_at_least_every_ten_updates(text: str, tmp_path: Path) -> None:
    """Rows are never more than ten updates apart and the last one is the last step's."""
    run = start(text, tmp_path / "run", OPTIONS)
    steps = [row["step"] for row in run.read_log("metrics.jsonl")]
    assert steps[0] == 0
    assert steps[-1] == run.status()["last_step"]
    assert all(0 < later - earlier <= 10 for earlier, later in itertools.pairwise(steps))


@pytest.mark.law
def test_what_is_kept(text: str, tmp_path: Path) -> None:
    """Best and last stay, listed steps too, what the two training states need, and nothing else."""
    run = start(text, tmp_path / "run", OPTIONS | {"checkpoints": "3,20"})
    status = run.status()
    expected = {3, 20, status["best_step"], status["last_step"], *run.resume_steps()}
    expected |= {run.read_resume(step).facts["best_step"] for step in run.resume_steps()}
    assert set(run.checkpoint_steps()) == expected
    assert 3 not in run.resume_steps(), "a kept step holds weights only"


@pytest.mark.planted
@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_what_is_not_finite_stops_before_the_step(
    text: str, tmp_path: Path, value: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A loss that is not finite stops training before the update; the last good state is kept and can be read."""
    calls, gradients = 0, CharRNN.gradients

    def poisoned(*arguments: Any, **options: Any) -> tuple[float, int, State]:
        nonlocal calls
        calls += 1
        loss, count, state = gradients(*arguments, **options)
        return loss * value if calls == 15 else loss, count, state

    monkeypatch.setattr(CharRNN, "gradients", poisoned)
    with pytest.raises(Diverged, match=r"update 15.*loss (nan|inf).*step 12.*--learning-rate") as diverged:
        start(text, tmp_path / "run", OPTIONS)
    assert diverged.value.exit_code == 5
    run = RunFolder.open(tmp_path / "run")
    assert run.status()["state"] == "diverged"
    assert run.status()["last_step"] == 12
    assert all(np.isfinite(array).all() for array in _weights(run).values())


@pytest.mark.planted
def test_an_infinite_gradient_is_found_where_the_loss_is_finite(
    text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The gradient is looked at too, not only the loss."""
    monkeypatch.setattr(loop.Optimiser, "gradient_norm", lambda self: math.inf)
    with pytest.raises(Diverged, match="gradient norm inf"):
        start(text, tmp_path / "run", OPTIONS)


@pytest.mark.planted
def test_a_network_that_overflows_while_it_is_looked_at_has_diverged(text: str, tmp_path: Path) -> None:
    """States can grow without bounds where loss and gradient of a short chunk are finite: exit 5, not a crash."""
    options = OPTIONS | {"cell": "rnn", "activation": "relu", "init_scale": 10.0, "hidden": 9}
    with pytest.raises(Diverged, match=r"after 0 updates.*not finite; nothing was saved yet.*--init-scale"):
        start(text, tmp_path / "run", options)
    assert RunFolder.open(tmp_path / "run").status()["state"] == "diverged"


@pytest.mark.planted
def test_patience(text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Training stops once validation has not improved for as many epochs as asked, and says so."""
    losses = iter([3.0, 2.0, *[2.5] * 100])
    monkeypatch.setattr(loop, "mean_loss_nats", lambda *arguments: next(losses))
    run = start(text, tmp_path / "run", OPTIONS | {"epochs": 50, "patience": 2, "validate_every": 0})
    per_epoch = run.status()["best_step"]
    assert run.status()["state"] == "early-stopped"
    assert run.status()["last_step"] == 3 * per_epoch
    assert run.status()["best_valid_loss_nats"] == 2.0


@pytest.mark.planted
def test_patience_waits_for_a_validation(text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where validations are further apart than the patience, training goes on to the next one before it gives up."""
    losses = iter([3.0, 2.0, *[2.5] * 100])
    monkeypatch.setattr(loop, "mean_loss_nats", lambda *arguments: next(losses))
    chunks = math.ceil(960 / 3 / 11)
    options = OPTIONS | {"epochs": 50, "patience": 1, "validate_every": 2 * chunks}
    run = start(text, tmp_path / "run", options)
    assert run.status()["best_step"] == 2 * chunks
    assert run.status()["last_step"] == 4 * chunks


@pytest.mark.law
def test_two_writers(text: str, tmp_path: Path) -> None:
    """A run that is being written is refused with the holder's process number."""
    run = start(text, tmp_path / "run", OPTIONS)
    with exclusive(run.path), pytest.raises(Locked, match=str(os.getpid())):
        start(text, tmp_path / "run", {"epochs": 3}, resume=True)


@pytest.mark.law
def test_the_plan_is_told_before_the_first_step(text: str, tmp_path: Path) -> None:
    """A watcher hears sizes, kernel and disk cost first."""
    plans: list[Plan] = []

    class Listening(Watch):
        def planned(self, plan: Plan) -> None:
            plans.append(plan)

    run = start(text, tmp_path / "run", OPTIONS, watch=Listening())
    assert plans[0].last_step == run.status()["last_step"]
    assert plans[0].kernel == str(choose(RecurrentConfig(), 50, "auto"))
    kept = sum(path.stat().st_size for path in run.path.rglob("*.safetensors"))
    assert plans[0].checkpoint_bytes > 0.5 * kept


@pytest.mark.law
def test_a_text_without_validation_part_trains(text: str, tmp_path: Path) -> None:
    """With no validation share the last weights count as the best."""
    run = start(text, tmp_path / "run", OPTIONS | {"fractions": (100.0, 0.0, 0.0)})
    assert run.status()["best_step"] == run.status()["last_step"]
    assert run.status()["best_valid_loss_nats"] is None
