"""Where the full-size texts are, for tests that want them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

# Looked at before any test changes the working folder or the environment.
_FOLDERS = [Path(folder).resolve() for folder in (os.environ.get("RNNSCOPE_DATA"), "../shared/data") if folder]


@pytest.fixture
def full_text_folder() -> Path:
    """A folder with warpeace.txt and linux.txt; without one the test is skipped."""
    for folder in _FOLDERS:
        if (folder / "warpeace.txt").is_file() and (folder / "linux.txt").is_file():
            return folder
    pytest.skip("needs warpeace.txt and linux.txt in RNNSCOPE_DATA or ../shared/data")
