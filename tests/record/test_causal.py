from __future__ import annotations

import numpy as np
import pytest

from rnnscope.corpus.lanes import Piece
from rnnscope.record import edits
from rnnscope.record.causal import CLAMPS, QUANTILES, ablated_pairs, clamped, donors, interchanged, turned
from rnnscope.record.intervene import log_odds
from rnnscope.record.moments import replay

from .cases import draw_ids, network

IDS = draw_ids(200)
POSITIONS = np.array([20, 77, 150, 151])
SYMBOLS = (1, 4)
VALUES = np.random.default_rng(2).normal(size=(3, 60))
ON = np.arange(60) % 3 == 0
CELLS = (4, 0, 3)


@pytest.mark.golden
def test_donors_are_quantiles_of_either_condition() -> None:
    """Direction 0 has values from where the feature holds, direction 1 from where it does not, in rising order."""
    values = np.array([np.arange(101.0), -np.arange(101.0)])
    on = np.arange(101) <= 10
    found = donors(values, on)
    assert found.shape == (2, 2, len(QUANTILES))
    np.testing.assert_allclose(found[0, 0], [1, 3, 5, 7, 9])
    np.testing.assert_allclose(found[1, 0], [-9, -7, -5, -3, -1])
    np.testing.assert_allclose(found[0, 1], [19.9, 37.7, 55.5, 73.3, 91.1])
    low = donors(values, on, off=np.arange(101) >= 90, quantiles=[0.0, 1.0])
    np.testing.assert_allclose(low[0], [[0, 10], [90, 100]])


@pytest.mark.oracle
@pytest.mark.parametrize("cell", ["lstm", "gru"])
@pytest.mark.parametrize("window", [1, 3])
def test_effects_stand_where_they_belong(cell: str, window: int) -> None:
    """Entry [c, p, d, q] is the effect of that cell, position, direction and quantile tried by itself; so for turns."""
    net = network(cell)
    memory = net.spec.memory
    found = replay(net, IDS, [Piece(0, 200, 0)], POSITIONS, window=window)
    put_in = donors(VALUES, ON)
    after = interchanged(net, found, 0, memory, CELLS, put_in, SYMBOLS)
    directions = np.random.default_rng(4).normal(size=(2, net.hidden)) * [1, 0, 1, 1, 0]
    moved = turned(net, found, 1, memory, directions, put_in[:2], SYMBOLS)
    assert after.shape == (3, len(POSITIONS), 2, 5)
    assert moved.shape == (2, len(POSITIONS), 2, 5)
    for c, d, q in np.ndindex(3, 2, 5):
        alone = log_odds(net, found, [edits.clamp(0, memory, CELLS[c], put_in[c, d, q])], SYMBOLS)
        np.testing.assert_allclose(after[c, :, d, q], alone[0, 0], atol=1e-5)
    for c, d, q in np.ndindex(2, 2, 5):
        edit = edits.turn(1, memory, directions[c], put_in[c, d, q], steps=window)
        np.testing.assert_allclose(moved[c, :, d, q], log_odds(net, found, [edit], SYMBOLS)[0, 0], atol=1e-5)


@pytest.mark.oracle
def test_clamps_and_ablations_are_named() -> None:
    """Clamps go to zero, the mean and the outer quantiles; silencing a cell or two sets their h to 0 for all others."""
    net = network("lstm")
    found = replay(net, IDS, [Piece(0, 200, 0)], POSITIONS)
    after = clamped(net, found, 1, "c", CELLS, VALUES, SYMBOLS)
    assert tuple(after) == (*CLAMPS, "ablated")
    for c, cell in enumerate(CELLS):
        low, high = np.quantile(VALUES[c], [0.05, 0.95])
        for name, value in (("zero", 0.0), ("mean", VALUES[c].mean()), ("low", low), ("high", high)):
            wanted = log_odds(net, found, [edits.clamp(1, "c", cell, value)], SYMBOLS)[0, 0]
            np.testing.assert_allclose(after[name][c], wanted, atol=1e-5, err_msg=name)
        wanted = log_odds(net, found, [edits.clamp(1, "h", cell, 0.0)], SYMBOLS)[0, 0]
        np.testing.assert_allclose(after["ablated"][c], wanted, atol=1e-5)
    pairs = ablated_pairs(net, found, 1, [(0, 4), (3, 2)], SYMBOLS)
    np.testing.assert_allclose(
        pairs, log_odds(net, found, [edits.ablate(1, (0, 4)), edits.ablate(1, (2, 3))], SYMBOLS)[:, 0]
    )
    # c = 0 makes h = 0, in the top layer nothing else hears of it at once
    np.testing.assert_allclose(after["zero"], after["ablated"], atol=1e-5)
