"""One seed, many independent random streams: every draw is a function of named numbers, never of what ran before.

That is what makes a resumed run equal to an undisturbed one: the dropout mask of step 812 in layer 2 is computed from
(seed, 812, 2), so no generator has to be saved.
"""

from __future__ import annotations

import numpy as np
import torch


def derive(*numbers: int) -> int:
    """Mix numbers into one seed.

    Args:
        numbers: at least one integer, each in [0, 2^64), in an order that means something to the caller.

    Returns:
        An integer in [0, 2^64); another sequence of numbers gives another, independent one.
    """
    assert numbers, "a seed is made of at least one number"
    assert all(0 <= number < 2**64 for number in numbers), numbers
    # Two words for every number and the length in front: without them (1, 0) would be the same seed as (1,).
    words = [word for number in numbers for word in (number & 0xFFFFFFFF, number >> 32)]
    return int(np.random.SeedSequence([len(numbers), *words]).generate_state(1, np.uint64)[0])


def generator(*numbers: int) -> torch.Generator:
    """A PyTorch generator whose draws depend on these numbers alone (see `derive`)."""
    return torch.Generator().manual_seed(derive(*numbers))
