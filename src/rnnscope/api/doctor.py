"""What is installed on this machine, and which kernel runs each cell and why."""

from __future__ import annotations

import os
import shutil
from typing import Any, get_args

from rnnscope import environment
from rnnscope.config import CellName, RecurrentConfig


def doctor() -> dict[str, Any]:
    """Describe the installation.

    Returns:
        The facts of `environment.describe`, and `kernels`: cell -> kernel and reason, for alphabets of ordinary size;
        `notes`: name -> what decides a training beside them (large alphabets, threads, free disk).
    """
    from rnnscope.cells.dispatch import LARGE_ALPHABET, choose
    from rnnscope.native.network import paths

    kernels = {cell: str(choose(RecurrentConfig(cell=cell), LARGE_ALPHABET - 1, "auto")) for cell in get_args(CellName)}
    free = shutil.disk_usage(os.getcwd()).free
    notes = {
        "kernel": "a gradient traced by PyTorch, or a clamp, takes readable steps with any kernel"
        if paths()
        else f"with {LARGE_ALPHABET} different symbols or more naive for every cell: it looks them up",
        "threads": f"{environment.available_threads()} available; --threads decides how many a training uses",
        "disk": f"{free / 2**30:.1f} GiB free in this folder",
        "gpu": "not used: training runs on the processor",
    }
    return environment.describe() | {"kernels": kernels, "notes": notes}
