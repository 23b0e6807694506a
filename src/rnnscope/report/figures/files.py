"""A figure as a file: the table as CSV or JSON, a page that needs nothing else, or a picture."""

from __future__ import annotations

import base64
import csv
import io
import json
import re
from html import escape
from pathlib import Path

from rnnscope.artifacts.commit import commit_file
from rnnscope.errors import InputError
from rnnscope.report.figures.draw import draw
from rnnscope.report.figures.spec import Spec, Value

KINDS = ("svg", "pdf", "png", "html", "csv", "json")
_FORMULA = re.compile(r"\s*[=+\-@\t\r\n]")


def kind_of(path: Path) -> str:
    """The kind of file that a name asks for.

    Raises:
        InputError: none that there is.
    """
    kind = path.suffix.lower().removeprefix(".")
    if kind not in KINDS:
        raise InputError(
            tried="save a figure",
            given=str(path),
            why=f"the suffix {path.suffix!r} names no format",
            todo=f"Use a name that ends in .{', .'.join(KINDS)}.",
        )
    return kind


def save(spec: Spec, path: Path) -> None:
    """Write a figure; an existing file is replaced whole or not at all."""
    commit_file(path, render(spec, kind_of(path)))


def render(spec: Spec, kind: str) -> bytes:
    """A figure as the bytes of a file."""
    if kind == "csv":
        return table(spec).encode("utf-8")
    if kind == "json":
        rows = [dict(zip(spec.header, row, strict=True)) for row in spec.rows]
        facts = {"name": spec.name, "title": spec.title, "caption": spec.caption, "rows": rows}
        return (json.dumps(facts, ensure_ascii=False, allow_nan=False, indent=1) + "\n").encode("utf-8")
    return _page(spec).encode("utf-8") if kind == "html" else draw(spec, kind)


def table(spec: Spec) -> str:
    """The table as CSV. Texts that a spreadsheet would run as a formula get an apostrophe in front."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([_cell(name) for name in spec.header])
    writer.writerows([[_cell(value) for value in row] for row in spec.rows])
    return out.getvalue()


def _cell(value: Value) -> Value:
    return f"'{value}" if isinstance(value, str) and _FORMULA.match(value) else value


def _page(spec: Spec) -> str:
    picture = base64.b64encode(draw(spec, "svg")).decode("ascii")
    head = "".join(f"<th>{escape(name)}</th>" for name in spec.header)
    rows = "\n".join(
        "<tr>" + "".join(f"<td>{'' if value is None else escape(str(value))}</td>" for value in row) + "</tr>"
        for row in spec.rows
    )
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" '
        "content=\"default-src 'none'; img-src data:; style-src 'unsafe-inline'\">"
        f"<title>{escape(spec.title)}</title><style>body{{font-family:sans-serif;margin:2rem}}img{{max-width:100%}}"
        "td,th{text-align:left;padding:0 1rem 0 0}</style></head>\n"
        f'<body><figure><img alt="{escape(spec.title)}" src="data:image/svg+xml;base64,{picture}">'
        f"<figcaption>{escape(spec.caption)}</figcaption></figure>\n"
        f"<details><summary>The numbers</summary><table><tr>{head}</tr>\n{rows}\n</table></details></body></html>\n"
    )
