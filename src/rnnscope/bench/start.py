"""Measures in a process of its own, whose environment is the one that PyTorch is fastest in.

The program makes waiting threads of numerical libraries sleep, so that trainings can share a machine; PyTorch alone on
a machine is up to twice as fast when they spin. Libraries read such settings, and the instructions that they may use,
when they are loaded: they have to stand before the process begins.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from rnnscope import errors
from rnnscope.bench.options import Job
from rnnscope.errors import MachineError, RnnscopeError

LEFT_OUT = ("OMP_WAIT_POLICY", "GOMP_SPINCOUNT", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "OMP_PROC_BIND")
"""Settings that hold torch's threads back."""

HELD_TO_AVX2 = {"ATEN_CPU_CAPABILITY": "avx2", "ONEDNN_MAX_CPU_ISA": "AVX2", "MKL_ENABLE_INSTRUCTIONS": "AVX2"}
"""What PyTorch's own code, oneDNN and MKL read."""


def child_environment(environment: Mapping[str, str], instructions: str) -> dict[str, str]:
    """The environment of the process that measures."""
    kept = {name: value for name, value in environment.items() if name not in LEFT_OUT and name not in HELD_TO_AVX2}
    return kept | (HELD_TO_AVX2 if instructions == "avx2" else {})


def run(job: Job, announce: Callable[[str], None]) -> dict[str, Any]:
    """Measure and return what was found.

    Args:
        job: what to measure.
        announce: is given a line for each step of the way.

    Raises:
        RnnscopeError: what the process refused.
        MachineError: it ended without an answer.
    """
    command = [sys.executable, "-m", "rnnscope.bench"]
    environment = child_environment(os.environ, job.instructions)
    found: dict[str, Any] | None = None
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment, text=True, encoding="utf-8"
    ) as process:
        try:
            assert process.stdin is not None
            assert process.stdout is not None
            with suppress(BrokenPipeError):  # it may have ended already; that is said below
                process.stdin.write(job.model_dump_json())
                process.stdin.close()
            for line in process.stdout:
                message = json.loads(line)
                if "say" in message:
                    announce(message["say"])
                found = message.get("found", found)
                if "error" in message:
                    raise _rebuilt(message["error"])
        finally:
            process.kill()
    if found is None:
        raise MachineError(
            tried="measure speed",
            given=job.command,
            why=f"the process that measures ended with code {process.returncode}",
            todo="What it printed above may say why; a smaller --hidden, --batch or --steps needs less memory.",
        )
    return found


def written(error: RnnscopeError) -> dict[str, str]:
    """An error as it goes from process to process."""
    parts = {"tried": error.tried, "given": error.given, "why": error.why, "todo": error.todo}
    return {"kind": type(error).__name__, **parts}


def _rebuilt(parts: dict[str, str]) -> RnnscopeError:
    kind = getattr(errors, parts.pop("kind"))
    rebuilt: RnnscopeError = kind(**parts)
    return rebuilt
