"""Scores of networks without knowledge, kept from one search to the next."""

from __future__ import annotations

from pathlib import Path

import pytest

from rnnscope.api.search.kept import KeptScores

KEY = "0" * 64


@pytest.mark.law
def test_scores_come_back(tmp_path: Path) -> None:
    """What is kept is read back by another process's mapping, missing scores included; keys are counted."""
    KeptScores(tmp_path / "nulls")[KEY] = [0.25, None]
    kept = KeptScores(tmp_path / "nulls")
    assert kept[KEY] == [0.25, None]
    assert list(kept) == [KEY]
    assert len(kept) == 1
    del kept[KEY]
    assert kept.get(KEY) is None


@pytest.mark.law
def test_damaged_scores_are_none(tmp_path: Path) -> None:
    """A flipped bit, scores under another name and a folder that cannot be made count as nothing kept."""
    kept = KeptScores(tmp_path / "nulls")
    kept[KEY] = [0.25]
    path = tmp_path / "nulls" / f"{KEY}.json"
    path.rename(path.with_stem("1" * 64))
    assert kept.get("1" * 64) is None
    kept[KEY] = [0.25]
    path.write_bytes(path.read_bytes().replace(b"0.25", b"0.75"))
    assert kept.get(KEY) is None
    (tmp_path / "file").write_text("")
    blocked = KeptScores(tmp_path / "file" / "nulls")
    blocked[KEY] = [0.5]
    assert blocked.get(KEY) is None
