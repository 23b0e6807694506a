"""Scores of several predictors of one folder on the same positions: all contexts of an n-gram, in one file.

For each position its place in the text, its symbol and how long a context of it the model has seen; for each predictor
and position log p of the symbol, the most likely symbol, and the rank of the true one. The rows of one predictor are
`Scores`, the same that a network leaves, and share the table's memory.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeGuard

import numpy as np
from numpy.typing import NDArray

from rnnscope.artifacts import commit, files, tensors
from rnnscope.artifacts.scores import FILE, Scores
from rnnscope.errors import InputError

_BY_POSITION = {"positions": np.int64, "ids": np.int32, "depths": np.int32}
_BY_PREDICTOR = {"log_probs": np.float32, "best": np.int32, "ranks": np.int32}


@dataclass(frozen=True, repr=False)
class ScoreTable:
    """Scores of K predictors at N positions, in text order.

    Args:
        contexts: symbols of context of each predictor, ascending, K of them.
        positions: where in the text each symbol stands, counted from 0, [N] int64.
        ids: the symbols, [N] int32.
        depths: the longest context of the position that was seen in training, [N] int32.
        log_probs: log p of each symbol given its context, in nats, [K, N] float32.
        best: the most likely symbol, the smallest id of equals, [K, N] int32.
        ranks: 1 + the number of symbols that were more likely than the true one, [K, N] int32.
        facts: what was scored, as plain values.
        made_from: hashes of the model and the text.
    """

    contexts: tuple[int, ...]
    positions: NDArray[np.int64]
    ids: NDArray[np.int32]
    depths: NDArray[np.int32]
    log_probs: NDArray[np.float32]
    best: NDArray[np.int32]
    ranks: NDArray[np.int32]
    facts: Mapping[str, Any] = field(default_factory=dict)
    made_from: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        assert _fits({name: getattr(self, name) for name in (*_BY_POSITION, *_BY_PREDICTOR)}, len(self.contexts))

    def __len__(self) -> int:
        return len(self.positions)

    def __repr__(self) -> str:
        return f"<Scores of {len(self)} symbols by contexts {', '.join(map(str, self.contexts))}>"

    def scores(self, context: int) -> Scores:
        """Scores of one context; nothing is copied.

        Raises:
            InputError: this context was not scored.
        """
        if context not in self.contexts:
            raise InputError(
                tried="look up scores",
                given=f"context {context}",
                why=f"these contexts were scored: {', '.join(map(str, self.contexts))}",
                todo="Ask for one of them.",
            )
        row = self.contexts.index(context)
        rows = (self.log_probs[row], self.best[row], self.ranks[row])
        return Scores(self.positions, self.ids, *rows, {**self.facts, "context": context}, self.made_from)

    def write(self, draft: commit.Draft) -> None:
        """Put the table into a folder in the making: one file, and `facts` beside what the draft knows already."""
        arrays = {name: getattr(self, name) for name in (*_BY_POSITION, *_BY_PREDICTOR)}
        draft.write(FILE, tensors.encode(arrays))
        draft.facts.update(self.facts, contexts=list(self.contexts))

    @classmethod
    def read(cls, folder: Path, manifest: commit.Manifest) -> ScoreTable:
        """Read a table from a committed folder, after checking every byte of it.

        Raises:
            DamagedArtifact: it is not what was written.
        """
        arrays = tensors.decode(commit.read(folder, manifest, FILE), folder / FILE)
        contexts = manifest.facts.get("contexts")
        if not _lengths(contexts) or not _fits(arrays, len(contexts)):
            raise files.damaged(folder / FILE, "its arrays are not those of scores", "Score the text again.")
        facts = {name: value for name, value in manifest.facts.items() if name != "contexts"}
        return cls(tuple(contexts), **arrays, facts=facts, made_from=manifest.made_from)


def _lengths(value: Any) -> TypeGuard[list[int]]:
    return isinstance(value, list) and all(type(context) is int for context in value)


def _fits(arrays: Mapping[str, NDArray[Any]], predictors: int) -> bool:
    """Whether arrays have the names, types and shapes of a table of so many predictors."""
    count = len(arrays["positions"]) if "positions" in arrays and arrays["positions"].ndim == 1 else -1
    expected: dict[str, tuple[Any, tuple[int, ...]]] = {
        **{name: (np.dtype(dtype), (count,)) for name, dtype in _BY_POSITION.items()},
        **{name: (np.dtype(dtype), (predictors, count)) for name, dtype in _BY_PREDICTOR.items()},
    }
    return {name: (array.dtype, array.shape) for name, array in arrays.items()} == expected
