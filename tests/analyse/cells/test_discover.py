from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.stats import spearmanr
from sklearn.metrics import roc_auc_score

from rnnscope.analyse.cells.columns import Cell, Columns, Keep
from rnnscope.analyse.cells.discover import Scan, best_of, candidates
from rnnscope.analyse.cells.labels import Feature, Labels, score
from rnnscope.analyse.cells.ranks import Bins, Histogram
from rnnscope.corpus.split import Segment
from rnnscope.fold import Chunk

N, LAYERS, HIDDEN = 12_000, 2, 70
COLUMNS = Columns(("h",), LAYERS, HIDDEN)
FEATURES = [
    Feature("often"), Feature("rare"), Feature("graded", graded=True), Feature("few values", graded=True),
    Feature("somewhere"), Feature("graded somewhere", graded=True), Feature("never"),
]  # fmt: skip


def recording(random: np.random.Generator) -> NDArray[np.float32]:
    """States of the kinds that networks have: smooth, saturated to the last bit, of few values, constant."""
    h = np.cumsum(random.normal(size=(LAYERS, N, HIDDEN)), axis=1) * 0.05 + random.normal(size=(LAYERS, N, HIDDEN))
    h[:, :, :20] = np.tanh(h[:, :, :20] * 8)
    h[:, :, 20:25] = np.round(h[:, :, 20:25])
    h[:, :, 25] = -0.25
    return h.astype(np.float32)


def features(h: NDArray[np.float32], random: np.random.Generator) -> tuple[list[NDArray[Any]], list[NDArray[np.bool_]]]:
    noisy = h[0, :, :7].T + random.normal(size=(7, N))
    everywhere, somewhere = np.ones(N, bool), noisy[4] > 0.3
    values: list[NDArray[Any]] = [
        noisy[0] > 0, noisy[1] > np.quantile(noisy[1], 0.99), noisy[2], np.round(noisy[3]),
        noisy[4] > 0.8, noisy[5], np.zeros(N, bool),
    ]  # fmt: skip
    return values, [everywhere, everywhere, everywhere, everywhere, somewhere, somewhere, everywhere]


def exact(values: NDArray[Any], feature: NDArray[Any], *, graded: bool) -> float:
    if np.ptp(values) == 0:
        return 0.0
    if graded:
        return float(spearmanr(values, feature).statistic)
    return 2 * float(roc_auc_score(feature, values)) - 1


def bins_of(h: NDArray[np.float32]) -> Bins:
    return Bins(h[:, ::3].transpose(0, 2, 1).reshape(len(COLUMNS), -1))


def scan(chunks: list[Chunk], bins: Bins, labels: Labels, *, threads: int = 1, parts: int = 1) -> NDArray[np.float64]:
    """Both passes, each as some folds that are merged, the last one first."""
    histogram = Histogram(COLUMNS, bins, labels, threads=threads)
    scan = Scan(_feed(histogram, chunks, parts), labels, threads=threads)
    result: NDArray[np.float64] = _feed(scan, chunks, parts).result()
    return result


def _feed(fold: Any, chunks: list[Chunk], parts: int) -> Any:
    folds = [fold.fresh() for _ in range(parts)]
    for k, chunk in enumerate(chunks):
        folds[k % parts].update(chunk)
    for other in reversed(folds):
        fold.merge(other)
    return fold


@pytest.mark.oracle
def test_scores_are_those_of_scipy_and_sklearn(cut: Any) -> None:
    """2 AUROC - 1 and Spearman's rho of every cell and feature, only where features are valid, to 0.001."""
    random = np.random.default_rng(3)
    h = recording(random)
    values, valid = features(h, random)
    labels = Labels(FEATURES, values, valid, [Segment(0, N)])
    scores_CF = scan(cut(h, 1_000), bins_of(h), labels)
    assert np.isnan(scores_CF[:, 6]).all()
    for column in range(0, len(COLUMNS), 3):
        _, layer, cell = COLUMNS[column]
        for f, feature in enumerate(FEATURES[:-1]):
            truth = exact(h[layer, valid[f], cell], values[f][valid[f]], graded=feature.graded)
            assert scores_CF[column, f] == pytest.approx(truth, abs=1e-3), (column, feature.name)


@pytest.mark.law
def test_chunks_and_merging_change_nothing(cut: Any) -> None:
    """Any cutting, order, merging and number of threads give the same scores to 1e-9; other positions do not count."""
    random = np.random.default_rng(4)
    h = recording(random)
    values, valid = features(h, random)
    labels = Labels(FEATURES, values, valid, [Segment(0, 5_000), Segment(6_000, N)])
    bins = bins_of(h)
    reference = scan(cut(h, N), bins, labels)
    for size, parts, threads, shuffled in ((997, 1, 1, None), (256, 5, 2, random), (3_000, 2, 3, random)):
        found = scan(cut(h, size, shuffled), bins, labels, parts=parts, threads=threads)
        np.testing.assert_allclose(found, reference, rtol=0, atol=1e-9)
    inside = [Chunk(c.positions[keep], {"h": c.quantities["h"][:, keep]}, None)
              for c in cut(h, 800) if (keep := (c.positions < 5_000) | (c.positions >= 6_000)).any()]  # fmt: skip
    np.testing.assert_allclose(scan(inside, bins, labels), reference, rtol=0, atol=1e-9)


@pytest.mark.law
def test_signs_and_monotone_changes(cut: Any) -> None:
    """A cell with its sign changed has the opposite score; a rising function of a cell has the same."""
    random = np.random.default_rng(5)
    h = recording(random)
    values, valid = features(h, random)
    labels = Labels(FEATURES[:6], values[:6], valid[:6], [Segment(0, N)])
    reference = scan(cut(h, 2_000), bins_of(h), labels)
    np.testing.assert_allclose(scan(cut(-h, 2_000), bins_of(-h), labels), -reference, rtol=0, atol=2e-3)
    risen = np.arcsinh(3 * h).astype(np.float32)
    np.testing.assert_allclose(scan(cut(risen, 2_000), bins_of(risen), labels), reference, rtol=0, atol=2e-3)


@pytest.mark.planted
def test_permuted_labels_score_nothing(cut: Any) -> None:
    """Labels in a random order are tracked by no cell beyond what independent labels give."""
    random = np.random.default_rng(6)
    h = recording(random)
    values, valid = features(h, random)
    shuffled = [random.permutation(row) for row in (values[0], values[2])]
    labels = Labels([FEATURES[0], FEATURES[2]], shuffled, valid[:2], [Segment(0, N)])
    assert np.abs(scan(cut(h, 4_000), bins_of(h), labels)).max() < 5 / np.sqrt(N)


@pytest.mark.planted
def test_planted_cells_are_the_first_candidates(cut: Any) -> None:
    """The cell that a feature was made from is its first candidate, in whichever layer, with its sign."""
    random = np.random.default_rng(7)
    h = random.normal(size=(LAYERS, N, HIDDEN)).astype(np.float32)
    values = [h[1, :, 33] > 0.4, -h[0, :, 68] + 0.3 * random.normal(size=N)]
    labels = Labels([Feature("a"), Feature("b", graded=True)], values, [np.ones(N, bool)] * 2, [Segment(0, N)])
    scores_CF = scan(cut(h, 5_000), bins_of(h), labels)
    found = candidates(scores_CF, limit=10)
    assert [len([c for c in found if c.feature == f]) for f in (0, 1)] == [5, 5]
    assert COLUMNS[found[0].column] == Cell("h", 1, 33)
    assert found[0].score > 0.99
    assert COLUMNS[found[5].column] == Cell("h", 0, 68)
    assert found[5].score < -0.9
    np.testing.assert_array_equal(best_of(scores_CF), np.abs(scores_CF).max(axis=0))


@pytest.mark.law
def test_columns_are_numbered_both_ways() -> None:
    """A column's cell has that column's number, and tiles cover all columns once without crossing layers."""
    columns = Columns(("h", "c"), 3, 130)
    assert [columns.number(columns[k]) for k in range(len(columns))] == list(range(780))
    covered = [list(range(tile.start, tile.stop)) for tile in columns.tiles()]
    assert [column for tile in covered for column in tile] == list(range(780))
    assert all(columns[tile[0]][:2] == columns[tile[-1]][:2] for tile in covered)


@pytest.mark.law
def test_kept_values_are_the_recorded_ones(cut: Any) -> None:
    """Whatever the chunks, the chosen columns come back at the chosen positions, and a gap is noticed."""
    random = np.random.default_rng(8)
    h = recording(random)
    positions = np.sort(random.choice(N, 500, replace=False)) + 100
    fold = Keep(COLUMNS, [3, 71, 139], positions)
    halves = fold.fresh(), fold.fresh()
    for k, chunk in enumerate(cut(h, 700, random, first=100)):
        halves[k % 2].update(chunk)
    with pytest.raises(AssertionError, match="not read"):
        halves[0].result()
    fold.merge(halves[1])
    fold.merge(halves[0])
    expected = np.stack([h[0, positions - 100, 3], h[1, positions - 100, 1], h[1, positions - 100, 69]])
    np.testing.assert_array_equal(fold.result(), expected)


@pytest.mark.golden
def test_scores_by_hand(cut: Any) -> None:
    """Five positions and one cell, the feature holding at its third and fifth value: five of six pairs are in order."""
    cell, holds = np.array([1.0, 2, 3, 4, 5]), np.array([0, 0, 1, 0, 1])
    assert score(cell, holds, graded=False) == pytest.approx(2 / 3)
    assert score(cell, np.array([2, 1, 3, 5, 4]), graded=True) == pytest.approx(1 - 6 * 4 / (5 * 24))
    assert score(np.ones(5), holds, graded=False) == 0
