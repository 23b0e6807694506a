from __future__ import annotations

import numpy as np
import pytest

from rnnscope.errors import InputError
from rnnscope.tasks.problems import NOTHING, Counting, Dyck, Memorisation, TemporalOrder, problem

EVERY = ("temporal-order", "memorisation", "anbn", "dyck-1-1", "dyck-2-3", "dyck-4-6")


def written(name: str, length: int, seed: int = 1, longest: bool = False) -> tuple[str, str]:
    """One sequence and its answers in the task's signs; a space is nothing."""
    task = problem(name)
    inputs_T1, targets_T1 = task.draw(np.random.default_rng(seed), length, 1, longest=longest)
    signs = (*task.symbols, " ")  # index -1
    inputs, targets = ("".join(signs[symbol] for symbol in ids_T1[:, 0]) for ids_T1 in (inputs_T1, targets_T1))
    return inputs, targets


@pytest.mark.golden
def test_sequences_written_by_hand() -> None:
    """What a network reads, and below it what it is asked for after each symbol."""
    inputs, targets = written("memorisation", 25)
    assert (inputs[10:], targets) == ("....!..........", " " * 15 + inputs[:10])
    assert written("anbn", 8, longest=True) == ("aaaabbbb", "    bbb$")
    assert written("anbn", 9, longest=True) == ("aaaabbbb ", "    bbb$ ")
    assert written("anbn", 2) == ("ab", " $")
    assert written("dyck-1-1", 6) == ("()()()", ") ) ) ")
    assert written("dyck-1-1", 7) == ("()()() ", ") ) )  ")


@pytest.mark.law
@pytest.mark.parametrize("name", EVERY)
def test_draws_depend_on_the_seed_and_have_the_shape_asked_for(name: str) -> None:
    """Symbols in the alphabet or nothing, at least one answer in every sequence, the same from the same seed."""
    task = problem(name)
    for length in (task.shortest, 30, 31):
        first, again, other = (task.draw(np.random.default_rng(seed), length, 40) for seed in (5, 5, 6))
        for ids_TB, same_TB in zip(first, again, strict=True):
            assert (ids_TB.shape, ids_TB.dtype) == ((length, 40), np.int64)
            assert NOTHING <= ids_TB.min() <= ids_TB.max() < len(task.symbols)
            np.testing.assert_array_equal(ids_TB, same_TB)
        assert (first.targets != NOTHING).any(axis=0).all()
        if name != "dyck-1-1" and length > 22:
            assert (first.inputs != other.inputs).any()


@pytest.mark.oracle
def test_temporal_order_is_what_a_reader_finds() -> None:
    """The answer is 2 x (first is B) + (second is B), read off the two letters; all four come, all places are used."""
    task = TemporalOrder()
    for length in (10, 50, 57):
        inputs_TB, targets_TB = task.draw(np.random.default_rng(0), length, 500)
        (a, b), (c, d) = TemporalOrder.places(length)
        assert a >= length // 10
        assert (targets_TB[:-1] == NOTHING).all()
        letters_TB = inputs_TB < 2
        assert (letters_TB.sum(axis=0) == 2).all()
        where_2B = np.stack([np.flatnonzero(column) for column in letters_TB.T], axis=1)
        assert set(where_2B[0]) == set(range(a, b))
        assert set(where_2B[1]) == set(range(c, d))
        first_B, second_B = inputs_TB[where_2B, np.arange(500)]
        np.testing.assert_array_equal(targets_TB[-1], 2 * first_B + second_B)
        assert set(targets_TB[-1]) == {0, 1, 2, 3}


@pytest.mark.oracle
def test_memorisation_asks_for_what_came_first() -> None:
    """The ten answers are the ten first symbols in their order; a sign comes just before, blanks elsewhere."""
    inputs_TB, targets_TB = Memorisation().draw(np.random.default_rng(0), 40, 300)
    np.testing.assert_array_equal(targets_TB[30:], inputs_TB[:10])
    assert (targets_TB[:30] == NOTHING).all()
    assert set(np.unique(inputs_TB[:10])) == set(range(5))
    assert (inputs_TB[29] == 6).all()
    assert (np.delete(inputs_TB[10:], 19, axis=0) == 5).all()


@pytest.mark.law
def test_counting_has_every_number() -> None:
    """n runs from 1 to half the length, each about as often; `longest` has only the largest."""
    inputs_TB, targets_TB = Counting().draw(np.random.default_rng(0), 21, 4000)
    n_B = (inputs_TB == 0).sum(axis=0)
    np.testing.assert_array_equal(n_B, (inputs_TB == 1).sum(axis=0))
    np.testing.assert_array_equal(n_B, (targets_TB != NOTHING).sum(axis=0))
    assert (targets_TB[2 * n_B - 1, np.arange(4000)] == 2).all()
    counts = np.bincount(n_B)
    assert counts[0] == 0
    assert counts[1:].min() > 300
    assert len(counts) == 11
    assert ((Counting().draw(np.random.default_rng(0), 21, 9, longest=True).inputs == 0).sum(axis=0) == 10).all()


@pytest.mark.oracle
@pytest.mark.parametrize("name", ["dyck-1-1", "dyck-2-3", "dyck-4-6"])
def test_a_stack_accepts_every_dyck_sequence(name: str) -> None:
    """A stack reads each sequence to the end, never deeper than M, and its top is what every answer closes."""
    task = problem(name)
    assert isinstance(task, Dyck)
    inputs_TB, targets_TB = task.draw(np.random.default_rng(2), 60, 200)
    deepest = 0
    for inputs_T, targets_T in zip(inputs_TB.T.tolist(), targets_TB.T.tolist(), strict=True):
        stack: list[int] = []
        for step, symbol in enumerate(inputs_T):
            closes = symbol >= task.kinds
            if step:
                assert targets_T[step - 1] == (symbol if closes else NOTHING)
            if closes:
                assert stack.pop() == symbol - task.kinds
            else:
                stack.append(symbol)
            deepest = max(deepest, len(stack))
        assert stack == []
        assert targets_T[-1] == NOTHING
    assert deepest == task.depth


@pytest.mark.law
@pytest.mark.parametrize("name", ["dyck", "dyck-5-2", "dyck-0-1", "dyck-2-0", "dyck-2-100", "temporal", "", "anbn "])
def test_other_names_are_refused(name: str) -> None:
    """The message lists the tasks."""
    with pytest.raises(InputError, match="dyck-K-M"):
        problem(name)
