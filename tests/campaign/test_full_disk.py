"""A study on a real file system that has no room left, with workers in processes of their own."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from rnnscope.artifacts.run import RunFolder
from rnnscope.corpus.planted import planted
from rnnscope.errors import MachineError

from ..study.cases import plan_file, process, study, table

pytestmark = [pytest.mark.law, pytest.mark.slow]


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Path]:
    """A file system of its own, which only the superuser of Linux may make; it has no room yet."""
    folder = tmp_path / "small"
    folder.mkdir()
    made = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4k", "tmpfs", folder], capture_output=True, check=False)
    if made.returncode:
        pytest.skip("may not mount a file system")
    yield folder
    subprocess.run(["umount", folder], check=True)


def test_a_file_system_without_room(small: Path, tmp_path: Path) -> None:
    """With a little more room at each start the study goes on, says each time that there was too little, never goes
    back, and ends with the table of a study that had room.
    """
    text = tmp_path / "text"
    text.write_text(planted(seed=2, length=1200).text, encoding="utf-8")
    plan = plan_file(tmp_path)
    study(text, tmp_path / "calm", plan)
    full, before = 0, 0
    for kilobytes in (8, 64, 160, 320, 480, 640, 1000, 8000):
        subprocess.run(["mount", "-o", f"remount,size={kilobytes}k", small], check=True)
        code = process(text, small, plan, "--jobs", "2", "-q").wait()
        if not code:
            break
        full += 1
        said = small.with_name("small.log").read_text().splitlines()[-1]
        assert code == MachineError.exit_code, said
        assert "No space left on device (ENOSPC). Make room" in said
        run = small / "runs" / "lstm"
        step = RunFolder.open(run).status()["step"] if run.exists() else 0
        assert step >= before
        before = step
    assert full >= 3
    assert code == 0
    assert table(small) == table(tmp_path / "calm")
