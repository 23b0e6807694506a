from __future__ import annotations

import os

import pytest


@pytest.fixture(autouse=True)
def _no_waiting_for_the_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """Training is tested here, not the disk: tests/artifacts proves that everything is synced, killed processes sync."""
    monkeypatch.setattr(os, "fsync", lambda descriptor: None)
