"""Command-line flags made from the settings, so that a setting is written down once: name, type, range and help.

A flag that is not given is None, which lets a run that is resumed keep what it has.
"""

from __future__ import annotations

import types
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, create_model

from rnnscope.config import CorpusConfig, NgramConfig, RecurrentConfig, TrainConfig, WindowConfig
from rnnscope.errors import InputError

AUTO_OR_NUMBER = int | Literal["auto"]

# Settings that people write in another form than the settings files hold.
_WRITTEN: dict[str, Any] = {
    "fractions": str,
    "hidden": AUTO_OR_NUMBER,
    "batch": AUTO_OR_NUMBER,
    "steps": AUTO_OR_NUMBER,
    "epochs": AUTO_OR_NUMBER,
}


def _flags(name: str, *stages: type[BaseModel], without: tuple[str, ...] = ()) -> type[BaseModel]:
    fields: dict[str, Any] = {}
    for stage in stages:
        for key, setting in stage.model_fields.items():
            if key in fields or key in without:
                continue
            kind: Any = _WRITTEN.get(key, setting.annotation)
            optional = kind if isinstance(kind, types.UnionType) and type(None) in kind.__args__ else kind | None
            fields[key] = (optional, Field(default=None, description=_help(key, setting)))
    return create_model(name, __config__=ConfigDict(extra="forbid", frozen=True), **fields)


def _help(key: str, setting: Any) -> str:
    default = "80/10/10" if key == "fractions" else setting.default
    if setting.is_required() or default is None:
        return setting.description or ""
    return f"{setting.description} Default: {default}."


CorpusFlags = _flags("CorpusFlags", CorpusConfig, without=("text",))
NgramFlags = _flags("NgramFlags", CorpusConfig, NgramConfig, without=("text",))
TrainFlags = _flags(
    "TrainFlags", CorpusConfig, RecurrentConfig, WindowConfig, TrainConfig, without=("text", "kind", "seed")
)


def given(flags: BaseModel | None) -> dict[str, Any]:
    """The settings that were given, in the form the settings files hold.

    Raises:
        InputError: fractions are not three numbers such as 80/10/10.
    """
    settings = {} if flags is None else {key: value for key, value in flags.model_dump().items() if value is not None}
    if "fractions" in settings:
        settings["fractions"] = _fractions(settings["fractions"])
    return settings


def _fractions(text: str) -> tuple[float, ...]:
    try:
        shares = tuple(float(share) for share in text.split("/"))
    except ValueError:
        shares = ()
    if len(shares) != 3:
        raise InputError(
            tried="split the text",
            given=f"--fractions {text}",
            why="three numbers are needed: the shares of training, validation and test part in percent",
            todo="Write them as 80/10/10.",
        )
    return shares
