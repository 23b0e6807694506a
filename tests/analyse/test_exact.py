from __future__ import annotations

from itertools import combinations, product
from math import comb

import numpy as np
import pytest
from scipy import stats

from rnnscope.analyse.exact import Stratum, clopper_pearson, stratified


@pytest.mark.oracle
@pytest.mark.parametrize(("successes", "trials"), [(0, 5), (1, 5), (5, 5), (3, 20), (20, 20), (57, 100)])
@pytest.mark.parametrize("level", [0.9, 0.95])
def test_intervals_are_scipys(successes: int, trials: int, level: float) -> None:
    """Both ends equal those of scipy's exact method."""
    expected = stats.binomtest(successes, trials).proportion_ci(level, method="exact")
    assert clopper_pearson(successes, trials, level) == pytest.approx((expected.low, expected.high), abs=1e-12)


@pytest.mark.oracle
@pytest.mark.parametrize(("first", "second"), [((5, 5), (1, 5)), ((4, 7), (2, 9)), ((0, 5), (0, 5)), ((1, 3), (3, 3))])
def test_one_stratum_is_fishers_test(first: tuple[int, int], second: tuple[int, int]) -> None:
    """With a single stratum both p-values are those of scipy's exact test of Fisher."""
    found = stratified([Stratum("", first, second)])
    table = [[first[0], first[1] - first[0]], [second[0], second[1] - second[0]]]
    assert found.p_first_better == pytest.approx(stats.fisher_exact(table, "greater").pvalue)
    assert found.p_two_sided == pytest.approx(stats.fisher_exact(table).pvalue)


@pytest.mark.oracle
def test_several_strata_are_all_ways_to_deal_the_labels_again() -> None:
    """The p-values are shares of all assignments of the two labels within strata, counted one by one."""
    outcomes = [[1, 1, 1, 0, 1, 0], [1, 0, 0, 0, 0], [1, 1, 0, 1, 1]]
    sizes = [3, 2, 3]  # trials of the first way come first
    observed = sum(sum(each[:size]) for each, size in zip(outcomes, sizes, strict=True))
    deals = [
        [sum(each[i] for i in chosen) for chosen in combinations(range(len(each)), size)]
        for each, size in zip(outcomes, sizes, strict=True)
    ]
    totals = np.array([sum(deal) for deal in product(*deals)])
    counts = np.bincount(totals)
    found = stratified(
        [
            Stratum(str(index), (sum(each[:size]), size), (sum(each[size:]), len(each) - size))
            for index, (each, size) in enumerate(zip(outcomes, sizes, strict=True))
        ]
    )
    assert found.successes == observed
    assert found.expected == pytest.approx(totals.mean())
    assert found.p_first_better == pytest.approx((totals >= observed).mean())
    assert found.p_two_sided == pytest.approx(counts[counts <= counts[observed]].sum() / len(totals))


@pytest.mark.law
def test_strata_in_which_all_or_none_succeed_change_nothing() -> None:
    """They leave p-values as they are and are not counted as informative."""
    informative = [Stratum("a", (4, 5), (1, 5)), Stratum("b", (3, 5), (2, 5))]
    alone = stratified(informative)
    with_silent = stratified([*informative, Stratum("c", (5, 5), (5, 5)), Stratum("d", (0, 5), (0, 5))])
    assert (with_silent.p_first_better, with_silent.p_two_sided) == pytest.approx(
        (alone.p_first_better, alone.p_two_sided)
    )
    assert (alone.informative, with_silent.informative) == (2, 2)


@pytest.mark.law
def test_the_test_keeps_its_level() -> None:
    """If the ways do not differ, p <= 0.05 comes in at most 5 % of cases: counted over all outcomes of two strata."""
    probabilities = {}
    for a, b, c, d in product(range(5), repeat=4):
        weight = comb(4, a) * comb(4, b) * 0.5**8 * comb(4, c) * comb(4, d) * 0.2 ** (c + d) * 0.8 ** (8 - c - d)
        found = stratified([Stratum("easy", (a, 4), (b, 4)), Stratum("hard", (c, 4), (d, 4))])
        probabilities[a, b, c, d] = (weight, found.p_first_better, found.p_two_sided)
    assert sum(weight for weight, *_ in probabilities.values()) == pytest.approx(1)
    for which in (1, 2):
        assert 0 < sum(each[0] for each in probabilities.values() if each[which] <= 0.05) <= 0.05
