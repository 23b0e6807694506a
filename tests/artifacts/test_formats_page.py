from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from rnnscope.artifacts.status import Status

from .cases import complete

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "formats.md").read_text(encoding="utf-8")


def check_by_hand(run: Path) -> subprocess.CompletedProcess[str]:
    """Run the script of the page, which imports nothing of ours."""
    (script,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    return subprocess.run([sys.executable, "-I", "-c", script, str(run)], capture_output=True, text=True, check=False)


@pytest.mark.oracle
def test_the_script_of_the_page_agrees(tmp_path: Path) -> None:
    """The few lines on the page find a run sound, by the same id, and name the file in which a bit was flipped."""
    run = complete(tmp_path / "run")
    result = check_by_hand(run.path)
    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout == f"{run.path} is sound: {run.id}\n"
    for name in (
        "record/states/layer2-h.f32",
        "metrics.jsonl",
        "status.json",
        "config.toml",
        "cells/test/manifest.json",
    ):
        data = bytearray((run.path / name).read_bytes())
        data[len(data) // 2] ^= 1
        (run.path / name).write_bytes(data)
        assert check_by_hand(run.path).returncode == 1, name
        data[len(data) // 2] ^= 1
        (run.path / name).write_bytes(data)


@pytest.mark.golden
def test_the_page_names_every_file_and_key(tmp_path: Path) -> None:
    """Every file of a run, every key of the status and every state of it stand on the page."""
    run = complete(tmp_path / "run")
    named = {path.name for path in run.path.rglob("*") if path.is_file()} - {"table.bin", "layer2-h.f32"}
    fields = Status.model_fields
    states = fields["state"].annotation.__args__
    missing = [word for word in (*named, *fields, *states) if f"`{word}`" not in PAGE and f" {word}" not in PAGE]
    assert missing == []
