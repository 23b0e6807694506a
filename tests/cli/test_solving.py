from __future__ import annotations

import json
from pathlib import Path

import pytest

from ..surface import call, check_refusal, done

pytestmark = pytest.mark.law

FEW = ("--seeds", "1", "--hidden", "4", "--updates", "2")


def test_tasks_trains_and_tells(tmp_path: Path) -> None:
    """One document with its fixed keys, a table for people, all six cells, and misuse in the documented form."""
    out = tmp_path / "sweep"
    found = json.loads(done("tasks", "dyck-2-3", "-o", out, "--lengths", "6,8", "--cells", "all", *FEW, "--json"))
    assert set(found) == {"task", "settings", "seeds", "groups", "clipping"}
    assert len({group["cell"] for group in found["groups"]}) == 6
    told = done("tasks", "dyck-2-3", "-o", out, "--lengths", "6,8", "--cells", "all", *FEW)
    assert "norms clipped to 1 against none" in told
    assert (out / "tasks.md").read_text().startswith("# dyck-2-3")
    check_refusal(call("tasks", "chess", "-o", tmp_path / "a", "-q"), 2, "dyck-K-M")
    check_refusal(call("tasks", "anbn", "-o", tmp_path / "a", "--lengths", "5;6", "-q"), 2, "--lengths 5;6")
    check_refusal(call("tasks", "anbn", "-o", tmp_path / "a", "--cells", "mamba", "-q"), 2, "mamba")
    check_refusal(call("tasks", "anbn", "-o", tmp_path / "a", "--seeds", "0", "-q"), 2, "no seeds")
    check_refusal(call("tasks", "dyck-2-3", "-o", out, "--lengths", "6", "--hidden", "5", "-q"), 2, "other settings")
    assert not (tmp_path / "a").exists()
