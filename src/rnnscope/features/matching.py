"""The matches of a regular expression, found by a child process that can be stopped.

Python cannot interrupt its own matching, and an innocent pattern may take for ever on an unlucky text. Run as a program
this file reads JSON {"pattern", "text"} and writes JSON {"spans"} or {"error"}; it imports nothing else of the package,
so that it starts in a few hundredths of a second.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys


class TooSlow(Exception):
    """The time was over."""


class Refused(Exception):
    """The pattern is none, or too much for the engine; the argument says why."""


def spans(pattern: str, text: str, seconds: float) -> list[tuple[int, int]]:
    """Find all matches that are not empty, as [start, stop) in characters.

    Args:
        pattern: a regular expression of Python's `re`.
        text: where to search; may hold lone surrogates.
        seconds: the time after which the search is given up.

    Raises:
        TooSlow: it took longer.
        Refused: the pattern is not valid, or the engine gave up.
    """
    question = json.dumps({"pattern": pattern, "text": text}).encode("ascii")
    command = [sys.executable, "-I", "-S", __file__]
    try:
        done = subprocess.run(command, input=question, capture_output=True, timeout=seconds, check=False)
    except subprocess.TimeoutExpired:
        raise TooSlow from None
    if done.returncode:
        raise Refused(f"the search ended with exit code {done.returncode}")
    answer = json.loads(done.stdout)
    if "error" in answer:
        raise Refused(answer["error"])
    return [(start, stop) for start, stop in answer["spans"]]


def answer(question: bytes) -> bytes:
    """What the child process says."""
    asked = json.loads(question)
    try:
        found = re.compile(asked["pattern"]).finditer(asked["text"])
        result: dict[str, object] = {"spans": [match.span() for match in found if match.end() > match.start()]}
    except (re.error, OverflowError, RecursionError, MemoryError) as error:
        result = {"error": f"{error}" or type(error).__name__}
    return json.dumps(result).encode("ascii")


if __name__ == "__main__":
    sys.stdout.buffer.write(answer(sys.stdin.buffer.read()))
