from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnnscope.analyse.cells import parts
from rnnscope.corpus.split import Segment
from rnnscope.errors import InputError

ROWS = [Segment(k * 10_000 + 9_000, (k + 1) * 10_000) for k in range(100)]


def all_units(made: parts.Parts) -> list[Segment]:
    return sorted(made.discover + made.confirm + made.intervene)


@pytest.mark.law
def test_rows_stay_whole() -> None:
    """Every row is in one part, the parts are of about equal size, and the seed decides which row goes where."""
    made = parts.make(ROWS, rows=True, seed=3)
    assert made.unit == "rows"
    assert all_units(made) == ROWS
    assert {len(made.discover), len(made.confirm), len(made.intervene)} == {33, 34}
    assert parts.make(ROWS, rows=True, seed=3) == made
    assert parts.make(ROWS, rows=True, seed=4).discover != made.discover


@pytest.mark.law
@given(st.lists(st.integers(1, 5_000), min_size=15, max_size=60), st.integers(0, 99))
def test_no_file_is_in_two_parts(lengths: list[int], seed: int) -> None:
    """Whatever the files, the parts share none, and no part is larger than another by more than the longest file."""
    files, at = [], 0
    for length in lengths:
        files.append(Segment(at, at + length))
        at += length
    made = parts.make([Segment(0, at)], files=files, seed=seed)
    assert all_units(made) == files
    sizes = [sum(b - a for a, b in part) for part in (made.discover, made.confirm, made.intervene)]
    assert max(sizes) - min(sizes) <= max(lengths)


@pytest.mark.law
def test_a_file_across_a_border_gives_its_longest_piece() -> None:
    """What of a file lies outside the segments is in no part, and a file in two segments is not dealt out twice."""
    files = [Segment(k * 100, (k + 1) * 100) for k in range(40)]
    made = parts.make([Segment(50, 330), Segment(350, 4_000)], files=files)
    units = all_units(made)
    assert units[0] == Segment(50, 100)
    assert units[3] == Segment(350, 400)
    assert len(units) == 40


@pytest.mark.law
def test_blocks_of_prose() -> None:
    """At least 2,000 symbols, a hundredth of the text, and twice the correlation length; all text is dealt out."""
    short = parts.make([Segment(100, 60_100)])
    assert {unit.stop - unit.start for unit in all_units(short)} == {2_000}
    long = parts.make([Segment(0, 500_000)])
    assert min(unit.stop - unit.start for unit in all_units(long)) == 5_000
    slow = parts.make([Segment(0, 500_000)], correlation=6_000)
    lengths = [unit.stop - unit.start for unit in all_units(slow)]
    assert min(lengths) >= 12_000
    assert sum(lengths) == 500_000


@pytest.mark.law
def test_parts_can_be_limited() -> None:
    """With a limit no part is larger, and a note says what was left out."""
    made = parts.make(ROWS, rows=True, most=10_000)
    assert all(len(part) == 10 for part in (made.discover, made.confirm, made.intervene))
    assert any("70 of 100 rows are left out" in note for note in made.notes)


@pytest.mark.law
def test_too_little_text_is_refused() -> None:
    """Fewer than five units for a part allow nothing, and the message says so; few units are pointed out."""
    with pytest.raises(InputError, match="each of the three parts needs at least 5"):
        parts.make([Segment(0, 29_000)])
    assert any("rough" in note for note in parts.make([Segment(0, 40_000)]).notes)
