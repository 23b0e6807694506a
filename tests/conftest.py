"""What every test runs under: fixed seeds, one thread, no network, none of the caller's settings.

Poisoned memory (`torch.empty` full of NaN) is set up in cells/conftest.py, where buffers are made by hand.
"""

from __future__ import annotations

import os

# Read by BLAS and OpenMP when they are loaded, so this comes before the first import of numpy or torch. Processes that
# tests start inherit it.
for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_name] = "1"

import random
import shutil
import socket
import sys
from pathlib import Path
from typing import Any

import hypothesis
import numpy as np
import pytest

# The same examples in every run, and no clock: a slow machine is not a failing one.
hypothesis.settings.register_profile("fixed", derandomize=True, deadline=None, database=None)
hypothesis.settings.load_profile("fixed")

LOOPBACK = ("127.", "::1", "localhost")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Campaigns are slow by definition, so that the default selection leaves them out."""
    campaign = Path(__file__).parent / "campaign"
    for item in items:
        if campaign in item.path.parents:
            item.add_marker(pytest.mark.slow)


@pytest.fixture(autouse=True)
def _fixed_seeds() -> None:
    random.seed(1)
    np.random.seed(1)
    if "torch" in sys.modules:
        sys.modules["torch"].manual_seed(1)


@pytest.fixture(autouse=True)
def _own_settings(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """No RNNSCOPE_ variable of the caller reaches a test, and no test writes into the caller's cache."""
    for name in [name for name in os.environ if name.startswith("RNNSCOPE_") and name != "RNNSCOPE_REQUIRE_BROWSER"]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.getbasetemp() / "cache"))
    # Messages are compared as plain text of a fixed width.
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "120")


@pytest.fixture(autouse=True)
def _no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Connections leave this machine in no test; loopback and local sockets stay open."""
    connect, connect_ex = socket.socket.connect, socket.socket.connect_ex

    def local(address: Any) -> bool:
        return not isinstance(address, tuple) or str(address[0]).startswith(LOOPBACK)

    def guarded(self: socket.socket, address: Any) -> None:
        assert local(address), f"a test tried to reach {address}"
        connect(self, address)

    def guarded_ex(self: socket.socket, address: Any) -> int:
        assert local(address), f"a test tried to reach {address}"
        return connect_ex(self, address)

    monkeypatch.setattr(socket.socket, "connect", guarded)
    monkeypatch.setattr(socket.socket, "connect_ex", guarded_ex)


@pytest.fixture
def quick_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """No waiting for the disk: that everything is synced is proved in tests/artifacts, and power loss nowhere."""
    monkeypatch.setattr(os, "fsync", lambda descriptor: None)


@pytest.fixture(scope="session")
def chromium() -> str:
    """Path of a chromium for playwright's `executable_path`; without one tests skip, or fail where it is required."""
    found = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if found is None:
        reason = "needs chromium on the path"
        if os.environ.get("RNNSCOPE_REQUIRE_BROWSER") == "1":
            pytest.fail(f"{reason}, and RNNSCOPE_REQUIRE_BROWSER=1 forbids to skip this test")
        pytest.skip(reason)
    return found
