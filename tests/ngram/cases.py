"""Texts, alphabets and contexts of every awkward kind, for both kernels."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from hypothesis import strategies as st
from numpy.typing import NDArray

from rnnscope.native import load
from rnnscope.ngram.kneser_ney import Kernel, KneserNey

KERNELS: list[Kernel] = ["reference", "native"] if load() else ["reference"]

Ids = NDArray[np.int64]


@dataclass(frozen=True)
class Case:
    """What is fitted, and what is scored.

    Args:
        streams: training texts.
        vocabulary, context, marks: of the model.
        text: what is scored; the same symbols, so that its contexts are known for a while.
    """

    streams: list[Ids]
    vocabulary: int
    context: int
    marks: bool
    text: Ids

    def fit(self, kernel: Kernel, threads: int = 1) -> KneserNey:
        return KneserNey.fit(
            self.streams, self.vocabulary, self.context, marks=self.marks, kernel=kernel, threads=threads
        )

    @property
    def whole(self) -> list[tuple[int, int]]:
        return [(0, len(self.text))]


@st.composite
def cases(draw: st.DrawFn, most: int = 60) -> Case:
    """Alphabets of 1 to 300 symbols of which few or many occur, contexts 0 to 12, streams that may be empty."""
    vocabulary = draw(st.one_of(st.sampled_from([1, 2, 253, 254, 255, 256, 300]), st.integers(1, 300)))
    used = draw(st.integers(1, min(vocabulary, draw(st.sampled_from([2, 4, 300])))))
    marks = draw(st.booleans())
    symbols = st.integers(vocabulary - used, vocabulary - 1)
    texts = draw(st.lists(st.lists(symbols, max_size=most), min_size=1 if marks else 0, max_size=1 if marks else 4))
    scored = draw(st.lists(symbols, max_size=most))
    if texts and draw(st.booleans()):
        scored = texts[0][: most // 2] + scored
    streams = [np.array(text, np.int64) for text in texts]
    return Case(streams, vocabulary, draw(st.integers(0, 12)), marks, np.array(scored, np.int64))
