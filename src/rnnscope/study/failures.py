"""Errors of tasks as plain words, so that they can be kept in a folder and raised again in another process."""

from __future__ import annotations

import traceback
from collections.abc import Mapping

from rnnscope import errors
from rnnscope.errors import RnnscopeError


def describe(error: Exception) -> dict[str, str]:
    """An error as plain words, so that it can be kept and raised again elsewhere."""
    if isinstance(error, RnnscopeError):
        parts = {"tried": error.tried, "given": error.given, "why": error.why, "todo": error.todo}
        return {"kind": type(error).__name__, **parts}
    if isinstance(error, MemoryError) or "can't allocate memory" in str(error):
        why, kind = "the machine's memory is full", "MachineError"
    else:
        why, kind = f"{type(error).__name__}: {error}", "RnnscopeError"
    trace = "".join(traceback.format_exception(error))
    parts = {"tried": "do a task", "given": "a study", "why": why, "todo": "Start the study again; see its record."}
    return {"kind": kind, **parts, "trace": trace}


def restore(failure: Mapping[str, str]) -> RnnscopeError:
    """The error that `describe` was given, or one that says the same."""
    kind = getattr(errors, failure["kind"], RnnscopeError)
    parts = {part: failure[part] for part in ("tried", "given", "why", "todo")}
    error = kind(**parts)
    assert isinstance(error, RnnscopeError), failure
    return error
