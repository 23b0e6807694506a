"""The folder of an n-gram model: settings, alphabet, environment and the model itself, complete when it appears.

Unlike a run it does not grow: counting takes a second, so a folder that a kill leaves half-way is never seen. The
tables of the model are files of the identity, `model-NAME.safetensors` with one array each, and what they mean stands
in the manifest. What later stages compute from them goes under their own word, as in a run.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from rnnscope.artifacts import commit, files, tensors
from rnnscope.artifacts.folder import ModelFolder, identity, settings
from rnnscope.artifacts.lock import exclusive
from rnnscope.artifacts.run import RunFolder
from rnnscope.config import CountConfig
from rnnscope.errors import InputError

KIND = "ngram"
_FILE, _ARRAY = "model-{}.safetensors", "table"
_LARGEST_MANIFEST_BYTES = 64 << 20


class CountFolder(ModelFolder[CountConfig]):
    """One n-gram model on disk, made by `create` or `open`."""

    def __init__(self, path: Path, manifest: commit.Manifest) -> None:
        super().__init__(path, manifest)
        self.model_facts: dict[str, Any] = manifest.facts["model"]
        """What the tables mean, as plain values."""
        self.bytes = sum(
            piece.length for name, pieces in manifest.files.items() if _part(name) is not None for piece in pieces
        )
        """What the tables take on the disk."""

    @classmethod
    def _settings(cls, path: Path, data: bytes) -> CountConfig:
        return settings(CountConfig, path, data)

    @classmethod
    def create(
        cls,
        path: str | Path,
        *,
        config: CountConfig,
        alphabet: dict[str, Any],
        environment: dict[str, Any],
        parts: Mapping[str, NDArray[Any]],
        facts: Mapping[str, Any],
        text: bytes | None = None,
    ) -> CountFolder:
        """Write a model, whole, or leave nothing behind.

        Args:
            path: a name that is free, or an empty folder; parents are made.
            config: the settings, resolved.
            alphabet: the alphabet as a JSON table.
            environment: text hash, split, versions.
            parts: the tables of the model, by name.
            facts: what they mean, as plain values.
            text: the text itself, where it cannot be read again.

        Raises:
            InputError: the name is taken.
            MachineError: the machine refused a step.
        """
        path = Path(path)
        refuse_taken(path)
        if os.path.isdir(path.parent):
            commit.sweep(Path(os.path.realpath(path.parent)), only=path.name)
        contents = identity(config, alphabet, environment, text)
        # The lock tells another process that sweeps for the same name that this litter-to-be is alive.
        with commit.commit(path, kind=KIND) as draft, exclusive(draft.folder):
            for name, data in contents.items():
                draft.write(name, data)
            for name, array in parts.items():
                draft.write(_FILE.format(name), tensors.encode({_ARRAY: array}))
            draft.facts["model"] = dict(facts)
        return cls.open(path)

    @classmethod
    def open(cls, path: str | Path) -> CountFolder:
        """Open a folder and verify what makes it what it is; the tables are verified when they are read.

        Raises:
            DamagedArtifact: it is not what was written.
        """
        path = Path(path)
        manifest = commit.verify(Path(os.path.realpath(path)), KIND, exact=False)
        if not isinstance(manifest.facts.get("model"), dict):
            raise files.damaged(path / commit.MANIFEST, "it does not say what its tables mean")
        return cls(path, manifest)

    def read_parts(self) -> dict[str, NDArray[Any]]:
        """Read all tables of the model, every byte verified, by name.

        Raises:
            DamagedArtifact: one is not what was written; the message names the file.
        """
        parts: dict[str, NDArray[Any]] = {}
        for file in self._manifest.files:
            name = _part(file)
            if name is None:
                continue
            arrays = tensors.decode(commit.read(self.path, self._manifest, file), self.path / file)
            if list(arrays) != [_ARRAY]:
                raise files.damaged(self.path / file, "it does not hold one table")
            parts[name] = arrays[_ARRAY]
        return parts


AnyFolder = RunFolder | CountFolder


def open_folder(path: str | Path) -> AnyFolder:
    """Open a folder that holds a model, of whichever kind it says it is.

    Raises:
        InputError: there is no such folder, or it holds no model.
        DamagedArtifact: it holds one, and is broken.
    """
    return CountFolder.open(path) if _says_it_counts(Path(path)) else RunFolder.open(path)


def refuse_taken(path: Path) -> None:
    """Refuse a folder that holds a model already, before anything is computed."""
    for mark, what in ((_says_it_counts(path), "an n-gram model"), (os.path.lexists(path / "config.toml"), "a run")):
        if mark:
            raise InputError(
                tried="make a folder for an n-gram model",
                given=str(path),
                why=f"it holds {what} already",
                todo=f"Show it with rnnscope eval {path}, or choose another folder.",
            )


def _says_it_counts(path: Path) -> bool:
    """Which kind a folder says it is. Nothing is trusted yet: opening it verifies this word with all others."""
    try:
        with open(path / commit.MANIFEST, "rb") as file:
            document = json.loads(file.read(_LARGEST_MANIFEST_BYTES))
    except (OSError, ValueError, RecursionError):
        return False
    return isinstance(document, dict) and document.get("kind") == KIND


def _part(file: str) -> str | None:
    """The name of the table that a file holds, if it holds one."""
    head, _, tail = _FILE.partition("{}")
    return file[len(head) : -len(tail)] if file.startswith(head) and file.endswith(tail) else None
