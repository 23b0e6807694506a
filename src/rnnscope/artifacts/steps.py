"""Arrays saved at steps of training: `checkpoints/step-000123/` and `resume/step-000123/`.

Each is a committed folder with one safetensors file. It names the run it belongs to and its step, so neither a folder
of another run nor one under another step's name is taken for it.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from rnnscope.artifacts import commit, files, tensors

_NAME = re.compile(r"step-([0-9]{6,18})", re.ASCII)


@dataclass(frozen=True)
class Checkpoint:
    """Arrays saved at a step, verified."""

    step: int
    tensors: dict[str, NDArray[Any]]
    facts: dict[str, Any]
    sha256: str
    """Seal of the manifest: the identity of these arrays."""


@dataclass(frozen=True)
class Steps:
    """All saved steps of one kind in a run."""

    folder: Path
    kind: str
    file: str
    run_id: str

    def all(self) -> list[int]:
        """Steps that are there, in order."""
        if not os.path.lexists(self.folder):
            return []
        matches = map(_NAME.fullmatch, files.names(self.folder))
        steps = sorted(int(match[1]) for match in matches if match)
        return [step for step in steps if os.path.lexists(self.at(step))]

    def at(self, step: int) -> Path:
        """Where a step is kept."""
        return self.folder / f"step-{step:06d}"

    def write(self, step: int, arrays: dict[str, NDArray[Any]], facts: dict[str, Any]) -> None:
        """Commit a step, in the place of one that a killed writer may have left under this number."""
        with commit.commit(self.at(step), kind=self.kind, made_from={"run": self.run_id}, overwrite=True) as draft:
            draft.write(self.file, tensors.encode(arrays))
            draft.facts.update(facts, step=step)

    def manifest(self, step: int) -> tuple[Path, commit.Manifest]:
        """Verify that a step is what it says, without reading its arrays."""
        if os.path.lexists(self.folder):
            files.names(self.folder)  # refuses a link in the place of the folder
        folder = commit.current(self.at(step))
        manifest = commit.verify(folder, self.kind)
        require_run(folder / commit.MANIFEST, manifest.made_from, self.run_id)
        if manifest.facts.get("step") != step:
            raise files.damaged(folder / commit.MANIFEST, f"it is of step {manifest.facts.get('step')!r:.20}")
        return folder, manifest

    def read(self, step: int) -> Checkpoint:
        """Read and verify a step."""
        folder, manifest = self.manifest(step)
        arrays = tensors.decode(commit.read(folder, manifest, self.file), folder / self.file)
        return Checkpoint(step, arrays, manifest.facts, manifest.sha256)

    def drop(self, step: int) -> None:
        """Remove a step."""
        commit.discard(self.at(step))


def require_run(path: Path, made_from: dict[str, str], run_id: str) -> None:
    """Refuse a file that was made from another run."""
    if made_from.get("run") != run_id:
        raise files.damaged(path, "it belongs to another run")
