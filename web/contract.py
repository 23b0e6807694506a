"""Write the page-data contract as TypeScript: `python web/contract.py`.

The models in `rnnscope.report.page` and its neighbours `page_*` are the source: each module becomes a file of
`src/data/contract/`, and `src/data/contract.ts` passes all of them on. A test compares the committed files with these.
"""

from __future__ import annotations

import sys
import types
import typing
from pathlib import Path

from pydantic import BaseModel

from rnnscope.report import page, page_base, page_cells, page_cliff, page_findings, page_step

DATA = Path(__file__).parent / "src" / "data"

_MODULES = {
    module.__name__: name
    for module, name in (
        (page_base, "base"),
        (page_findings, "findings"),
        (page_cliff, "cliff"),
        (page_cells, "cells"),
        (page_step, "step"),
        (page, "page"),
    )
}
_HEAD = "// The page-data contract. Written by web/contract.py from rnnscope.report; do not edit by hand.\n"
_PLAIN = {str: "string", int: "number", float: "number", bool: "boolean", types.NoneType: "null"}


def typescript() -> dict[str, str]:
    """Every file below `src/data` by its name: a module's models as interfaces, in the order of the Python file."""
    files = {f"contract/{name}.ts": _file(module) for module, name in _MODULES.items()}
    constant = f"export const PAGE_FORMAT = {page.PAGE_FORMAT};\n"
    passed_on = "".join(f'export * from "./contract/{name}";\n' for name in _MODULES.values())
    return files | {"contract.ts": f"{_HEAD}\n{constant}\n{passed_on}"}


def _file(module: str) -> str:
    models = [model for model in vars(sys.modules[module]).values() if _is_of(model, module)]
    elsewhere = {used for model in models for used in _used(model) if used.__module__ != module}
    imports = [
        f'import type {{ {", ".join(sorted(names))} }} from "./{name}";\n'
        for home, name in _MODULES.items()
        if (names := {used.__name__ for used in elsewhere if used.__module__ == home})
    ]
    return "\n".join([_HEAD, *(["".join(imports)] if imports else []), *(_interface(model) for model in models)])


def _is_of(model: object, module: str) -> bool:
    is_model = isinstance(model, type) and issubclass(model, page.PageModel) and model is not page.PageModel
    return is_model and model.__module__ == module


def _used(model: type[BaseModel]) -> set[type[BaseModel]]:
    """The models that a model's fields hold."""
    found, left = set(), [info.annotation for info in model.model_fields.values()]
    while left:
        annotation = left.pop()
        left.extend(typing.get_args(annotation))
        if isinstance(annotation, type) and issubclass(annotation, BaseModel):
            found.add(annotation)
    return found


def _interface(model: type[BaseModel]) -> str:
    lines = [f"/** {(model.__doc__ or '').strip()} */", f"export interface {model.__name__} {{"]
    for name, info in model.model_fields.items():
        if info.description:
            lines.append(f"  /** {' '.join(info.description.split())} */")
        lines.append(f"  {name}: {_type(info.annotation)};")
    return "\n".join([*lines, "}", ""])


def _type(annotation: object) -> str:
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is typing.Annotated:
        return _type(arguments[0])
    if origin is typing.Literal:
        return " | ".join(f'"{value}"' for value in arguments)
    if origin is list:
        inner = _type(arguments[0])
        return f"({inner})[]" if " " in inner else f"{inner}[]"
    if origin is tuple:
        return f"[{', '.join(_type(argument) for argument in arguments)}]"
    if origin in (typing.Union, types.UnionType):
        return " | ".join(_type(argument) for argument in arguments)
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation.__name__
    assert isinstance(annotation, type), f"no TypeScript for {annotation}"
    return _PLAIN[annotation]


if __name__ == "__main__":
    for name, text in typescript().items():
        path = DATA / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
