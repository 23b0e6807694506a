"""Write the page-data contract as TypeScript: `python web/contract.py > web/src/data/contract.ts`.

The models in `rnnscope.report.page` and its neighbours `page_*` are the source; a test compares the committed file
with what this prints.
"""

from __future__ import annotations

import sys
import types
import typing

from pydantic import BaseModel

from rnnscope.report import page, page_base, page_cells, page_cliff, page_findings, page_step

_HEAD = "// The page-data contract. Written by web/contract.py from rnnscope.report.page; do not edit by hand.\n"
_PLAIN = {str: "string", int: "number", float: "number", bool: "boolean", types.NoneType: "null"}


def typescript() -> str:
    """All models of the contract as TypeScript interfaces, in the order of the Python file."""
    models = [
        model
        for module in (page_base, page_findings, page_cliff, page_cells, page_step, page)
        for model in vars(module).values()
        if isinstance(model, type) and issubclass(model, page.PageModel) and model is not page.PageModel
    ]
    models = list(dict.fromkeys(models))
    constant = f"export const PAGE_FORMAT = {page.PAGE_FORMAT};\n"
    return "\n".join([_HEAD, constant, *(_interface(model) for model in models)])


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
    sys.stdout.write(typescript())
