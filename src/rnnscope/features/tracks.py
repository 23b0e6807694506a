"""Features of a text as arrays: all of them, some, or one at a time; of the whole text or of parts that are cut later.

Features are always measured on the whole text in its original order and cut afterwards, since a quotation mark before a
part decides what is inside quotes in it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rnnscope.corpus.text import Text
from rnnscope.features.feature import Feature, Language
from rnnscope.features.registry import choose
from rnnscope.features.source import Source


@dataclass(frozen=True, eq=False)
class Track:
    """One feature of one text.

    Args:
        feature: its definition.
        values_N: bool for a binary feature, float32 for a graded one; at the positions that were kept.
        valid_N: False where the value is not known; may be shared between tracks, and is read-only.
        excluded: how many symbols of the whole text are not valid, by reason.
    """

    feature: Feature
    values_N: NDArray[np.bool_] | NDArray[np.float32]
    valid_N: NDArray[np.bool_]
    excluded: Mapping[str, int]

    @property
    def name(self) -> str:
        """The feature's name."""
        return self.feature.name


@dataclass(frozen=True, eq=False)
class Tracks:
    """Features of one text.

    Args:
        tracks: by name, those that apply.
        inapplicable: name -> why the feature says nothing about this text.
        languages: symbols of the whole text in each language, most first.
        source: the text they were measured on; for `Target.positions`.
    """

    tracks: Mapping[str, Track]
    inapplicable: Mapping[str, str]
    languages: Mapping[Language, int]
    source: Source

    def __len__(self) -> int:
        return len(self.tracks)

    def __iter__(self) -> Iterator[Track]:
        return iter(self.tracks.values())

    def __getitem__(self, name: str) -> Track:
        return self.tracks[name]

    @property
    def searched(self) -> int:
        """F as claims must count it: hypotheses that were asked for, those that do not apply included."""
        return len(self.tracks) + len(self.inapplicable)

    @property
    def nbytes(self) -> int:
        """Memory of the arrays; masks that are shared count once."""
        masks = {id(track.valid_N): track.valid_N.nbytes for track in self}
        return sum(track.values_N.nbytes for track in self) + sum(masks.values())

    def values_FN(self) -> NDArray[np.float32]:
        """All values as one matrix, F x N x 4 bytes."""
        return np.stack([track.values_N.astype(np.float32) for track in self])

    def valid_FN(self) -> NDArray[np.bool_]:
        """All masks as one matrix, F x N bytes."""
        return np.stack([track.valid_N for track in self])


def tracks(
    text: Text,
    names: Iterable[str] | None = None,
    *,
    extra: Sequence[Feature] = (),
    language: Language | None = None,
    keep: Sequence[tuple[int, int]] | None = None,
) -> Tracks:
    """Measure features of a text.

    Memory: N bytes for each binary feature and 4 N for each graded one, N being the symbols kept, and while they are
    measured about 80 bytes for every symbol of the whole text.

    Args:
        text: the whole text, in its original order.
        names: which features; None for all that are registered and the extra ones.
        extra: the user's own features.
        language: what all files are written in; None to tell from names and contents.
        keep: [start, stop) of the stretches to keep, joined in this order; None for the whole text.

    Raises:
        InputError: an unknown name, or a feature of the user's own that does not fit the text.
    """
    source = Source(text, language)
    found: dict[str, Track] = {}
    inapplicable: dict[str, str] = {}
    masks: dict[int, tuple[NDArray[np.bool_], NDArray[np.bool_]]] = {}
    for feature in choose(names, extra):
        track, why = measure(source, feature)
        if track is None:
            inapplicable[feature.name] = why
        elif keep is None:
            found[feature.name] = track
        else:
            # Masks that were shared stay shared; the original is held on to, so that its id stays its own.
            whole = track.valid_N
            _, kept = masks.setdefault(id(whole), (whole, _cut(whole, keep)))
            found[feature.name] = Track(feature, _cut(track.values_N, keep), kept, track.excluded)
    return Tracks(found, inapplicable, source.languages, source)


def measure(source: Source, feature: Feature) -> tuple[Track | None, str]:
    """Measure one feature on a whole text.

    Returns:
        (track, "") or, where the feature says nothing about this text, (None, why).
    """
    if feature.languages is not None and not feature.languages & set(source.languages):
        return None, f"the text is {_listed(source.languages)}, and it is about {_listed(sorted(feature.languages))}"
    values_N, valid_N, excluded = feature.measure(source)
    known = values_N[valid_N]
    if not len(known):
        return None, f"it is known nowhere ({', '.join(f'{reason} {size:,}' for reason, size in excluded.items())})"
    low, high = known.min(), known.max()
    if low == high:
        where = f"it is {low:g} everywhere" if feature.kind == "graded" else ("always so" if low else "never so")
        return None, f"{where} in this text"
    kept: NDArray[Any] = values_N.astype(np.bool_ if feature.kind == "binary" else np.float32, copy=False)
    return Track(feature, kept, valid_N, excluded), ""


def _listed(languages: Iterable[str]) -> str:
    names = {"prose": "prose", "c": "C", "python": "Python"}
    return " and ".join(names[language] for language in languages)


def _cut(values_N: NDArray[Any], keep: Sequence[tuple[int, int]]) -> NDArray[Any]:
    return np.concatenate([values_N[start:stop] for start, stop in keep])
