"""Every feature against texts that were marked by hand."""

from __future__ import annotations

from typing import cast

import pytest

from rnnscope.corpus.text import from_string
from rnnscope.features import FEATURES, Language, Source

from .marked import Block, blocks

BLOCKS = blocks()


@pytest.mark.golden
@pytest.mark.parametrize("block", BLOCKS, ids=[f"{block.name}-{block.language}" for block in BLOCKS])
def test_marked_text(block: Block) -> None:
    """Each feature has the value that was written under each character by hand."""
    source = Source(from_string(block.text), cast(Language, block.language))
    values_N, valid_N, _ = FEATURES[block.name].measure(source)
    found = [int(value) if valid else None for value, valid in zip(values_N, valid_N, strict=True)]
    shown = "\n".join(f"{c!r:6} marked {a}, found {b}" for c, a, b in zip(block.text, block.values, found, strict=True))
    assert found == block.values, shown


@pytest.mark.law
def test_every_feature_is_marked_in_every_language() -> None:
    """No feature goes without a marked text, and those of code have one in each of their languages."""
    marked = {(block.name, block.language) for block in BLOCKS}
    assert {name for name, _ in marked} == set(FEATURES)
    code = {(f.name, language) for f in FEATURES.values() if f.family == "code" for language in f.languages or ()}
    assert code - marked == set()


@pytest.mark.law
def test_marked_texts_hold_more_than_one_value() -> None:
    """Each feature takes at least two values in its marked texts, so that a constant would be noticed."""
    seen: dict[str, set[int | None]] = {}
    for block in BLOCKS:
        seen.setdefault(block.name, set()).update(block.values)
    assert {name for name, values in seen.items() if len(values - {None}) < 2} == set()
