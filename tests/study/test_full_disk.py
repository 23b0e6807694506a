"""Studies on a disk that is full: what is said, what is lost, and how they go on."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from rnnscope.artifacts.run import RunFolder
from rnnscope.artifacts.verify import verify_run
from rnnscope.errors import MachineError

from ..surface import Outcome, call, check_refusal
from .cases import study, table
from .full_disk import disk

pytestmark = pytest.mark.law


def check_told(outcome: Outcome) -> None:
    """Demand the exit code of a refusal of the machine and one line of the documented form that names the reason."""
    assert outcome.code == MachineError.exit_code, outcome
    last = Outcome(outcome.code, "", outcome.err.splitlines()[-1] + "\n")
    check_refusal(last, MachineError.exit_code, "No space left on device (ENOSPC)", "Make room")


def steps(out: Path) -> dict[str, int]:
    """How far every network has come; each folder is sound."""
    found = {}
    for name in ("lstm", "rnn"):
        if (out / "runs" / name).exists():
            verify_run(out / "runs" / name)
            found[name] = RunFolder.open(out / "runs" / name).status()["step"]
    return found


def test_room_that_comes_in_pieces(text: Path, plan: Path, tmp_path: Path) -> None:
    """A study whose disk is full at ever later writes says so each time and never goes back; at last its table is,
    byte for byte, that of a study with room from the beginning.
    """
    out, calm = tmp_path / "study", tmp_path / "calm"
    with disk(float("inf")) as roomy:
        study(text, calm, plan)
    assert roomy.refused == 0
    words = ("study", text, "-o", out, "--plan", plan, "--jobs", "1", "-q", "--json")
    room, before, full = 500.0, dict[str, int](), 0
    while True:
        with disk(room) as small:
            outcome = call(*words)
        if not outcome.code:
            break
        assert small.refused
        full += 1
        check_told(outcome)
        now = steps(out)
        assert all(now[name] >= step for name, step in before.items())
        before, room = now, room * 2
        assert room < 4 * roomy.written, "room for everything must be enough"
    assert full >= 5
    assert json.loads(outcome.out)["failed"] == {}
    assert table(out) == table(calm)


@pytest.mark.parametrize("share", [0.1, 0.5, 0.99])
def test_a_disk_that_was_full_once(share: float, text: Path, plan: Path, tmp_path: Path) -> None:
    """Wherever the room ends, a second start with room goes on from there, and its table is that of a calm study."""
    out, calm = tmp_path / "study", tmp_path / "calm"
    with disk(float("inf")) as roomy:
        study(text, calm, plan)
    words = ("study", text, "-o", out, "--plan", plan, "--jobs", "1", "-q")
    with disk(share * roomy.written) as small:
        check_told(call(*words))
    assert small.refused
    before = steps(out)
    found = study(text, out, plan)
    assert found.error() is None
    assert all(step <= steps(out)[name] for name, step in before.items())
    assert table(out) == table(calm)
