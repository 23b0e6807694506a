from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from rnnscope.artifacts import commit
from rnnscope.artifacts.lock import exclusive
from rnnscope.artifacts.run import RunFolder
from rnnscope.artifacts.verify import verify_run
from rnnscope.errors import InputError, Locked, MachineError

from .cases import complete, config, create

HOLD = """
import sys, time
from pathlib import Path
from rnnscope.artifacts.lock import exclusive
from rnnscope.errors import Locked
print("ready", flush=True)
sys.stdin.readline()
try:
    with exclusive(Path(sys.argv[1])):
        print("won", flush=True)
        sys.stdin.readline()
except Locked as error:
    print(f"{error.exit_code} {error}", flush=True)
"""


def start(folder: Path) -> subprocess.Popen[str]:
    """A process that waits for a line, tries to take the lock, and holds it until the next line."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert line(process) == "ready\n"
    return process


def line(process: subprocess.Popen[str]) -> str:
    assert process.stdout
    return process.stdout.readline()


def say(process: subprocess.Popen[str]) -> None:
    assert process.stdin
    process.stdin.write("\n")
    process.stdin.flush()


def end(process: subprocess.Popen[str]) -> None:
    process.kill()
    process.communicate()


@pytest.mark.law
def test_of_eight_writers_one_wins_and_the_others_learn_who(tmp_path: Path) -> None:
    """Eight processes race for one folder: one gets it, seven are told its process number; a SIGKILL frees it."""
    processes = [start(tmp_path) for _ in range(8)]
    for process in processes:
        say(process)
    answers = {process: line(process) for process in processes}
    winners = [process for process, answer in answers.items() if answer == "won\n"]
    assert len(winners) == 1
    for process, answer in answers.items():
        if process is not winners[0]:
            assert answer.startswith("6 ")
            assert f"process {winners[0].pid} on " in answer
    with pytest.raises(Locked, match=f"process {winners[0].pid} on "), exclusive(tmp_path):
        pass
    winners[0].send_signal(signal.SIGKILL)
    winners[0].wait()
    with exclusive(tmp_path):
        pass
    for process in processes:
        end(process)


@pytest.mark.law
def test_a_process_cannot_lock_a_folder_twice(tmp_path: Path) -> None:
    """A second writer within the same process is refused too; the lock is free after the block, and after an error."""
    with exclusive(tmp_path), pytest.raises(Locked, match=f"process {os.getpid()} on "), exclusive(tmp_path):
        pass
    with pytest.raises(KeyError), exclusive(tmp_path):
        raise KeyError
    with exclusive(tmp_path):
        assert (tmp_path / ".lock").read_text().startswith(f"{os.getpid()} ")
    assert (tmp_path / ".lock").read_text() == ""


@pytest.mark.law
def test_a_holder_that_has_not_signed_yet_is_another_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever fails to say who it is within a second is reported without a number."""
    monkeypatch.setattr(time, "sleep", lambda seconds: None)
    with exclusive(tmp_path):
        (tmp_path / ".lock").write_text("")
        with pytest.raises(Locked, match="another process is writing to it"), exclusive(tmp_path):
            pass


@pytest.mark.law
def test_a_lock_is_never_a_link(tmp_path: Path) -> None:
    """A link in the place of the lock file is not followed."""
    (tmp_path / ".lock").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(MachineError), exclusive(tmp_path):
        pass
    assert not (tmp_path / "elsewhere").exists()


@pytest.mark.law
def test_readers_need_no_lock(tmp_path: Path) -> None:
    """Everything of a run can be read while another writer holds it, in a folder that cannot be written."""
    run = complete(tmp_path / "run")
    with exclusive(run.path):
        assert run.read_checkpoint("last").step == 30
        assert run.read_log("metrics.jsonl")
        assert run.read_result("cells", "test").read("table.bin")


@pytest.mark.law
def test_a_run_that_is_being_made_is_not_taken_for_litter(tmp_path: Path) -> None:
    """Who makes a run of the same name leaves a living one's unfinished folder alone and clears a dead one's."""
    alive, dead = tmp_path / ".run.tmp-1-00000000", tmp_path / ".run.tmp-1-00000001"
    other = tmp_path / ".other.tmp-1-00000002"
    for folder in (alive, dead, other):
        folder.mkdir()
        (folder / ".lock").touch()
    with exclusive(alive):
        create(tmp_path / "run")
        assert alive.exists()
        assert other.exists()
        assert not dead.exists()
    commit.sweep(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["run"]


@pytest.mark.law
def test_a_run_holds_its_lock_while_it_is_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another process that wants the same name and sweeps in between does not take the unfinished run away."""
    write = commit.Draft.write

    def disturbed(draft: commit.Draft, name: str, data: bytes) -> None:
        commit.sweep(tmp_path, only="run")
        write(draft, name, data)

    monkeypatch.setattr(commit.Draft, "write", disturbed)
    verify_run(create(tmp_path / "run").path)


@pytest.mark.law
def test_the_faster_of_two_makers_keeps_the_name(tmp_path: Path) -> None:
    """A run that appears while another of its name is being made is not replaced, and nothing else is left."""
    path = tmp_path / "run"

    def slower() -> None:
        with commit.commit(path, kind="run") as draft, exclusive(draft.folder):
            create(path, seed=5)
            draft.write("config.toml", b"")

    with pytest.raises(InputError, match="not empty"):
        slower()
    assert [entry.name for entry in tmp_path.iterdir()] == ["run"]
    assert RunFolder.open(path).config == config(5)
