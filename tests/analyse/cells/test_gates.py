from __future__ import annotations

import numpy as np
import pytest

from rnnscope.analyse.cells.gates import GateFold
from rnnscope.cells.spec import SPECS
from rnnscope.fold import Chunk

LAYERS, N, HIDDEN = 2, 700, 9


def chunks(cell: str, random: np.random.Generator) -> list[Chunk]:
    spec = SPECS[cell]
    quantities = {}
    for name in spec.quantities:
        low = -1 if spec.ranges[name][0] != 0 else 0
        raw = random.beta(0.5, 0.4, (LAYERS, N, HIDDEN)) * (1 - low) + low
        quantities[name] = raw.astype(np.float32)
    return [
        Chunk(np.arange(at, min(at + 150, N)), {name: q[:, at : at + 150] for name, q in quantities.items()}, None)
        for at in range(0, N, 150)
    ]


@pytest.mark.oracle
@pytest.mark.parametrize("cell", sorted(SPECS))
def test_shares_and_time_constants(cell: str) -> None:
    """For all six recurrences shares, means and time constants are those of the whole arrays, however merged."""
    spec, pieces = SPECS[cell], chunks(cell, np.random.default_rng(1))
    fold, other = GateFold(spec, LAYERS, HIDDEN), GateFold(spec, LAYERS, HIDDEN)
    for k, piece in enumerate(pieces):
        (fold if k % 2 else other).update(piece)
    fold.merge(other)
    found = fold.result()
    assert found.positions == N
    whole = {name: np.concatenate([p.quantities[name] for p in pieces], axis=1) for name in spec.quantities}
    for name in spec.gates or spec.states:
        left = 0.1 if spec.ranges[name][0] == 0 else -0.9
        np.testing.assert_allclose(found.saturation[name].right, (whole[name] > 0.9).mean(axis=1))
        np.testing.assert_allclose(found.saturation[name].left, (whole[name] < left).mean(axis=1))
        np.testing.assert_allclose(found.saturation[name].mean, whole[name].mean(axis=1, dtype=np.float64), atol=1e-9)
    keep = {"rnn": None, "gru": 1 - whole.get("z", np.zeros(1)), "gru-torch": whole.get("z")}.get(cell, whole.get("f"))
    if keep is None:
        assert (found.keep, found.steps, "keep" in found.saturation) == ("", None, False)
        return
    assert found.steps is not None
    assert found.plain_steps is not None
    keep = np.asarray(keep, np.float64)
    np.testing.assert_allclose(found.saturation["keep"].right, (keep > 0.9).mean(axis=1), atol=1.5 / N)
    np.testing.assert_allclose(found.saturation["keep"].left, (keep < 0.1).mean(axis=1), atol=1.5 / N)
    np.testing.assert_allclose(found.steps, -1 / np.log(np.clip(keep, 1e-6, 1 - 1e-6)).mean(axis=1), rtol=1e-5)
    np.testing.assert_allclose(found.plain_steps, 1 / (1 - keep.mean(axis=1)), rtol=1e-5)


@pytest.mark.golden
def test_a_gate_of_nine_tenths_keeps_for_nine_and_a_half_steps() -> None:
    """keep = 0.9 leaves 1/e after 9.49 steps, and 1 / (1 - keep) is 10; z of the two GRUs means opposite things."""
    for cell, z in (("gru", 0.1), ("gru-torch", 0.9)):
        fold = GateFold(SPECS[cell], 1, 1)
        values = {"r": np.zeros((1, 5, 1), np.float32), "n": np.zeros((1, 5, 1), np.float32)}
        fold.update(Chunk(np.arange(5), values | {"z": np.full((1, 5, 1), z, np.float32)}, None))
        found = fold.result()
        assert found.steps is not None
        assert found.plain_steps is not None
        assert found.steps[0, 0] == pytest.approx(9.491, abs=0.01)
        assert found.plain_steps[0, 0] == pytest.approx(10, abs=1e-4)
        assert found.keep == ("1 - z" if cell == "gru" else "z")
