"""Keeps what is worth keeping of trained networks: a small run folder each, an index by hash, and a table to read.

`rnnscope eval results/networks/NAME` opens a kept network like any run. The index holds the SHA-256 of the weights'
file, which names a network wherever it lies. A kept network is only ever replaced by the same one trained further. Of
networks whose weights are too large for their plan, losses, curve and hash alone are kept, in the index.
"""

from __future__ import annotations

import hashlib
import json
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
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


@dataclass(frozen=True)
class Room:
    """How much may be kept: bytes of everything, and of the weights of one network (None: any)."""

    limit_bytes: int
    weights_bytes: int | None = None

    def has(self, weights: Path) -> bool:
        """Whether a file of weights may be kept."""
        return self.weights_bytes is None or weights.stat().st_size <= self.weights_bytes


def collect(folder: Path, out: Path, room: Room | None = None) -> str:
    """Keep a run's best weights in a folder of their own; say in a few words what was done.

    Args:
        folder: the run, trained, being trained or not there.
        out: where it is kept; left alone if what is there was trained at least as long.
        room: how large the weights may be.
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
        said = f"after {now['epoch']:.1f} epochs, validation loss {now['best_valid_loss_nats']:.4f} nats"
        with exclusive(run.path):
            if room and not room.has(_weights(run)):
                return f"too large to keep; {said}"
            excerpt(run, out, overwrite=True)
    except Locked:
        return "being trained; left alone"
    return f"kept {said}"


def _weights(run: RunFolder) -> Path:
    """The file of a run's best weights."""
    return run.path / "checkpoints" / f"step-{run.status()['best_step']:06d}" / "weights.safetensors"


def _steps(out: Path) -> int | None:
    try:
        return int(RunFolder.open(out).status()["step"])
    except RnnscopeError:
        return None


def write_index(
    kept: Path, plan: Sequence[Mapping[str, Any]], *, runs: Path | None = None, room: Room | None = None
) -> list[dict[str, Any]]:
    """Write the index and the table of all networks that are kept; losses of weights that are known are not measured
    again.

    Args:
        kept: the folder of the networks.
        plan: the networks in the order of the table, each with `name`, `command` and perhaps `paper_nats`; others
            follow by name.
        runs: whole runs, for networks whose weights are too large to keep; without a run an entry stays as it was.
        room: how much may be kept.

    Raises:
        InputError: they are larger than the limit; index and table are written all the same.
    """
    room = room or Room(LIMIT_BYTES)
    planned, before = {str(network["name"]): network for network in plan}, read_index(kept)
    large = {name: runs / name for name in planned if runs and _is_large(runs / name, room)}
    present = {path.name: path for path in sorted(kept.iterdir()) if (path / "config.toml").is_file()}
    known = {name: None for name, entry in before.items() if not entry["weights"]}
    folders: dict[str, Path | None] = known | large | present
    ordered = [name for name in planned if name in folders] + [name for name in folders if name not in planned]
    entries = [
        before[name] if (folder := folders[name]) is None
        else _entry(folder, kept, planned.get(name, {}), before.get(name, {}))
        for name in ordered
    ]  # fmt: skip
    commit.commit_file(kept / INDEX, (json.dumps({"networks": entries}, indent=1) + "\n").encode())
    commit.commit_file(kept / TABLE, table(entries, kept.name).encode())
    size = sum(files.size(path) for path in kept.rglob("*") if path.is_file())
    if size > room.limit_bytes:
        raise InputError(
            tried="keep the networks",
            given=bytes_text(size),
            why=f"they shall be at most {bytes_text(room.limit_bytes)} together",
            todo="Remove those that nobody needs.",
        )
    return entries


def _is_large(folder: Path, room: Room) -> bool:
    """Whether a run has weights that are not kept, and nobody is about to replace them."""
    try:
        run = RunFolder.open(folder)
        with exclusive(folder):
            return bool(run.status()["best_step"]) and not room.has(_weights(run))
    except RnnscopeError:
        return False


def read_index(kept: Path) -> dict[str, dict[str, Any]]:
    """Entries of the index by name; none where there is no index yet."""
    path = kept / INDEX
    entries = json.loads(path.read_bytes())["networks"] if path.is_file() else []
    return {entry["name"]: entry for entry in entries}


def _entry(folder: Path, kept: Path, planned: Mapping[str, Any], before: Mapping[str, Any]) -> dict[str, Any]:
    run = RunFolder.open(folder)
    model, train, now, environment = run.config.model, run.config.train, run.status(), run.environment
    stack = (
        (model.cell, model.layers, model.budget)
        if isinstance(model, RecurrentConfig)
        else (f"window-{model.window}", 1, None)
    )
    weights = _weights(run)
    sha256 = hashlib.sha256(weights.read_bytes()).hexdigest()
    best = run.read_checkpoint("best")
    return {
        "name": folder.name,
        "text": environment["text"]["name"],
        "text_sha256": environment["text"]["sha256"],
        "split": run.config.corpus.split,
        "cell": stack[0],
        "layers": stack[1],
        "budget": stack[2],
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
        "paper_nats": planned.get("paper_nats"),
        "curve": [
            [row["epoch"], row["valid_loss_nats"]]
            for row in run.read_log("metrics.jsonl")
            if row["valid_loss_nats"] is not None
        ],
        "notes": environment["notes"],
        "weights": weights.relative_to(kept).as_posix() if folder.parent == kept else None,
        "weights_sha256": sha256,
        "run": run.id,
        "command": planned.get("command"),
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


def table(entries: Sequence[Mapping[str, Any]], name: str = "networks") -> str:
    """The page that a person reads: a row per network, its hash, and how to make it again.

    Args:
        entries: of the index.
        name: of the plan and the folder.
    """
    head = "| network | text | cell | layers | width | steps | epochs | best | valid nats | test nats | test bits |"
    papers = any(entry.get("paper_nats") is not None for entry in entries)
    left_out = [entry["name"] for entry in entries if not entry["weights"]]
    plan = "" if name == "networks" else f" --plan results/{name}.toml"
    return "\n".join(
        [
            f"# The shared {name}",
            "",
            f"Written by `python3 dev.py networks{plan}` from the folders beside this page; docs/results.md explains.",
            f"Each folder is a run with its best weights alone: `rnnscope eval results/{name}/NAME`, and `sample`,",
            "`record` and `report` open it. It holds no training state, so it cannot be trained further.",
            "",
            head + (" the paper's | difference |" if papers else ""),
            "|---|---|---|--:|--:|--:|--:|--:|--:|--:|--:|" + ("--:|--:|" if papers else ""),
            *(_row(entry, papers) for entry in entries),
            "",
            "Epochs: seen in all, and by the weights that are kept, the best on the validation part.",
            *([f"Too large to keep, so that the index alone knows them: {', '.join(left_out)}."] if left_out else []),
            "",
            "| network | precision | SHA-256 of its weights.safetensors |",
            "|---|---|---|",
            *(f"| {entry['name']} | {entry['precision']} | `{entry['weights_sha256']}` |" for entry in entries),
            "",
            f"Made again by `python3 dev.py networks{plan} --only NAME`, which runs:",
            "",
            *(f"    {entry['command']}" for entry in entries if entry["command"]),
            "",
        ]
    )


def _row(entry: Mapping[str, Any], papers: bool) -> str:
    test, paper = entry["test_loss_nats"], entry.get("paper_nats")
    cells = [
        entry["name"], entry["text"], entry["cell"], entry["layers"], entry["hidden"], entry["steps"],
        f"{entry['epochs']:.1f}", f"{entry['best_epoch']:.1f}", f"{entry['valid_loss_nats']:.4f}",
        "-" if test is None else f"{test:.4f}", "-" if test is None else f"{bits(test):.4f}",
    ]  # fmt: skip
    if papers:
        difference = "-" if test is None or paper is None else f"{test - paper:+.3f}"
        cells += ["-" if paper is None else f"{paper:.3f}", difference]
    return "| " + " | ".join(map(str, cells)) + " |"


def command_line(words: Sequence[str]) -> str:
    """The words of an rnnscope command as a person would type them."""
    return shlex.join(["rnnscope", *words])
