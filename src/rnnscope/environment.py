"""What a result may depend on besides its settings: versions, processor, threads. Imports nothing heavy."""

from __future__ import annotations

import os
import platform
import sys
from importlib import metadata
from typing import Any

from rnnscope import native
from rnnscope.native.network import paths

PACKAGES = ("rnnscope", "torch", "numpy", "safetensors", "pydantic")


def versions() -> dict[str, str]:
    """Versions of Python and of the packages that results depend on; `absent` for one that is not installed."""
    found = {"python": platform.python_version()}
    for name in PACKAGES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            found[name] = "absent"
    return found


def available_threads() -> int:
    """Processor threads that this process may use."""
    if hasattr(os, "sched_getaffinity"):  # absent on macOS and Windows
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def describe() -> dict[str, Any]:
    """Everything about this machine that goes into a run's `environment.json`."""
    processor = native.processor()
    return {
        "versions": versions(),
        "platform": f"{platform.system()} {platform.release()}",
        "python_implementation": sys.implementation.name,
        "processor": processor.model,
        "architecture": processor.architecture,
        "vector_sets": list(processor.vector_sets),
        "threads_available": available_threads(),
        "native_library": native.why(),
        "native_paths": list(paths()),
    }
