from __future__ import annotations

import itertools

import pytest
import torch

from rnnscope.model.seeds import derive, generator


@pytest.mark.golden
def test_seeds_never_change() -> None:
    """A resumed run may be continued by a later version, so the mixing is pinned."""
    assert derive(1, 812, 2) == 4210980020437901109


@pytest.mark.law
def test_different_numbers_give_different_seeds() -> None:
    """Order, length, zeros at the end and numbers beyond 32 bits all matter."""
    numbers = [*itertools.product(range(20), repeat=2), (0,), (1,), (1, 0, 0), (2**32,), (2**32, 1), (0, 2**32 + 1)]
    assert len({derive(*each) for each in numbers}) == len(numbers)


@pytest.mark.law
def test_draws_depend_on_the_numbers_alone() -> None:
    """Two generators of the same numbers draw the same, and leave torch's own random stream where it was."""
    before = torch.get_rng_state()
    first = torch.rand(5, generator=generator(3, 4))
    assert torch.equal(first, torch.rand(5, generator=generator(3, 4)))
    assert not torch.equal(first, torch.rand(5, generator=generator(4, 3)))
    assert torch.equal(before, torch.get_rng_state())


@pytest.mark.law
@pytest.mark.parametrize("numbers", [(), (-1,), (2**64,)])
def test_numbers_out_of_range_are_a_mistake(numbers: tuple[int, ...]) -> None:
    """Numbers that would be cut or that would collide are refused."""
    with pytest.raises(AssertionError):
        derive(*numbers)
