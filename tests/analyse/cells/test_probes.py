from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.linear_model import Ridge

from rnnscope.analyse.cells.columns import Columns
from rnnscope.analyse.cells.labels import Feature, Labels
from rnnscope.analyse.cells.probes import (
    RIDGE,
    Moments,
    Probe,
    Readout,
    control_values,
    fit,
    measure,
    targets_of,
)
from rnnscope.corpus.split import Segment

N, HIDDEN = 8_000, 24
COLUMNS = Columns(("h",), 1, HIDDEN)
FIRST, SECOND = [Segment(0, 4_000)], [Segment(4_000, N)]


def feed(fold: Any, chunks: list[Any]) -> Any:
    halves = fold.fresh(), fold.fresh()
    for k, chunk in enumerate(chunks):
        halves[k % 2].update(chunk)
    fold.merge(halves[1])
    fold.merge(halves[0])
    return fold.result()


def probes(
    h: NDArray[np.float32], ids: NDArray[np.int64], values: list[Any], features: list[Feature], cut: Any
) -> list[Probe]:
    valid = [np.ones(N, bool)] * len(values)
    first, second = (Labels(features, values, valid, part) for part in (FIRST, SECOND))
    made_up = control_values(first, ids, N, seed=1)
    controls = [Labels(features, made_up, valid, part) for part in (FIRST, SECOND)]
    targets = np.concatenate([targets_of(first), targets_of(controls[0])], axis=1)
    chunks = cut(h, 1_500, np.random.default_rng(9))
    readings = fit(*feed(Moments(COLUMNS, first.positions, targets), chunks), sizes=(1, 2, 4, 30))
    said = feed(Readout(COLUMNS, second.positions, readings), chunks)
    return measure(readings, said, second, controls[1])


@pytest.mark.oracle
def test_the_full_reading_is_ridge_regression(cut: Any) -> None:
    """Weights from second moments, in chunks and merged, are those of sklearn's Ridge on standardised cells."""
    random = np.random.default_rng(1)
    h = (random.normal(size=(1, N, HIDDEN)) * np.linspace(0.1, 3, HIDDEN) + 1).astype(np.float32)
    label = h[0, :, 3] + h[0, :, 5] + random.normal(size=N) > 2
    labels = Labels([Feature("a")], [label], [np.ones(N, bool)], FIRST)
    moments = feed(Moments(COLUMNS, labels.positions, targets_of(labels)), cut(h, 700, random))
    whole = fit(*moments)[-1]
    spread = h[0, :4_000].std(axis=0, dtype=np.float64)
    model = Ridge(alpha=RIDGE * 4_000).fit((h[0, :4_000] - h[0, :4_000].mean(axis=0)) / spread, label[:4_000])
    np.testing.assert_allclose(whole.weights, model.coef_ / spread, rtol=1e-4, atol=1e-7)


@pytest.mark.law
def test_moments_do_not_depend_on_chunks(cut: Any) -> None:
    """Any cutting and merging give the same second moments to 1e-9."""
    random = np.random.default_rng(2)
    h = random.normal(size=(1, N, HIDDEN)).astype(np.float32)
    labels = Labels([Feature("a")], [h[0, :, 0] > 0], [np.ones(N, bool)], FIRST)
    found = [
        feed(Moments(COLUMNS, labels.positions, targets_of(labels)), cut(h, size, random)) for size in (N, 131, 5_000)
    ]
    for other in found[1:]:
        for mine, theirs in zip(found[0], other, strict=True):
            np.testing.assert_allclose(mine, theirs, rtol=0, atol=1e-9)


@pytest.mark.planted
def test_one_neuron_or_a_distributed_code(cut: Any) -> None:
    """A feature of one cell is read from that cell; one of four cells needs all four; the rest adds nothing."""
    random = np.random.default_rng(3)
    h = random.normal(size=(1, N, HIDDEN)).astype(np.float32)
    single, shared = h[0, :, 7], h[0, :, [2, 9, 11, 20]].sum(axis=0)
    features = [Feature("single"), Feature("shared", graded=True)]
    found = probes(h, random.integers(0, 5, N), [single > 0.5, shared], features, cut)
    by_size = {(probe.feature, probe.cells): probe for probe in found}
    assert len(found) == 2 * 4
    assert by_size["single", 1].columns == [7]
    assert by_size["single", 1].score > 0.99
    assert by_size["single", None].score == pytest.approx(by_size["single", 1].score, abs=0.02)
    assert abs(by_size["shared", 1].score) < 0.6
    assert sorted(by_size["shared", 4].columns) == [2, 9, 11, 20]
    assert by_size["shared", 4].score > 0.99
    assert by_size["shared", 2].score < 0.85
    assert by_size["shared", 4].selectivity > 0.9


@pytest.mark.planted
def test_selectivity_unmasks_readings_of_symbols(cut: Any) -> None:
    """Cells that are one-hot codes of symbol pairs read any label of pairs, so what they read has no selectivity."""
    random = np.random.default_rng(4)
    ids = random.integers(0, 4, N)
    pairs = np.concatenate([[0], ids[:-1]]) * 4 + ids
    h = np.zeros((1, N, HIDDEN), np.float32)
    h[0, np.arange(N), pairs] = 1
    probe = probes(h, ids, [np.isin(pairs, [1, 6, 7, 12, 13])], [Feature("of pairs")], cut)[-1]
    assert probe.cells is None
    assert probe.score > 0.99
    assert probe.selectivity < 0.01


@pytest.mark.law
def test_dead_and_equal_cells_do_no_harm(cut: Any) -> None:
    """Constant cells and exact copies leave finite weights, and a copy is not chosen as a second cell."""
    random = np.random.default_rng(5)
    h = random.normal(size=(1, N, HIDDEN)).astype(np.float32)
    h[0, :, 1] = 0.5
    h[0, :, 2] = h[0, :, 3]
    target = h[0, :, 3] + 0.5 * h[0, :, 4] + 0.3 * random.normal(size=N)
    found = probes(h, random.integers(0, 5, N), [target], [Feature("a", graded=True)], cut)
    assert all(np.isfinite(probe.score) for probe in found)
    assert set(found[1].columns) in ({2, 4}, {3, 4})
