"""Programs of benchmarks/ are no package: they are found as they find each other, by their folder."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.append(str(ROOT / "benchmarks"))


@pytest.fixture(autouse=True)
def _quick_disk(quick_disk: None) -> None:
    """Campaigns are tested here, not the disk."""
