"""Find, open and check the compiled library; say why it is not there when it is not.

The library is built at installation, next to this file. An installation without a C++ compiler succeeds without it,
and everything it offers has a Python twin, so no caller may require it. Nothing is compiled, downloaded or searched for
elsewhere at run time.
"""

from __future__ import annotations

import ctypes
import functools
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rnnscope.errors import InputError

INTERFACE = 8
"""Must equal RNNSCOPE_INTERFACE in rnnscope.h."""

_SUFFIXES = (".so", ".dylib", ".dll")

_INT, _LONG, _FLOAT, _DOUBLE = ctypes.c_int, ctypes.c_int64, ctypes.c_float, ctypes.c_double
_TEXT, _ADDRESS, _ADDRESSES = ctypes.c_char_p, ctypes.c_void_p, ctypes.POINTER(ctypes.c_void_p)
_COUNTS = ctypes.POINTER(ctypes.c_int64)
_NETWORK = [_TEXT, _TEXT, *[_INT] * 4]

_SIGNATURES: dict[str, tuple[Any, list[Any]]] = {
    "processor": (_INT, [_TEXT, _INT]),
    "paths": (_INT, []),
    "create": (_ADDRESS, [*_NETWORK, *[_INT] * 6]),
    "destroy": (None, [_ADDRESS]),
    "bytes": (_LONG, [*_NETWORK, *[_INT] * 5]),
    "load": (None, [_ADDRESS, _ADDRESSES]),
    "run": (_INT, [_ADDRESS, _ADDRESS]),
    "sample": (_INT, [_ADDRESS, _ADDRESSES, _INT, _INT, _ADDRESS, _DOUBLE, _INT, _ADDRESS]),
    "square_sum": (_DOUBLE, [_ADDRESSES, _COUNTS, _INT, _INT]),
    "rmsprop": (None, [*[_ADDRESSES] * 3, _COUNTS, _INT, _FLOAT, _DOUBLE, *[_FLOAT] * 3, _INT]),
    "adam": (None, [*[_ADDRESSES] * 4, _COUNTS, _INT, _FLOAT, _DOUBLE, _DOUBLE, *[_FLOAT] * 3, _LONG, _INT]),
    "bins": (None, [_ADDRESS, _LONG, _LONG, _INT, _ADDRESS, _INT, _ADDRESS, _ADDRESS]),
    "ngram_fit": (_ADDRESS, [_ADDRESS, _INT, _LONG, *[_INT] * 3]),
    "ngram_sizes": (None, [_ADDRESS, _COUNTS]),
    "ngram_take": (None, [_ADDRESS, _ADDRESSES]),
    "ngram_fault": (_INT, [_ADDRESS, _ADDRESS]),
    "ngram_ask": (_INT, [_ADDRESS, _ADDRESS]),
}
"""What rnnscope.h declares, beside rnnscope_interface: result and arguments."""


@dataclass(frozen=True)
class Library:
    """The opened library.

    Args:
        path: the file it came from.
        calls: its functions, with argument and result types declared.
    """

    path: Path
    calls: ctypes.CDLL


def load() -> Library | None:
    """Open the compiled library; None where there is none, and then `why` has the reason.

    `RNNSCOPE_NATIVE=0` switches it off for this process.

    Raises:
        InputError: RNNSCOPE_NATIVE is neither 0 nor 1.
    """
    return _attempt(_wanted(), Path(__file__).parent)[0]


def why() -> str:
    """Say in a few words which library is used, or why none is.

    Raises:
        InputError: RNNSCOPE_NATIVE is neither 0 nor 1.
    """
    return _attempt(_wanted(), Path(__file__).parent)[1]


def _wanted() -> bool:
    value = os.environ.get("RNNSCOPE_NATIVE", "1")
    if value not in ("0", "1"):
        raise InputError(
            tried="decide whether to use the compiled library",
            given=f"RNNSCOPE_NATIVE={value!r}",
            why="it must be 0 (never) or 1 (where it was built)",
            todo="Unset RNNSCOPE_NATIVE or set it to 0 or 1.",
        )
    return value == "1"


@functools.cache
def _attempt(wanted: bool, folder: Path) -> tuple[Library | None, str]:
    if not wanted:
        return None, "switched off by RNNSCOPE_NATIVE=0"
    found = [folder / f"rnnscope_native{suffix}" for suffix in _SUFFIXES]
    path = next((candidate for candidate in found if candidate.is_file()), None)
    if path is None:
        return None, "not built: rnnscope was installed without a C++ compiler, or its compilation failed"
    try:
        calls = ctypes.CDLL(str(path))
        calls.rnnscope_interface.argtypes = []
        calls.rnnscope_interface.restype = ctypes.c_int
        interface = calls.rnnscope_interface()
        if interface != INTERFACE:
            return None, f"{path.name} has interface {interface}, this version needs {INTERFACE}: reinstall rnnscope"
        for name, (result, arguments) in _SIGNATURES.items():
            function = getattr(calls, f"rnnscope_{name}")
            function.restype, function.argtypes = result, arguments
    except (OSError, AttributeError) as error:
        return None, f"{path.name} cannot be loaded: {error}"
    return Library(path, calls), f"compiled ({path.name})"
