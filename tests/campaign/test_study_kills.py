"""Two hundred kills of a study: of the driver, or of a worker, at random moments."""

from __future__ import annotations

from pathlib import Path

import pytest

from ..study.campaign import KILLS, cut_studies

pytestmark = [pytest.mark.slow, pytest.mark.law]


def test_two_hundred_kills_leave_no_trace(tmp_path: Path) -> None:
    """A study of more than 20 tasks, killed 200 times, finishes with the table of an undisturbed one; if it is done
    before that, further ones take the rest of the signals.
    """
    cuts = cut_studies(tmp_path, KILLS)
    assert sum(sum(cut.kills) for cut in cuts) >= KILLS
    assert all(cut.tasks > 20 and cut.table == cut.calm for cut in cuts)
