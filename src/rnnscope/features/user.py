"""Features of the user's own: a regular expression, a file of stretches, a Python function.

`--regex NAME=RE` is true inside a match; `--spans FILE.jsonl` has a line {"start", "stop"}, with a "value" if wanted,
for each stretch, in symbols of the text; `--python FILE.py:FUNC` names a function from the text as a string to one
number for each of its characters, NaN where it is not known. None of them promises that a reader could know it, and
none has a target. The Python file is run: it is the user's own code. Whatever does not fit is refused.
"""

from __future__ import annotations

import importlib.util
import json
import re
import traceback
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from rnnscope.errors import InputError
from rnnscope.features import matching
from rnnscope.features.feature import Feature, Measured
from rnnscope.features.source import Source
from rnnscope.features.steps import covered

SECONDS = 30.0
"""Time limit of a regular expression."""

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")


def from_regex(given: str, seconds: float = SECONDS) -> Feature:
    """Make a binary feature of NAME=RE: inside a match of the expression.

    Args:
        given: the name and a regular expression of Python's `re`; (?m), (?i) and (?s) at its beginning set flags.
            Matches may run over file boundaries; empty ones count for nothing.
        seconds: time limit of the search; at most this is waited for each text.

    Raises:
        InputError: at once if there is no name or no valid expression, and when it is measured if time runs out.
    """
    name, equals, pattern = given.partition("=")
    if not equals or not pattern:
        raise _refused(
            "--regex", given, "it is not a name and an expression", "Write --regex NAME=RE: --regex year=[0-9]{4}."
        )
    _check_name("--regex", name)
    try:
        re.compile(pattern)
    except (re.error, OverflowError, RecursionError) as error:
        raise _refused(
            "--regex", given, f"the expression is not valid: {error}", "Correct it; it is read by Python's re."
        ) from None

    def measure(source: Source) -> Measured:
        string = as_string(source)
        try:
            spans = np.array(matching.spans(pattern, string, seconds), np.int64).reshape(-1, 2)
        except matching.TooSlow:
            raise _refused(
                "--regex",
                given,
                f"the search in {len(string):,} characters took longer than {seconds:g} s",
                "Make the expression simpler: repetitions inside repetitions, such as (a+)+, take exponential time.",
            ) from None
        except matching.Refused as error:
            raise _refused("--regex", given, str(error), "Make the expression simpler.") from None
        inside_M = covered(len(string), spans[:, 0], spans[:, 1]) > 0
        return source.handed_down(inside_M, None)

    return _own(name, f"inside a match of {pattern}", "binary", measure)


class _Span(NamedTuple):
    start: int
    stop: int
    value: float
    line: int


def from_spans(given: str) -> Feature:
    """Make a feature of a file of stretches, named as the file: binary without values, graded with them.

    Outside all stretches the value is 0.

    Raises:
        InputError: the file cannot be read, a line is no stretch, two of them overlap, or, when it is measured, one
            lies outside the text.
    """
    path = Path(given)
    name = path.stem
    _check_name("--spans", name)
    try:
        lines = path.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError, ValueError) as error:
        raise _refused("--spans", given, f"it cannot be read: {error}", "Give a file of JSON lines.") from None
    spans = sorted(_span(given, number, line) for number, line in enumerate(lines, 1) if line.strip())
    if not spans:
        raise _refused("--spans", given, "it holds no stretch", 'Write lines such as {"start": 10, "stop": 25}.')
    for before, after in pairwise(spans):
        if after.start < before.stop:
            why = f"the stretches of lines {before.line} and {after.line} overlap"
            raise _refused("--spans", given, why, "Give each symbol one value at most.")
    graded = any(span.value not in (0, 1) for span in spans)

    def measure(source: Source) -> Measured:
        n = len(source.text)
        if spans[-1].stop > n:
            why = f"line {spans[-1].line} ends at {spans[-1].stop:,}, and the text has {n:,} symbols"
            raise _refused("--spans", given, why, "Count symbols of this text from 0 on, the stop not included.")
        values_N: NDArray[Any] = np.zeros(n, np.float32 if graded else np.bool_)
        for span in spans:
            values_N[span.start : span.stop] = span.value
        return Measured(values_N, *source.mask(None, code=False))

    return _own(name, f"from {path.name}", "graded" if graded else "binary", measure)


def _span(given: str, number: int, line: str) -> _Span:
    try:
        row = json.loads(line)
    except (ValueError, RecursionError):
        row = None
    sound = isinstance(row, dict) and {"start", "stop"} <= set(row) <= {"start", "stop", "value"}
    if sound:
        start, stop, value = row["start"], row["stop"], row.get("value", 1)
        whole = type(start) is int and type(stop) is int and 0 <= start < stop
        if whole and isinstance(value, (int, float)) and np.isfinite(value):
            return _Span(start, stop, float(value), number)
    raise _refused(
        "--spans",
        given,
        f"line {number} is no stretch: {line.strip()[:60]}",
        'A line is {"start": 10, "stop": 25} with 0 <= start < stop, and "value" with a finite number if wanted.',
    )


def from_python(given: str) -> Feature:
    """Make a feature of FILE.py:FUNC, named as the function.

    The function is given the text as a string and returns an array of one bool or number for each character, NaN where
    it is unknown.

    Raises:
        InputError: there is no such function, the file cannot be run, or, when it is measured, the function fails or
            returns something else.
    """
    file, colon, name = given.rpartition(":")
    if not colon or not file or not name.isidentifier():
        raise _refused("--python", given, "it is not a file and a function", "Write --python FILE.py:FUNC.")
    function = _function(given, Path(file), name)
    todo = "Return one bool or number for each character of the text: np.array([c.isupper() for c in text])."

    def measure(source: Source) -> Measured:
        string = as_string(source)
        try:
            values_M = np.asarray(function(string))
        except (Exception, SystemExit) as error:
            raise _refused("--python", given, f"it failed with {_told(error)}", "Correct the function.") from None
        if values_M.shape != (len(string),) or values_M.dtype.kind not in "biuf":
            why = f"it returned {values_M.dtype} of shape {values_M.shape}, and the text has {len(string):,} characters"
            raise _refused("--python", given, why, todo)
        return _measured(given, source, values_M)

    # Its kind shows only on a text, and a feature has one before; ranks of 0 and 1 are those of a binary one.
    return _own(name, f"the function {name} of {Path(file).name}", "graded", measure)


def _measured(given: str, source: Source, values_M: NDArray[Any]) -> Measured:
    values_M = values_M.astype(np.float32)
    if np.isinf(values_M).any():
        raise _refused("--python", given, "it returned an infinite value", "Return finite numbers, NaN for unknown.")
    unknown_M = np.isnan(values_M)
    values_N, valid_N, excluded = source.handed_down(np.nan_to_num(values_M), None)
    unknown_N = source.characters.to_symbols(unknown_M)
    count = int(np.count_nonzero(unknown_N & valid_N))
    return Measured(values_N, valid_N & ~unknown_N, {**excluded, "unknown": count} if count else excluded)


def _function(given: str, path: Path, name: str) -> Callable[[str], Any]:
    if not path.is_file():
        raise _refused("--python", given, "there is no such file", "Write --python FILE.py:FUNC.")
    spec = importlib.util.spec_from_file_location(f"rnnscope_user_{path.stem}", path)
    if spec is None or spec.loader is None:
        raise _refused("--python", given, "it is not a file of Python source", "Its name must end in .py.")
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except (Exception, SystemExit) as error:
        raise _refused("--python", given, f"the file cannot be run: {_told(error)}", "Correct the file.") from None
    function = getattr(module, name, None)
    if not callable(function):
        raise _refused("--python", given, f"{path.name} has no function {name}", "Name one of its functions.")
    found: Callable[[str], Any] = function
    return found


def as_string(source: Source) -> str:
    """A text as a string of its characters; a byte that spells none is a lone surrogate."""
    return source.characters.codes_M.astype("<u4").tobytes().decode("utf-32-le", "surrogatepass")


def _own(name: str, words: str, kind: Literal["binary", "graded"], measure: Callable[[Source], Measured]) -> Feature:
    return Feature(name, "user", words, kind, measure, causal=False)


def _told(error: BaseException) -> str:
    lines = traceback.extract_tb(error.__traceback__)
    where = f" in line {lines[-1].lineno} of {Path(lines[-1].filename).name}" if lines else ""
    return f"{type(error).__name__}: {error}{where}"


def _check_name(flag: str, name: str) -> None:
    if not _NAME.fullmatch(name):
        why = "the name must be letters, digits and . _ -, and begin with a letter or digit"
        raise _refused(flag, repr(name), why, "Choose another name.")


def _refused(flag: str, given: str, why: str, todo: str) -> InputError:
    return InputError(tried=f"add a feature with {flag}", given=given, why=why, todo=todo)
