from __future__ import annotations

import numpy as np
import pytest

from rnnscope.analyse.agreement import agreement, cluster_test, embed, likeness
from rnnscope.errors import InputError


def families(seed: int, apart: float) -> tuple[np.ndarray, list[str]]:
    """Most likely symbols of eight models of two kinds; models of kind b share what they say `apart` of the time."""
    random = np.random.default_rng(seed)
    common = random.integers(0, 20, 3000)
    own = np.where(random.random(3000) < apart, random.integers(0, 20, 3000), common)
    rows, labels = [], []
    for model in range(8):
        kind = "a" if model < 4 else "b"
        row = np.where(random.random(3000) < 0.3, random.integers(0, 20, 3000), own if kind == "b" else common)
        rows.append(row)
        labels.append(kind)
    return np.array(rows, np.int32), labels


@pytest.mark.golden
def test_agreement_and_likeness_by_hand() -> None:
    """Three of four positions agree; distances between p(true) are root mean squares."""
    assert agreement(np.array([[1, 2, 3, 4], [1, 2, 3, 9]], np.int32)).tolist() == [[1, 0.75], [0.75, 1]]
    logs = np.log(np.array([[0.5, 0.5], [0.9, 0.2]], np.float32))
    assert likeness(logs)[0, 1] == pytest.approx(np.sqrt((0.16 + 0.09) / 2))


@pytest.mark.planted
def test_kinds_that_stand_apart_are_found_and_others_are_not() -> None:
    """Models with a share of own answers: small p, and neighbours on the map are of their kind. Without: rarely."""
    best, labels = families(1, 0.3)
    matrix = agreement(best)
    tested = cluster_test(matrix, labels, "b", permutations=499)
    assert tested.p_value is not None
    assert tested.p_value < 0.05
    assert tested.within > tested.between
    drawn = embed(1 - matrix, seeds=[1, 2])
    assert drawn.points.shape == (2, 8, 2)
    assert drawn.divergences[0] <= drawn.divergences[1]
    points = drawn.points[0]
    distances = np.linalg.norm(points[:, None] - points[None], axis=-1) + np.diag(np.full(8, np.inf))
    assert [labels[k] for k in distances.argmin(axis=1)] == labels
    p_values = [
        cluster_test(agreement(families(seed, 0.0)[0]), labels, "b", permutations=99).p_value for seed in range(20)
    ]
    assert sum(p is not None and p <= 0.05 for p in p_values) <= 4


@pytest.mark.law
def test_too_few_models_are_refused() -> None:
    """Four models make no map, one model no kind; a perplexity above the number of models is none."""
    with pytest.raises(InputError, match="fewer than 5"):
        embed(np.ones((4, 4)))
    with pytest.raises(InputError, match="perplexity"):
        embed(1 - np.eye(6), perplexity=6)
    with pytest.raises(InputError, match="pairs of the kind"):
        cluster_test(np.eye(3), ["a", "b", "b"], "a")
    assert cluster_test(np.eye(3), ["a", "b", "b"], "b", permutations=9).p_value is None
