from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnnscope.artifacts import commit
from rnnscope.artifacts.recording import Recording
from rnnscope.artifacts.store import CHUNK_POSITIONS
from rnnscope.corpus.lanes import Piece, reading_lanes
from rnnscope.corpus.split import Segment
from rnnscope.errors import DamagedArtifact, InputError
from rnnscope.model.network import Network
from rnnscope.record.clamps import parse
from rnnscope.record.part import _groups, record_part, store_bytes
from rnnscope.record.text import record_text

from .cases import ALPHABET, CELLS, draw_ids, network, record

PART = (Segment(300, 520), Segment(600, 611))


def assert_equal_recordings(one: Recording, other: Recording, atol: float = 0.0) -> None:
    assert one.quantities == other.quantities
    for layer in one.layers:
        for name in one.quantities:
            np.testing.assert_allclose(one.read(layer, name), other.read(layer, name), atol=atol, rtol=0, err_msg=name)
    np.testing.assert_array_equal(one.scores.positions, other.scores.positions)
    np.testing.assert_allclose(one.scores.log_probs, other.scores.log_probs, atol=10 * atol, rtol=0)


@pytest.mark.law
@pytest.mark.parametrize("cell", CELLS)
def test_stored_is_streamed_is_in_memory(cell: str, tmp_path: Path) -> None:
    """A whole text recorded as one stream into a folder is the trace of the same text, number for number."""
    net, ids = network(cell), draw_ids(150)
    stored = record(tmp_path / "r", net, ids, [Piece(0, 150, 0)])
    trace = record_text(net, ALPHABET, ids)
    assert list(stored.quantities) == [*net.spec.states, *net.spec.gates]
    for layer in range(net.depth):
        for name, values in trace.quantities.items():
            np.testing.assert_array_equal(stored.read(layer, name), values[layer], err_msg=name)
    # the first symbol of a chunk is scored by another product of the same numbers
    np.testing.assert_allclose(stored.scores.log_probs, trace.log_probs_N, atol=1e-6)
    np.testing.assert_array_equal(stored.scores.ids, ids)
    np.testing.assert_array_equal(stored.scores.positions, np.arange(150))


@pytest.mark.oracle
@pytest.mark.parametrize(
    "segments", [PART, (Segment(0, 3), Segment(100, 328))], ids=["inside", "short lane without warm-up"]
)
def test_every_lane_is_a_text_of_its_own(segments: tuple[Segment, ...], tmp_path: Path) -> None:
    """Each recorded row equals a fresh trace of its lane's warm-up and positions."""
    net, ids = network("lstm"), draw_ids(700)
    pieces = reading_lanes(segments, lanes=7, warm=20)
    stored = record(tmp_path / "r", net, ids, pieces)
    row = 0
    for start, stop, warm_start in pieces:
        trace = record_text(net, ALPHABET, ids[warm_start:stop])
        for name in ("c", "f"):
            got = stored.read(1, name, row, row + stop - start)
            np.testing.assert_allclose(got, trace.quantities[name][1, start - warm_start :], atol=1e-6)
        got = stored.scores.log_probs[row : row + stop - start]
        np.testing.assert_allclose(got, trace.log_probs_N[start - warm_start :], atol=1e-5)
        row += stop - start
    assert row == len(stored) == 231


@pytest.mark.law
@pytest.mark.parametrize("steps", [1, 13, 1000])
@pytest.mark.parametrize("group_bytes", [1, 6000, 40_000])
def test_chunks_and_groups_change_nothing(steps: int, group_bytes: int, tmp_path: Path) -> None:
    """However many symbols are read at once, and however many lanes, the recording is the same."""
    net, ids = network("gru"), draw_ids(700)
    pieces = reading_lanes(PART, lanes=9, warm=30)
    plain = record(tmp_path / "plain", net, ids, pieces)
    cut = record(tmp_path / "cut", net, ids, pieces, steps=steps, group_bytes=group_bytes)
    assert_equal_recordings(cut, plain, atol=1e-6)


@pytest.mark.law
@given(st.lists(st.integers(1, 50), max_size=20), st.integers(0, 120))
def test_groups_fit_into_their_memory(lengths: list[int], most: int) -> None:
    """Groups hold every piece once and in order, and are larger than allowed only where a single piece is."""
    stops = np.cumsum(lengths).tolist()
    pieces = [Piece(stop - length, stop, 0) for length, stop in zip(lengths, stops, strict=True)]
    groups = list(_groups(pieces, most))
    assert [piece for _, group in groups for piece in group] == pieces
    assert [first for first, _ in groups] == np.cumsum([0, *(len(group) for _, group in groups)])[:-1].tolist()
    for _, group in groups:
        assert len(group) == 1 or sum(piece.stop - piece.start for piece in group) <= most
    for (_, one), (_, other) in itertools.pairwise(groups):
        assert sum(piece.stop - piece.start for piece in [*one, other[0]]) > most, "groups are as large as they may be"


@pytest.mark.law
def test_rows_stand_in_text_order(tmp_path: Path) -> None:
    """Rows are the positions of the part from the first to the last, whatever the lengths of the lanes."""
    net, ids = network("rnn"), draw_ids(700)
    stored = record(tmp_path / "r", net, ids, reading_lanes(PART, lanes=4, warm=10))
    np.testing.assert_array_equal(stored.scores.positions, [*range(300, 520), *range(600, 611)])
    np.testing.assert_array_equal(stored.scores.ids, ids[stored.scores.positions])


@pytest.mark.law
def test_clamps_act_inside_the_recording(tmp_path: Path) -> None:
    """A clamped cell is constant in the store, the clamp is named, and the scores are those under the clamp."""
    net, ids = network("lstm"), draw_ids(400)
    pieces = reading_lanes([Segment(100, 400)], lanes=3, warm=50)
    free = record(tmp_path / "free", net, ids, pieces)
    held = record(tmp_path / "held", net, ids, pieces, clamps=parse("1:2=2.5", net))
    assert (held.read(0, "c")[:, 1] == 2.5).all()
    assert held.facts["clamps"] == ["1:2=2.5"]
    assert free.facts["clamps"] == []
    assert (held.read(1, "c") != free.read(1, "c")).any()
    assert held.scores.loss_nats != free.scores.loss_nats


@pytest.mark.law
def test_the_announced_size_is_the_size(tmp_path: Path) -> None:
    """What is announced before reading is what states and gates then take on the disk, to the byte."""
    for net in (network("lstm"), network("gru", layers=1, hidden=33)):
        count = CHUNK_POSITIONS + 5
        folder = tmp_path / str(net.hidden)
        stored = record(folder, net, draw_ids(count), reading_lanes([Segment(0, count)]))
        on_disk = sum(path.stat().st_size for path in folder.glob("layer*.f32"))
        assert store_bytes(net, count) == on_disk
        assert stored.bytes + (folder / "manifest.json").stat().st_size == sum(
            path.stat().st_size for path in folder.iterdir()
        )


@pytest.mark.law
def test_a_failure_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """When reading fails half-way, no folder of that name appears and no litter stays."""
    net = network("rnn")
    original, calls = type(net).read, iter(range(3))

    def failing(self: Network, *arguments: Any, **options: Any) -> object:
        if next(calls) == 2:
            raise MemoryError
        return original(self, *arguments, **options)

    monkeypatch.setattr(type(net), "read", failing)
    with pytest.raises(MemoryError), commit.commit(tmp_path / "r", kind="record/test") as draft:
        record_part(draft, net, draw_ids(500), [Piece(0, 500, 0)])
    assert list(tmp_path.iterdir()) == []


@pytest.mark.golden
def test_rows_that_are_not_there_are_refused(tmp_path: Path) -> None:
    """A wrong layer, quantity or row is refused, and the message says what there is."""
    stored = record(tmp_path / "r", network("gru"), draw_ids(20), [Piece(0, 20, 0)])
    for arguments in ((2, "h"), (-1, "h"), (0, "c"), (0, "h", 0, 21), (0, "h", 5, 4)):
        with pytest.raises(InputError, match=r"layer indices 0, 1, quantities h, r, z, n and 20 rows"):
            stored.read(*arguments)


@pytest.mark.law
def test_damaged_recordings_are_not_read(tmp_path: Path) -> None:
    """A flipped bit in a gate or in the scores is met when that file is read, and only then."""
    stored = record(tmp_path / "r", network("gru"), draw_ids(20), [Piece(0, 20, 0)])
    for name in ("layer1-z.f32", "scores.safetensors"):
        path = tmp_path / "r" / name
        data = bytearray(path.read_bytes())
        data[len(data) // 2] ^= 4
        path.write_bytes(data)
    stored.read(1, "z")
    with pytest.raises(DamagedArtifact, match=r"layer1-z\.f32"):
        stored.read(0, "z")
    with pytest.raises(DamagedArtifact, match=r"scores\.safetensors"):
        _ = stored.scores
