"""Real processes, really killed."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from rnnscope.artifacts.run import RunFolder
from rnnscope.corpus.planted import planted
from rnnscope.train.start import start

from .killing import train_under_fire, without_clock

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL and fork servers do not exist on Windows")

KILLS = 40


@pytest.mark.law
@pytest.mark.parametrize("cell", ["rnn", "lstm", "gru"])
def test_40_kills_change_nothing(cell: str, tmp_path: Path) -> None:
    """A training killed 40 times ends with the weights and rows of an undisturbed one, byte for byte."""
    text = tmp_path / "text"
    text.write_text(planted(seed=3, length=6000).text, encoding="utf-8")
    options = {
        "cell": cell, "layers": 2, "hidden": 6, "batch": 4, "steps": 12, "epochs": 30, "dropout": 0.2,
        "save_every": 5, "validate_every": 120, "sample_length": 20, "checkpoints": "early", "seed": 5,
    }  # fmt: skip
    calm = start(str(text), tmp_path / "calm", options)
    train_under_fire(text, tmp_path / "fired", options, kills=KILLS)
    fired = RunFolder.open(tmp_path / "fired")
    assert fired.status() == calm.status()
    assert fired.checkpoint_steps() == calm.checkpoint_steps()
    for step in calm.checkpoint_steps():
        name = f"checkpoints/step-{step:06d}/weights.safetensors"
        assert (fired.path / name).read_bytes() == (calm.path / name).read_bytes(), name
    for log in ("metrics.jsonl", "samples.jsonl"):
        assert without_clock(fired.path / log) == without_clock(calm.path / log)
    litter = [path for path in fired.path.rglob(".*") if path.name != ".lock"]
    assert not litter
