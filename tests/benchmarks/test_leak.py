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
def test_own_files_go_but_for_what_is_held_out_and_others_as_much() -> None:
    """Of file c, 15 training symbols go; of other files another 15, and held-out symbols never count as training."""
    train = leak.mask_of(CUT.parts["train"], 90)
    own = leak.own_files(train, CUT.parts["test"], FILES)
    assert leak.segments_of(own) == [Segment(50, 60), Segment(70, 75)]
    other = leak.other_files(train, own, FILES, np.random.default_rng(0))
    assert other.sum() == 15
    assert not other[50:75].any()
    assert not (other & ~train).any()
    with pytest.raises(SystemExit, match="50 symbols too few"):
        leak.other_files(train, leak.own_files(train, [Segment(20, 70)], FILES), FILES, np.random.default_rng(0))


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
    train = ~leak.mask_of(test, len(ids))
    whole = leak.by_ngram(ids, train, test, 20).mean()
    (removed, without), (_, fewer) = leak.slice_by_slice(
        ids,
        train,
        test,
        20,
        lambda slice_: leak.own_files(train, [slice_], spans),
        lambda _, own: leak.other_files(train, own, spans, random),
    )
    assert removed == 350
    assert without.mean() > whole + 1
    assert fewer.mean() < whole + 0.2
