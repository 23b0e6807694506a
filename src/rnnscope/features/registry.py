"""All features that come with the program, in a fixed order. Their names are stable: findings name them."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from types import MappingProxyType

from rnnscope.errors import InputError
from rnnscope.features import any_text, code, prose, quotes
from rnnscope.features.feature import Feature

FEATURES: Mapping[str, Feature] = MappingProxyType(
    {feature.name: feature for feature in (*any_text.FEATURES, *quotes.FEATURES, *prose.FEATURES, *code.FEATURES)}
)


def choose(names: Iterable[str] | None, extra: Iterable[Feature] = ()) -> list[Feature]:
    """Features by name, in the order of the registry, then the user's own.

    Args:
        names: names, of the user's own ones too; None for all.
        extra: the user's own features.

    Raises:
        InputError: a name is not known, none is given, or a feature of the user's own has the name of another.
    """
    known = dict(FEATURES)
    for feature in extra:
        if feature.name in known:
            raise InputError(
                tried="add a feature",
                given=repr(feature.name),
                why="there is a feature of this name already",
                todo="Choose another name for it.",
            )
        known[feature.name] = feature
    if names is None:
        return list(known.values())
    wanted = list(names)
    for name in wanted:
        if name not in known:
            near = difflib.get_close_matches(name, known, n=3) or list(known)[:3]
            raise InputError(
                tried="choose features",
                given=repr(name),
                why=f"it is none of the {len(known)} features",
                todo=f"Did you mean {' or '.join(near)}? docs/features.md lists all of them.",
            )
    if not wanted:
        raise InputError(
            tried="choose features",
            given="an empty list",
            why="nothing would be looked for",
            todo="Name at least one feature, or none to look for all.",
        )
    return [feature for name, feature in known.items() if name in wanted]
