"""The real search over a few hand-wired networks; all forty are searched in tests/campaign."""

from __future__ import annotations

import pytest

from rnnscope.api.search.bars import Kept

from .cases import CASES, DECOYS, Case
from .search import objections, searched

FEW = [
    case
    for case in (*CASES, *DECOYS)
    if case.name in ("quote: gru", "unheard quote: lstm", "fading sentence signs: lstm")
]


@pytest.mark.planted
@pytest.mark.parametrize("case", FEW, ids=lambda case: case.name)
def test_the_truth_is_found(case: Case) -> None:
    """A wired cell is causal, one that nobody hears is a tracker and no more, and an echo of symbols is nothing."""
    kept: Kept = {}
    found = searched(case, kept, features=(case.feature.name, "last-letter"), symbols=60_000)
    assert objections(case, found) == []
    assert len(kept) == 19 + 3
    again = searched(case, kept, features=(case.feature.name, "last-letter"), symbols=60_000)
    assert again == found
