"""Keeps what is worth keeping of trained networks: a small run folder each, an index by hash, and a table to read.

`rnnscope eval results/networks/NAME` opens a kept network like any run. The index holds the SHA-256 of the weights'
file, which names a network wherever it lies. A kept network is only ever replaced by the same one trained further.
"""

from __future__ import annotations

import hashlib
import json
import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rnnscope import api
from rnnscope.artifacts import commit, files
from rnnscope.artifacts.excerpt import excerpt
from rnnscope.artifacts.lock import exclusive
from rnnscope.artifacts.run import RunFolder
from rnnscope.config import RecurrentConfig
from rnnscope.errors import InputError, Locked, RnnscopeError
from rnnscope.units import bits, bytes_text

LIMIT_BYTES = 60 << 20
"""All kept networks together are no larger."""

INDEX, TABLE = "index.json", "README.md"


def collect(folder: Path, out: Path) -> str:
    """Keep a run's best weights in a folder of their own; say in a few words what was done.

    Args:
        folder: the run, trained, being trained or not there.
        out: where it is kept; left alone if what is there was trained at least as long.
    """
    if not folder.is_dir():
        return "not begun"
    try:
        run = RunFolder.open(folder)
        now = run.status()
        if not now["best_step"]:
            return "nothing to keep before the first epoch"
        kept = _steps(out)
        if kept is not None and kept >= now["step"]:
            return "kept before"
        with exclusive(run.path):
            excerpt(run, out, overwrite=True)
    except Locked:
        return "being trained; left alone"
    return f"kept after {now['epoch']:.1f} epochs, validation loss {now['best_valid_loss_nats']:.4f} nats"


def _steps(out: Path) -> int | None:
    try:
        return int(RunFolder.open(out).status()["step"])
    except RnnscopeError:
        return None


def write_index(kept: Path, plan: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Write the index and the table of all networks that are kept; losses of weights that are known are not measured
    again.

    Args:
        kept: the folder of the networks.
        plan: the networks in the order of the table, each with `name` and `command`; others follow by name.

    Raises:
        InputError: they are larger than the limit; index and table are written all the same.
    """
    commands = {str(network["name"]): str(network["command"]) for network in plan}
    present = [path.name for path in sorted(kept.iterdir()) if (path / "config.toml").is_file()]
    ordered = [name for name in commands if name in present] + [name for name in present if name not in commands]
    before = read_index(kept)
    entries = [_entry(kept / name, commands.get(name), before.get(name, {})) for name in ordered]
    commit.commit_file(kept / INDEX, (json.dumps({"networks": entries}, indent=1) + "\n").encode())
    commit.commit_file(kept / TABLE, table(entries).encode())
    size = sum(files.size(path) for path in kept.rglob("*") if path.is_file())
    if size > LIMIT_BYTES:
        raise InputError(
            tried="keep the networks",
            given=bytes_text(size),
            why=f"they shall be at most {bytes_text(LIMIT_BYTES)} together",
            todo="Remove those that nobody needs.",
        )
    return entries


def read_index(kept: Path) -> dict[str, dict[str, Any]]:
    """Entries of the index by name; none where there is no index yet."""
    path = kept / INDEX
    entries = json.loads(path.read_bytes())["networks"] if path.is_file() else []
    return {entry["name"]: entry for entry in entries}


def _entry(folder: Path, command: str | None, before: Mapping[str, Any]) -> dict[str, Any]:
    run = RunFolder.open(folder)
    model, train, now, environment = run.config.model, run.config.train, run.status(), run.environment
    assert isinstance(model, RecurrentConfig)
    weights = folder / "checkpoints" / f"step-{now['best_step']:06d}" / "weights.safetensors"
    sha256 = hashlib.sha256(weights.read_bytes()).hexdigest()
    best = run.read_checkpoint("best")
    return {
        "name": folder.name,
        "text": environment["text"]["name"],
        "text_sha256": environment["text"]["sha256"],
        "split": run.config.corpus.split,
        "cell": model.cell,
        "layers": model.layers,
        "budget": model.budget,
        "hidden": model.hidden,
        "parameters": sum(array.size for array in best.tensors.values()),
        "batch": train.batch,
        "steps": train.steps,
        "seed": train.seed,
        "precision": train.precision,
        "kernel": kernel_name(run),
        "state": now["state"],
        "epochs": now["epoch"],
        "best_epoch": best.facts["epoch"],
        "valid_loss_nats": now["best_valid_loss_nats"],
        "test_loss_nats": before["test_loss_nats"] if before.get("weights_sha256") == sha256 else _test_loss(folder),
        "weights": weights.relative_to(folder.parent).as_posix(),
        "weights_sha256": sha256,
        "run": run.id,
        "command": command,
    }


def kernel_name(run: RunFolder) -> str:
    """Who computed a run, in the words of `--kernel`."""
    kernel = run.environment["kernel"]
    return ":".join(str(kernel[key]) for key in ("name", "path") if kernel.get(key))


def _test_loss(folder: Path) -> float | None:
    """What `rnnscope eval` says; None where the text is not on this machine."""
    try:
        return float(api.evaluate(folder)["loss_nats"])
    except InputError:
        return None


def table(entries: Sequence[Mapping[str, Any]]) -> str:
    """The page that a person reads: a row per network, its hash, and how to make it again."""
    head = "| network | text | cell | layers | width | steps | epochs | best | valid nats | test nats | test bits |"
    return "\n".join(
        [
            "# The shared networks",
            "",
            "Written by `python3 dev.py networks` from the folders beside this page; docs/results.md explains.",
            "Each folder is a run with its best weights alone: `rnnscope eval results/networks/NAME`, and `sample`,",
            "`record` and `report` open it. It holds no training state, so it cannot be trained further.",
            "",
            head,
            "|---|---|---|--:|--:|--:|--:|--:|--:|--:|--:|",
            *(_row(entry) for entry in entries),
            "",
            "Epochs: seen in all, and by the weights that are kept, the best on the validation part.",
            "",
            "| network | precision | SHA-256 of its weights.safetensors |",
            "|---|---|---|",
            *(f"| {entry['name']} | {entry['precision']} | `{entry['weights_sha256']}` |" for entry in entries),
            "",
            "Made again by `python3 dev.py networks --only NAME`, which runs:",
            "",
            *(f"    {entry['command']}" for entry in entries if entry["command"]),
            "",
        ]
    )


def _row(entry: Mapping[str, Any]) -> str:
    test = entry["test_loss_nats"]
    cells = [
        entry["name"], entry["text"], entry["cell"], entry["layers"], entry["hidden"], entry["steps"],
        f"{entry['epochs']:.1f}", f"{entry['best_epoch']:.1f}", f"{entry['valid_loss_nats']:.4f}",
        "-" if test is None else f"{test:.4f}", "-" if test is None else f"{bits(test):.4f}",
    ]  # fmt: skip
    return "| " + " | ".join(map(str, cells)) + " |"


def command_line(words: Sequence[str]) -> str:
    """The words of an rnnscope command as a person would type them."""
    return shlex.join(["rnnscope", *words])
