"""What a predictor gave for every position of a part: the one file that error analyses and tables read.

For each scored position: the symbol, log p of it, the most likely symbol, and the rank of the true one. One
safetensors file in a committed folder, whose manifest says which predictor, text, part and clamps they belong to.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rnnscope.artifacts import commit, files, tensors
from rnnscope.units import bits

FILE = "scores.safetensors"
_ARRAYS = {"positions": np.int64, "ids": np.int32, "log_probs": np.float32, "best": np.int32, "ranks": np.int32}


@dataclass(frozen=True, repr=False)
class Scores:
    """Scores of N positions, in text order.

    Args:
        positions: where in the text each symbol stands, counted from 0, [N] int64.
        ids: the symbols, [N] int32.
        log_probs: log p of each symbol given those before it, in nats, [N] float32.
        best: the most likely symbol at each position, the smallest id of equals, [N] int32.
        ranks: 1 + the number of symbols that were more likely than the true one, [N] int32.
        facts: what was scored, as plain values ("part", "clamps", "lanes", ...).
        made_from: hashes of the network and the text.
    """

    positions: NDArray[np.int64]
    ids: NDArray[np.int32]
    log_probs: NDArray[np.float32]
    best: NDArray[np.int32]
    ranks: NDArray[np.int32]
    facts: Mapping[str, Any] = field(default_factory=dict)
    made_from: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name, dtype in _ARRAYS.items():
            array = getattr(self, name)
            assert (array.dtype, array.shape) == (dtype, self.positions.shape), f"{name} is not [N] of {dtype}"

    def __len__(self) -> int:
        return len(self.positions)

    def __repr__(self) -> str:
        return f"<Scores of {len(self)} symbols: {self.loss_nats:.4f} nats, {self.accuracy:.1%} most likely>"

    @property
    def loss_nats(self) -> float:
        """Mean of -log p, in nats per symbol."""
        return float(-np.mean(self.log_probs, dtype=np.float64))

    @property
    def bits_per_char(self) -> float:
        """Mean of -log2 p, in bits per symbol."""
        return bits(self.loss_nats)

    @property
    def accuracy(self) -> float:
        """Share of positions whose symbol was the most likely one, in [0, 1]."""
        return float(np.mean(self.best == self.ids))

    def write(self, draft: commit.Draft) -> None:
        """Put the scores into a folder in the making: one file, and `facts` beside what the draft knows already."""
        draft.write(FILE, tensors.encode({name: getattr(self, name) for name in _ARRAYS}))
        draft.facts.update(self.facts)

    @classmethod
    def read(cls, folder: Path, manifest: commit.Manifest) -> Scores:
        """Read scores from a committed folder, after checking every byte of them.

        Raises:
            DamagedArtifact: if they are not what was written.
        """
        arrays = tensors.decode(commit.read(folder, manifest, FILE), folder / FILE)
        shape = arrays.get("positions", np.empty(0)).shape
        if {name: (array.dtype, array.shape) for name, array in arrays.items()} != {
            name: (np.dtype(dtype), shape) for name, dtype in _ARRAYS.items()
        } or len(shape) != 1:
            raise files.damaged(folder / FILE, "its arrays are not those of scores", "Score the text again.")
        return cls(**arrays, facts=manifest.facts, made_from=manifest.made_from)
