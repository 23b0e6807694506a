"""How a text is cut into parts."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rnnscope.config import CorpusConfig
from rnnscope.corpus.split import PARTS, Segment, Split, make
from rnnscope.corpus.text import FileSpan
from rnnscope.errors import InputError


def config(**changes: Any) -> CorpusConfig:
    return CorpusConfig(text="text", **changes)


def positions(split: Split, part: str) -> list[int]:
    return [position for start, stop in split.parts[part] for position in range(start, stop)]


def spans(*sizes: int) -> list[FileSpan]:
    ends = np.cumsum(sizes).tolist()
    return [FileSpan(f"f{n}", end - size, end) for n, (size, end) in enumerate(zip(sizes, ends, strict=True))]


@pytest.mark.golden
def test_contiguous_cuts_of_the_paper_texts() -> None:
    """War and Peace 80/10/10 and Linux 90/5/5 are cut at whole floors."""
    split = make(3_258_246, config())
    assert split.parts == {
        "train": (Segment(0, 2_606_596),),
        "valid": (Segment(2_606_596, 2_932_421),),
        "test": (Segment(2_932_421, 3_258_246),),
    }
    sizes = [make(6_206_996, config(fractions=(90, 5, 5))).size(part) for part in PARTS]
    assert sizes == [5_586_296, 310_350, 310_350]


@pytest.mark.golden
def test_folds_move_towards_the_beginning() -> None:
    """Fold k tests the k-th tenth from the end; validation is the tenth before it, round the corner for the last."""
    second = make(100, config(fold=1))
    assert second.parts == {
        "train": (Segment(0, 70), Segment(90, 100)),
        "valid": (Segment(70, 80),),
        "test": (Segment(80, 90),),
    }
    last = make(100, config(fold=9))
    assert last.parts == {"train": (Segment(10, 90),), "valid": (Segment(90, 100),), "test": (Segment(0, 10),)}
    # A validation part longer than what is left before the test block continues at the end of the text.
    wrapped = make(100, config(fold=3, fractions=(50, 30, 20)))
    assert wrapped.parts["valid"] == (Segment(0, 20), Segment(90, 100))
    assert wrapped.parts["train"] == (Segment(40, 90),)


@pytest.mark.law
@settings(max_examples=150)
@given(st.integers(100, 5000), st.sampled_from([1.0, 2.0, 2.5, 4.0, 5.0, 10.0, 12.5, 20.0, 25.0]), st.data())
def test_each_position_is_tested_in_exactly_one_fold(n: int, share: float, data: st.DataObject) -> None:
    """Where the test share divides 100, the test parts of all folds cover the text once; one fold more is refused."""
    valid = data.draw(st.sampled_from([5.0, 10.0, 33.3]))
    shares = (100 - share - valid, valid, share)
    folds = round(100 / share)
    tested = [
        position
        for fold in range(folds)
        for position in positions(make(n, config(fold=fold, fractions=shares)), "test")
    ]
    assert sorted(tested) == list(range(n))
    with pytest.raises(InputError, match=f"at fold {folds - 1}"):
        make(n, config(fold=folds, fractions=shares))


@pytest.mark.law
@settings(max_examples=150)
@given(
    st.integers(1, 30_000),
    st.sampled_from(["contiguous", "streams", "files"]),
    st.tuples(st.integers(1, 98), st.integers(0, 50)).filter(lambda pair: sum(pair) <= 100),
    st.integers(0, 3),
    st.lists(st.integers(1, 50), min_size=3, max_size=12),
)
def test_parts_are_disjoint_and_cover_all(
    n: int, name: str, shares: tuple[int, int], fold: int, sizes: list[int]
) -> None:
    """Every position is in one part or among the dropped at the end; a refusal only comes where a part is empty."""
    fractions = (float(shares[0]), float(shares[1]), float(100 - sum(shares)))
    files = spans(*sizes) if name == "files" else ()
    n = sum(sizes) if name == "files" else n
    asked = config(split=name, fractions=fractions, fold=fold * (name == "contiguous"))
    try:
        split = make(n, asked, files)
    except InputError:
        with pytest.raises(InputError, match=r"would be empty|at least|reaches the beginning"):
            make(n, asked, files)
        return
    found = sorted(position for part in PARTS for position in positions(split, part))
    assert found == list(range(n - split.dropped))
    for part, share in zip(PARTS, fractions, strict=True):
        assert (split.size(part) > 0) == (share > 0)
        cuts = [cut for segment in split.parts[part] for cut in segment]
        assert cuts == sorted(cuts)


@pytest.mark.golden
def test_streams_of_war_and_peace() -> None:
    """325 chunks a row are 260 / 32 / 33; the test part has 330,000 symbols; 8,246 at the end are dropped and told."""
    split = make(3_258_246, config(split="streams"))
    assert [split.size(part) for part in PARTS] == [2_600_000, 320_000, 330_000]
    assert split.dropped == 8_246
    assert split.parts["train"][:2] == (Segment(0, 26_000), Segment(32_500, 58_500))
    assert split.parts["valid"][0] == Segment(26_000, 29_200)
    assert split.parts["test"][-1] == Segment(3_246_700, 3_250_000)
    assert all(len(split.parts[part]) == 100 for part in PARTS)
    assert "8,246" in split.notes[0]


@pytest.mark.golden
def test_streams_of_linux() -> None:
    """620 chunks a row at 90/5/5 are 558 / 31 / 31."""
    split = make(6_206_996, config(split="streams", fractions=(90, 5, 5)))
    assert [split.size(part) for part in PARTS] == [5_580_000, 310_000, 310_000]
    assert split.dropped == 6_996


@pytest.mark.oracle
@pytest.mark.parametrize("n", [100_000, 123_456])
def test_streams_equal_a_reshaped_array(n: int) -> None:
    """The rows are those of an array reshaped to 100 rows, the parts its columns."""
    split = make(n, config(split="streams"))
    chunks = n // 10_000
    rows = np.arange(chunks * 10_000).reshape(100, chunks * 100)
    cut = int(chunks * 0.8) * 100
    assert positions(split, "train") == rows[:, :cut].ravel().tolist()
    assert positions(split, "test") == rows[:, cut + chunks // 10 * 100 :].ravel().tolist()


@pytest.mark.golden
def test_streams_without_a_test_part() -> None:
    """What rounding leaves over goes to the last part that was asked for."""
    assert [make(150_000, config(split="streams", fractions=(90, 10, 0))).size(part) for part in PARTS] == [
        130_000,
        20_000,
        0,
    ]
    assert make(10_000_000, config(split="streams", fractions=(33.3, 33.4, 33.3))).size("train") == 3_330_000
    assert make(150_000, config(split="streams", fractions=(100, 0, 0))).size("train") == 150_000


@pytest.mark.golden
def test_files_stay_whole() -> None:
    """Each cut goes to the nearest boundary of a file."""
    split = make(100, config(split="files"), spans(30, 45, 8, 9, 8))
    assert split.parts == {"train": (Segment(0, 83),), "valid": (Segment(83, 92),), "test": (Segment(92, 100),)}
    assert split.notes == ("Files: train 3, valid 1, test 1.",)
    assert make(100, config(split="files"), spans(78, 6, 7, 9)).parts["valid"] == (Segment(78, 91),)


@pytest.mark.golden
def test_one_huge_file_leaves_files_for_the_other_parts() -> None:
    """However uneven the files are, each part that was asked for gets at least one."""
    for sizes in [(98, 1, 1), (1, 98, 1), (1, 1, 98)]:
        split = make(100, config(split="files"), spans(*sizes))
        assert [split.size(part) for part in PARTS] == list(sizes)
    assert make(100, config(split="files", fractions=(90, 0, 10)), spans(1, 99)).size("valid") == 0


@pytest.mark.golden
@pytest.mark.parametrize(
    ("n", "changes", "files", "why"),
    [
        (1, {}, (), "train part would be empty"),
        (4, {}, (), "valid part would be empty"),
        (9_999, {"split": "streams"}, (), "at least 10,000 symbols"),
        (90_000, {"split": "streams"}, (), "valid part would be empty"),
        (100, {"split": "files"}, (), "at least 3 files"),
        (100, {"split": "files"}, spans(50, 50), "at least 3 files"),
        (100, {"fold": 10}, (), "at fold 9"),
        (100, {"fold": 1, "fractions": (90, 10, 0)}, (), "at fold 0"),
    ],
)
def test_cuts_that_cannot_be(n: int, changes: dict[str, Any], files: Any, why: str) -> None:
    """A part that would be empty, a fold that does not exist and unknown files are refused with what to do."""
    with pytest.raises(InputError) as error:
        make(n, config(**changes), files)
    assert why in error.value.why
    assert "--" in error.value.todo


@pytest.mark.golden
def test_smallest_text_of_each_split() -> None:
    """One symbol more than what is refused is accepted."""
    assert make(10, config()).size("test") == 1
    assert make(100_000, config(split="streams")).size("valid") == 10_000
    assert make(3, config(split="files"), spans(1, 1, 1)).size("train") == 1
