from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.stats import rankdata, spearmanr
from sklearn.linear_model import Ridge
from sklearn.metrics import roc_auc_score
from sklearn.preprocessing import OneHotEncoder

from rnnscope.analyse.cells.blocks import block_sums, bootstrap, studentised
from rnnscope.analyse.cells.classes import ranks_within, symbol_classes, within_classes
from rnnscope.analyse.cells.columns import locate
from rnnscope.analyse.cells.echo import RIDGE, explain, recent_codes
from rnnscope.analyse.cells.labels import (
    Feature,
    Labels,
    centred_ranks,
    correlation_length,
    mid_ranks,
    placements,
    score,
)
from rnnscope.analyse.cells.shifts import draw, null_of
from rnnscope.corpus.split import Segment

N = 6_000
STARTS = np.arange(0, N, 300)


@pytest.mark.oracle
def test_mid_ranks_are_those_of_scipy() -> None:
    """Ranks with many equal values agree with rankdata; centred ones sum to 0 and lie within (-1/2, 1/2)."""
    values = np.random.default_rng(1).integers(0, 40, 5_000).astype(np.float32)
    np.testing.assert_array_equal(mid_ranks(values), rankdata(values))
    assert centred_ranks(values).sum() == pytest.approx(0, abs=1e-9)
    assert np.abs(centred_ranks(values)).max() < 0.5


@pytest.mark.oracle
@pytest.mark.parametrize("graded", [False, True])
def test_sums_over_blocks_give_the_score(graded: bool) -> None:
    """Totals, blocks joined, and one block left out: the score of the sums is the score of the positions."""
    random = np.random.default_rng(2)
    cell = random.normal(size=N)
    feature = np.round(cell + random.normal(size=N)) if graded else cell + random.normal(size=N) > 0.5
    track = centred_ranks(feature) if graded else feature.astype(float)
    sums = block_sums(centred_ranks(cell)[None], track, np.ones(N), STARTS, graded=graded)
    assert sums.total().score()[0] == pytest.approx(score(cell, feature, graded=graded))
    assert sums.joined(3).total().score()[0] == pytest.approx(sums.total().score()[0])
    kept = np.r_[0:600, 900:N]
    ranks, rest = centred_ranks(cell)[kept], track[kept]
    left_out = np.corrcoef(ranks, rest)[0, 1] if graded else 2 * (ranks[rest > 0].mean() - ranks[rest == 0].mean())
    assert sums.without_each().score()[0, 2] == pytest.approx(left_out)
    times = np.ones((1, len(STARTS)))
    times[0, 2] = 0
    assert sums.drawn(times).score()[0, 0] == pytest.approx(left_out)


@pytest.mark.oracle
def test_standard_errors_of_independent_positions() -> None:
    """For independent positions the jackknife error of a rank correlation near 0 is about 1 / sqrt(n)."""
    random = np.random.default_rng(3)
    ratios = []
    for _ in range(30):
        cell, feature = random.normal(size=(2, N))
        sums = block_sums(centred_ranks(cell)[None], centred_ranks(feature), np.ones(N), STARTS, graded=True)
        ratios.append(float(sums.total().score()[0] / studentised(sums)[0] * np.sqrt(N)))
    assert np.median(ratios) == pytest.approx(1, abs=0.1)


@pytest.mark.planted
def test_intervals_cover_the_truth(smooth: Any) -> None:
    """Bounds of 99 % from blocks hold a true correlation in nearly all of 60 dependent texts."""
    inside, truth = 0, 6 / np.pi * np.arcsin(0.6 / 2)
    for trial in range(60):
        random = np.random.default_rng(trial)
        common, other = smooth(random, 2, N, 10.0)
        cell = 0.6 * common + 0.8 * other
        sums = block_sums(centred_ranks(cell)[None], centred_ranks(common), np.ones(N), STARTS, graded=True)
        ends = bootstrap(sums, resamples=300, seed=trial)
        assert ends is not None
        inside += bool(ends[0][0] <= truth <= ends[1][0])
    assert inside >= 54


@pytest.mark.oracle
def test_intervals_of_areas_are_those_of_ranking_again(smooth: Any) -> None:
    """Draws of blocks by placements give the interval that ranking every draw anew gives, though labels are uneven."""
    random = np.random.default_rng(12)
    slow, noise = smooth(random, 2, N, 40.0)
    holds = slow > 0.8
    for cell, within in ((slow + 0.7 * noise, 0.02), (slow + 0.0 * noise, 0.0)):
        sums = block_sums(placements(cell, holds)[None], holds.astype(float), np.ones(N), STARTS, graded=False)
        assert sums.total().score()[0] == pytest.approx(score(cell, holds, graded=False))
        ends = bootstrap(sums, resamples=400, seed=1)
        assert ends is not None
        again = []
        for drawn in random.integers(0, 20, (200, 20)):
            at = (STARTS[drawn][:, None] + np.arange(300)).ravel()
            again.append(score(cell[at], holds[at], graded=False))
        truth = np.nanquantile(again, [0.01, 0.99])
        assert (ends[0][0], ends[1][0]) == pytest.approx(tuple(truth), abs=within + 1e-9)


@pytest.mark.law
def test_few_blocks_have_no_interval() -> None:
    """With four blocks nothing is said."""
    sums = block_sums(np.ones((1, 8)), np.ones(8), np.ones(8), np.array([0, 2, 4, 6]), graded=True)
    assert bootstrap(sums) is None


@pytest.mark.oracle
@pytest.mark.parametrize("complete", [True, False])
@pytest.mark.parametrize("graded", [True, False])
def test_shifted_scores_are_scores_of_shifted_features(complete: bool, graded: bool) -> None:
    """Every shifted score, and its studentised one, is that of the feature rolled round the end."""
    random = np.random.default_rng(4)
    ranks = np.stack([centred_ranks(random.normal(size=N)) for _ in range(2)])
    valid = np.ones(N) if complete else (random.random(N) < 0.7).astype(float)
    track = random.normal(size=N) * valid if graded else (random.random(N) < 0.2) * valid
    shifts = draw(N, np.full(20, 300), 19, seed=5)
    assert shifts.min() > 600
    assert shifts.max() < N - 600
    null = null_of(ranks, track, valid, STARTS, shifts, graded=graded)
    for s, shift in enumerate(shifts[:5]):
        sums = block_sums(ranks, np.roll(track, -shift), np.roll(valid, -shift), STARTS, graded=graded)
        np.testing.assert_allclose(null.shifted_scores[:, s], sums.total().score(), atol=1e-5)
        np.testing.assert_allclose(null.shifted_studentised[:, s], studentised(sums), rtol=2e-3, atol=1e-3)
    sums = block_sums(ranks, track, valid, STARTS, graded=graded)
    np.testing.assert_allclose(null.studentised, studentised(sums), rtol=2e-3, atol=1e-3)


@pytest.mark.oracle
def test_scores_within_classes_are_pooled_scores() -> None:
    """Within each class the score is the exact one; they are weighted by n1 n0 / n, or by n; rare ones are dropped."""
    random = np.random.default_rng(6)
    classes = random.choice(5, N, p=[0.4, 0.3, 0.2, 0.09, 0.01])
    cell = np.round(random.normal(size=N) + classes, 1).astype(np.float32)
    holds = cell - classes + random.normal(size=N) > 1
    graded = np.round(cell - classes + random.normal(size=N))
    found = within_classes(np.stack([cell, -cell]), holds, classes, graded=False)
    kept = [k for k in range(5) if min(holds[classes == k].sum(), (~holds[classes == k]).sum()) >= 50]
    assert 4 not in kept
    weights = [holds[classes == k].sum() * (~holds[classes == k]).sum() / (classes == k).sum() for k in kept]
    each = [2 * roc_auc_score(holds[classes == k], cell[classes == k]) - 1 for k in kept]
    assert found.scores[0] == pytest.approx(np.average(each, weights=weights))
    assert found.scores[1] == pytest.approx(-found.scores[0])
    assert found.classes == len(kept)
    assert found.share == pytest.approx(np.isin(classes, kept).mean())
    ranked = within_classes(cell[None], graded, classes, graded=True)
    rhos = [spearmanr(cell[classes == k], graded[classes == k]).statistic for k in range(4)]
    assert ranked.classes == 4
    assert ranked.scores[0] == pytest.approx(np.average(rhos, weights=np.bincount(classes)[:4]))


@pytest.mark.golden
def test_ranks_within_classes_by_hand() -> None:
    """Two classes of four and two: centred ranks restart in each, ties share."""
    ranks = ranks_within(np.array([5.0, 1.0, 1.0, 7.0, 3.0, 2.0]), np.array([0, 0, 0, 0, 1, 1]))
    np.testing.assert_allclose(ranks, [0.125, -0.25, -0.25, 0.375, 0.25, -0.25])
    assert symbol_classes(np.array([2, 0, 1]), np.array([0, 1, 2])).tolist() == [3 * 3 + 2, 2 * 3 + 0, 0 * 3 + 1]


@pytest.mark.law
def test_a_feature_of_the_symbols_has_no_classes_left() -> None:
    """A feature that the last two symbols determine is constant in every class, so no score remains."""
    ids = np.random.default_rng(7).integers(0, 4, N)
    classes = symbol_classes(ids, np.arange(N))
    found = within_classes(np.ones((1, N), np.float32), ids == 2, classes, graded=False)
    assert np.isnan(found.scores).all()
    assert found.classes == 0


@pytest.mark.oracle
def test_the_echo_model_is_ridge_regression() -> None:
    """Each half is predicted as by sklearn's Ridge on one-hot codes of the other half, without an intercept."""
    random = np.random.default_rng(8)
    ids = random.integers(0, 6, 2_000)
    codes, symbols = recent_codes(ids, np.arange(2_000), lags=5)
    assert symbols == 6
    values = random.normal(size=(2, 2_000)) + (ids == 3)
    halves = np.arange(2_000) // 100 % 2 == 1
    echo = explain(values, codes, symbols, halves)
    hot = OneHotEncoder(categories=[range(6)] * 5, sparse_output=False).fit_transform(codes)
    centred = (values - values.mean(axis=1, keepdims=True)).T
    for half in (False, True):
        model = Ridge(alpha=RIDGE, fit_intercept=False).fit(hot[halves == half], centred[halves == half])
        np.testing.assert_allclose(echo.predicted[:, halves != half].T, model.predict(hot[halves != half]), atol=1e-4)


@pytest.mark.law
def test_codes_of_recent_symbols() -> None:
    """Lag l holds the symbol l positions back; the commonest has code 0 and stands before the text."""
    ids = np.array([7, 7, 3, 7, 5])
    codes, symbols = recent_codes(ids, np.array([1, 4]), lags=3)
    assert symbols == 3
    assert codes[0].tolist() == [0, 0, 0]
    assert codes[1].tolist() == [codes[1, 0], 0, codes[1, 2]]
    assert len({int(codes[1, 0]), int(codes[1, 2]), 0}) == 3


@pytest.mark.golden
def test_correlation_lengths() -> None:
    """Alternating blocks of 40 fall below 1/e after 13 symbols; noise after 1; a constant has 1."""
    blocks = np.arange(8_000) // 40 % 2
    # The autocorrelation falls linearly from 1 to -1 over 40 symbols and is under 1/e from (1 - 1/e) * 20 on.
    assert correlation_length(blocks, np.ones(8_000, bool)) == 13
    assert correlation_length(np.random.default_rng(9).normal(size=8_000), np.ones(8_000, bool)) == 1
    assert correlation_length(np.ones(100), np.ones(100, bool)) == 1


@pytest.mark.oracle
def test_places_of_a_part_are_those_in_the_list_of_its_positions() -> None:
    """Segments tell where a text position lies in a part, and back, as the list of all its positions does."""
    random = np.random.default_rng(3)
    for segments in ([(0, 40)], [(5, 9), (9, 9), (9, 12), (30, 41)], [(7, 7), (20, 100)]):
        known_N = np.zeros(100, bool)
        labels = Labels([Feature("one")], [known_N], [~known_N], [Segment(*one) for one in segments])
        assert labels.count == len(labels.positions) == len(labels.valid[0])
        places_N = random.permutation(labels.count)
        np.testing.assert_array_equal(labels.text_positions(places_N), labels.positions[places_N])
        for asked_n in (random.permutation(100), labels.positions[places_N], np.array([99]), np.array([8, 31])):
            at_n, found_n = labels.locate(asked_n)
            expected_at_n, expected_n = locate(labels.positions, asked_n)
            np.testing.assert_array_equal(asked_n[at_n], asked_n[expected_at_n])
            np.testing.assert_array_equal(found_n, expected_n)
