"""A run folder: everything that one network's training leaves, and what later stages add to it.

`config.toml`, `alphabet.json`, `environment.json` and, if the text cannot be read again, `text.bin` are committed once
and make the run what it is: the seal of their manifest is the run's `id`, and everything else in the folder names it. A
file moved here from another run is refused like a damaged one. docs/formats.md describes every byte.

Any number of processes may read. A writer holds `lock.exclusive(run.path)` and calls `sweep` first. A kill at any
instant is harmless to a writer that saves in this order: log rows, checkpoint, training state, status, and only then
removes what the status no longer names.
"""

from __future__ import annotations

import os
import tomllib
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import tomli_w
from numpy.typing import NDArray
from pydantic import ValidationError

from rnnscope.artifacts import commit, files, log, sealed, status
from rnnscope.artifacts.lock import exclusive
from rnnscope.artifacts.results import STAGES, Result, Results
from rnnscope.artifacts.steps import Checkpoint, Steps
from rnnscope.config import RunConfig
from rnnscope.errors import DamagedArtifact, InputError

LOGS = ("metrics.jsonl", "samples.jsonl")

Resume = Checkpoint
"""A training state: optimiser, carried state, and the facts that the trainer needs to go on."""

_RESUMES_KEPT = 2
_MARKS = ("config.toml", "alphabet.json", "environment.json", status.FILE)
"""A folder with any of these is a run, whole or broken."""


class RunFolder:
    """One run on disk, made by `create` or `open`."""

    def __init__(self, path: Path, manifest: commit.Manifest) -> None:
        self.path = path
        self.id = manifest.sha256
        """Seal of the run's manifest; everything made from this run names it."""
        self._manifest = manifest
        self.config = _config(path / "config.toml", commit.read(path, manifest, "config.toml"))
        self.alphabet = self._facts("alphabet")
        """The alphabet as the JSON table that was saved."""
        self.environment = self._facts("environment")
        """Text hash, split, seed, versions, as saved."""
        self._checkpoints = Steps(path / "checkpoints", "checkpoint", "weights.safetensors", self.id)
        self._resumes = Steps(path / "resume", "resume", "state.safetensors", self.id)
        self._results = Results(path, self.id)
        self._logs = {name: log.Log(path / name) for name in LOGS}

    @classmethod
    def create(
        cls,
        path: str | Path,
        *,
        config: RunConfig,
        alphabet: dict[str, Any],
        environment: dict[str, Any],
        text: bytes | None = None,
    ) -> RunFolder:
        """Make a run folder, whole, or leave nothing behind.

        Args:
            path: a name that is free, or an empty folder; parents are made.
            config: the settings, resolved.
            alphabet: the alphabet as a JSON table.
            environment: text hash, split, seed, versions.
            text: the text itself, where it cannot be read again.

        Raises:
            InputError: the name is taken.
            MachineError: the machine refused a step.
        """
        path = Path(path)
        if any(os.path.lexists(path / mark) for mark in _MARKS):
            raise InputError(
                tried="make a run folder",
                given=str(path),
                why="it holds a run already",
                todo="Add --resume to go on with that run, or choose another folder.",
            )
        contents = {
            "config.toml": _toml(config),
            "alphabet.json": sealed.dump("alphabet", {}, alphabet),
            "environment.json": sealed.dump("environment", {}, environment),
        } | ({} if text is None else {"text.bin": text})
        if os.path.isdir(path.parent):
            commit.sweep(Path(os.path.realpath(path.parent)), only=path.name)
        # The lock tells another process that sweeps for the same name that this litter-to-be is alive.
        with commit.commit(path, kind="run") as draft, exclusive(draft.folder):
            for name, data in contents.items():
                draft.write(name, data)
            run_id = draft.seal()
            draft.write(status.FILE, status.Status(epochs=config.train.epochs).dump(run_id))
        return cls.open(path)

    @classmethod
    def open(cls, path: str | Path) -> RunFolder:
        """Open a run folder and verify what makes it what it is.

        Raises:
            InputError: this is no run folder at all.
            DamagedArtifact: it is one, and broken.
        """
        path = Path(path)
        if not any(os.path.lexists(path / mark) for mark in _MARKS):
            raise InputError(
                tried="open a run",
                given=str(path),
                why="this is not a run folder" if os.path.lexists(path) else "nothing has this name",
                todo="Name a folder that `rnnscope train` made.",
            )
        return cls(path, commit.verify(Path(os.path.realpath(path)), "run", exact=False))

    def text(self) -> bytes | None:
        """The run's own copy of the text, if it keeps one."""
        return commit.read(self.path, self._manifest, "text.bin") if "text.bin" in self._manifest.files else None

    def sweep(self) -> None:
        """Clear what killed writers left here. The caller holds the lock."""
        commit.sweep(Path(os.path.realpath(self.path)))
        for name in ("checkpoints", "resume", *STAGES):
            if os.path.lexists(self.path / name):
                commit.sweep(self.path / name)

    def status(self) -> dict[str, Any]:
        """Where it stands; the keys are the fields of `status.Status`."""
        return status.read(self.path, self.id).model_dump()

    def set_status(self, **facts: Any) -> None:
        """Change some of the status, in one step."""
        status.Status.model_validate(self.status() | facts).write(self.path, self.id)

    def write_checkpoint(self, step: int, tensors: dict[str, NDArray[Any]], facts: dict[str, Any]) -> None:
        """Commit the weights after `step` updates; `facts["logs"]` is what `log_prefix` returned."""
        self._checkpoints.write(step, tensors, facts)

    def read_checkpoint(self, which: str | int) -> Checkpoint:
        """Read weights, verified: `best`, `last`, or those of a step."""
        return self._checkpoints.read(self._step(which))

    def checkpoint_steps(self) -> list[int]:
        """Steps whose weights are kept, in order."""
        return self._checkpoints.all()

    def drop_checkpoint(self, step: int) -> None:
        """Remove the weights of a step."""
        self._checkpoints.drop(step)

    def write_resume(self, step: int, tensors: dict[str, NDArray[Any]], facts: dict[str, Any]) -> None:
        """Commit a training state, then remove all but the newest two; `facts["logs"]` as for a checkpoint."""
        self._resumes.write(step, tensors, facts)
        for old in self.resume_steps()[:-_RESUMES_KEPT]:
            self._resumes.drop(old)

    def newest_resume(self) -> Resume | None:
        """Read the newest training state, verified; None before the first."""
        steps = self.resume_steps()
        if not steps:
            return None
        try:
            return self.read_resume(steps[-1])
        except DamagedArtifact as error:
            before = f"from step {steps[-2]}" if len(steps) > 1 else "from the beginning"
            todo = f"Restore it from a copy, or remove {self._resumes.at(steps[-1])} to go on {before}."
            raise DamagedArtifact(tried=error.tried, given=error.given, why=error.why, todo=todo) from None

    def read_resume(self, step: int) -> Resume:
        """Read the training state of a step, verified."""
        return self._resumes.read(step)

    def resume_steps(self) -> list[int]:
        """Steps whose training state is kept, in order."""
        return self._resumes.all()

    def append_log(self, name: str, rows: list[dict[str, Any]]) -> None:
        """Add rows to one of `LOGS`."""
        self._logs[name].append(rows)

    def log_prefix(self) -> dict[str, log.Pin]:
        """Put both logs on the disk and pin them."""
        return {name: self._logs[name].prefix() for name in LOGS}

    def truncate_logs(self, prefix: dict[str, log.Pin]) -> None:
        """Cut both logs back to what was pinned, to nothing where there is no pin; they go on from there."""
        for name in LOGS:
            self._logs[name].truncate(prefix.get(name, log.NOTHING))

    def read_log(self, name: str) -> list[dict[str, Any]]:
        """Rows that the last checkpoint named in the status vouches for; none behind them is ever read."""
        now = status.read(self.path, self.id)
        if now.last_step is None:
            return []
        folder, manifest = self._checkpoints.manifest(now.last_step)
        pin = log.pin_of(manifest.facts, name, folder / commit.MANIFEST)
        return log.read(self.path / name, pin, whole=now.state in ("complete", "early-stopped"))

    def begin_result(self, stage: str, name: str, made_from: dict[str, str]) -> AbstractContextManager[commit.Draft]:
        """Commit a stage's result by hand: `with run.begin_result(...) as draft`. The caller holds the lock."""
        return self._results.write(stage, name, made_from)

    def write_result(
        self,
        stage: str,
        name: str,
        facts: dict[str, Any],
        made_from: dict[str, str],
        files: dict[str, bytes] | None = None,
    ) -> None:
        """Commit a stage's facts and files, in the place of an older result. The caller holds the lock."""
        with self.begin_result(stage, name, made_from) as draft:
            draft.facts.update(facts)
            for file, data in (files or {}).items():
                draft.write(file, data)

    def read_result(self, stage: str, name: str, made_from: dict[str, str] | None = None) -> Result:
        """Open a stage's result; refuse it if it is stale with respect to `made_from`."""
        return self._results.read(stage, name, made_from)

    def results(self) -> list[tuple[str, str]]:
        """Stage and name of every result that is there."""
        return self._results.all()

    def _facts(self, name: str) -> dict[str, Any]:
        path = self.path / f"{name}.json"
        return sealed.load(commit.read(self.path, self._manifest, path.name), name, path).facts

    def _step(self, which: str | int) -> int:
        if isinstance(which, int):
            return which
        assert which in ("best", "last"), which
        now = status.read(self.path, self.id)
        step = now.best_step if which == "best" else now.last_step
        if step is None:
            raise InputError(
                tried=f"read the {which} weights",
                given=str(self.path),
                why="this run has not saved any yet",
                todo=f"Train it first: rnnscope train TEXT -o {self.path} --resume",
            )
        return step


def _toml(config: RunConfig) -> bytes:
    try:
        return tomli_w.dumps(config.model_dump(mode="json", exclude_none=True)).encode()
    except UnicodeEncodeError:
        raise InputError(
            tried="save the settings",
            given=repr(config.corpus.text),
            why="this name is not valid Unicode",
            todo="Rename the text, or give it on standard input.",
        ) from None


def _config(path: Path, data: bytes) -> RunConfig:
    try:
        settings = tomllib.loads(data.decode())
        if isinstance(settings.get("train"), dict):
            settings["train"].setdefault("precision", "float32")  # runs from before there was another
        return RunConfig.model_validate(settings)
    except (ValueError, ValidationError, RecursionError):
        raise files.damaged(path, "these are not settings that this version understands") from None
