"""A text of 12 symbols, counted and smoothed with a pencil."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import numpy as np
import pytest

from rnnscope.ngram.discounts import FALLBACK, Discounts
from rnnscope.ngram.kneser_ney import Kernel, KneserNey

from .cases import KERNELS

pytestmark = pytest.mark.golden

F = Fraction

LETTERS = "abcde"
TEXT = "abbccbbcbbdd"  # e does not occur

# Adjusted counts of single symbols, that is different left neighbours, the start being one: a 1, b 3, c 2, d 2. So
# n1..n4 = 1, 2, 1, 0 and Y = 1/5: D1 = 1 - 2 Y 2/1 = 1/5, D2 = 2 - 3 Y 1/2 = 17/10, D3+ = 3. Their sum is 8, and
# gamma = (1/5 + 2 17/10 + 3) / 8 = 33/40, of which every symbol gets a fifth.
LOWER_0 = {
    "a": (1 - F(1, 5)) / 8 + F(33, 200),
    "b": F(3 - 3, 8) + F(33, 200),
    "c": (2 - F(17, 10)) / 8 + F(33, 200),
    "d": (2 - F(17, 10)) / 8 + F(33, 200),
    "e": F(33, 200),
}

# After b, with adjusted counts bb 2 (after a and c), bc 1, bd 1. Among all pairs n1, n2, n3 = 5, 2, 0: the fallback.
# The sum is 4, gamma = (1/2 + 1/2 + 1) / 4 = 1/2.
LOWER_B = {
    "a": F(1, 2) * LOWER_0["a"],
    "b": F(2 - 1, 4) + F(1, 2) * LOWER_0["b"],
    "c": (1 - F(1, 2)) / 4 + F(1, 2) * LOWER_0["c"],
    "d": (1 - F(1, 2)) / 4 + F(1, 2) * LOWER_0["d"],
    "e": F(1, 2) * LOWER_0["e"],
}

# (context length, what was read, what may follow with which probability)
EXPECTED: list[tuple[int, str, dict[str, F]]] = [
    # Raw counts a 1, b 6, c 3, d 2: n1..n4 = 1, 1, 1, 0, Y = 1/3, D = 1/3, 1, 3; gamma = (1/3 + 1 + 3 + 3) / 12 =
    # 11/18.
    (
        0,
        "",
        {
            "a": (1 - F(1, 3)) / 12 + F(11, 90),
            "b": F(6 - 3, 12) + F(11, 90),
            "c": F(3 - 3, 12) + F(11, 90),
            "d": F(2 - 1, 12) + F(11, 90),
            "e": F(11, 90),
        },
    ),
    # Raw counts of pairs: ab, cc, bd, dd 1; bc, cb 2; bb 3. n1..n4 = 4, 2, 1, 0, Y = 1/2, D = 1/2, 5/4, 3. After b the
    # sum is 6 and gamma = (3 + 5/4 + 1/2) / 6 = 19/24.
    (
        1,
        "b",
        {
            "a": F(19, 24) * LOWER_0["a"],
            "b": F(3 - 3, 6) + F(19, 24) * LOWER_0["b"],
            "c": (2 - F(5, 4)) / 6 + F(19, 24) * LOWER_0["c"],
            "d": (1 - F(1, 2)) / 6 + F(19, 24) * LOWER_0["d"],
            "e": F(19, 24) * LOWER_0["e"],
        },
    ),
    # Nothing ever followed e: the lower level answers.
    (1, "e", LOWER_0),
    # Triples have counts 1 and 2 only: the fallback. After bb: c 2, d 1, sum 3, gamma = (1 + 1/2) / 3 = 1/2.
    (
        2,
        "bb",
        {
            "a": F(1, 2) * LOWER_B["a"],
            "b": F(1, 2) * LOWER_B["b"],
            "c": F(2 - 1, 3) + F(1, 2) * LOWER_B["c"],
            "d": (1 - F(1, 2)) / 3 + F(1, 2) * LOWER_B["d"],
            "e": F(1, 2) * LOWER_B["e"],
        },
    ),
    # eb was never seen, b was.
    (2, "eb", LOWER_B),
    # After cbb: c 1, d 1, gamma 1/2. Below, bbc has the left neighbours a and c, bbd only c: adjusted as raw above.
    (
        3,
        "cbb",
        {
            "b": F(1, 2) * F(1, 2) * LOWER_B["b"],
            "c": (1 - F(1, 2)) / 2 + F(1, 2) * (F(2 - 1, 3) + F(1, 2) * LOWER_B["c"]),
            "d": (1 - F(1, 2)) / 2 + F(1, 2) * ((1 - F(1, 2)) / 3 + F(1, 2) * LOWER_B["d"]),
        },
    ),
    # d was followed by d, once, whatever stands before: each further symbol halves what is left to the others.
    *((n, TEXT[:-1], {"d": 1 - (1 - LOWER_0["d"]) / 2**n}) for n in range(1, 12)),
    # No context is longer than the text.
    (12, TEXT[:-1], {"d": 1 - (1 - LOWER_0["d"]) / 2**11}),
    (12, "e" + TEXT[:-1], {"d": 1 - (1 - LOWER_0["d"]) / 2**11}),
]


def ids(text: Sequence[str]) -> np.ndarray:
    return np.array([LETTERS.index(letter) for letter in text], np.int64)


@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize(("context", "read", "expected"), EXPECTED)
def test_probabilities_of_twelve_symbols(kernel: Kernel, context: int, read: str, expected: dict[str, F]) -> None:
    """Probabilities are those computed by hand, whatever longer contexts the model has."""
    for longest in {context, 12}:
        model = KneserNey.fit([ids(TEXT)], len(LETTERS), longest, kernel=kernel)
        (_, log_probs_1V), *_ = model.distributions(ids(read), [(len(read), len(read) + 1)], context)
        for symbol, p in expected.items():
            assert np.exp(np.float64(log_probs_1V[0, LETTERS.index(symbol)])) == pytest.approx(float(p), rel=1e-6)
            scored = model.score(ids(read + symbol), [(len(read), len(read) + 1)], [context])
            assert np.exp(np.float64(scored.log_probs[0, 0])) == pytest.approx(float(p), rel=1e-6)
        assert len(expected) < 5 or sum(expected.values()) == 1


@pytest.mark.parametrize("kernel", KERNELS)
def test_levels_of_twelve_symbols(kernel: Kernel) -> None:
    """Counts of counts and discounts of each level are those computed by hand, and a fallback says so."""
    levels = KneserNey.fit([ids(TEXT)], len(LETTERS), 3, kernel=kernel).levels
    assert [level.ngrams for level in levels] == [4, 7, 8, 9]
    assert levels[0].raw_counts == (1, 1, 1, 0)
    assert levels[0].adjusted_counts == (1, 2, 1, 0)
    assert levels[1].raw_counts == (4, 2, 1, 0)
    assert levels[1].adjusted_counts == (5, 2, 0, 0)
    assert levels[2].raw_counts == (6, 2, 0, 0)
    assert levels[2].adjusted_counts == (6, 2, 0, 0)
    assert levels[3].raw_counts == (9, 0, 0, 0)
    assert levels[0].highest.values == pytest.approx((1 / 3, 1, 3))
    assert levels[0].lower == Discounts(pytest.approx((1 / 5, 17 / 10, 3)), fallback=False)
    assert levels[1].highest == Discounts(pytest.approx((1 / 2, 5 / 4, 3)), fallback=False)
    fallback = Discounts(FALLBACK, fallback=True)
    assert [levels[1].lower, levels[2].lower, levels[3].lower] == [fallback, fallback, None]
    assert [levels[2].highest, levels[3].highest] == [fallback, fallback]


@pytest.mark.parametrize("kernel", KERNELS)
def test_marks_of_twelve_symbols(kernel: Kernel) -> None:
    """With marks the end is one more symbol, and the lowest level is 1 / (symbols that occur + 2) for all."""
    # Adjusted counts: a 1, b 3, c 2, d 2, the end 1 (after d): n1..n4 = 2, 2, 1, 0, Y = 1/3, D1 = 1 - 2/3 = 1/3,
    # D2 = 2 - 1/2 = 3/2, D3+ = 3. The sum is 9, gamma = (2/3 + 3 + 3) / 9 = 20/27, and 1/6 of it is everybody's.
    model = KneserNey.fit([ids(TEXT)], len(LETTERS), 1, marks=True, kernel=kernel)
    log_probs = model.log_probs_of_true(ids("eaebecedee"), [(0, 10)], [1])[0, 1::2]
    everybody = F(20, 27) / 6
    expected = [F(2, 3) / 9 + everybody, everybody, F(1, 2) / 9 + everybody, F(1, 2) / 9 + everybody, everybody]
    assert np.exp(log_probs) == pytest.approx([float(p) for p in expected], rel=1e-6)
