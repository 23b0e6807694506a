"""Scores from a sample of positions: exact where it is the whole part, close elsewhere, unmoved by the choice."""

from __future__ import annotations

import numpy as np
import pytest

from rnnscope.analyse.cells import sampled
from rnnscope.analyse.cells.labels import Feature, Labels, score
from rnnscope.corpus.split import Segment


def labels_of(random: np.random.Generator, n: int) -> Labels:
    """A common, a graded and a rare feature, the last of them not valid everywhere."""
    features = [Feature("common"), Feature("graded", graded=True), Feature("rare")]
    values = [random.random(n) < 0.3, random.integers(0, 40, n).astype(np.float32), random.random(n) < 0.02]
    everywhere = np.ones(n, bool)
    return Labels(features, values, [everywhere, everywhere, random.random(n) < 0.7], [Segment(0, n)])


def cells_of(random: np.random.Generator, labels: Labels) -> np.ndarray:
    """Cells that follow the features more or less: one has few values, one has a single one."""
    cells = random.normal(size=(5, len(labels.positions))) + labels.values[0] + 0.03 * labels.values[1]
    cells += 2 * labels.values[2]
    cells[3] = np.round(cells[3])
    cells[4] = 1.0
    return cells.astype(np.float32)


def exact(cells: np.ndarray, labels: Labels) -> np.ndarray:
    """Every score by ranking all positions."""
    return np.array(
        [
            [
                score(row[valid_N], values_N[valid_N], graded=feature.graded)
                for feature, values_N, valid_N in zip(labels.features, labels.values, labels.valid, strict=True)
            ]
            for row in cells
        ]
    )


@pytest.mark.oracle
def test_a_whole_part_is_scored_exactly() -> None:
    """Where every position is drawn, scores are those of ranking, ties and what is not valid included."""
    random = np.random.default_rng(5)
    labels = labels_of(random, 4000)
    cells = cells_of(random, labels)
    sample = sampled.draw(labels, each=10**6)
    np.testing.assert_array_equal(sample.at, np.arange(4000))
    np.testing.assert_allclose(sampled.scores(cells[:, sample.at], labels, sample), exact(cells, labels), atol=1e-6)


@pytest.mark.law
def test_a_sample_is_right_on_average() -> None:
    """Over many samples scores are those of the whole part, although rare labels are drawn far more often."""
    random = np.random.default_rng(6)
    labels = labels_of(random, 20_000)
    cells = cells_of(random, labels)
    rare_N = labels.values[2] & labels.valid[2]
    found = []
    for seed in range(30):
        sample = sampled.draw(labels, each=500, seed=seed)
        assert len(sample.at) < 6000
        assert rare_N[sample.at].sum() == rare_N.sum() < 500
        found.append(sampled.scores(cells[:, sample.at], labels, sample))
    spread_CF = np.std(found, axis=0)
    assert spread_CF.max() < 0.06
    np.testing.assert_allclose(np.mean(found, axis=0), exact(cells, labels), atol=0.03)
    np.testing.assert_array_equal(found[0][4], 0)
