"""What networks and n-grams have in common for those who ask them: text in, probabilities or text out.

Texts are typed strings, symbols typed characters, arrays NumPy; what the alphabet does not know follows its policy. A
model that was opened from a folder also knows the text it was made from; one without a folder says so where it is
needed.
"""

from __future__ import annotations

import codecs
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Generic, TypeVar, overload

import numpy as np
from numpy.typing import NDArray

from rnnscope.api.texts import own_text
from rnnscope.artifacts.folder import ModelFolder
from rnnscope.config import CorpusConfig
from rnnscope.corpus.alphabet import Alphabet
from rnnscope.corpus.lanes import LANES
from rnnscope.corpus.text import Text
from rnnscope.errors import InputError
from rnnscope.sample import Stream

CHUNK = 4096
"""Positions of which whole distributions are held at once unless somebody asks otherwise."""

AnyFolder = TypeVar("AnyFolder", bound=ModelFolder[Any])


class LanguageModel(ABC, Generic[AnyFolder]):
    """Anything that gives the next symbol of a text a probability.

    Args:
        alphabet: what its ids stand for.
        made_from: hashes that say which model this is.
        folder: where it was made; None for a network taken over from PyTorch.
    """

    def __init__(self, alphabet: Alphabet, made_from: Mapping[str, str], folder: AnyFolder | None) -> None:
        self.alphabet, self.made_from = alphabet, dict(made_from)
        self._folder = folder
        self._text: Text | None = None

    @property
    def path(self) -> Path:
        """The folder on disk."""
        return self.folder("name the folder").path

    @property
    def has_folder(self) -> bool:
        """Whether it was made here."""
        return self._folder is not None

    def folder(self, tried: str) -> AnyFolder:
        """The folder on disk.

        Args:
            tried: what it is needed for, as a clause.

        Raises:
            InputError: the model was taken over from PyTorch and has none.
        """
        if self._folder is None:
            raise InputError(
                tried=tried,
                given="a network taken over from PyTorch",
                why="it was not trained here, so it has no run folder",
                todo="Train one with rnnscope train, or use what needs no folder: record, step, sample, log_probs.",
            )
        return self._folder

    def corpus(self, tried: str) -> CorpusConfig:
        """Which text it was made from, read and cut how; arguments and errors as for `folder`."""
        corpus: CorpusConfig = self.folder(tried).config.corpus
        return corpus

    def text(self) -> Text:
        """The text the model was made from, found again and compared with its hash.

        Raises:
            InputError: it is not where it was, or it is another text now; the message names both hashes.
        """
        if self._text is None:
            self._text = own_text(self.folder("find the text of the run"))
        return self._text

    @abstractmethod
    def predictor(self, tried: str) -> Stream:
        """The model as a predictor of one stream of ids, which also says what comes next.

        Args:
            tried: what it is needed for, as a clause.

        Raises:
            InputError: it cannot predict.
        """

    def log_probs(self, text: str) -> NDArray[np.float32]:
        """Distributions of every symbol of a text given those before it: natural logarithms, [N, V].

        Row i belongs to symbol i and does not depend on it; the first row is the distribution at the start of a text.
        """
        return self.predictor("predict symbols").log_probs(self.alphabet.encode_text(text))[0]

    def distributions(
        self, text: str | NDArray[np.integer[Any]], chunk: int = CHUNK
    ) -> Iterator[tuple[NDArray[np.integer[Any]], NDArray[np.float32]]]:
        """The same, chunk by chunk, so that a text may be longer than memory would hold distributions of.

        Args:
            text: typed, or its ids, [N].
            chunk: positions at once, 1 or more; no number depends on it beyond rounding.

        Returns:
            Pairs, in text order: ids of the symbols that came, [n], and natural logarithms of their distributions,
            [n, V].

        Raises:
            InputError: a symbol is not known, or the chunk is empty.
        """
        if chunk < 1:
            raise InputError(
                tried="predict symbols",
                given=f"a chunk of {chunk}",
                why="nothing would ever be read",
                todo=f"Read 1 position or more at once, {CHUNK} for example.",
            )
        predictor = self.predictor("predict symbols")
        ids_N = self.alphabet.encode_text(text) if isinstance(text, str) else text
        return _distributions(predictor, ids_N, chunk)

    @overload
    def sample(
        self, length: int = ..., temperature: float = ..., prime: str = ..., seed: int = ..., count: None = ...
    ) -> str: ...

    @overload
    def sample(
        self, length: int = ..., temperature: float = ..., prime: str = ..., seed: int = ..., *, count: int
    ) -> list[str]: ...

    def sample(
        self, length: int = 2000, temperature: float = 1.0, prime: str = "", seed: int = 1, count: int | None = None
    ) -> str | list[str]:
        """Let the model write.

        Args:
            length: symbols to draw.
            temperature: 1 is what the model believes, lower is more careful, 0 takes the most likely symbol.
            prime: what the text begins with, of any length; not repeated in what is returned.
            seed: the same seed gives the same text.
            count: how many samples, 0 or more, drawn side by side; then a list is returned.
        """
        if count is None:
            return "".join(self.sample_stream(length, temperature, prime, seed))
        from rnnscope.sample import samples

        predictor = self.predictor("sample")
        known, primed = len(self.alphabet.codes), self.alphabet.encode_text(prime)
        texts: list[str] = []
        for first in range(0, count, LANES):
            indices = range(first, min(first + LANES, count))
            blocks = samples(predictor, known, primed, length, temperature, seed, indices)
            ids_NB = np.concatenate([np.empty((0, len(indices)), np.int64), *blocks])
            texts += ["".join(self._written(ids_N)) for ids_N in ids_NB.T]
        return texts

    def sample_stream(
        self, length: int = 2000, temperature: float = 1.0, prime: str = "", seed: int = 1, index: int = 0
    ) -> Iterator[str]:
        """The same, each piece of text as soon as it is drawn; bytes are decoded as UTF-8 as they come.

        Args:
            length, temperature, prime, seed: as for `sample`.
            index: which of several samples of one seed.
        """
        from rnnscope.sample import sample

        predictor = self.predictor("sample")
        known = len(self.alphabet.codes)
        primed = self.alphabet.encode_text(prime)
        return self._written(sample(predictor, known, primed, length, temperature, seed, index))

    def _written(self, ids: Iterable[int]) -> Iterator[str]:
        if self.alphabet.kind == "characters":
            return (chr(self.alphabet.codes[symbol]) for symbol in ids)
        return _decoded(int(self.alphabet.codes[symbol]) for symbol in ids)


def _distributions(
    predictor: Stream, ids_N: NDArray[np.integer[Any]], chunk: int
) -> Iterator[tuple[NDArray[np.integer[Any]], NDArray[np.float32]]]:
    state: Any = None
    for start in range(0, len(ids_N), chunk):
        ids_n = ids_N[start : start + chunk]
        log_probs_nV, state = predictor.log_probs(ids_n, state)
        yield ids_n, log_probs_nV


def _decoded(values: Iterator[int]) -> Iterator[str]:
    decoder = codecs.getincrementaldecoder("utf-8")("backslashreplace")
    for value in values:
        if piece := decoder.decode(bytes([value])):
            yield piece
    if rest := decoder.decode(b"", final=True):
        yield rest
