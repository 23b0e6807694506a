"""Settings chosen from the size of a text, and settings refused."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rnnscope.corpus.auto import READ, check, choose
from rnnscope.corpus.lanes import TrainingLanes
from rnnscope.corpus.split import Segment, Split
from rnnscope.errors import InputError


def of_size(train: int) -> Split:
    return Split("contiguous", {"train": (Segment(0, train),), "valid": (), "test": ()})


@pytest.mark.law
@settings(max_examples=500)
@given(st.integers(2, 10**9), st.integers(0, 10**6), st.integers(10_000, 10**8))
def test_chosen_settings_fit_and_end(train: int, valid: int, read: int) -> None:
    """Chosen settings pass the check, and no more is read than was allowed, one pass excepted."""
    chosen = choose(train, valid, read=read)
    check(of_size(train), chosen.batch, chosen.steps)
    assert chosen.epochs >= 1
    assert chosen.epochs * train <= max(read, train)
    assert len(chosen.reasons) == 3
    batch = min(train, 77)
    check(of_size(train), batch, choose(train, valid, batch=batch).steps)


@pytest.mark.golden
@pytest.mark.parametrize(
    ("size", "expected"),
    [
        (1_600, (2, 25, 30)),
        (16_000, (4, 25, 19)),
        (80_000, (16, 50, 30)),
        (160_000, (32, 50, 30)),
        (800_000, (32, 64, 8)),
        (3_200_000, (32, 64, 2)),
        (5_000_000, (32, 64, 1)),
    ],
)
def test_settings_for_texts_of_2_kb_to_6_mb(size: int, expected: tuple[int, int, int]) -> None:
    """Batch, steps and epochs for typical sizes: some thousand updates each, and not more reading than asked."""
    chosen = choose(size, size // 8)
    assert (chosen.batch, chosen.steps, chosen.epochs) == expected
    assert chosen.epochs * size // (chosen.batch * chosen.steps) > 900
    assert chosen.epochs * size <= READ


@pytest.mark.law
@settings(max_examples=300)
@given(st.integers(2, 10**7), st.integers(1, 200), st.integers(1, 200), st.integers(0, 100))
def test_what_was_asked_is_kept(train: int, batch: int, steps: int, epochs: int) -> None:
    """Given settings are never changed and get no reason; 0 epochs count as given."""
    chosen = choose(train, 10, batch=batch, steps=steps, epochs=epochs)
    assert (chosen.batch, chosen.steps, chosen.epochs, chosen.reasons) == (batch, steps, epochs, ())
    assert choose(train, 10, steps=steps).steps == steps
    assert choose(train, 10, batch=batch).batch == batch


@pytest.mark.golden
def test_without_validation_fewer_passes() -> None:
    """Where nothing can tell when learning by heart begins, passes are few."""
    assert choose(16_000, 0).epochs == 7
    assert choose(16_000, 2_000).epochs == 19


@pytest.mark.golden
def test_reasons_give_the_numbers() -> None:
    """Each sentence names the option, its value and the numbers behind it."""
    steps, batch, epochs = choose(16_000, 2_000).reasons
    assert "--steps 25" in steps
    assert "16,000" in steps
    assert "--batch 4: one pass makes 160 updates of 100 symbols" in batch
    assert "--epochs 19: 3,040 updates, 304,000 symbols read" in epochs


@pytest.mark.law
@settings(max_examples=500)
@given(st.integers(1, 5000), st.integers(1, 80), st.integers(1, 80))
def test_refused_settings_name_ones_that_fit(train: int, batch: int, steps: int) -> None:
    """A part that fills every lane's first chunk trains; else the message's settings do, and one more would not."""
    if train >= max(2, batch * steps):
        check(of_size(train), batch, steps)
        assert TrainingLanes(np.zeros(train, np.uint8), [Segment(0, train)], batch, steps).chunks >= 1
        return
    with pytest.raises(InputError) as error:
        check(of_size(train), batch, steps)
    if train < 2:
        assert "longer text" in error.value.todo
        return
    advice = error.value.todo.removeprefix("The largest settings that fit: ").split("; or ")[0]
    for option in advice.split(" or "):
        words = option.split()
        fitting_batch, fitting_steps = int(words[1]), int(words[3])
        check(of_size(train), fitting_batch, fitting_steps)
        larger = (fitting_batch + 1, fitting_steps) if fitting_steps == steps else (fitting_batch, fitting_steps + 1)
        with pytest.raises(InputError):
            check(of_size(train), *larger)


@pytest.mark.golden
@pytest.mark.parametrize(("size", "fits"), [(9_999, False), (10_000, True), (10_001, True)])
def test_exactly_one_chunk(size: int, fits: bool) -> None:
    """100 lanes of 100 steps need 10,000 symbols, and not one more."""
    if fits:
        check(of_size(size), 100, 100)
    else:
        with pytest.raises(InputError, match="--batch 100 --steps 99 or --batch 99 --steps 100"):
            check(of_size(size), 100, 100)
