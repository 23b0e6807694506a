"""Where the page of a result goes: a file, or a name of its own in a folder. Refused before anything is measured."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from rnnscope.artifacts.commit import commit_file
from rnnscope.bench.tables import file_name, page
from rnnscope.errors import InputError


def refuse_place(out: Path) -> None:
    """Refuse a place that nothing can be written to.

    Raises:
        InputError: its folder does not exist, or something else than a file has its name.
    """
    if out.is_dir() or (out.parent.is_dir() and (out.is_file() or not out.exists()) and not out.is_symlink()):
        return
    why = f"there is no folder {out.parent}" if not out.parent.is_dir() else "something that is no file has this name"
    raise InputError(
        tried="write the result", given=f"--out {out}", why=why, todo="Name a folder that exists, or a file in one."
    )


def write(found: dict[str, Any], out: Path) -> Path:
    """Write the page and return its path; an older one is replaced whole.

    Raises:
        MachineError: the disk refuses.
    """
    path = out / file_name(found) if out.is_dir() else out
    commit_file(path, page(found).encode("utf-8"))
    return path
