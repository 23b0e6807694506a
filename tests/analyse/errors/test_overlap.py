from __future__ import annotations

import numpy as np
import pytest

from rnnscope.analyse.errors.overlap import overlap
from rnnscope.analyse.errors.predictions import Predictions
from rnnscope.analyse.errors.symbols import advantages, mean_probs
from rnnscope.artifacts.scores import Scores
from rnnscope.errors import InputError


def scores(positions: list[int], ids: list[int], probs: list[float]) -> Scores:
    count = len(ids)
    logs = np.log(np.array(probs, np.float32))
    empty = np.zeros(count, np.int32)
    return Scores(np.array(positions, np.int64), np.array(ids, np.int32), logs, empty, empty)


def predictions(block: int = 2, **probs: list[float]) -> Predictions:
    count = len(next(iter(probs.values())))
    rows = {name: scores(list(range(count)), [k % 3 for k in range(count)], row) for name, row in probs.items()}
    return Predictions.of(rows, block)


@pytest.mark.golden
def test_regions_of_three_predictors_by_hand() -> None:
    """Eight positions, one for each region of a Venn diagram; the threshold moves them."""
    found = overlap(
        predictions(
            a=[0.9, 0.1, 0.9, 0.9, 0.1, 0.1, 0.9, 0.1],
            b=[0.9, 0.9, 0.1, 0.9, 0.1, 0.9, 0.1, 0.1],
            c=[0.9, 0.9, 0.9, 0.6, 0.9, 0.1, 0.1, 0.1],
        )
    )
    assert found.totals == {"a": 4, "b": 4, "c": 3}
    assert found.count() == 2
    assert [found.count(*names) for names in ("a", "b", "c", "ab", "ac", "bc", "abc")] == [1, 1, 0, 1, 1, 1, 1]
    assert sum(region.errors for region in found.regions) == found.chars == 8
    stricter = overlap(predictions(a=[0.9, 0.6], b=[0.6, 0.6]), threshold=0.7)
    assert stricter.totals == {"a": 1, "b": 2}


@pytest.mark.law
def test_scores_of_other_symbols_are_refused_and_order_does_not_matter() -> None:
    """Scores in another order are brought into text order; scores of another text are refused by name."""
    one, two = scores([4, 2, 9], [0, 1, 2], [0.1, 0.2, 0.3]), scores([4, 2, 9], [0, 1, 2], [0.4, 0.5, 0.6])
    found = Predictions.of({"one": one, "two": two}, 5)
    assert found.positions.tolist() == [2, 4, 9]
    assert np.exp(found.row("two")) == pytest.approx([0.5, 0.4, 0.6])
    with pytest.raises(InputError, match="not about the same symbols"):
        Predictions.of({"one": one, "two": scores([4, 2, 9], [0, 1, 1], [0.4, 0.5, 0.6])}, 5)
    with pytest.raises(InputError, match="at least one predictor"):
        Predictions.of({}, 5)


@pytest.mark.golden
def test_mean_probability_by_symbol() -> None:
    """Means over the occurrences of each symbol; NaN for one that never comes."""
    means, counts = mean_probs(predictions(a=[0.5, 0.2, 0.6, 0.7, 0.4]), 4)
    assert counts.tolist() == [2, 2, 1, 0]
    assert means[0, :3] == pytest.approx([0.6, 0.3, 0.6])
    assert np.isnan(means[0, 3])


@pytest.mark.planted
def test_symbols_are_chosen_on_one_part_and_measured_on_the_other() -> None:
    """The planted advantage is found with its sign and size; pure noise on one part vanishes on the other."""
    random = np.random.default_rng(5)

    def part(seed_shift: float) -> Predictions:
        ids = random.integers(0, 40, 40_000)
        base = random.uniform(0.2, 0.6, len(ids))
        first = base + random.normal(0, 0.05, len(ids)) + np.where(ids == 3, 0.2, 0) - np.where(ids == 7, 0.1, 0)
        second = base + random.normal(0, 0.05, len(ids))
        rows = {
            name: scores(list(range(len(ids))), ids.tolist(), np.clip(row, 0.01, 0.99).tolist())
            for name, row in (("first", first), ("second", second))
        }
        return Predictions.of(rows, 500)

    found = advantages(part(0), part(1), "first", "second", 40)
    best, worst = found.first[0], found.second[0]
    assert (best.id, worst.id) == (3, 7)
    assert best.interval is not None
    assert best.difference == pytest.approx(0.2, abs=0.01)
    assert best.interval[0] < 0.2 < best.interval[1]
    assert worst.difference == pytest.approx(-0.1, abs=0.01)
    covered = [one.interval[0] <= 0 <= one.interval[1] for one in found.first[1:] if one.interval]
    assert np.mean(covered) > 0.7


@pytest.mark.law
def test_rare_symbols_are_not_chosen() -> None:
    """A symbol that came fewer than 50 times where symbols are chosen is not shown, however large its advantage."""
    count = 49
    rows = {
        "a": scores(list(range(count)), [0] * count, [0.9] * count),
        "b": scores(list(range(count)), [0] * count, [0.1] * count),
    }
    few = Predictions.of(rows, 5)
    found = advantages(few, few, "a", "b", 1)
    assert (found.first, found.second) == ((), ())
