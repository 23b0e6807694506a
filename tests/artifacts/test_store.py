from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from rnnscope.artifacts import commit
from rnnscope.artifacts.store import CHUNK_CELLS, CHUNK_POSITIONS, StoreReader, StoreWriter
from rnnscope.errors import DamagedArtifact

POSITIONS, CELLS = CHUNK_POSITIONS + 1000, CHUNK_CELLS + 5


def values(layer: int) -> NDArray[np.float32]:
    """Values that no other position, cell or layer has, [POSITIONS, CELLS]."""
    return (np.arange(POSITIONS * CELLS).reshape(POSITIONS, CELLS) + layer / 2).astype(np.float32)


def write(folder: Path, blocks: list[NDArray[Any]], layers: int = 2) -> None:
    """A store whose quantity h comes in blocks; c is h with the sign turned and twice as wide."""
    with (
        commit.commit(folder, kind="store") as draft,
        StoreWriter(draft, layers=range(layers), quantities={"h": CELLS, "c": 2 * CELLS}) as store,
    ):
        draft.write("ids.bin", b"beside")
        for layer in range(layers):
            for block in blocks:
                store.append(layer, "h", block + layer / 2)
                store.append(layer, "c", np.tile(-block, 2))


def opened(folder: Path) -> StoreReader:
    return StoreReader(folder, commit.verify(folder, "store"))


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("store") / "states"
    write(folder, np.split(values(0), [1, 7000, 7000, CHUNK_POSITIONS + 500]))
    return folder


@pytest.mark.law
@given(
    start=st.integers(0, POSITIONS),
    length=st.integers(0, POSITIONS),
    left=st.integers(0, CELLS),
    width=st.integers(0, CELLS),
)
def test_any_part_is_read_as_it_was_written(store: Path, start: int, length: int, left: int, width: int) -> None:
    """Every range of positions and cells equals that range of the arrays, across the edges of chunks."""
    stop = min(POSITIONS, start + length)
    part = opened(store).read(1, "h", start, stop, slice(left, left + width))
    np.testing.assert_array_equal(part, values(1)[start:stop, left : left + width])
    assert part.dtype == np.float32


@pytest.mark.law
def test_the_whole_is_read_by_default(store: Path) -> None:
    """Without a range, all positions and cells of a quantity; quantities differ in width and are kept apart."""
    reader = opened(store)
    assert (reader.positions, reader.layers, reader.quantities) == (POSITIONS, (0, 1), {"h": CELLS, "c": 2 * CELLS})
    np.testing.assert_array_equal(reader.read(0, "h"), values(0))
    np.testing.assert_array_equal(reader.read(1, "c")[:, CELLS:], -values(0))


@pytest.mark.law
def test_the_cut_into_blocks_changes_no_byte(store: Path, tmp_path: Path) -> None:
    """The same values in other blocks, of another float type, give the same files."""
    write(tmp_path / "states", [values(0).astype(np.float64)])
    for path in sorted(store.iterdir()):
        assert (tmp_path / "states" / path.name).read_bytes() == path.read_bytes()


@pytest.mark.golden
def test_chunks_stand_where_the_format_says(store: Path) -> None:
    """The chunk of positions 8,192 and on, cells 32 and on, follows the others, row after row, little-endian."""
    data = (store / "layer1-h.f32").read_bytes()
    before = 4 * (CHUNK_POSITIONS * CELLS + 1000 * CHUNK_CELLS)
    expected = values(0)[CHUNK_POSITIONS:, CHUNK_CELLS:].astype("<f4").tobytes()
    assert data[before:] == expected
    assert len(data) == 4 * POSITIONS * CELLS


@pytest.mark.law
def test_only_the_damaged_chunk_is_lost(tmp_path: Path) -> None:
    """A flipped bit is refused by whoever reads its chunk, and by nobody else."""
    write(tmp_path / "states", [values(0)], layers=1)
    path = tmp_path / "states" / "layer1-h.f32"
    data = bytearray(path.read_bytes())
    data[0] ^= 1
    path.write_bytes(data)
    reader = opened(tmp_path / "states")
    np.testing.assert_array_equal(reader.read(0, "h", cells=slice(CHUNK_CELLS, None)), values(0)[:, CHUNK_CELLS:])
    np.testing.assert_array_equal(reader.read(0, "h", CHUNK_POSITIONS), values(0)[CHUNK_POSITIONS:])
    with pytest.raises(DamagedArtifact, match=r"layer1-h\.f32: its content does not match"):
        reader.read(0, "h", 5, 6, slice(0, 1))


@pytest.mark.law
def test_a_store_without_positions_is_a_store(tmp_path: Path) -> None:
    """Nothing recorded reads back as nothing."""
    write(tmp_path / "states", [])
    assert opened(tmp_path / "states").read(1, "c").shape == (0, 2 * CELLS)


@pytest.mark.law
@pytest.mark.parametrize(
    "change",
    [
        {"positions": 10**18},
        {"positions": POSITIONS + 1},
        {"positions": -1},
        {"positions": "many"},
        {"layers": 10**18},
        {"layers": [0, 1, 2]},
        {"layers": [0, 2]},
        {"quantities": {"h": 10**18}},
        {"quantities": {"h": 0}},
        {"quantities": {"h": CELLS + 1}},
        {"quantities": {"../h": CELLS}},
        {"quantities": []},
        {"quantities": {}, "layers": [10**18]},
        {"chunk": [1, 1]},
        None,
    ],
)
def test_a_shape_that_the_files_do_not_have_is_refused(store: Path, change: dict[str, Any] | None) -> None:
    """Made-up positions, layers, cells and names are refused, however large, without work in proportion to them."""
    manifest = commit.verify(store, "store")
    facts = {"store": {**manifest.facts["store"], **change}} if change is not None else {}
    forged = commit.Manifest(manifest.kind, {}, facts, manifest.files, manifest.sha256)
    if change == {"quantities": {}, "layers": [10**18]}:
        assert StoreReader(store, forged).quantities == {}
        return
    with pytest.raises(DamagedArtifact, match="does not describe the store beside it"):
        StoreReader(store, forged)


@pytest.mark.law
def test_quantities_of_different_lengths_are_not_committed(tmp_path: Path) -> None:
    """Forgetting a block of one layer is a mistake that leaves no store."""
    with (
        pytest.raises(AssertionError, match="same positions"),
        commit.commit(tmp_path / "states", kind="store") as draft,
        StoreWriter(draft, layers=[0, 1], quantities={"h": 3}) as store,
    ):
        store.append(0, "h", np.zeros((4, 3), np.float32))
    with (
        pytest.raises(AssertionError),
        commit.commit(tmp_path / "states", kind="store") as draft,
        StoreWriter(draft, layers=[0], quantities={"h": 3}) as store,
    ):
        store.append(0, "h", np.zeros((4, 2), np.float32))
    assert list(tmp_path.iterdir()) == []
