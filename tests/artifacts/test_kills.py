from __future__ import annotations

import os
import random
import signal
import sys
import time
from pathlib import Path

import pytest

from rnnscope.artifacts.lock import exclusive
from rnnscope.artifacts.run import RunFolder
from rnnscope.artifacts.verify import verify_run

from .cases import create, save, snapshot

KILLS, STEPS = 40, 60


def train(path: Path) -> None:
    """A trainer without training: from the newest training state to the end, saving at every step."""
    run = RunFolder.open(path)
    with exclusive(path):
        run.sweep()
        resume = run.newest_resume()
        run.truncate_logs(resume.facts["logs"] if resume else {})
        for step in range(resume.step + 1 if resume else 0, STEPS):
            save(run, step, "complete" if step == STEPS - 1 else "running")
        if run.status()["state"] != "complete":
            run.set_status(state="complete", step=STEPS - 1, best_step=STEPS - 1, last_step=STEPS - 1)
        # A kill between the last status and the removal of old weights leaves these to the next process.
        for old in run.checkpoint_steps():
            if old not in run.resume_steps():
                run.drop_checkpoint(old)


def in_child(path: Path) -> int:
    """Train in a process of its own; returns its number."""
    child = os.fork()
    if child == 0:
        status = 1
        try:
            train(path)
            status = 0
        finally:
            os._exit(status)
    return child


@pytest.mark.law
@pytest.mark.skipif(sys.platform == "win32", reason="needs fork")
def test_forty_kills_leave_no_trace(tmp_path: Path) -> None:
    """SIGKILL at random moments: the run verifies after each, and in the end equals one that was left in peace."""
    train(create(tmp_path / "quiet").path)
    run, rng = create(tmp_path / "killed").path, random.Random(3)
    kills = runs = 0
    while kills < KILLS:
        child = in_child(run)
        time.sleep(rng.uniform(0.0, 0.05))
        os.kill(child, signal.SIGKILL)
        kills += os.WIFSIGNALED(os.waitpid(child, 0)[1])  # not if it was done before
        verify_run(run)
        if (run / "resume" / f"step-{STEPS - 1:06d}").exists():
            runs += 1
            run = again(run, tmp_path, runs)
    assert os.waitpid(in_child(run), 0)[1] == 0
    quiet = snapshot(tmp_path / "quiet")
    assert quiet["status"]["state"] == "complete"
    assert snapshot(run) == quiet
    for name in ("metrics.jsonl", "samples.jsonl"):
        assert (run / name).read_bytes() == (tmp_path / "quiet" / name).read_bytes()


def again(run: Path, folder: Path, runs: int) -> Path:
    """Finish a run that is nearly done, compare it, and start another."""
    assert os.waitpid(in_child(run), 0)[1] == 0
    assert snapshot(run) == snapshot(folder / "quiet")
    return create(folder / f"killed-{runs}").path


@pytest.mark.law
def test_training_states_that_a_kill_left_are_swept(tmp_path: Path) -> None:
    """A kill between a newer training state and the removal of older ones leaves three; the next writer keeps two."""
    train(create(tmp_path / "run").path)
    run = RunFolder.open(tmp_path / "run")
    older = run.read_resume(STEPS - 1)
    run._resumes.write(STEPS, older.tensors, older.facts)
    assert len(run.resume_steps()) == 3
    with exclusive(run.path):
        run.sweep()
    assert run.resume_steps() == [STEPS - 1, STEPS]
