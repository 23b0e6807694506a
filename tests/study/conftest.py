from __future__ import annotations

import os
from pathlib import Path

import pytest

from rnnscope.corpus.planted import planted
from rnnscope.study import run as study_run

from .cases import Here, plan_file


@pytest.fixture(autouse=True)
def _here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Studies in this process do their tasks in it: starting workers, which import PyTorch, is most of the time."""
    monkeypatch.setattr(study_run, "_engine", lambda request, jobs: Here(request.out))
    monkeypatch.setattr(os, "fsync", lambda descriptor: None)


@pytest.fixture
def text(tmp_path: Path) -> Path:
    path = tmp_path / "text"
    path.write_text(planted(seed=2, length=1200).text, encoding="utf-8")
    return path


@pytest.fixture
def plan(tmp_path: Path) -> Path:
    return plan_file(tmp_path)
