from __future__ import annotations

import pytest


@pytest.fixture(autouse=True)
def _quick_disk(quick_disk: None) -> None:
    """Training is tested here, not the disk; processes that are killed sync as ever."""
