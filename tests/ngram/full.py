"""War and Peace and the kernel in every split that KenLM was measured on, as it was fed."""

from __future__ import annotations

import os
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
from numpy.typing import NDArray

from rnnscope.config import CorpusConfig
from rnnscope.corpus import split

# Looked at before any test changes the working folder or the environment.
_FOLDERS = [Path(folder).resolve() for folder in (os.environ.get("RNNSCOPE_DATA"), "../shared/data") if folder]


class Fed(NamedTuple):
    """What KenLM read: one text to count, and one that begins with the part before the scored one."""

    training: NDArray[np.int32]
    scored: NDArray[np.int32]
    pieces: list[tuple[int, int]]
    vocabulary: int


def folder() -> Path:
    """The folder with the texts and KenLM's scores; without one the test is skipped."""
    for found in _FOLDERS:
        if (found / "warpeace.txt").is_file() and (found / "kenlm").is_dir():
            return found
    pytest.skip("needs warpeace.txt, linux.txt and kenlm in RNNSCOPE_DATA or ../shared/data")


def fed(name: str, kind: str, *, plain: bool = False) -> Fed:
    """A text by its bytes, cut and joined.

    Args:
        name: warpeace or linux.
        kind: streams or contiguous, with the shares of the text's own protocol; "contiguous 80" for 80/10/10.
        plain: War and Peace as characters: without the mark at its beginning, lines ended by one character.
    """
    data = (folder() / f"{name}.txt").read_bytes()
    if plain:
        text = data.decode("utf-8-sig").replace("\r\n", "\n")
        codes = np.frombuffer(text.encode("utf-32-le"), np.uint32)
    else:
        codes = np.frombuffer(data, np.uint8)
    occurs = np.bincount(codes) > 0
    ids = (occurs.cumsum(dtype=np.int32) - 1)[codes]
    shares = (90, 5, 5) if name == "linux" and kind != "contiguous 80" else (80, 10, 10)
    config = CorpusConfig(text=name, split=kind.split()[0], fractions=shares)
    parts = split.make(len(ids), config).parts
    training, valid, test = (np.concatenate([ids[start:stop] for start, stop in parts[part]]) for part in split.PARTS)
    scored = np.concatenate([valid, test])
    return Fed(training, scored, [(len(valid), len(scored))], int(occurs.sum()))
