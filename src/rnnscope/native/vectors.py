"""What the processor is and which vector instruction sets it has.

The compiled library asks the processor itself; without it Linux' /proc/cpuinfo is read, which lists the same sets in
the same spelling. Elsewhere nothing is guessed: the list is empty and `source` says so.
"""

from __future__ import annotations

import ctypes
import platform
from dataclasses import dataclass
from pathlib import Path

from rnnscope.native.loading import load

VECTOR_SETS = (
    "sse4_2",
    "avx",
    "f16c",
    "fma",
    "avx2",
    "avx_vnni",
    "avx512f",
    "avx512dq",
    "avx512bw",
    "avx512vl",
    "avx512_vnni",
    "avx512_bf16",
    "avx512_fp16",
    "asimd",
    "sve",
    "sve2",
    "bf16",
)
"""Every name that can be reported, in the order of the report."""

_CPUINFO = Path("/proc/cpuinfo")


@dataclass(frozen=True)
class Processor:
    """What a speed or a bit pattern may depend on.

    Args:
        model: the maker's name of the processor, or its architecture where no name is to be had.
        architecture: as `platform.machine` spells it ("x86_64", "aarch64").
        vector_sets: names out of VECTOR_SETS, in that order.
        source: who said so: "compiled library", "/proc/cpuinfo" or "unknown".
    """

    model: str
    architecture: str
    vector_sets: tuple[str, ...]
    source: str


def processor() -> Processor:
    """Describe the processor this process runs on."""
    text = _cpuinfo()
    model = _field(text, "model name") or platform.processor() or platform.machine()
    library = load()
    if library is not None:
        room = 1024
        buffer = ctypes.create_string_buffer(room)
        needed = library.calls.rnnscope_processor(buffer, room)
        assert needed <= room, "the names outgrew their buffer"
        names, source = buffer.value.decode("ascii"), "compiled library"
    else:
        # x86 kernels call the line "flags", Arm kernels "Features".
        names = _field(text, "flags") or _field(text, "Features")
        source = str(_CPUINFO) if names else "unknown"
    present = set(names.split())
    return Processor(model, platform.machine(), tuple(name for name in VECTOR_SETS if name in present), source)


def _cpuinfo() -> str:
    try:
        return _CPUINFO.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def _field(text: str, name: str) -> str:
    for line in text.splitlines():
        key, colon, value = line.partition(":")
        if colon and key.strip() == name:
            return value.strip()
    return ""
