"""A recording on disk: every state and gate over a part of a text, and the scores of the same reading.

`RUN/record/NAME/` holds the activation store and the scores, position by position in the order of the text. Opening one
reads its manifest only; numbers are read, and verified, where they are asked for.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rnnscope.artifacts import commit
from rnnscope.artifacts.scores import Scores
from rnnscope.artifacts.store import CHUNK_POSITIONS, StoreReader
from rnnscope.errors import InputError
from rnnscope.fold import Chunk


class Recording:
    """An opened recording.

    Args:
        folder: where it lies.
        manifest: its manifest, verified.
    """

    def __init__(self, folder: Path, manifest: commit.Manifest) -> None:
        self.folder, self._manifest = folder, manifest
        self._store = StoreReader(folder, manifest)

    @property
    def facts(self) -> Mapping[str, Any]:
        """What was recorded: cell, part, segments of the text, clamps, lanes."""
        return self._manifest.facts

    @property
    def made_from(self) -> Mapping[str, str]:
        """Hashes of the run, the weights and the text."""
        return self._manifest.made_from

    @property
    def layers(self) -> tuple[int, ...]:
        """Which layers of the network were recorded, counted from 0."""
        return self._store.layers

    @property
    def quantities(self) -> dict[str, int]:
        """Number of cells by name: states first, then gates in the order of the weights."""
        cell = self.facts["cell"]
        recorded = self._store.quantities
        return {name: recorded[name] for name in (*cell["states"], *cell["gates"]) if name in recorded}

    @property
    def bytes(self) -> int:
        """Size of all its files."""
        return sum(piece.length for pieces in self._manifest.files.values() for piece in pieces)

    @cached_property
    def scores(self) -> Scores:
        """Symbols, text positions and scores of every recorded position."""
        return Scores.read(self.folder, self._manifest)

    def __len__(self) -> int:
        return self._store.positions

    def __repr__(self) -> str:
        names = ", ".join(self.quantities)
        return f"<Recording {self.folder}: {len(self.layers)} layers x {len(self):,} symbols; {names}>"

    def read(
        self, layer: int, quantity: str, start: int = 0, stop: int | None = None, cells: slice = slice(None)
    ) -> NDArray[np.float32]:
        """Read values of one layer, [stop - start, cells].

        Args:
            layer: index in the network, counted from 0.
            quantity: a state or a gate.
            start: first row; rows are the recorded positions in text order.
            stop: row after the last; None for the end.
            cells: which cells, without a step.

        Raises:
            InputError: there is no such layer, quantity or row.
            DamagedArtifact: what is on the disk is not what was written.
        """
        end = len(self) if stop is None else stop
        if not (layer in self.layers and quantity in self.quantities and 0 <= start <= end <= len(self)):
            layers, names = ", ".join(map(str, self.layers)), ", ".join(self.quantities)
            raise InputError(
                tried="read a recording",
                given=f"layer index {layer}, quantity {quantity!r}, rows {start} to {end}",
                why=f"{self.folder} has layer indices {layers}, quantities {names} and {len(self)} rows",
                todo="Ask for what is there.",
            )
        return self._store.read(layer, quantity, start, end, cells)

    def chunks(
        self,
        quantities: Sequence[str] | None = None,
        layers: Sequence[int] | None = None,
        cells: slice = slice(None),
        rows: int = CHUNK_POSITIONS,
    ) -> Iterator[Chunk]:
        """What was recorded, piece by piece, as the folds of a reading network get it.

        Args:
            quantities: states and gates; None takes the states.
            layers: indices in the network; None takes all that were recorded.
            cells: which cells of each layer, without a step.
            rows: N of a chunk; a multiple of 8,192 reads and verifies every stored piece once.

        Raises:
            InputError: there is no such layer or quantity.
            DamagedArtifact: what is on the disk is not what was written.
        """
        names = [name for name in self.facts["cell"]["states"] if name in self.quantities]
        names = names if quantities is None else list(quantities)
        chosen = self.layers if layers is None else layers
        for start in range(0, len(self), rows):
            stop = min(start + rows, len(self))
            yield Chunk(
                positions=self.scores.positions[start:stop],
                quantities={
                    name: np.stack([self.read(layer, name, start, stop, cells) for layer in chosen]) for name in names
                },
                log_probs=self.scores.log_probs[start:stop],
            )
