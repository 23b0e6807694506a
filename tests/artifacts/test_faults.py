from __future__ import annotations

import errno
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from rnnscope.artifacts import files, lock
from rnnscope.artifacts.run import RunFolder
from rnnscope.artifacts.verify import verify_run
from rnnscope.errors import MachineError

from .cases import complete, create, save, snapshot, weights, write_result, write_store
from .faults import Died, FaultyOs

READING = {"lstat": [errno.EIO, "die"], "listdir": [errno.EIO, "die"], "read": [errno.EIO, "die"]}
WRITING = [errno.ENOSPC, errno.EIO, errno.EDQUOT, errno.EROFS, "die", "die after"]


def go_on(run: RunFolder) -> None:
    """Open the logs where the newest training state left them, as a resumed trainer does."""
    resume = run.newest_resume()
    assert resume is not None
    run.truncate_logs(resume.facts["logs"])


def resumed_save(run: RunFolder) -> None:
    go_on(run)
    save(run, 40)


def rewritten_checkpoint(run: RunFolder) -> None:
    """The same step again, with other arrays, as after a kill between checkpoint and training state."""
    go_on(run)
    run.write_checkpoint(30, weights(31), {"logs": run.log_prefix()})


def training_state(run: RunFolder) -> None:
    go_on(run)
    run.write_resume(40, weights(-40), {"logs": run.log_prefix()})


def log_rows(run: RunFolder) -> None:
    go_on(run)
    run.append_log("metrics.jsonl", [{"step": 31}, {"step": 32}])
    run.log_prefix()


OPERATIONS: dict[str, Callable[[RunFolder], None]] = {
    "save": resumed_save,
    "rewritten checkpoint": rewritten_checkpoint,
    "training state": training_state,
    "status": lambda run: run.set_status(state="interrupted", step=31),
    "log rows": log_rows,
    "new result": lambda run: run.write_result("gates", "test", {"a": 1}, {}, {"b.bin": b"123"}),
    "replaced result": lambda run: write_result(run, 9),
    "store": lambda run: write_store(run, 9.0),
    "drop": lambda run: run.drop_checkpoint(20),
}


@pytest.fixture(autouse=True)
def _quick_disk(quick_disk: None) -> None:
    """Power loss is not simulated here."""


@pytest.fixture(scope="module")
def memory() -> Iterator[Path]:
    """A folder in memory where there is one: thousands of runs are made and removed here."""
    with tempfile.TemporaryDirectory(dir="/dev/shm" if os.path.isdir("/dev/shm") else None) as folder:
        yield Path(folder)


@pytest.fixture
def tmp_path(memory: Path) -> Iterator[Path]:
    """As pytest's own, in memory."""
    with tempfile.TemporaryDirectory(dir=memory) as folder:
        yield Path(folder)


@pytest.fixture(scope="module")
def template(memory: Path) -> Path:
    """A sound run in the middle of training, to be copied."""
    run = complete(memory / "template" / "run")
    run.set_status(state="running")
    return run.path


def copy(template: Path, run: Path) -> RunFolder:
    """A run to be damaged. Links do for files that are only ever replaced, which is all but the logs."""

    def link_or_copy(source: str, target: str) -> None:
        (shutil.copyfile if source.endswith(".jsonl") else os.link)(source, target)

    shutil.rmtree(run, ignore_errors=True)
    shutil.copytree(template, run, copy_function=link_or_copy)
    return RunFolder.open(run)


def points(operation: Callable[[FaultyOs], bool], only: list[int | str] | None = None) -> Iterator[FaultyOs]:
    """One stand-in for each call of an operation, each fault, once and lasting."""
    counting = FaultyOs()
    operation(counting)
    for at, name in enumerate(counting.names, start=1):
        short = ["short"] if name == "write" else []
        for fault in only or READING.get(name, WRITING + short):
            for lasting in (False, True) if isinstance(fault, int) else (False,):
                yield FaultyOs(at, fault, lasting)


def attempt(faulty: FaultyOs, operation: Callable[[], None]) -> bool:
    """Run under a fault; True if the operation claims to be done. Any error but ours fails the test."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(files, "os", faulty)
        patch.setattr(lock, "os", faulty)
        try:
            operation()
            done = True
        except (MachineError, Died):
            done = False
    leaked = faulty.leaked()
    assert leaked == 0 or faulty.dead, "a file stayed open"
    return done


def litter(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if files.LITTER.fullmatch(path.name)]


def foreign(run: Path) -> list[Path]:
    """Files that look almost like ours."""
    return [
        run / ".status.json.tmp-1",
        run / "checkpoints" / ".step-000020.tmp-12-xyz",
        run / "cells" / "notes.txt",
        run / "record" / ".DS_Store",
    ]


@pytest.mark.law
@pytest.mark.parametrize("name", OPERATIONS)
def test_every_system_call_of_a_writer_may_fail(name: str, template: Path, tmp_path: Path) -> None:
    """Whichever call fails, in whatever way: the old state or the new one is whole, done means new, litter can go."""
    operation, run = OPERATIONS[name], tmp_path / "run"
    found: dict[str, Any] = {}
    sound: set[Path] = set()
    old, opened = snapshot(template), copy(template, run)

    def under(faulty: FaultyOs) -> bool:
        nonlocal opened, sound
        if found != old or set(run.rglob("*")) != sound:  # an empty folder may stay behind
            opened = copy(template, run)
            for path in foreign(run):
                path.write_bytes(b"mine")
            sound = set(run.rglob("*"))
        return attempt(faulty, lambda: operation(opened))

    assert under(FaultyOs())
    new = snapshot(run)
    allowed = [old, new, *on_the_way(name, old, new)]
    count = 0
    # A save is made of operations that meet every fault on their own.
    for faulty in points(under, [errno.EIO, "die", "die after"] if name == "save" else None):
        done = under(faulty)
        where = f"{name}: call {faulty.at} ({faulty.names[faulty.at - 1]}), {faulty.fault}, lasting {faulty.lasting}"
        opened.sweep()
        found = snapshot(run)
        assert found in allowed, where
        assert not done or found == new, where
        assert litter(run) == [], where
        assert all(path.read_bytes() == b"mine" for path in foreign(run)), where
        count += 1
        if found == old and count % 5 == 0:
            operation(opened)
            found = snapshot(run)
            assert found == new, where
    assert count > 40


def on_the_way(name: str, old: dict[str, Any], new: dict[str, Any]) -> list[dict[str, Any]]:
    """States between old and new of operations that are several commits in a fixed order."""
    resumes = old["resumes"] | new["resumes"]
    if name == "training state":
        return [old | {"resumes": resumes}]
    if name != "save":
        return []
    checkpoint = old | {"checkpoints": old["checkpoints"] | new["checkpoints"]}
    state = checkpoint | {"resumes": new["resumes"]}
    return [checkpoint, state | {"resumes": resumes}, state, state | {"status": new["status"], "logs": new["logs"]}]


@pytest.mark.law
def test_every_system_call_of_making_a_run_may_fail(tmp_path: Path) -> None:
    """A run is whole or absent; after an error nothing is left, and after a death the next try clears what is."""
    base, path = tmp_path / "base", tmp_path / "base" / "a" / "b" / "run"

    def under(faulty: FaultyOs) -> bool:
        shutil.rmtree(base, ignore_errors=True)
        base.mkdir()
        (base / "mine").write_bytes(b"")
        return attempt(faulty, lambda: create(path) and None)

    count = 0
    for faulty in points(under):
        done = under(faulty)
        where = f"call {faulty.at} ({faulty.names[faulty.at - 1]}), {faulty.fault}, lasting {faulty.lasting}"
        if path.exists():
            assert verify_run(path).status()["state"] == "new", where
        else:
            assert not done, where
            if isinstance(faulty.fault, int) and not faulty.lasting:
                assert sorted(base.rglob("*")) == [base / "mine"], where
            create(path)
        assert litter(base) == [], where
        count += 1
    assert count > 300


@pytest.mark.law
def test_a_fault_while_clearing_up_after_a_fault(tmp_path: Path) -> None:
    """Whatever state a death leaves, a second fault during the sweep loses nothing either."""
    template, run = create(tmp_path / "template"), tmp_path / "run"
    opened = template
    write_result(template, 1)
    states = [snapshot(template.path)]

    def broken(at: int) -> bool:
        nonlocal opened
        opened, dying = copy(template.path, run), FaultyOs(at, "die after")
        attempt(dying, lambda: write_result(opened, 9))
        return dying.dead

    assert not broken(10_000)
    states.append(snapshot(run))
    count, at = 0, 1
    while broken(at):
        counting, at = FaultyOs(), at + 1
        if not litter(run):
            continue
        attempt(counting, opened.sweep)
        for second in range(1, len(counting.names) + 1):
            for fault in (errno.EIO, "die after"):
                broken(at - 1)
                attempt(FaultyOs(second, fault), opened.sweep)
                opened.sweep()
                assert snapshot(run) in states, (at - 1, second, fault)
                assert litter(run) == []
                count += 1
    assert count > 300


@pytest.mark.law
@pytest.mark.parametrize("operation", [lambda run: write_result(run, 9), rewritten_checkpoint], ids=["result", "step"])
def test_a_reader_in_the_middle_of_a_replacement_sees_the_old_version(
    template: Path, tmp_path: Path, operation: Callable[[RunFolder], None]
) -> None:
    """Between the two renames of a replacement a reader without the lock still finds the old result and weights."""
    run = tmp_path / "run"
    opened, counting = copy(template, run), FaultyOs()
    attempt(counting, lambda: operation(opened))
    opened = copy(template, run)
    attempt(FaultyOs(counting.names.index("rename") + 1, "die after"), lambda: operation(opened))
    assert [path for path in litter(run) if ".old-" in path.name]
    reader = RunFolder.open(run)
    assert reader.read_result("cells", "test").facts == {"value": 1}
    assert reader.read_checkpoint("last").tensors["b"] == 30


@pytest.mark.law
def test_a_short_write_is_completed(template: Path, tmp_path: Path) -> None:
    """A system that takes only half of what it is given is given the rest."""
    path = tmp_path / "file"
    faulty = FaultyOs(2, "short")

    def operation() -> None:
        file = files.NewFile(path)
        file.write(b"0123456789")
        file.finish()

    assert attempt(faulty, operation)
    assert path.read_bytes() == b"0123456789"
    assert faulty.names.count("write") == 2
