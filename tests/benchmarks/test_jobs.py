from __future__ import annotations

import signal
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import _jobs
import pytest
from _jobs import Campaign, Job

pytestmark = pytest.mark.law

EPOCHS = 6.0


class World:
    """Trainings without a process: each gains an epoch a look, saves when it is asked to, and ends at its epochs."""

    def __init__(self) -> None:
        self.epochs: dict[Path, float] = {}
        self.told: list[tuple[str, str]] = []
        self.most_at_once = 0
        self.living: list[Training] = []
        self.faults: dict[str, int] = {}
        self.time = 0.0
        self.on_look: Callable[[], None] = lambda: None

    def look(self, seconds: float) -> None:
        """What happens while the campaign sleeps."""
        self.time += 1
        for training in self.living:
            training.work()
        self.most_at_once = max(self.most_at_once, len(self.living))
        assert len({training.folder for training in self.living}) == len(self.living)
        self.on_look()

    def start(self, command: list[str], **_: Any) -> Training:
        training = Training(self, Path(command[command.index("-o") + 1]))
        self.living.append(training)
        self.told.append(("start", training.folder.name))
        return training


class Training:
    """Stands for a process."""

    def __init__(self, world: World, folder: Path) -> None:
        self.world, self.folder, self.code, self.asked = world, folder, None, 0

    code: int | None

    def work(self) -> None:
        self.world.epochs[self.folder] = self.world.epochs.get(self.folder, 0) + 1
        if self.folder.name in self.world.faults:
            self.end(self.world.faults[self.folder.name])
        elif self.asked or self.world.epochs[self.folder] >= EPOCHS:
            self.end(128 + signal.SIGTERM if self.asked else 0)

    def end(self, code: int) -> None:
        self.code = code
        self.world.living.remove(self)

    def terminate(self) -> None:
        self.asked += 1
        assert self.asked == 1, "a second signal would end it without saving"
        self.world.told.append(("ask", self.folder.name))

    def poll(self) -> int | None:
        return self.code


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    made = World()
    monkeypatch.setattr(subprocess, "Popen", made.start)
    monkeypatch.setattr(_jobs.time, "sleep", made.look)
    monkeypatch.setattr(_jobs.time, "monotonic", lambda: made.time)
    monkeypatch.setattr(_jobs, "epochs_reached", lambda folder: made.epochs.get(folder, 0.0))
    return made


def jobs(folder: Path, *pairs: tuple[str, float]) -> list[Job]:
    return [Job("text", folder / name, {"epochs": EPOCHS, "hidden": 8}, pause) for name, pause in pairs]


def run(listed: list[Job], at_once: int = 2, seconds: float | None = None) -> tuple[_jobs.Outcome, list[str]]:
    ended: list[str] = []
    note = lambda job, code: ended.append(f"{job.folder.name}:{code}")  # noqa: E731  # a line, not a function
    return Campaign(listed, at_once=at_once, seconds=seconds, ended=note).run(), ended


def test_command_line() -> None:
    """A job's command goes on with its folder, gives every setting as a flag, and uses one thread."""
    words = Job("warpeace", Path("runs/a"), {"init_scale": 0.1, "epochs": 3}, 3).words()
    assert " ".join(words) == "train warpeace -o runs/a --resume --init-scale 0.1 --epochs 3 --threads 1"


@pytest.mark.parametrize("at_once", [1, 2, 3])
def test_order_and_number(world: World, tmp_path: Path, at_once: int) -> None:
    """Jobs begin in their order, never more at a time than allowed, and one folder never twice at a time."""
    outcome, ended = run(jobs(tmp_path, ("a", 6), ("a", 6), ("b", 6), ("c", 6)), at_once)
    assert [name for what, name in world.told if what == "start"] == ["a", "b", "c"]
    assert world.most_at_once == at_once
    assert sorted(ended) == ["a:0", "b:0", "c:0"]
    assert outcome == _jobs.Outcome()
    assert outcome.exit_code() == 0


def test_pauses(world: World, tmp_path: Path) -> None:
    """At its pause a training is asked to save and makes room; a later job goes on with it."""
    stops = [(name, stop) for stop in (1, 3, 6) for name in ("a", "b")]
    outcome, ended = run(jobs(tmp_path, *stops), at_once=1)
    turns = [("start", "a"), ("ask", "a"), ("start", "b"), ("ask", "b")]
    assert world.told == [*turns, *turns, ("start", "a"), ("start", "b")], "the last ends by itself"
    assert ended == ["a:0", "b:0"] * 3
    assert outcome.exit_code() == 0


def test_what_is_done_is_left_alone(world: World, tmp_path: Path) -> None:
    """A job whose epoch is reached starts no process."""
    world.epochs = {tmp_path / "a": 6.0, tmp_path / "b": 2.0}
    run(jobs(tmp_path, ("a", 2), ("b", 2), ("a", 6), ("b", 6)))
    assert world.told == [("start", "b")]


def test_a_failure_stops_its_folder_alone(world: World, tmp_path: Path) -> None:
    """A training that fails is reported and not tried again; the others go on; the campaign ends with 1."""
    world.faults = {"a": 5}
    outcome, ended = run(jobs(tmp_path, ("a", 2), ("b", 6), ("a", 6)))
    assert [name for what, name in world.told if what == "start"] == ["a", "b"]
    assert ended == ["a:5", "b:0"]
    assert (outcome.failed, outcome.exit_code()) == ({tmp_path / "a": 5}, 1)


def test_a_failure_while_being_stopped_is_a_failure(world: World, tmp_path: Path) -> None:
    """An error code counts even if the training had been asked to end: a full disk, for instance."""
    world.on_look = lambda: world.faults.update(a=3) if world.time == 2 else None
    outcome, ended = run(jobs(tmp_path, ("a", 6)), seconds=1.5)
    assert ("ask", "a") in world.told
    assert (ended, outcome.failed) == (["a:3"], {tmp_path / "a": 3})


def test_time_is_up(world: World, tmp_path: Path) -> None:
    """At the limit all running trainings are asked once, waited for, and nothing else begins."""
    outcome, ended = run(jobs(tmp_path, ("a", 6), ("b", 6), ("c", 6)), seconds=2)
    assert world.told == [("start", "a"), ("start", "b"), ("ask", "a"), ("ask", "b")]
    assert sorted(ended) == ["a:0", "b:0"]
    assert (outcome.timed_out, outcome.exit_code()) == (True, 0)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_everything(world: World, tmp_path: Path, number: int) -> None:
    """A signal asks every training once; the campaign waits for them and ends with 128 + the signal."""
    before = signal.signal(number, signal.SIG_DFL)  # a shell's background ignores it, and so would the campaign
    try:
        world.on_look = lambda: signal.raise_signal(number) if world.time == 2 else None
        outcome, ended = run(jobs(tmp_path, ("a", 6), ("b", 6), ("c", 6)))
        assert sorted(ended) == ["a:0", "b:0"]
        assert outcome.exit_code() == 128 + number
        assert signal.getsignal(number) is signal.SIG_DFL
    finally:
        signal.signal(number, before)


def test_ignored_signals_stay_ignored(world: World, tmp_path: Path) -> None:
    """Started with nohup, a campaign does not end with the terminal."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        world.on_look = lambda: signal.raise_signal(signal.SIGINT)
        outcome, _ = run(jobs(tmp_path, ("a", 6)))
        assert outcome == _jobs.Outcome()
        assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGINT, before)
