"""Writes the command line that makes a folder again, with the settings that differ from what is usual."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import BaseModel

from rnnscope.artifacts.folder import ModelFolder
from rnnscope.corpus import builtin


def command_line(verb: str, folder: ModelFolder[Any], settings: Mapping[str, Any], stages: Sequence[BaseModel]) -> str:
    """The command line that makes a folder again.

    Args:
        verb: the command.
        folder: what it makes.
        settings: by name; those that are as usual are left out.
        stages: whose defaults are usual, beside those of the text.
    """
    text = folder.config.corpus.text
    usual = _defaults(stages) | builtin.usual(text)
    words = ["rnnscope", verb, text, "-o", folder.path.name]
    for name, value in settings.items():
        if value is not None and value != usual.get(name):
            written = "/".join(f"{share:g}" for share in value) if name == "fractions" else str(value)
            words += ["--" + name.replace("_", "-"), written]
    return shlex.join(words)


def _defaults(stages: Sequence[BaseModel]) -> dict[str, Any]:
    fields = [item for stage in stages for item in type(stage).model_fields.items()]
    return {name: field.default for name, field in fields if not field.is_required()}
