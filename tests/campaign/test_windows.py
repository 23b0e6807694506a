"""The kept window networks, read anew, give the losses that their index names."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from rnnscope import api

KEPT = Path(__file__).parents[2] / "results" / "windows"
pytestmark = [pytest.mark.slow, pytest.mark.golden]


@pytest.mark.skipif("RNNSCOPE_DATA" not in os.environ, reason="needs War and Peace, in a folder named by RNNSCOPE_DATA")
@pytest.mark.parametrize("window", [1, 2, 3])
def test_kept_windows_give_their_losses(window: int) -> None:
    """Reading the test part of War and Peace gives the test loss of the index, but for rounding."""
    name = f"warpeace-window-{window}"
    entries = json.loads((KEPT / "index.json").read_text("utf-8"))["networks"]
    (entry,) = (entry for entry in entries if entry["name"] == name)
    assert api.evaluate(KEPT / name)["loss_nats"] == pytest.approx(entry["test_loss_nats"], abs=1e-5)
