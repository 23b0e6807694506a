"""What every folder that holds a model is, whoever made the model: an identity, and what later stages add to it.

`config.toml`, `alphabet.json`, `environment.json` and, if the text cannot be read again, `text.bin` are committed once:
the seal of their manifest is the folder's `id`, and everything else in the folder names it. A file moved here from
another folder is refused like a damaged one. docs/formats.md describes every byte.

There are two kinds: the run folder of a network, which fills while it is trained, and the folder of an n-gram, which is
complete when it appears. Any number of processes may read. A writer holds `lock.exclusive(folder.path)` and calls
`sweep` first.
"""

from __future__ import annotations

import os
import tomllib
from abc import ABC, abstractmethod
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, ClassVar, Generic, TypeVar

import tomli_w
from pydantic import ValidationError

from rnnscope.artifacts import commit, files, sealed
from rnnscope.artifacts.results import STAGES, Result, Results
from rnnscope.config import FolderConfig
from rnnscope.errors import InputError

AnyConfig = TypeVar("AnyConfig", bound=FolderConfig)


class ModelFolder(ABC, Generic[AnyConfig]):
    """A folder with a model on disk.

    Args:
        path: where it is.
        manifest: of its identity, verified.
    """

    _saved: ClassVar[tuple[str, ...]] = ()
    """Folders of this kind beside those of later stages."""

    def __init__(self, path: Path, manifest: commit.Manifest) -> None:
        self.path = path
        self.id = manifest.sha256
        """Seal of the folder's manifest; everything made from this folder names it."""
        self._manifest = manifest
        self.config = self._settings(path / "config.toml", commit.read(path, manifest, "config.toml"))
        self.alphabet = self._facts("alphabet")
        """The alphabet as the JSON table that was saved."""
        self.environment = self._facts("environment")
        """Text hash, split, seed, versions, as saved."""
        self._results = Results(path, self.id)

    @classmethod
    @abstractmethod
    def _settings(cls, path: Path, data: bytes) -> AnyConfig:
        """The settings, read back from `config.toml`."""

    def text(self) -> bytes | None:
        """The folder's own copy of the text, if it keeps one."""
        return commit.read(self.path, self._manifest, "text.bin") if "text.bin" in self._manifest.files else None

    def sweep(self) -> None:
        """Clear what killed writers left here. The caller holds the lock."""
        commit.sweep(Path(os.path.realpath(self.path)))
        for name in (*self._saved, *STAGES):
            if os.path.lexists(self.path / name):
                commit.sweep(self.path / name)

    def begin_result(self, stage: str, name: str, made_from: dict[str, str]) -> AbstractContextManager[commit.Draft]:
        """Commit a stage's result by hand: `with folder.begin_result(...) as draft`. The caller holds the lock."""
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


def identity(
    config: FolderConfig, alphabet: dict[str, Any], environment: dict[str, Any], text: bytes | None
) -> dict[str, bytes]:
    """The files that make a folder what it is, by name.

    Args:
        config: the settings, resolved.
        alphabet: the alphabet as a JSON table.
        environment: text hash, split, seed, versions.
        text: the text itself, where it cannot be read again.
    """
    return {
        "config.toml": _toml(config),
        "alphabet.json": sealed.dump("alphabet", {}, alphabet),
        "environment.json": sealed.dump("environment", {}, environment),
    } | ({} if text is None else {"text.bin": text})


def settings(kind: type[AnyConfig], path: Path, data: bytes) -> AnyConfig:
    """Read `config.toml` back.

    Raises:
        DamagedArtifact: these are not settings of this kind.
    """
    try:
        table = tomllib.loads(data.decode())
        if isinstance(table.get("train"), dict):
            table["train"].setdefault("precision", "float32")  # runs from before there was another
        return kind.model_validate(table)
    except (ValueError, ValidationError, RecursionError):
        raise files.damaged(path, "these are not settings that this version understands") from None


def _toml(config: FolderConfig) -> bytes:
    try:
        return tomli_w.dumps(config.model_dump(mode="json", exclude_none=True)).encode()
    except UnicodeEncodeError:
        raise InputError(
            tried="save the settings",
            given=repr(config.corpus.text),
            why="this name is not valid Unicode",
            todo="Rename the text, or give it on standard input.",
        ) from None
