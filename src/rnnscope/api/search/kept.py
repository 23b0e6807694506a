"""Best scores of networks without knowledge, kept in the user's cache folder for the next search.

Each is a sealed file named after what it was made from. One that is damaged, or cannot be written, is as good as none:
the network reads again.
"""

from __future__ import annotations

from collections.abc import Iterator, MutableMapping
from contextlib import suppress
from pathlib import Path

from rnnscope.artifacts import commit, sealed
from rnnscope.corpus.fetch import cache_folder
from rnnscope.errors import RnnscopeError

KIND = "null-scores"


class KeptScores(MutableMapping[str, list[float | None]]):
    """A folder of scores as a mapping from hash to the best score for every feature.

    Args:
        folder: made when the first scores are written; None is `nulls` in the cache folder.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = cache_folder() / "nulls" if folder is None else folder

    def __getitem__(self, key: str) -> list[float | None]:
        path = self._path(key)
        try:
            found = sealed.load(path.read_bytes(), KIND, path)
        except (OSError, RnnscopeError):
            raise KeyError(key) from None
        if found.made_from != {"scores": key}:
            raise KeyError(key)
        scores: list[float | None] = found.facts["best"]
        return scores

    def __setitem__(self, key: str, scores: list[float | None]) -> None:
        with suppress(OSError, RnnscopeError):
            self.folder.mkdir(parents=True, exist_ok=True)
            commit.commit_file(self._path(key), sealed.dump(KIND, {"scores": key}, {"best": scores}))

    def __delitem__(self, key: str) -> None:
        self._path(key).unlink()

    def __iter__(self) -> Iterator[str]:
        return (path.stem for path in sorted(self.folder.glob("*.json")))

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def _path(self, key: str) -> Path:
        return self.folder / f"{key}.json"
