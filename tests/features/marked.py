"""Texts with the value of a feature written under each character, by hand.

A block of a file in `marked/` begins with `## FEATURE LANGUAGE`. Then follow pairs of lines: a line of text and, under
it, the values: `.` for no and 0, `x` for yes, `1` to `9` and `a` to `w` for 1 to 32, `?` where the value is not known.
¶ stands for LF, ␍ for CR, → for a tab, ␣ for a space where an editor would drop it; a line without ¶ goes on in the
next.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

FOLDER = Path(__file__).parent / "marked"
_SHOWN = str.maketrans({"¶": "\n", "␍": "\r", "→": "\t", "␣": " "})


class Block(NamedTuple):
    """One text, the feature that is marked, and its value at each character; None where it is not known."""

    name: str
    language: str
    text: str
    values: list[int | None]


def value(mark: str) -> int | None:
    return None if mark == "?" else {".": 0, "x": 1}.get(mark, int(mark, 36) if mark.isalnum() else 0)


def blocks() -> list[Block]:
    """All blocks of all files."""
    found: list[Block] = []
    for path in sorted(FOLDER.glob("*.txt")):
        lines: list[str] = []
        for number, line in enumerate(path.read_text("utf-8").split("\n"), 1):
            if line.startswith("## "):
                assert not lines, f"{path.name}:{number}: a line of text has no values"
                name, language = line[3:].split()
                found.append(Block(name, language, "", []))
            elif line:
                lines.append(line)
            if len(lines) == 2:
                text, marks = lines
                assert len(text) == len(marks), f"{path.name}:{number}: {len(text)} characters, {len(marks)} values"
                last = found.pop()
                found.append(last._replace(text=last.text + text.translate(_SHOWN)))
                last.values.extend(map(value, marks))
                lines = []
    return found
