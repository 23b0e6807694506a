"""What later stages leave in a run: `RUN/STAGE/NAME/`, a committed folder that names the run and its other origins."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rnnscope.artifacts import commit, files
from rnnscope.artifacts.steps import require_run
from rnnscope.errors import InputError

STAGES = ("ngram", "record", "eval", "cells", "gates", "memory", "errors", "report")
"""Words under which stages keep results; each is also the command that makes them."""

NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,63}", re.ASCII)
"""What a result may be called."""


@dataclass(frozen=True)
class Result:
    """A stage's result, its manifest verified; files are verified as they are read."""

    folder: Path
    manifest: commit.Manifest

    @property
    def facts(self) -> dict[str, Any]:
        """What the stage found."""
        return self.manifest.facts

    @property
    def made_from(self) -> dict[str, str]:
        """Hashes of what it was made from, the run's id among them."""
        return self.manifest.made_from

    def read(self, name: str) -> bytes:
        """All of a file, verified."""
        return commit.read(self.folder, self.manifest, name)


@dataclass(frozen=True)
class Results:
    """All results of a run."""

    run: Path
    run_id: str

    @contextmanager
    def write(self, stage: str, name: str, made_from: dict[str, str]) -> Iterator[commit.Draft]:
        """Commit a result, in the place of an older one; the caller holds the run's lock."""
        folder = self._folder(stage, name)
        origins = made_from | {"run": self.run_id}
        with commit.commit(folder, kind=f"{stage}/{name}", made_from=origins, overwrite=True) as draft:
            yield draft

    def read(self, stage: str, name: str, made_from: dict[str, str] | None = None) -> Result:
        """Open a result.

        Args:
            stage: one of `STAGES`.
            name: which of the stage's results.
            made_from: what it must have been made from; None takes any.

        Raises:
            InputError: there is none, or it is stale.
            DamagedArtifact: it is not what was committed, or belongs to another run.
        """
        folder = commit.current(self._folder(stage, name))
        if os.path.lexists(folder.parent):
            files.names(folder.parent)  # refuses a link in the place of the stage's folder
        if not os.path.lexists(folder):
            raise self._absent(folder, stage, "it has not been made yet")
        manifest = commit.verify(folder, f"{stage}/{name}")
        require_run(folder / commit.MANIFEST, manifest.made_from, self.run_id)
        for origin, sha256 in (made_from or {}).items():
            if manifest.made_from.get(origin) != sha256:
                raise self._absent(folder, stage, f"it is stale: {origin} has changed since it was made")
        return Result(folder, manifest)

    def all(self) -> list[tuple[str, str]]:
        """Stage and name of every result that is there."""
        found = []
        for stage in STAGES:
            if os.path.lexists(self.run / stage):
                found += [(stage, name) for name in files.names(self.run / stage) if NAME.fullmatch(name)]
        return found

    def _folder(self, stage: str, name: str) -> Path:
        assert stage in STAGES, stage
        assert NAME.fullmatch(name), name
        return self.run / stage / name

    def _absent(self, folder: Path, stage: str, why: str) -> InputError:
        todo = f"Run `rnnscope {stage} {self.run}` to make it."
        return InputError(tried="read a result", given=str(folder), why=why, todo=todo)
