"""Which models there are in a folder, and which of them there is something to say of.

A network that diverged, failed or was killed before it first saved has a folder and no weights. Whoever opens a study
comes here, so that all of them leave such a network out, and can say so.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rnnscope.artifacts import files
from rnnscope.artifacts.counts import AnyFolder, CountFolder, open_folder
from rnnscope.artifacts.run import RunFolder
from rnnscope.errors import InputError
from rnnscope.report.kept import left_out

RUNS = "runs"


@dataclass(frozen=True)
class Models:
    """Folders of models, in the order of their names.

    Args:
        ready: n-grams, and networks that have weights.
        unsaved: networks that have none.
    """

    ready: list[AnyFolder]
    unsaved: list[RunFolder]

    @classmethod
    def of(cls, folders: Sequence[AnyFolder]) -> Models:
        """Tell the ready ones from the others."""
        unsaved = [
            folder for folder in folders if isinstance(folder, RunFolder) and folder.status()["best_step"] is None
        ]
        return cls([folder for folder in folders if folder not in unsaved], unsaved)

    @property
    def networks(self) -> list[RunFolder]:
        """Those of the ready ones that were trained."""
        return [folder for folder in self.ready if isinstance(folder, RunFolder)]

    @property
    def counts(self) -> list[CountFolder]:
        """Those of the ready ones that were counted."""
        return [folder for folder in self.ready if isinstance(folder, CountFolder)]

    def left_out(self) -> list[str]:
        """A sentence for each network that is left out."""
        return [left_out(folder) for folder in self.unsaved]


def find(folder: Path, *, of_folders: bool = False) -> Models:
    """The model of a folder, or the models of a study.

    Args:
        folder: the folder of a model, or one whose sub-folders in runs/ hold models.
        of_folders: a folder whose own sub-folders hold models will do too; its other sub-folders are passed over.

    Raises:
        InputError: there is no model, or there are only networks without weights.
        DamagedArtifact: a folder of a study is not what was written.
    """
    paths = _paths(folder, of_folders)
    if paths is None:  # whoever asks for its weights is told that there are none
        return Models([open_folder(folder)], [])
    found = Models.of([open_folder(path) for path in paths])
    if not found.ready:
        raise InputError(
            tried="find the models of a study",
            given=str(folder),
            why="none of its networks has saved weights: " + " ".join(found.left_out()),
            todo="Start the study again; where a loss was no longer a number, with a lower --learning-rate.",
        )
    return found


def _paths(folder: Path, of_folders: bool) -> list[Path] | None:
    """Where the models of a study are; None if this is none."""
    runs = folder / RUNS
    if os.path.lexists(folder / "config.toml"):
        return None
    if os.path.isdir(runs):
        # A folder that is broken is not left out: opening it says what is wrong.
        paths = [runs / name for name in _names(runs)]
        if not paths:
            raise InputError(
                tried="find the runs of a study",
                given=str(folder),
                why="its folder runs/ holds no run",
                todo="Name a folder that rnnscope train, ngram or study made.",
            )
        return paths
    if not of_folders or not os.path.isdir(folder):
        return None
    paths = [folder / name for name in _names(folder) if os.path.lexists(folder / name / "config.toml")]
    if not paths:
        raise InputError(
            tried="find models",
            given=str(folder),
            why="there is no folder of a model in it",
            todo="Name a study, or folders that rnnscope train and rnnscope ngram made.",
        )
    return paths


def _names(folder: Path) -> list[str]:
    return [name for name in files.names(Path(os.path.realpath(folder))) if not name.startswith(".")]
