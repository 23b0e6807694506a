"""A small text and a sound run, made once for each module of tests."""

from __future__ import annotations

from pathlib import Path

import pytest

from ..surface import TEXT, TINY, done


@pytest.fixture(autouse=True)
def _quick_disk(quick_disk: None) -> None:
    """Commands are tested here, not the disk."""


@pytest.fixture(scope="module")
def text(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The text that the run was trained on."""
    path = tmp_path_factory.mktemp("text") / "text"
    path.write_bytes(TEXT)
    return path


@pytest.fixture(scope="module")
def run(text: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A sound run; tests leave it as it is, or work on a copy."""
    path = tmp_path_factory.mktemp("sound") / "run"
    done("train", text, "-o", path, "-q", *TINY)
    return path
