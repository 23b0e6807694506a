from __future__ import annotations

import os

import pytest


@pytest.fixture(autouse=True)
def _no_waiting_for_the_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """Training is tested here, not the disk: that everything is synced is proved in tests/artifacts."""
    monkeypatch.setattr(os, "fsync", lambda descriptor: None)
