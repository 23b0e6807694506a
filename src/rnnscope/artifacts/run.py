"""A run folder: everything that one network's training leaves, and what later stages add to it.

Beside what every folder with a model has (`folder.py`) it holds the status, the logs, and arrays saved at steps of
training. A kill at any instant is harmless to a writer that saves in this order: log rows, checkpoint, training state,
status, and only then removes what the status no longer names.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from rnnscope.artifacts import commit, log, status
from rnnscope.artifacts.folder import ModelFolder, identity, settings
from rnnscope.artifacts.lock import exclusive
from rnnscope.artifacts.steps import Checkpoint, Steps
from rnnscope.config import RunConfig
from rnnscope.errors import DamagedArtifact, InputError

LOGS = ("metrics.jsonl", "samples.jsonl")

Resume = Checkpoint
"""A training state: optimiser, carried state, and the facts that the trainer needs to go on."""

_RESUMES_KEPT = 2
_MARKS = ("config.toml", "alphabet.json", "environment.json", status.FILE)
"""A folder with any of these is a run, whole or broken."""


class RunFolder(ModelFolder[RunConfig]):
    """One run on disk, made by `create` or `open`."""

    _saved = ("checkpoints", "resume")

    def __init__(self, path: Path, manifest: commit.Manifest) -> None:
        super().__init__(path, manifest)
        self._checkpoints = Steps(path / "checkpoints", "checkpoint", "weights.safetensors", self.id)
        self._resumes = Steps(path / "resume", "resume", "state.safetensors", self.id)
        self._logs = {name: log.Log(path / name) for name in LOGS}

    @classmethod
    def _settings(cls, path: Path, data: bytes) -> RunConfig:
        return settings(RunConfig, path, data)

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
        contents = identity(config, alphabet, environment, text)
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
        self._drop_old_resumes()

    def sweep(self) -> None:
        """Clear what killed writers left here, old training states among it. The caller holds the lock."""
        super().sweep()
        self._drop_old_resumes()

    def _drop_old_resumes(self) -> None:
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
                todo=f"Train it first, with rnnscope train TEXT -o {self.path} --resume, or name another.",
            )
        return step
