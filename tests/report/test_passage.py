"""A passage of the page says what the recording says."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from rnnscope.artifacts.colours import scale_of
from rnnscope.cells.spec import SPECS
from rnnscope.report.inputs import CellStatistics
from rnnscope.report.pack import unpack
from rnnscope.report.passage import build_passage, quantity_kind

from . import sample_data


@pytest.mark.law
def test_symbols_and_expectations_survive() -> None:
    """Text, log p and expectations are read back from the page as they were recorded."""
    given = sample_data.passage(sample_data.HOSTILE, length=300)
    made = build_passage(given, "lstm")
    codes = [made.symbols[int(index)].code for index in unpack(made.ids)]
    assert "".join(map(chr, codes)) == sample_data.HOSTILE[:300]
    expected = [[made.symbols[int(index)].code for index in row] for row in unpack(made.next_ids)]
    assert expected == [[given.codes[index] for index in row] for row in given.next_ids]
    np.testing.assert_allclose(unpack(made.next_probs), given.next_probs, atol=1e-5)
    np.testing.assert_allclose(unpack(made.log_prob_nats), given.log_probs, rtol=1e-6)


@pytest.mark.law
def test_quantities_are_turned_to_cells() -> None:
    """Each layer is stored as [cell, position], within half a step of the recording."""
    given = sample_data.passage(sample_data.CODE, length=120, layers=2, cells=7)
    made = build_passage(given, "lstm")
    assert [quantity.name for quantity in made.quantities] == ["h", "c", "i", "f", "g", "o"]
    for quantity in made.quantities:
        for layer, packed in enumerate(quantity.layers):
            assert packed.shape == [7, 120]
            step = max(packed.scale, 1e-9)
            recorded = given.quantities[quantity.name][layer].T
            assert np.abs(unpack(packed) - recorded).max() <= step * 0.5001


@pytest.mark.law
def test_statistics_are_those_given() -> None:
    """Statistics over the whole recorded text are kept; without them the passage's own are taken."""
    given = sample_data.passage(sample_data.CODE, length=50, layers=1, cells=3)
    own = build_passage(given, "lstm").quantities[1]
    assert own.low[0] == pytest.approx(given.quantities["c"][0].min(axis=0), rel=1e-3)
    whole = CellStatistics(mean=np.zeros((1, 3)), low=np.full((1, 3), -9.0), high=np.full((1, 3), 9.0))
    told = build_passage(replace(given, statistics={"c": whole}), "lstm").quantities[1]
    assert (told.mean, told.low, told.high) == ([[0.0] * 3], [[-9.0] * 3], [[9.0] * 3])


@pytest.mark.golden
def test_bytes_of_one_character_are_grouped() -> None:
    """Two, three and four bytes of one character are one group; ASCII and broken bytes stay alone."""
    raw = "aЖ中🙂".encode() + b"\xd0" + b"\xc0\x80" + b"\xed\xa0\x80" + b"z"
    given = replace(
        sample_data.passage("a", unit="bytes", length=len(raw)),
        codes=sorted(set(raw)),
        ids=np.array([sorted(set(raw)).index(value) for value in raw]),
        next_ids=np.zeros((len(raw), 5), dtype=int),
    )
    groups = build_passage(given, "lstm").groups
    assert [(group.start, group.length, group.glyph) for group in groups] == [(1, 2, "Ж"), (3, 3, "中"), (6, 4, "🙂")]


@pytest.mark.golden
def test_reserved_id_has_a_face() -> None:
    """The id an alphabet reserves for unseen symbols is no symbol of the text."""
    given = sample_data.passage("ab", length=10)
    made = build_passage(replace(given, codes=[*given.codes[:-1], -1]), "lstm")
    assert [(symbol.glyph, symbol.kind) for symbol in made.symbols if symbol.code < 0] == [("?", "code")]


@pytest.mark.golden
def test_ranges_choose_the_scale() -> None:
    """[0, 1] is a gate, [-1, 1] is signed, everything else goes through tanh."""
    assert [quantity_kind("h", *limits) for limits in [(0.0, 1.0), (-1.0, 1.0), (None, None), (0.0, None)]] == [
        "gate",
        "signed",
        "cell",
        "cell",
    ]


@pytest.mark.golden
@pytest.mark.parametrize("cell", ["lstm", "lstm-peephole", "lstm-coupled"])
def test_c_is_drawn_as_its_tanh_in_every_cell(cell: str) -> None:
    """One colour means one value of tanh(c), also for the coupled cell, whose c never leaves [-1, 1]."""
    assert quantity_kind("c", *SPECS[cell].ranges["c"]) == "cell"
    assert scale_of("c", SPECS[cell].ranges["c"], np.zeros(1, np.float32)).kind == "tanh"


@pytest.mark.golden
def test_update_gates_say_which_way_they_turn() -> None:
    """z overwrites in one GRU form and keeps in the other, and the page says so."""
    given = sample_data.passage("ab", length=10)
    given = replace(given, quantities={"z": given.quantities["i"]}, ranges={"z": (0.0, 1.0)})
    assert "overwritten" in build_passage(given, "gru").quantities[0].explained
    assert "kept" in build_passage(given, "gru-torch").quantities[0].explained


@pytest.mark.law
def test_networks_without_output_have_no_expectations() -> None:
    """Where nothing is predicted, log p is NaN and there are no expectations; the passage is still shown."""
    given = sample_data.passage("ab", length=10)
    empty = replace(
        given,
        log_probs=np.full(10, np.nan, np.float32),
        next_ids=np.zeros((10, 0), dtype=int),
        next_probs=np.zeros((10, 0)),
    )
    made = build_passage(empty, "lstm")
    assert made.next_ids.shape == [10, 0]
    assert np.isnan(unpack(made.log_prob_nats)).all()
