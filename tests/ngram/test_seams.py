"""Where parts meet: what is counted as one stream, and what a part is read after."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnnscope.config import CorpusConfig, NgramConfig
from rnnscope.corpus import split
from rnnscope.corpus.split import Segment, Split
from rnnscope.errors import InputError
from rnnscope.ngram import seams
from rnnscope.ngram.kneser_ney import KneserNey
from rnnscope.ngram.scoring import count, score_part

pytestmark = pytest.mark.law

IDS = np.arange(12, dtype=np.uint8)
ROWS = Split(
    "streams",
    {
        "train": (Segment(0, 3), Segment(6, 9)),
        "valid": (Segment(3, 5), Segment(9, 11)),
        "test": (Segment(5, 6), Segment(11, 12)),
    },
)


def test_true_seams_count_each_stretch_alone() -> None:
    """A stretch is a stream of its own unless the one before it ends where it begins."""
    assert [list(stream) for stream in seams.training_streams(IDS, ROWS.parts["train"], "true")] == [
        [0, 1, 2],
        [6, 7, 8],
    ]
    touching = (Segment(0, 3), Segment(3, 5), Segment(6, 7))
    assert [list(stream) for stream in seams.training_streams(IDS, touching, "true")] == [[0, 1, 2, 3, 4], [6]]
    assert seams.training_streams(IDS, (), "true") == []


def test_joined_seams_count_one_stream() -> None:
    """All stretches one after another are one stream."""
    assert [list(stream) for stream in seams.training_streams(IDS, ROWS.parts["train"], "joined")] == [
        [0, 1, 2, 6, 7, 8]
    ]
    assert seams.training_streams(IDS, (), "joined") == []


def test_true_seams_read_a_part_in_its_place() -> None:
    """The text itself is read, and the part's own segments are scored."""
    read, pieces = seams.reading(IDS, ROWS, "test", "true")
    np.testing.assert_array_equal(read, IDS)
    assert pieces == [(5, 6), (11, 12)]


def test_joined_seams_read_a_part_after_the_one_before() -> None:
    """Validation stands after all of training, test after all of validation, training after nothing."""
    for part, before, own in (("test", [3, 4, 9, 10], [5, 11]), ("valid", [0, 1, 2, 6, 7, 8], [3, 4, 9, 10])):
        read, pieces = seams.reading(IDS, ROWS, part, "joined")
        assert list(read) == before + own
        assert pieces == [(len(before), len(before) + len(own))]
    read, pieces = seams.reading(IDS, ROWS, "train", "joined")
    assert (list(read), pieces) == ([0, 1, 2, 6, 7, 8], [(0, 6)])
    without_valid = Split("streams", ROWS.parts | {"valid": ()})
    assert list(seams.reading(IDS, without_valid, "test", "joined")[0]) == [0, 1, 2, 6, 7, 8, 5, 11]


@given(
    st.integers(40_000, 90_000),
    st.sampled_from(["streams", "contiguous"]),
    st.sampled_from(["true", "joined"]),
    st.sampled_from(["train", "valid", "test"]),
)
def test_scores_stand_where_their_symbols_do(n: int, name: split.SplitName, how: seams.Seams, part: str) -> None:
    """What is scored, in order, are the symbols at the positions that are named, for any split and either seams."""
    ids = np.arange(n, dtype=np.int32)
    cut = split.make(n, CorpusConfig(text="-", split=name, fractions=(50.0, 25.0, 25.0)))
    read, pieces = seams.reading(ids, cut, part, how)
    scored = np.concatenate([read[start:stop] for start, stop in pieces])
    np.testing.assert_array_equal(scored, ids[seams.positions(cut.parts[part])])
    counted = np.concatenate(seams.training_streams(ids, cut.parts["train"], how))
    np.testing.assert_array_equal(counted, ids[seams.positions(cut.parts["train"])])


def test_no_ngram_crosses_a_true_seam() -> None:
    """With true seams the rows of the split share counts with nothing that another row begins with."""
    ids = np.array([0, 1, 2, 3] * 3, np.uint8)
    parts = {"train": (Segment(0, 2), Segment(6, 8)), "valid": (), "test": (Segment(10, 12),)}
    cut = Split("streams", {name: tuple(segments) for name, segments in parts.items()})
    true, joined = (count(ids, cut, 4, NgramConfig(contexts="1", seams=how)) for how in ("true", "joined"))
    # 01 and 23 are there; 12 only where the rows are joined (beside what the marks add).
    assert true.levels[1].ngrams == 2
    assert joined.levels[1].ngrams == 5
    assert (true.marks, joined.marks) == (False, True)


def test_scores_of_a_part_are_those_of_the_model() -> None:
    """A score table holds what the model gives for each symbol of the part after what stands before it in the text."""
    ids = np.random.default_rng(3).integers(0, 4, 4000).astype(np.uint8)
    cut = split.make(len(ids), CorpusConfig(text="-"))
    config = NgramConfig(contexts="0,2,5")
    model = count(ids, cut, 4, config)
    table = score_part(model, ids, cut, "test", config, facts={"part": "test"})
    assert table.contexts == (0, 2, 5)
    for row, context in enumerate(table.contexts):
        for place in (0, 17, 399):
            position = int(table.positions[place])
            assert position == cut.parts["test"][0].start + place
            ((_, log_probs_1V),) = model.distributions(ids, [(position, position + 1)], context)
            assert table.log_probs[row, place] == pytest.approx(log_probs_1V[0, ids[position]], abs=1e-6)
            assert table.best[row, place] == log_probs_1V[0].argmax()
            assert table.ranks[row, place] == 1 + (log_probs_1V[0] > log_probs_1V[0, ids[position]]).sum()
    assert isinstance(model, KneserNey)


def test_an_empty_training_part_is_refused() -> None:
    """Where there is nothing to count, counting says so."""
    cut = Split("files", {"train": (), "valid": (), "test": (Segment(0, 12),)})
    with pytest.raises(InputError, match="its training part is empty"):
        count(IDS, cut, 12, NgramConfig())
