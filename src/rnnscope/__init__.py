"""Trains recurrent networks on your text, then shows, and proves, what each of their cells does.

The public names, and nothing else. Each is imported when it is first used, so that `import rnnscope` is light.
"""

from __future__ import annotations

from importlib import import_module, metadata
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rnnscope import errors as errors
    from rnnscope.api import Ngram as Ngram
    from rnnscope.api import Run as Run
    from rnnscope.api import figure as figure
    from rnnscope.api import from_torch as from_torch
    from rnnscope.api import ngram as ngram
    from rnnscope.api import open as open
    from rnnscope.api import train as train
    from rnnscope.artifacts.trace import Trace as Trace

    __version__: str

# The stages `train` and `ngram` are packages of the same names. Imported now, they cannot take the place of the
# functions later.
for _stage in ("train", "ngram"):
    import_module(f"rnnscope.{_stage}")
    del globals()[_stage]

_HOME = {
    "Ngram": "rnnscope.api",
    "Run": "rnnscope.api",
    "Trace": "rnnscope.artifacts.trace",
    "figure": "rnnscope.api",
    "from_torch": "rnnscope.api",
    "ngram": "rnnscope.api",
    "open": "rnnscope.api",
    "train": "rnnscope.api",
}

__all__ = ["Ngram", "Run", "Trace", "__version__", "errors", "figure", "from_torch", "ngram", "open", "train"]


def __getattr__(name: str) -> Any:
    if name == "__version__":
        return metadata.version("rnnscope")
    if name == "errors":
        return import_module("rnnscope.errors")
    if name not in _HOME:
        raise AttributeError(f"module 'rnnscope' has no attribute {name!r}")
    return getattr(import_module(_HOME[name]), name)


def __dir__() -> list[str]:
    return __all__
