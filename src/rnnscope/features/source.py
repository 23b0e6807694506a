"""One text with everything that features share: files and their languages, characters, parsed code.

Each of them is made when the first feature asks for it and kept for the next.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rnnscope.corpus.text import FileSpan, Text
from rnnscope.features import languages, syntax
from rnnscope.features.characters import Characters, undecodable
from rnnscope.features.feature import Family, Feature, Language, Measured, Target


class Source:
    """A text to measure features on.

    Args:
        text: the whole text, in its original order.
        language: what all of it, or each of its files, is written in; None to tell from file names and contents.
    """

    def __init__(self, text: Text, language: Language | Sequence[Language] | None = None) -> None:
        self.text = text
        self.files = languages.files(text)
        if language is None:
            self.language_of_file = languages.detect(text, self.files)
        else:
            self.language_of_file = [language] * len(self.files) if isinstance(language, str) else list(language)

    def part(self, start: int, stop: int, first: int, last: int) -> Source:
        """Symbols [start, stop) as a text of their own, which are of files [first, last) and of the same languages."""
        text, files = self.text, self.files[first:last]
        cut = tuple(FileSpan(f.name, max(f.start, start) - start, min(f.stop, stop) - start) for f in files)
        return Source(replace(text, codes_N=text.codes_N[start:stop], files=cut), self.language_of_file[first:last])

    @property
    def spans(self) -> list[tuple[int, int]]:
        """[start, stop) of each file in symbols."""
        return [(file.start, file.stop) for file in self.files]

    @cached_property
    def languages(self) -> dict[Language, int]:
        """Symbols in each language that occurs, most first."""
        sizes: dict[Language, int] = {}
        for file, language in zip(self.files, self.language_of_file, strict=True):
            sizes[language] = sizes.get(language, 0) + file.stop - file.start
        return dict(sorted(sizes.items(), key=lambda item: -item[1]))

    @property
    def language(self) -> Language:
        """The language that most of the text is in."""
        return next(iter(self.languages))

    @cached_property
    def characters(self) -> Characters:
        """The text as characters."""
        return Characters(self.text, self.spans)

    @cached_property
    def parsed(self) -> dict[Language, syntax.Tree]:
        """Language -> all its files, parsed."""
        found: dict[Language, syntax.Tree] = {}
        for language in self.languages:
            if language in syntax.GRAMMARS:
                spans = [
                    span for span, spoken in zip(self.spans, self.language_of_file, strict=True) if spoken == language
                ]
                found[language] = syntax.parse(self.text, language, spans)
        return found

    def written_in(self, wanted: frozenset[Language]) -> NDArray[np.bool_]:
        """Where files of some languages are, [N]."""
        chosen = [language in wanted for language in self.language_of_file]
        return np.repeat(np.array(chosen, np.bool_), [stop - start for start, stop in self.spans])

    @cached_property
    def _masks(self) -> dict[Any, tuple[NDArray[np.bool_], dict[str, int]]]:
        return {}

    def mask(
        self, wanted: frozenset[Language] | None, *, code: bool, bodies: bool = False
    ) -> tuple[NDArray[np.bool_], dict[str, int]]:
        """Where a feature can be known, and how many symbols are excluded, by reason; shared by all that ask alike.

        Args:
            wanted: languages it means something in; None for all.
            code: it comes from a parser; so where the parser found errors it is not known.
            bodies: it is known inside the bodies of macros too, which the parser does not look into.
        """
        key = (wanted, code, bodies)
        if key not in self._masks:
            self._masks[key] = self._mask(wanted, code=code, bodies=bodies)
        return self._masks[key]

    def _mask(
        self, wanted: frozenset[Language] | None, *, code: bool, bodies: bool
    ) -> tuple[NDArray[np.bool_], dict[str, int]]:
        valid_N = np.ones(len(self.text), np.bool_)
        excluded: dict[str, int] = {}

        def exclude(reason: str, bad_N: NDArray[np.bool_]) -> None:
            count = int(np.count_nonzero(bad_N & valid_N))
            if count:
                excluded[reason] = count
                np.logical_and(valid_N, ~bad_N, out=valid_N)

        if wanted is not None:
            exclude("other language", ~self.written_in(wanted))
        if code:
            for language, tree in self.parsed.items():
                if wanted is None or language in wanted:
                    exclude("not parsed", tree.errors_N)
                    if not bodies:
                        exclude("macro body", tree.bodies_N)
        elif self.text.kind == "bytes":
            bad_M = undecodable(self.characters.codes_M)
            if bad_M.any():
                exclude("undecodable", self.characters.only_last_bytes(bad_M))
        valid_N.flags.writeable = False
        return valid_N, excluded

    def handed_down(self, values_M: NDArray[Any], wanted: frozenset[Language] | None) -> Measured:
        """A feature of characters as a feature of symbols."""
        valid_N, excluded = self.mask(wanted, code=False)
        return Measured(self.characters.to_symbols(values_M), valid_N, excluded)


def on_characters(
    compute: Callable[[Characters], NDArray[Any]], wanted: frozenset[Language] | None = None
) -> Callable[[Source], Measured]:
    """Make a feature's measure of a function from characters to values, one each."""
    return lambda source: source.handed_down(compute(source.characters), wanted)


def binary(
    family: Family,
    name: str,
    words: str,
    compute: Callable[[Characters], NDArray[np.bool_]],
    target: Target | None = None,
    *,
    memory: bool = True,
    causal: bool = True,
    languages: frozenset[Language] | None = None,
) -> Feature:
    """A binary feature of characters; see `Feature`."""
    measure = on_characters(compute, languages)
    targets = {} if target is None else {"": target}
    return Feature(name, family, words, "binary", measure, causal, memory, languages, targets=targets)


def graded(
    family: Family,
    name: str,
    words: str,
    compute: Callable[[Characters], NDArray[np.int32]],
    unit: str,
    target: Target | None = None,
    *,
    memory: bool = True,
    languages: frozenset[Language] | None = None,
) -> Feature:
    """A graded feature of characters that counts something; see `Feature`."""
    measure = on_characters(compute, languages)
    targets = {} if target is None else {"": target}
    return Feature(name, family, words, "graded", measure, True, memory, languages, unit, targets)
