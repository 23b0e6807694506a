"""What the benchmark of the leak leaves out is what it says."""

from __future__ import annotations

import leak
import numpy as np
import pytest

from rnnscope.corpus.split import Segment, Split
from rnnscope.corpus.text import FileSpan

CUT = Split(
    "streams", {"train": (Segment(0, 60), Segment(70, 90)), "valid": (Segment(60, 65),), "test": (Segment(65, 70),)}
)
FILES = [FileSpan("a", 0, 30), FileSpan("b", 30, 50), FileSpan("c", 50, 75), FileSpan("d", 75, 90)]


@pytest.mark.golden
def test_own_files_lose_all_but_the_test_slice_and_others_as_much() -> None:
    """Of file c, 15 training symbols go; of other files another 15, and held-out symbols never count as training."""
    own, other = leak.without_own_files(CUT, FILES, 90, seed=0)
    assert leak.segments_of(own) == [Segment(0, 50), Segment(75, 90)]
    train = leak.mask_of(CUT.parts["train"], 90)
    gone = train & ~other
    assert gone.sum() == 15
    assert not gone[50:75].any()
    assert not (other & ~train).any()


@pytest.mark.golden
def test_neighbourhoods_lie_on_both_sides_and_their_like_far_away() -> None:
    """Within 8 symbols: 3 before the validation part begins, 8 behind the slice; elsewhere 11 as well."""
    train = leak.mask_of(CUT.parts["train"], 90)
    near = leak.neighbourhood(train, CUT.parts["test"][0], 8)
    assert leak.segments_of(near) == [Segment(57, 60), Segment(70, 78)]
    far = leak.far_stretch(train, CUT.parts["test"][0], 11, np.random.default_rng(0))
    assert far.sum() == 11
    assert far[: 65 - 90 // 4].sum() == 11


@pytest.mark.planted
def test_a_copied_file_leaks() -> None:
    """Files that repeat themselves: without the rest of its own file a test slice costs far more."""
    random = np.random.default_rng(1)
    files = [np.tile(random.integers(0, 20, 50), 8) for _ in range(30)]
    ids = np.concatenate(files)
    spans = [FileSpan(str(at), 400 * at, 400 * at + 400) for at in range(30)]
    test = tuple(Segment(400 * at + 350, 400 * at + 400) for at in range(0, 30, 3))
    held = leak.mask_of(test, len(ids))
    cut = Split("streams", {"train": tuple(leak.segments_of(~held)), "valid": (), "test": test})
    own, other = leak.without_own_files(cut, spans, len(ids), seed=0)
    whole, without, fewer = (leak.by_ngram(ids, kept, test, 20).mean() for kept in (~held, own, other))
    assert without > whole + 1
    assert fewer < whole + 0.2
