from __future__ import annotations

import tracemalloc
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from rnnscope.corpus.lanes import Piece, reading_lanes
from rnnscope.corpus.split import Segment
from rnnscope.errors import InputError
from rnnscope.fold import Chunk, feed
from rnnscope.record import folds
from rnnscope.record.clamps import parse
from rnnscope.record.part import Wanted, store_bytes

from .cases import CELLS, draw_ids, network, oracle, record

PART = (Segment(300, 520), Segment(600, 611))


class Moments:
    """A fold: how many positions, and sums of values, squares and products with a function of the position."""

    def __init__(self) -> None:
        self.count, self.sums = 0, dict[str, NDArray[np.float64]]()

    def fresh(self) -> Moments:
        return Moments()

    def update(self, chunk: Chunk) -> None:
        self.count += len(chunk)
        waves_N = np.sin(chunk.positions.astype(np.float64))
        assert chunk.log_probs is not None
        self._add("log_probs", np.array([chunk.log_probs.astype(np.float64) @ waves_N]))
        for name, values_LNH in chunk.quantities.items():
            wide_LNH = values_LNH.astype(np.float64)
            self._add(name, np.stack([wide_LNH.sum(1), (wide_LNH**2).sum(1), waves_N @ wide_LNH]))

    def merge(self, other: Moments) -> None:
        self.count += other.count
        for name, sums in other.sums.items():
            self._add(name, sums)

    def result(self) -> dict[str, NDArray[np.float64]]:
        return {"count": np.array(float(self.count))} | self.sums

    def _add(self, name: str, sums: NDArray[np.float64]) -> None:
        self.sums[name] = self.sums.get(name, np.zeros(())) + sums


def assert_same(one: Moments, other: Moments, atol: float = 1e-9) -> None:
    mine, theirs = one.result(), other.result()
    assert mine.keys() == theirs.keys()
    for name, value in mine.items():
        np.testing.assert_allclose(value, theirs[name], rtol=atol, atol=atol, err_msg=name)


@pytest.mark.law
@pytest.mark.parametrize("cell", CELLS)
def test_streamed_is_stored(cell: str, tmp_path: Path) -> None:
    """A fold fed while the network reads equals the same fold fed from the recording, whatever the cell."""
    net, ids = network(cell), draw_ids(700)
    pieces = reading_lanes(PART, lanes=7, warm=20)
    streamed, stored = Moments(), Moments()
    folds.feed(net, ids, pieces, [streamed], quantities=net.spec.quantities)
    recording = record(tmp_path / "r", net, ids, pieces)
    feed(recording.chunks(net.spec.quantities, rows=100), [stored])
    assert streamed.count == 231
    assert_same(streamed, stored)


@pytest.mark.oracle
def test_chunks_hold_what_was_computed() -> None:
    """Each position of the pieces comes once, with the values and probabilities of an independent recurrence."""
    net, ids = network("lstm"), draw_ids(90)
    quantities, next_NV = oracle(net, ids)
    seen: list[int] = []
    for chunk in folds.chunks(net, ids, [Piece(20, 60, 0), Piece(60, 83, 0)], quantities=("c", "o"), layers=[1]):
        assert set(chunk.quantities) == {"c", "o"}
        for name, values_LNH in chunk.quantities.items():
            np.testing.assert_allclose(values_LNH, quantities[name][1:, chunk.positions], atol=1e-5)
        assert chunk.log_probs is not None
        np.testing.assert_allclose(chunk.log_probs, next_NV[chunk.positions - 1, ids[chunk.positions]], atol=1e-5)
        seen += chunk.positions.tolist()
    assert sorted(seen) == list(range(20, 83))


@pytest.mark.law
@given(st.integers(1, 150), st.lists(st.integers(0, 3), min_size=12, max_size=12), st.permutations(range(4)))
@settings(deadline=None, max_examples=25)
def test_chunking_and_merging_change_nothing(steps: int, owners: list[int], order: Sequence[int]) -> None:
    """Pieces given to four folds in any way, read in any steps and merged in any order, give what one fold gives."""
    net, ids = network("gru"), draw_ids(700)
    pieces = reading_lanes(PART, lanes=11, warm=10)
    assert len(pieces) == 12
    whole = Moments()
    folds.feed(net, ids, pieces, [whole])
    parts = [whole.fresh() for _ in range(4)]
    for owner, part in enumerate(parts):
        own = [piece for piece, number in zip(pieces, owners, strict=True) if number == owner]
        folds.feed(net, ids, own, [part], steps=steps)
    merged = parts[order[0]]
    for number in order[1:]:
        merged.merge(parts[number])
    # the states themselves are float32, whose sums depend on the shape of a product
    assert_same(merged, whole, atol=1e-5)


@pytest.mark.law
def test_merging_the_same_chunks_is_exact(tmp_path: Path) -> None:
    """Of one recording, any cut into chunks and any merge order gives the same sums to 1e-9."""
    net, ids = network("lstm"), draw_ids(700)
    recording = record(tmp_path / "r", net, ids, reading_lanes(PART, lanes=7, warm=20))
    whole = Moments()
    feed(recording.chunks(rows=8192), [whole])
    for rows in (1, 7, 230):
        parts: list[Moments] = []
        for chunk in recording.chunks(rows=rows):
            parts.append(whole.fresh())
            feed([chunk], [parts[-1]])
        merged = whole.fresh()
        for part in reversed(parts):
            merged.merge(part)
        assert_same(merged, whole)


@pytest.mark.law
def test_a_store_of_few_things_holds_these(tmp_path: Path) -> None:
    """Chosen layers, quantities and cells are what a full recording has there; the announced size is theirs."""
    net, ids = network("lstm", layers=3, hidden=40), draw_ids(300)
    pieces = reading_lanes([Segment(100, 300)], lanes=4, warm=20)
    wanted = Wanted.of(net, ["c", "f"], [2, 0])
    few = record(tmp_path / "few", net, ids, pieces, wanted=wanted)
    full = record(tmp_path / "full", net, ids, pieces)
    alone = record(tmp_path / "alone", net, ids, [Piece(100, 300, 80)], wanted=wanted)
    assert (few.layers, list(few.quantities), full.layers) == ((0, 2), ["c", "f"], (0, 1, 2))
    assert alone.layers == few.layers
    assert store_bytes(net, 200, wanted) == sum(path.stat().st_size for path in (tmp_path / "few").glob("layer*"))
    assert {path.name for path in (tmp_path / "few").glob("layer*")} == {
        f"layer{layer}-{name}.f32" for layer in (1, 3) for name in "cf"
    }
    for layer in few.layers:
        for name in few.quantities:
            np.testing.assert_array_equal(few.read(layer, name), full.read(layer, name))
    (chunk,) = few.chunks(["f"], [2], slice(30, 35))
    np.testing.assert_array_equal(chunk.quantities["f"], full.read(2, "f", cells=slice(30, 35))[None])
    with pytest.raises(InputError, match="layer indices 0, 2, quantities c, f"):
        few.read(1, "c")


@pytest.mark.golden
def test_what_a_network_does_not_have_is_refused() -> None:
    """An unknown quantity or layer is named, and so is what there is."""
    net = network("gru")
    with pytest.raises(InputError, match=r"quantity c.*gru cells has h, r, z, n"):
        next(folds.chunks(net, draw_ids(20), [Piece(0, 20, 0)], quantities=["h", "c"]))
    with pytest.raises(InputError, match=r"layer index 2.*has 0, 1"):
        Wanted.of(net, None, [0, 2])


@pytest.mark.law
def test_folds_see_clamps() -> None:
    """A clamped cell is constant in what folds get."""
    net, ids = network("lstm"), draw_ids(60)
    for chunk in folds.chunks(net, ids, [Piece(10, 60, 0)], clamps=parse("2:3=0.75", net)):
        assert (chunk.quantities["c"][1, :, 2] == 0.75).all()


@pytest.mark.law
def test_memory_does_not_grow_with_the_text() -> None:
    """Ten times the text needs the same memory (as NumPy counts it, a tenth of slack)."""

    def peak(length: int) -> int:
        net, ids = network("lstm", hidden=32), draw_ids(length)
        pieces = reading_lanes([Segment(0, length)], lanes=20, warm=10)
        folds.feed(net, ids, pieces, [Moments()])
        tracemalloc.start()
        folds.feed(net, ids, pieces, [Moments()])
        found = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return found

    assert peak(40_000) < 1.1 * peak(4_000)
