"""A tiny run with every kind of file a run folder can hold, and a way to say what state it is in."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from rnnscope.artifacts.lock import exclusive
from rnnscope.artifacts.run import LOGS, RunFolder
from rnnscope.artifacts.store import StoreReader, StoreWriter
from rnnscope.artifacts.verify import verify_run
from rnnscope.config import CorpusConfig, RecurrentConfig, RunConfig, TrainConfig


def config(seed: int = 1) -> RunConfig:
    """Settings of a run that differ by seed."""
    return RunConfig(
        corpus=CorpusConfig(text="text.txt"), model=RecurrentConfig(hidden=2), train=TrainConfig(seed=seed, epochs=1)
    )


def weights(step: int) -> dict[str, np.ndarray[Any, Any]]:
    """Arrays that no other step has."""
    return {"a": np.arange(6, dtype=np.float32).reshape(2, 3) + step, "b": np.array([step], np.int64)}


def create(path: Path, seed: int = 1) -> RunFolder:
    """A run before its first step."""
    environment = {"text_sha256": "0" * 64, "versions": {"numpy": "2"}}
    return RunFolder.create(
        path, config=config(seed), alphabet={"codes": [97, 98]}, environment=environment, text=b"abba"
    )


def save(run: RunFolder, step: int, state: str = "running") -> None:
    """What a trainer does at a step, in the order that makes a kill harmless."""
    run.append_log("metrics.jsonl", [{"step": step, "train_loss_nats": 1 / (step + 1)}])
    run.append_log("samples.jsonl", [{"step": step, "text": f"ab{run.config.train.seed}"}])
    facts = {"logs": run.log_prefix()}
    run.write_checkpoint(step, weights(step), facts)
    run.write_resume(step, weights(-step), facts)
    run.set_status(state=state, step=step, best_step=step, last_step=step, best_valid_loss_nats=1.5)
    for old in run.checkpoint_steps():
        if old not in (step, *run.resume_steps()):
            run.drop_checkpoint(old)


def write_store(run: RunFolder, value: float) -> None:
    """A store of 40 positions, two layers, one quantity."""
    with (
        run.begin_result("record", "states", {"text": "1" * 64}) as draft,
        StoreWriter(draft, layers=[0, 1], quantities={"h": 34}) as store,
    ):
        for layer in range(2):
            store.append(layer, "h", np.full((40, 34), value + layer, np.float32))


def write_result(run: RunFolder, value: int) -> None:
    """A result of facts and a file."""
    run.write_result("cells", "test", {"value": value}, {"text": "1" * 64}, {"table.bin": bytes([value]) * 50})


def complete(path: Path, seed: int = 1) -> RunFolder:
    """A whole tiny run."""
    run = create(path, seed)
    with exclusive(run.path):
        for step in (0, 10, 20):
            save(run, step)
        save(run, 30, "complete")
        write_result(run, seed)
        write_store(run, seed)
    return run


def snapshot(path: Path) -> dict[str, Any]:
    """All that a reader can learn from a run, every byte verified on the way."""
    run = verify_run(path)
    state: dict[str, Any] = {
        "status": run.status(),
        "checkpoints": {step: run.read_checkpoint(step).sha256 for step in run.checkpoint_steps()},
        "resumes": {step: run.read_resume(step).sha256 for step in run.resume_steps()},
        "logs": {name: run.read_log(name) for name in LOGS},
    }
    for stage, name in run.results():
        result = run.read_result(stage, name)
        state[name] = result.facts
        if stage == "record":
            store = StoreReader(result.folder, result.manifest)
            state["values"] = {
                (layer, quantity): store.read(layer, quantity).tolist()
                for layer in store.layers
                for quantity in store.quantities
            }
    return state
