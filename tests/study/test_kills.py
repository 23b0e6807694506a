from __future__ import annotations

from pathlib import Path

import pytest

from .cases import MANY, kill_until_done, plan_file, study, table


@pytest.mark.law
def test_ten_kills_leave_no_trace(text: Path, tmp_path: Path) -> None:
    """SIGKILL to driver or workers at random moments, ten times: the study finishes with an undisturbed one's table."""
    plan = plan_file(tmp_path, MANY)
    study(text, tmp_path / "calm", plan)
    kills = kill_until_done(text, tmp_path / "cut", plan, kills=10, seed=1)
    assert sum(kills) > 0
    assert table(tmp_path / "cut") == table(tmp_path / "calm")
