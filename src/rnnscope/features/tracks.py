"""Features of a text as arrays: all of them, some, or one at a time; of the whole text or of parts that are cut later.

Features are always measured on the whole text in its original order and cut afterwards, since a quotation mark before a
part decides what is inside quotes in it. They are measured window by window (windows.py) and kept compactly.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rnnscope.compact import Compact
from rnnscope.corpus.text import Text
from rnnscope.features import windows
from rnnscope.features.feature import Feature, Language
from rnnscope.features.measuring import Kept, Sum
from rnnscope.features.registry import choose
from rnnscope.features.source import Source
from rnnscope.features.windows import Window


@dataclass(frozen=True, eq=False)
class Track:
    """One feature of one text.

    Args:
        feature: its definition.
        compact: its values at the positions that were kept: bool for a binary feature, float32 for a graded one.
        valid_N: False where the value is not known; may be shared between tracks, and is read-only.
        excluded: how many symbols of the whole text are not valid, by reason.
        aim: True where its target is measured, in the language that most of the text is in; None if it has none there.
    """

    feature: Feature
    compact: Compact
    valid_N: NDArray[np.bool_]
    excluded: Mapping[str, int]
    aim: Compact | None = None

    @property
    def name(self) -> str:
        """The feature's name."""
        return self.feature.name

    @property
    def values_N(self) -> NDArray[Any]:
        """The values as an array of their own, made anew."""
        return self.compact.values()


@dataclass(frozen=True, eq=False)
class Tracks:
    """Features of one text.

    Args:
        tracks: by name, those that apply.
        inapplicable: name -> why the feature says nothing about this text.
        languages: symbols of the whole text in each language, most first.
        source: the text they were measured on.
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
        return sum(track.compact.nbytes for track in self) + sum(masks.values())

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

    Memory: a bit for each symbol kept and each binary feature, a byte for each graded one of up to 256 values and two
    for most others, a byte for each mask; while they are measured, about 100 bytes a symbol of the largest window.
    Features of the user's own see the whole text at once.

    Args:
        text: the whole text, in its original order.
        names: which features; None for all that are registered and the extra ones.
        extra: the user's own features.
        language: what all files are written in; None to tell from names and contents.
        keep: [start, stop) of the stretches to keep, joined in this order; None for the whole text.

    Raises:
        InputError: an unknown name, or a feature of the user's own that does not fit the text.
    """
    return _tracks(Source(text, language), choose(names, extra), keep)


def measure(source: Source, feature: Feature) -> tuple[Track | None, str]:
    """Measure one feature on a whole text.

    Returns:
        (track, "") or, where the feature says nothing about this text, (None, why).
    """
    found = _tracks(source, [feature], None)
    return found.tracks.get(feature.name), found.inapplicable.get(feature.name, "")


def _tracks(source: Source, features: Sequence[Feature], keep: Sequence[tuple[int, int]] | None) -> Tracks:
    found: dict[str, Track] = {}
    inapplicable: dict[str, str] = {}
    kept = Kept([(0, len(source.text))] if keep is None else keep)
    spoken = source.language
    sums = {one.name: Sum(one, one.target(spoken), kept) for one in features if _speaks_of(one, source)}
    _measure_all(source, sums.values(), kept)
    masks: dict[bytes, NDArray[np.bool_]] = {}
    for feature in features:
        if feature.name not in sums:
            about = _listed(sorted(feature.languages or ()))
            inapplicable[feature.name] = f"the text is {_listed(source.languages)}, and it is about {about}"
            continue
        one = sums.pop(feature.name)
        why = one.why_not()
        if why:
            inapplicable[feature.name] = why
        else:
            valid, aim = kept.arranged(one.valid), None if one.aim is None else kept.arranged(one.aim)
            packed = valid.stored.tobytes()
            if packed not in masks:
                masks[packed] = valid.values()
                masks[packed].flags.writeable = False
            valid_N = masks[packed]
            found[feature.name] = Track(feature, kept.arranged(one.values), valid_N, one.excluded, aim)
    return Tracks(found, inapplicable, source.languages, source)


def _measure_all(source: Source, sums: Collection[Sum], kept: Kept) -> None:
    own = [one for one in sums if one.feature.family == "user"]
    others = [one for one in sums if one.feature.family != "user"]
    for one in own:
        one.measure(Window(source, 0, len(source.text), 0))
    for window in windows.windows(source, windows.SYMBOLS) if others else ():
        for one in others:
            one.measure(window)


def _speaks_of(feature: Feature, source: Source) -> bool:
    return feature.languages is None or bool(feature.languages & set(source.languages))


def _listed(languages: Iterable[str]) -> str:
    names = {"prose": "prose", "c": "C", "python": "Python"}
    return " and ".join(names[language] for language in languages)
