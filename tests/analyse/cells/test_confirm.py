from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import pytest
from numpy.typing import NDArray

from rnnscope.analyse.cells.confirm import Confirmation, Figures
from rnnscope.analyse.cells.discover import Candidate
from rnnscope.analyse.cells.labels import Feature, Labels
from rnnscope.corpus.split import Segment
from rnnscope.errors import InputError

BLOCK, BLOCKS = 800, 25
N = BLOCK * BLOCKS
UNITS = [Segment(k * BLOCK, (k + 1) * BLOCK) for k in range(BLOCKS)]


class Planted(NamedTuple):
    ids: NDArray[np.int64]
    inside: NDArray[np.bool_]
    since: NDArray[np.int64]


@pytest.fixture(scope="module")
def planted() -> Planted:
    """A text of ten letters with brackets (10 opens, 11 closes) of 5 to 120 symbols, and what a reader would know."""
    random = np.random.default_rng(11)
    ids = random.integers(0, 10, N)
    inside, since, at = np.zeros(N, bool), np.zeros(N, np.int64), 0
    while at < N:
        opener = at + int(random.integers(5, 120))
        closer = min(opener + int(random.integers(5, 120)), N)
        if opener < N:
            ids[opener] = 10
            inside[opener:closer] = True
            if closer < N:
                ids[closer] = 11
        at = closer + 1
    opened = np.maximum.accumulate(np.where(ids == 10, np.arange(N), 0))
    since[:] = np.arange(N) - opened
    return Planted(ids, inside, since)


def confirm(
    planted: Planted,
    cells: list[NDArray[Any]],
    values: list[NDArray[Any]],
    features: list[Feature],
    *,
    valid: list[NDArray[np.bool_]] | None = None,
    untrained: float = 0.3,
    **settings: Any,
) -> list[Figures]:
    """Every cell as a candidate for every feature."""
    labels = Labels(features, values, valid or [np.ones(N, bool)] * len(values), UNITS)
    tests = Confirmation(
        np.array(cells, np.float32), range(len(cells)), labels, UNITS, planted.ids,
        untrained=np.full((19, len(features)), untrained), **settings,
    )  # fmt: skip
    return tests.test([Candidate(c, f, 0.9) for f in range(len(features)) for c in range(len(cells))])


def decayed(indicator: NDArray[Any], memory: float) -> NDArray[np.float64]:
    """What a leaky sum of an indicator over the past is."""
    kernel = np.exp(-np.arange(200) / memory)
    return np.convolve(indicator.astype(float), kernel)[: len(indicator)]


@pytest.mark.planted
def test_a_cell_that_is_the_feature_is_confirmed(planted: Planted) -> None:
    """A cell that equals a binary or graded feature with noise is confirmed, whichever its sign, and says why."""
    random = np.random.default_rng(1)
    flag = planted.inside + 0.2 * random.normal(size=N)
    ramp = -np.minimum(planted.since, 120) + 8 * random.normal(size=N)
    features = [Feature("inside", memory=True), Feature("since", graded=True, memory=True)]
    figures = confirm(planted, [flag, -flag, ramp], [planted.inside, planted.since], features)
    by_pair = {(one.column, one.feature): one for one in figures}
    for pair, sign in (((0, 0), 1), ((1, 0), -1), ((2, 1), -1)):
        one = by_pair[pair]
        assert one.confirmed, one
        assert None not in (one.score, one.interval, one.doubled)
        assert sign * one.score > 0.8
        assert one.interval[0] <= one.score <= one.interval[1]
        assert one.chance == 1 / 200
        assert one.beyond_shifts
        assert set(one.passes) == {"chance", "untrained", "size", "symbols", "echo"}
    assert not by_pair[2, 0].passes["size"] or by_pair[2, 0].passes["chance"]


@pytest.mark.planted
@pytest.mark.parametrize("memory", [2.0, 5.0, 9.0])
def test_echoes_of_recent_symbols_are_no_trackers(planted: Planted, memory: float) -> None:
    """A leaky sum of brackets, plain or squashed, follows the feature for a while and fails the echo test."""
    random = np.random.default_rng(2)
    opened, closed = decayed(planted.ids == 10, memory), decayed(planted.ids == 11, memory)
    plain = opened - closed
    cells = [plain + 0.01 * random.normal(size=N), np.tanh(2 * plain), opened]
    figures = confirm(planted, cells, [planted.inside], [Feature("inside", memory=True)], untrained=0.0)
    assert [one.confirmed for one in figures] == [False] * 3
    assert all(not one.passes["echo"] for one in figures)
    assert (figures[0].explained or 0) > 0.85


@pytest.mark.planted
def test_a_cell_of_symbol_classes_is_no_tracker(planted: Planted) -> None:
    """Where one symbol is typical of a feature, a cell that only answers to it has nothing left within classes."""
    random = np.random.default_rng(3)
    ids = np.where(planted.inside & (planted.ids < 10), random.choice(10, N, p=[0.55] + [0.05] * 9), planted.ids)
    text = planted._replace(ids=np.where(~planted.inside & (ids == 0), 1, ids))
    inside = planted.inside & (random.random(N) < 0.97) | (random.random(N) < 0.03)
    answers = np.isin(text.ids, [0, 10]) + 0.05 * random.normal(size=N)
    one = confirm(text, [answers], [inside], [Feature("inside")], untrained=0.0)[0]
    assert one.passes["size"]
    assert one.passes["chance"]
    assert not one.passes["symbols"]
    assert not one.confirmed
    assert abs(one.within or 1) < 0.1


@pytest.mark.planted
def test_noise_of_the_same_spectrum_is_not_confirmed(planted: Planted, smooth: Any) -> None:
    """Among 40 cells that are as slow as the feature, and have nothing to do with it, none passes chance and size."""
    random = np.random.default_rng(4)
    cells = list(smooth(random, 40, N, 60.0))
    figures = confirm(planted, cells, [planted.inside], [Feature("inside")], untrained=0.0)
    assert not any(one.confirmed for one in figures)
    assert sum(one.passes["chance"] for one in figures) <= 1


@pytest.mark.planted
def test_the_family_wise_error_is_held(smooth: Any) -> None:
    """In 100 data sets of slow cells and slow features that know nothing of each other, chance passes about 5 times."""
    false_positives, confirmed = 0, 0
    units = [Segment(k * 200, (k + 1) * 200) for k in range(20)]
    for trial in range(100):
        random = np.random.default_rng(1_000 + trial)
        cells = smooth(random, 8, 4_000, 10.0).astype(np.float32)
        tracks = smooth(random, 3, 4_000, 10.0)
        labels = Labels(
            [Feature("often"), Feature("seldom"), Feature("graded", graded=True)],
            [tracks[0] > 0, tracks[1] > 1.3, tracks[2]], [np.ones(4_000, bool)] * 3, units,
        )  # fmt: skip
        tests = Confirmation(
            cells, range(8), labels, units, random.integers(0, 3, 4_000),
            untrained=np.zeros((1, 3)), shifts=99, seed=trial,
        )  # fmt: skip
        figures = tests.test([Candidate(c, f, 0.5) for f in range(3) for c in range(8)])
        false_positives += any(one.passes["chance"] for one in figures)
        confirmed += any(one.confirmed for one in figures)
    # A binomial of 100 and 0.05 exceeds 11 once in 200 times.
    assert false_positives <= 11
    assert confirmed == 0


@pytest.mark.law
def test_untrained_networks_and_their_absence(planted: Planted) -> None:
    """A score has to exceed the untrained networks by 0.05; without such networks nothing is confirmed."""
    flag = planted.inside + 0.5 * np.random.default_rng(5).normal(size=N)
    arguments = ([flag], [planted.inside], [Feature("inside")])
    score = confirm(planted, *arguments, untrained=0.0)[0].score
    assert score is not None
    assert confirm(planted, *arguments, untrained=score - 0.051)[0].confirmed
    assert not confirm(planted, *arguments, untrained=score - 0.049)[0].passes["untrained"]
    labels = Labels([Feature("inside")], [planted.inside], [np.ones(N, bool)], UNITS)
    values = flag[None].astype(np.float32)
    tests = Confirmation(values, [7], labels, UNITS, planted.ids, untrained=np.zeros((0, 1)))
    one = tests.test([Candidate(7, 0, 0.9)])[0]
    assert one.untrained is None
    assert not one.confirmed


@pytest.mark.law
def test_positions_that_are_not_valid_do_not_count(planted: Planted) -> None:
    """Values of cells and features where a feature is not defined change none of its scores and intervals."""
    random = np.random.default_rng(6)
    valid = random.random(N) < 0.6
    flag = planted.inside + 0.3 * random.normal(size=N)
    other = np.where(valid, flag, random.normal(size=N) * 9)
    wrong = np.where(valid, planted.inside, ~planted.inside)
    feature = [Feature("inside")]
    first = confirm(planted, [flag], [planted.inside], feature, valid=[valid])[0]
    second = confirm(planted, [other], [wrong], feature, valid=[valid])[0]
    assert first.score == pytest.approx(second.score)
    assert first.interval == pytest.approx(second.interval)
    assert first.within == pytest.approx(second.within)
    assert first.confirmed


@pytest.mark.law
def test_rare_features_cannot_be_confirmed(planted: Planted) -> None:
    """What is found in fewer than five blocks, or 50 times, has no figures, and passes nothing."""
    seldom = np.zeros(N, bool)
    seldom[: 4 * BLOCK : 10] = True
    scarce = np.zeros(N, bool)
    scarce[:: N // 40] = True
    figures = confirm(planted, [seldom * 1.0, scarce * 1.0], [seldom, scarce], [Feature("seldom"), Feature("scarce")])
    assert all(one.score is None for one in figures)
    assert not any(one.confirmed or any(one.passes.values()) for one in figures)


@pytest.mark.law
def test_blocks_grow_with_the_correlation_length(planted: Planted, smooth: Any) -> None:
    """Blocks of a feature are at least twice its correlation length, by joining units."""
    slow = smooth(np.random.default_rng(7), 1, N, 900.0)[0]
    figures = confirm(planted, [slow], [slow, planted.inside], [Feature("slow", graded=True), Feature("inside")])
    assert figures[0].block_symbols > BLOCK
    assert figures[1].block_symbols == BLOCK


@pytest.mark.law
def test_a_short_part_is_refused(planted: Planted) -> None:
    """Shifts longer than two blocks need a part of more than four blocks, and the message says what to do."""
    short = UNITS[:4]
    labels = Labels([Feature("inside")], [planted.inside], [np.ones(N, bool)], short)
    values = np.zeros((1, 4 * BLOCK), np.float32)
    with pytest.raises(InputError, match="longer than two blocks"):
        Confirmation(values, [0], labels, short, planted.ids, untrained=np.zeros((1, 1))).test([Candidate(0, 0, 0.1)])
