"""Two hundred kills of a study: of the driver, or of a worker, at random moments."""

from __future__ import annotations

from pathlib import Path

import pytest

from rnnscope.corpus.planted import planted

from ..study.cases import MANY, kill_until_done, plan_file, process, table

KILLS, A_STUDY = 200, 20
pytestmark = [pytest.mark.slow, pytest.mark.law]


def test_two_hundred_kills_leave_no_trace(tmp_path: Path) -> None:
    """Studies of more than 20 tasks, with up to 20 kills each, all finish with the table of an undisturbed one."""
    text = tmp_path / "text"
    text.write_text(planted(seed=2, length=1200).text, encoding="utf-8")
    plan = plan_file(tmp_path, MANY)
    assert process(text, tmp_path / "calm", plan, "-q").wait() == 0
    met = studies = 0
    while met < KILLS:
        out = tmp_path / f"cut-{studies}"
        met += kill_until_done(text, out, plan, kills=A_STUDY, seed=studies)
        studies += 1
        assert table(out) == table(tmp_path / "calm")
