"""Features of the two texts of the paper, where they are on this machine."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from rnnscope.corpus import builtin
from rnnscope.features import Tracks, tracks

# Read before the tests hide the caller's settings.
DATA = os.environ.get("RNNSCOPE_DATA", "../shared/data")


def measured(name: str, monkeypatch: pytest.MonkeyPatch) -> Tracks:
    if not (Path(DATA) / f"{name}.txt").is_file():
        pytest.skip(f"needs {name}.txt in the folder RNNSCOPE_DATA")
    monkeypatch.setenv("RNNSCOPE_DATA", DATA)
    return tracks(builtin.load(name))


@pytest.mark.golden
def test_war_and_peace_is_prose(monkeypatch: pytest.MonkeyPatch) -> None:
    """War and Peace has sentences, speech and wrapped lines, and nothing of code; nothing of it is excluded."""
    found = measured("warpeace", monkeypatch)
    wanted = {"line-position", "double-quotes", "single-quotes", "sentence-position", "about-to-wrap", "in-parentheses"}
    assert wanted <= set(found.tracks)
    assert all(track.feature.family != "code" for track in found)
    assert all(track.valid_N.all() for track in found)
    assert 0.15 < np.mean(found["double-quotes"].values_N) < 0.25
    assert found["line-position"].values_N.max() < 80


@pytest.mark.golden
def test_linux_is_c(monkeypatch: pytest.MonkeyPatch) -> None:
    """Kernel source has all features of C, at most 4 % of it is unknown, and its comments are a third of it."""
    found = measured("linux", monkeypatch)
    code = {name for name, feature in ((t.name, t.feature) for t in found) if feature.family == "code"}
    assert len(code) == 18
    assert len(found.source.files) > 200
    assert np.mean(found["comment"].valid_N) > 0.96
    assert 0.25 < np.mean(found["comment"].values_N) < 0.35
    assert found["block-depth"].values_N.max() < 12
    for track in found:
        aim = track.feature.target("c")
        assert aim is None or aim.positions(found.source).any()
