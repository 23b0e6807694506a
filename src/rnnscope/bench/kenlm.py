"""KenLM as a peer: its programs where they are on the PATH, fed and used as is fastest for them.

`lmplz` and `build_binary` estimate a model and make it queryable, joined by a pipe, so that both processors work and no
text of the model goes to the disk. `kenlm_rows` (benchmarks/kenlm_rows.cpp) asks it. A symbol becomes one word of one
or two bytes and a text one line, so KenLM has one start and one end as well.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from rnnscope.errors import MachineError

Structure = Literal["probing", "trie"]
STRUCTURES: tuple[Structure, ...] = ("probing", "trie")

PROGRAMS = ("lmplz", "build_binary", "kenlm_rows")
SORT_MEMORY = "4G"
"""What lmplz may sort in: beyond that it did not become faster, and with less it becomes slower."""

_FIRST, _DIGITS = 0x21, 200
"""Words are numbers to this base, written in bytes that are no blanks."""


class Built(NamedTuple):
    """A model and what it took.

    Attributes:
        seconds: from the text to the queryable file.
        peak_bytes: the largest memory of each program, by its name.
        file_bytes: size of the file.
    """

    seconds: float
    peak_bytes: dict[str, int]
    file_bytes: int


def programs() -> dict[str, str]:
    """Which of the programs are on the PATH, and where."""
    return {name: path for name in PROGRAMS if (path := shutil.which(name)) is not None}


def words(vocabulary: int) -> list[bytes]:
    """A word for each symbol.

    >>> words(202)[0], words(202)[199], words(202)[200:]
    (b'!', b'\\xe8', [b'"!', b'""'])
    """
    assert vocabulary <= _DIGITS**2, "words have at most two bytes"
    digits = [bytes([_FIRST + digit]) for digit in range(_DIGITS)]
    return [(digits[n // _DIGITS] if n >= _DIGITS else b"") + digits[n % _DIGITS] for n in range(vocabulary)]


def write_line(path: Path, ids: NDArray[np.integer[Any]], vocabulary: int) -> None:
    """Write a text as one line of words."""
    table = words(vocabulary)
    path.write_bytes(b" ".join([table[symbol] for symbol in ids.tolist()]) + b"\n")


def build(found: Mapping[str, str], text: Path, model: Path, order: int, structure: Structure) -> Built:
    """Estimate a model of one order and make it queryable.

    Args:
        found: from `programs`.
        text: from `write_line`.
        model: the file to make, in a folder that takes temporary files too.
        order: symbols of context and 1.
        structure: how it is looked up.

    Raises:
        MachineError: a program failed.
    """
    folder = str(model.parent)
    estimate = [found["lmplz"], "-o", str(order), "--discount_fallback", "-S", SORT_MEMORY, "-T", folder]
    binary = [found["build_binary"], "-T", folder, structure, "/dev/stdin", str(model)]
    log = model.with_suffix(".log")
    began = time.perf_counter()
    with text.open("rb") as source, log.open("wb") as said:
        first = subprocess.Popen(estimate, stdin=source, stdout=subprocess.PIPE, stderr=said)
        second = subprocess.Popen(binary, stdin=first.stdout, stdout=subprocess.DEVNULL, stderr=said)
        assert first.stdout is not None
        first.stdout.close()
        peaks = {"build_binary": _peak_bytes(second), "lmplz": _peak_bytes(first)}
    seconds = time.perf_counter() - began
    if first.returncode or second.returncode:
        lines = log.read_text("utf-8", errors="replace").strip().splitlines()
        raise MachineError(
            tried="measure KenLM",
            given=f"order {order}, {structure}",
            why=lines[-1] if lines else "a program ended without a word",
            todo=f"Build KenLM with -DKENLM_MAX_ORDER={order + 1} or more (see docs/bench.md).",
        )
    return Built(seconds, peaks, model.stat().st_size)


def _peak_bytes(process: subprocess.Popen[bytes]) -> int:
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return usage.ru_maxrss * 1024


class Rows:
    """A process that holds a model and answers questions about one text.

    Args:
        program: kenlm_rows.
        model: from `build`.
        ids: the text, [N].
        vocabulary: V.

    Raises:
        MachineError: it does not start.
    """

    def __init__(self, program: str, model: Path, ids: NDArray[np.integer[Any]], vocabulary: int) -> None:
        tokens, text = model.with_suffix(".words"), model.with_suffix(".ids")
        tokens.write_bytes(b"\n".join(words(vocabulary)) + b"\n")
        text.write_bytes(ids.astype(np.int32).tobytes())
        self._folder = model.parent
        self._process = subprocess.Popen(
            [program, str(model), str(tokens), str(text)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
        )  # fmt: skip
        self._answer()

    def compute(self, start: int, count: int, threads: int) -> float:
        """Compute whole distributions at some positions; the seconds that it says it took."""
        self._ask(f"rows {start} {count} {threads}")
        return float(self._answer())

    def log10_probs_of_true(self, start: int, count: int) -> NDArray[np.float32]:
        """Score the symbols at some positions, [count]."""
        file = self._folder / "true.f32"
        self._ask(f"true {start} {count} {file}")
        self._answer()
        return np.frombuffer(file.read_bytes(), np.float32)

    def close(self) -> None:
        """End the process."""
        self._process.kill()
        self._process.communicate()

    def _ask(self, line: str) -> None:
        stream: IO[str] | None = self._process.stdin
        assert stream is not None
        stream.write(line + "\n")
        stream.flush()

    def _answer(self) -> str:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise MachineError(
                tried="measure KenLM",
                given="kenlm_rows",
                why="it ended without an answer",
                todo="Build it with the KENLM_MAX_ORDER that build_binary has (see docs/bench.md).",
            )
        return line


def missing(found: Mapping[str, str]) -> Sequence[str]:
    """Programs that are not there."""
    return [name for name in PROGRAMS if name not in found]
