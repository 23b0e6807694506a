"""Drives the program as a person does, in this process: what it returns, what it prints, what it leaves behind."""

from __future__ import annotations

import contextlib
import io
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple
from unittest import mock

from rnnscope.cli import main
from rnnscope.terminal import shown

TINY = (
    *("--layers", "1", "--hidden", "8", "--batch", "4", "--steps", "16", "--epochs", "1"),
    *("--sample-length", "0", "--threads", "1"),
)
"""A network that trains in a moment; it needs a training part of 4 x 16 symbols."""

WINDOW = 80
"""Symbols of a text whose training part of 80 % is exactly one window of `TINY`."""

TEXT = b"the cat sat on the mat.\n" * 20


class Outcome(NamedTuple):
    """What a command left in the hands of its caller."""

    code: int
    out: str
    err: str


def call(*words: str | Path, stdin: bytes | None = b"") -> Outcome:
    """Run one command line; `stdin` None is a standard input that was closed before the start."""
    out, err = io.StringIO(), io.StringIO()
    given = None if stdin is None else io.TextIOWrapper(io.BytesIO(stdin))
    with mock.patch.object(sys, "stdin", given), contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = main([str(word) for word in words])
    return Outcome(code, out.getvalue(), err.getvalue())


def done(*words: str | Path, stdin: bytes | None = b"") -> str:
    """Run a command that must succeed; what it printed on stdout."""
    outcome = call(*words, stdin=stdin)
    assert outcome.code == 0, (words, outcome)
    assert printable(outcome.err), outcome.err
    return outcome.out


def printable(text: str) -> bool:
    """Whether nothing in a text could act on a terminal."""
    return shown(text) == text


def check_refusal(outcome: Outcome, code: int, *mentions: str) -> None:
    """Demand one line of the documented form on stderr, nothing on stdout, and the right exit code."""
    assert outcome.code == code, outcome
    assert outcome.out == ""
    assert outcome.err.endswith("\n")
    line = outcome.err[:-1]
    assert "\n" not in line, outcome.err
    assert printable(line), line
    assert "Traceback" not in line
    # What was tried: what was given and why not. What to do.
    assert re.fullmatch(r"rnnscope: cannot [^:]+: .+[.?)] [A-Z].+\.\)?", line), line
    for mention in mentions:
        assert mention in line, (mention, line)


def tree(folder: Path) -> set[str]:
    """Everything below a folder but locks, which stay where a writer has been."""
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.name != ".lock"}


@contextlib.contextmanager
def nothing_left(folder: Path) -> Iterator[None]:
    """Demand that a block leaves a folder as it found it: no half-made result, no litter."""
    before = tree(folder)
    yield
    assert tree(folder) == before
