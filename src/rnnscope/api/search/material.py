"""A text as a search needs it: dealt out to three parts, its features measured, what they predict looked up."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from rnnscope.analyse.cells import labels, parts
from rnnscope.corpus.alphabet import Alphabet
from rnnscope.corpus.split import Segment
from rnnscope.corpus.text import Text
from rnnscope.features.feature import Feature
from rnnscope.features.tracks import Tracks, tracks


class Aim(NamedTuple):
    """What a feature predicts in this text, as its definition says.

    Args:
        symbols: ids whose joint log-odds are measured.
        sign: +1 where they rise with the feature.
        at: whether a position of the intervene part is one at which they are measured, [N].
    """

    symbols: list[int]
    sign: int
    at: NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Material:
    """What is searched.

    Args:
        ids: the whole text.
        alphabet: of the ids.
        parts: where each part lies.
        positions: text positions of all three parts, ascending.
        tracks: features at these positions.
    """

    ids: NDArray[np.integer[Any]]
    alphabet: Alphabet
    parts: parts.Parts
    positions: NDArray[np.int64]
    tracks: Tracks

    @classmethod
    def of(
        cls,
        text: Text,
        alphabet: Alphabet,
        segments: Sequence[Segment],
        *,
        rows: bool = False,
        names: Iterable[str] | None = None,
        extra: Sequence[Feature] = (),
        seed: int = 0,
        most: int | None = None,
    ) -> Self:
        """Deal a text out and measure its features.

        Args:
            text: the text, whole; its files are what is dealt out where they are known.
            alphabet: the network's.
            segments: what of it took no part in training or early stopping.
            rows: whether these are rows of the streams split.
            names, extra: which features; see `features.tracks`.
            seed: of the dealing.
            most: symbols in a part, at most.

        Raises:
            InputError: the text is too short, a symbol is not in the alphabet, or a feature does not fit.
        """
        ids = alphabet.encode(text.codes_N)
        files = [Segment(span.start, span.stop) for span in text.files]
        dealt = parts.make(segments, rows=rows, files=files, seed=seed, most=most)
        kept = sorted([*dealt.discover, *dealt.confirm, *dealt.intervene])
        return cls(ids, alphabet, dealt, labels.part_positions(kept), tracks(text, names, extra=extra, keep=kept))

    def labels(self, segments: Sequence[Segment]) -> labels.Labels:
        """Features at some of the parts' positions."""
        found = list(self.tracks)
        features = [
            labels.Feature(
                track.name,
                graded=track.feature.kind == "graded",
                memory=track.feature.memory,
                targets=self._target(track.name) is not None,
            )
            for track in found
        ]
        return labels.Labels(
            features, [t.compact for t in found], [t.valid_N for t in found], segments, known=self.positions
        )

    def aim(self, name: str) -> Aim | None:
        """What a feature predicts; None where it declares nothing, or the text has none of the symbols."""
        target = self._target(name)
        if target is None:
            return None
        codes = np.intersect1d(np.array(target.codes(self.alphabet.kind), np.uint32), self.alphabet.codes)
        if not len(codes):
            return None
        measured = self.tracks[name].aim
        assert measured is not None, f"{name} has a target that was measured nowhere"
        kept_N = np.searchsorted(self.positions, labels.part_positions(self.parts.intervene))
        return Aim(self.alphabet.encode(codes).tolist(), target.sign, measured.values(kept_N))

    def _target(self, name: str) -> Any:
        return self.tracks[name].feature.target(next(iter(self.tracks.languages)))


def some_units(units: Sequence[Segment], most: int) -> list[Segment]:
    """Whole units spread evenly over a part, of about `most` symbols together; all of them where they are fewer."""
    total = sum(stop - start for start, stop in units)
    if total <= most:
        return list(units)
    count = max(1, round(len(units) * most / total))
    return [units[k * len(units) // count] for k in range(count)]
