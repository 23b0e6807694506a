"""Tables that come from a file: what is sound is taken, what is damaged is refused, and neither leads outside."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from rnnscope.errors import DamagedArtifact
from rnnscope.ngram.checking import fault
from rnnscope.ngram.kneser_ney import Kernel, KneserNey

from .cases import KERNELS, Case, cases

Parts = dict[str, NDArray[Any]]


def model() -> KneserNey:
    rng = np.random.default_rng(5)
    return KneserNey.fit([rng.integers(0, 4, 300), rng.integers(0, 4, 50)], 5, 4, kernel="reference")


def copies(parts: Parts) -> Parts:
    return {name: array.copy() for name, array in parts.items()}


@pytest.mark.law
@pytest.mark.parametrize("kernel", KERNELS)
@settings(max_examples=40)
@given(case=cases())
def test_saved_models_come_back(kernel: Kernel, case: Case) -> None:
    """Arrays and facts are the whole model: what they make scores the same, whichever kernel made them."""
    fitted = case.fit(KERNELS[-1])
    again = KneserNey.from_parts(copies(fitted.parts()), fitted.facts(), kernel=kernel)
    assert (again.levels, again.bytes, again.facts()) == (fitted.levels, fitted.bytes, fitted.facts())
    asked = case.text, case.whole, list(range(case.context + 1))
    np.testing.assert_array_equal(again.log_probs_of_true(*asked), fitted.log_probs_of_true(*asked))


DAMAGES = {
    "no first separator": ("text", lambda a: a.__setitem__(0, 1)),
    "a symbol beyond the alphabet": ("text", lambda a: a.__setitem__(5, 6)),
    "a count below 0": ("counts", lambda a: a.__setitem__((0, 0), -1)),
    "branches that begin late": ("branch_symbol", lambda a: a, ("nodes", (0, 2), 1)),
    "branches beyond the end": ("branch_symbol", lambda a: a, ("nodes", (3, 2), 10**6)),
    "branches before the start": ("branch_symbol", lambda a: a, ("nodes", (3, 2), -7)),
    "followers beyond the end": ("follower_symbol", lambda a: a, ("nodes", (-1, 3), 2**31 - 1)),
    "a branch to no symbol": ("branch_symbol", lambda a: a.__setitem__(-1, 0)),
    "branches out of order": ("branch_symbol", lambda a: a.__setitem__(-1, 1)),
    "a follower beyond the alphabet": ("follower_symbol", lambda a: a.__setitem__(-1, 6)),
    "a context deeper than all": ("nodes", lambda a: a.__setitem__((0, 0), 5)),
    "a root that is none": ("nodes", lambda a: a.__setitem__((-2, 0), 1)),
    "a place beyond the text": ("nodes", lambda a: a.__setitem__((2, 1), 10**6)),
    "a place before the text": ("nodes", lambda a: a.__setitem__((2, 1), -1)),
    "a count of 0": ("follower_counts", lambda a: a.__setitem__((3, 1), 0)),
    "an endless walk": ("branch_target", lambda a: a.__setitem__(-1, 10**6)),
    "a walk in a circle": ("branch_target", lambda a: a.__setitem__(0, 2**31 - 1)),
    "a leaf beyond the text": ("branch_target", lambda a: a.__setitem__(0, -(10**6))),
    "a leaf on a separator": ("branch_target", lambda a: a.__setitem__(0, -1)),
}


@pytest.mark.planted
@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize("damage", DAMAGES)
def test_damage_is_named(kernel: Kernel, damage: str) -> None:
    """Each kind of damage is found in both kernels, and the message names the same array."""
    whole = model()
    parts = copies(whole.parts())
    name, change, *more = DAMAGES[damage]
    change(parts[name])
    for other, index, value in more:
        parts[other][index] = value
    with pytest.raises(DamagedArtifact, match=f"{name} is not what a fit makes"):
        KneserNey.from_parts(parts, whole.facts(), kernel=kernel)


@pytest.mark.planted
@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("nodes", lambda a: a.astype(np.int64)),
        ("nodes", lambda a: a[:, :3]),
        ("nodes", lambda a: a.ravel()),
        ("nodes", lambda a: a[:1]),
        ("branch_target", lambda a: a[:-1]),
        ("follower_counts", lambda a: a[:-1]),
        ("text", lambda a: a[:0]),
        ("text", lambda a: a.astype(np.uint16)),
        ("counts", lambda a: a[:-1]),
        ("raw", lambda a: np.zeros(3)),
    ],
)
def test_wrong_shapes_are_refused(name: str, change: Any) -> None:
    """Arrays of another type, length or name are refused before anything reads them."""
    whole = model()
    parts = copies(whole.parts())
    parts[name] = np.ascontiguousarray(change(parts.get(name)))
    with pytest.raises(DamagedArtifact):
        KneserNey.from_parts(parts, whole.facts())


@pytest.mark.planted
@pytest.mark.parametrize(
    "facts",
    [
        {},
        {"vocabulary": 0, "context": 4, "marks": False},
        {"vocabulary": 5, "context": 3, "marks": False},
        {"vocabulary": 5, "context": -1, "marks": False},
        {"vocabulary": True, "context": 4, "marks": False},
        {"vocabulary": "5", "context": 4, "marks": False},
        {"vocabulary": 10**12, "context": 4, "marks": False},
        {"vocabulary": 5, "context": 4, "marks": 0},
        {"vocabulary": 3, "context": 4, "marks": False},
    ],
)
def test_wrong_facts_are_refused(facts: dict[str, Any]) -> None:
    """Facts that are missing, of another type or of another model are refused."""
    with pytest.raises(DamagedArtifact):
        KneserNey.from_parts(model().parts(), facts)


@pytest.mark.law
@settings(max_examples=150)
@given(cases(most=30), st.randoms(use_true_random=False))
def test_whatever_is_accepted_can_be_used(case: Case, random: Any) -> None:
    """After any change of numbers both kernels say the same of the tables; what they accept gives finite scores."""
    fitted = case.fit("reference")
    parts, facts = copies(fitted.parts()), fitted.facts()
    for _ in range(random.randint(1, 3)):
        array = parts[random.choice([name for name, array in parts.items() if array.size])].reshape(-1)
        info = np.iinfo(array.dtype)
        near = int(array[random.randrange(array.size)]) + random.choice([-1, 0, 1])
        array[random.randrange(array.size)] = min(max(near, info.min), info.max) if random.random() < 0.8 else info.max
    reasons = {fault(parts, facts, compiled=kernel == "native") for kernel in KERNELS}
    assert len(reasons) == 1
    if reasons == {None}:
        for kernel in KERNELS:
            scored = KneserNey.from_parts(parts, facts, kernel=kernel).score(case.text, case.whole, [case.context])
            assert np.isfinite(scored.log_probs).all()
            assert ((scored.best >= 0) & (scored.best < case.vocabulary)).all()
