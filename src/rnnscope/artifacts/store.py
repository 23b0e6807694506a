"""Recorded states of many cells over many positions, cut so that a reader touches only what it needs.

A store lives in a committed folder. For each layer and quantity one file, `layer1-h.f32`, holds chunks of 8,192
positions x 32 cells in position order, then cell order; the last ones are smaller. Numbers are little-endian float32.
Each chunk is a piece of its file with its own SHA-256 in the manifest, which is written last. Nothing is mapped into
memory; a chunk is verified whenever it is read.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rnnscope.artifacts import commit, files

CHUNK_POSITIONS = 8192
CHUNK_CELLS = 32
_MOST_CELLS = 1 << 20


class StoreWriter:
    """Writes a store into a folder in the making.

    `with commit(...) as draft, StoreWriter(draft, layers=[0, 1], quantities={"h": 128}) as store: store.append(...)`

    Args:
        draft: the folder in the making; other files and facts may be put beside.
        layers: which layers of the network, counted from 0; the same quantities are kept of each.
        quantities: number of cells by name ("h", "c", a gate).
    """

    def __init__(self, draft: commit.Draft, *, layers: Sequence[int], quantities: dict[str, int]) -> None:
        self._draft, self._layers, self._quantities = draft, list(layers), quantities
        self._open = {
            (layer, quantity): _Column(draft.stream(_file(layer, quantity)), cells)
            for layer in layers
            for quantity, cells in quantities.items()
        }

    def append(self, layer: int, quantity: str, block_NH: NDArray[np.floating[Any]]) -> None:
        """Add the next positions of one quantity.

        Args:
            layer: one of the layers, counted from 0.
            quantity: its name.
            block_NH: values, [any number of positions, cells].
        """
        self._open[layer, quantity].append(block_NH)

    def __enter__(self) -> StoreWriter:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: object, trace: TracebackType | None) -> None:
        if kind is not None:
            return
        lengths = {column.finish() for column in self._open.values()}
        assert len(lengths) == 1, "every quantity of every layer has the same positions"
        self._draft.facts["store"] = {
            "positions": lengths.pop(),
            "layers": self._layers,
            "quantities": self._quantities,
            "chunk": [CHUNK_POSITIONS, CHUNK_CELLS],
        }


class StoreReader:
    """Reads a store from a committed folder.

    Args:
        folder: the folder.
        manifest: its manifest, from `commit.verify`.

    Raises:
        DamagedArtifact: the folder holds no store, or its files do not have the shape that it states.
    """

    def __init__(self, folder: Path, manifest: commit.Manifest) -> None:
        self._folder, self._manifest = folder, manifest
        facts = manifest.facts.get("store")
        try:
            assert isinstance(facts, dict)
            self.positions, self.layers = int(facts["positions"]), tuple(int(layer) for layer in facts["layers"])
            self.quantities = {str(name): int(cells) for name, cells in facts["quantities"].items()}
            sound = facts["chunk"] == [CHUNK_POSITIONS, CHUNK_CELLS] and self.positions >= 0 and self._has_its_shape()
        except (AssertionError, AttributeError, KeyError, TypeError, ValueError):
            sound = False
        if not sound:
            raise files.damaged(folder / commit.MANIFEST, "it does not describe the store beside it")

    def read(
        self, layer: int, quantity: str, start: int = 0, stop: int | None = None, cells: slice = slice(None)
    ) -> NDArray[np.float32]:
        """Read and verify values, [stop - start, cells].

        Args:
            layer: one of `layers`, counted from 0.
            quantity: its name.
            start: first position.
            stop: position after the last; None is the end.
            cells: which cells, without a step.
        """
        width = self.quantities[quantity]
        left, right, step = cells.indices(width)
        stop = self.positions if stop is None else stop
        assert 0 <= start <= stop <= self.positions, (start, stop)
        assert left <= right, cells
        assert step == 1, cells
        values_NH = np.empty((stop - start, right - left), np.float32)
        for row in range(start // CHUNK_POSITIONS, -(-stop // CHUNK_POSITIONS)):
            for group in range(left // CHUNK_CELLS, -(-right // CHUNK_CELLS)):
                top, edge = row * CHUNK_POSITIONS, group * CHUNK_CELLS
                chunk_NH = self._chunk(layer, quantity, row, group)
                n = slice(max(start, top), min(stop, top + CHUNK_POSITIONS))
                h = slice(max(left, edge), min(right, edge + CHUNK_CELLS))
                values_NH[n.start - start : n.stop - start, h.start - left : h.stop - left] = chunk_NH[
                    n.start - top : n.stop - top, h.start - edge : h.stop - edge
                ]
        return values_NH

    def _chunk(self, layer: int, quantity: str, row: int, group: int) -> NDArray[np.float32]:
        groups = -(-self.quantities[quantity] // CHUNK_CELLS)
        cells = min(CHUNK_CELLS, self.quantities[quantity] - group * CHUNK_CELLS)
        data = commit.read_piece(self._folder, self._manifest, _file(layer, quantity), row * groups + group)
        return np.frombuffer(data, "<f4").reshape(-1, cells)

    def _has_its_shape(self) -> bool:
        """Count before listing: a made-up shape must not cost more than the manifest that states it."""
        columns = ((layer, name) for name in self.quantities for layer in self.layers)
        if not all(1 <= width <= _MOST_CELLS for width in self.quantities.values()):
            return False
        for layer, quantity in columns:
            width = self.quantities[quantity]
            lengths = [piece.length for piece in self._manifest.files[_file(layer, quantity)]]
            count = -(-self.positions // CHUNK_POSITIONS) * -(-width // CHUNK_CELLS)
            if len(lengths) != count or lengths != _chunk_bytes(self.positions, width):
                return False
        return True


class _Column:
    """One layer's quantity on its way to its file, buffered to whole chunks."""

    def __init__(self, stream: commit.Stream, cells: int) -> None:
        self._stream = stream
        self._rows = np.empty((CHUNK_POSITIONS, cells), "<f4")
        self._filled = 0
        self._positions = 0

    def append(self, block_NH: NDArray[np.floating[Any]]) -> None:
        assert block_NH.shape[1:] == self._rows.shape[1:], block_NH.shape
        while len(block_NH):
            taken = min(len(block_NH), CHUNK_POSITIONS - self._filled)
            self._rows[self._filled : self._filled + taken] = block_NH[:taken]
            self._filled += taken
            block_NH = block_NH[taken:]
            if self._filled == CHUNK_POSITIONS:
                self._flush()

    def finish(self) -> int:
        if self._filled:
            self._flush()
        return self._positions

    def _flush(self) -> None:
        for edge in range(0, self._rows.shape[1], CHUNK_CELLS):
            self._stream.write(self._rows[: self._filled, edge : edge + CHUNK_CELLS].tobytes())
        self._positions += self._filled
        self._filled = 0


def _file(layer: int, quantity: str) -> str:
    return f"layer{layer + 1}-{quantity}.f32"


def _chunk_bytes(positions: int, cells: int) -> list[int]:
    rows = [min(CHUNK_POSITIONS, positions - top) for top in range(0, positions, CHUNK_POSITIONS)]
    widths = [min(CHUNK_CELLS, cells - edge) for edge in range(0, cells, CHUNK_CELLS)]
    return [4 * row * width for row in rows for width in widths]
