"""Where a run stands. The one file of a run that changes in place, in one step each time."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field, ValidationError

from rnnscope.artifacts import commit, sealed
from rnnscope.artifacts.files import damaged
from rnnscope.artifacts.steps import require_run
from rnnscope.config import Stage

FILE = "status.json"


class Status(Stage):
    """What `status.json` says."""

    state: Literal["new", "running", "complete", "interrupted", "diverged", "early-stopped"] = "new"
    """How training stands; a killed one is still `running`."""
    step: int = Field(default=0, ge=0, strict=True)
    """Updates made when this was saved."""
    epoch: float = Field(default=0.0, ge=0, strict=True)
    """The same in passes over the training part."""
    epochs: int = Field(ge=0, strict=True)
    """Passes that are planned."""
    best_step: int | None = Field(default=None, ge=0, strict=True)
    """The checkpoint with the lowest validation loss."""
    best_valid_loss_nats: float | None = Field(default=None, strict=True)
    """That loss, in nats per symbol."""
    last_step: int | None = Field(default=None, ge=0, strict=True)
    """The newest checkpoint; it vouches for the logs."""

    def dump(self, run_id: str) -> bytes:
        """The content of the file."""
        return sealed.dump("status", {"run": run_id}, self.model_dump())

    def write(self, run: Path, run_id: str) -> None:
        """Put it in the place of the one before."""
        commit.commit_file(run / FILE, self.dump(run_id))


def read(run: Path, run_id: str) -> Status:
    """Read and verify a run's status."""
    found = sealed.read(run / FILE, "status")
    require_run(run / FILE, found.made_from, run_id)
    try:
        return Status.model_validate(found.facts)
    except ValidationError:
        raise damaged(run / FILE, "it is not a run's status") from None
