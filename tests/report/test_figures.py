"""Figures as files: the table holds the numbers, the same data gives the same bytes, no text becomes a formula."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from pathlib import Path

import pytest

from rnnscope.errors import InputError
from rnnscope.report.build import build_page
from rnnscope.report.figures.catalogue import catalogue, make
from rnnscope.report.figures.files import KINDS, kind_of, render, table
from rnnscope.report.figures.spec import Panel, Series, Spec

from . import findings_data, sample_data

pytestmark = pytest.mark.law


@pytest.fixture(scope="module")
def page():
    given = sample_data.report_input()
    memories = [("lstm", findings_data.memory()), ("gru", findings_data.memory())]
    return build_page(replace(given, errors=findings_data.errors(), memories=memories), version="1")


def test_every_figure_there_is_can_be_drawn(page) -> None:
    """What the catalogue lists can be made, and each has a caption, rows as wide as their header, and panels."""
    names = [name for name in catalogue(page) if "LAYER" not in name]
    assert {"curves", "onion", "overlap", "brackets", "memory gradients", "memory context"} <= set(names)
    assert {"memory compared", "memory training"} <= set(names)
    for name in names:
        spec = make(page, name)
        assert spec.caption
        assert spec.panels
        assert {len(row) for row in spec.rows} == {len(spec.header)}


def test_the_same_figure_has_the_same_bytes(page) -> None:
    """Two drawings of one figure are equal in every format."""
    spec = make(page, "overlap")
    assert all(render(spec, kind) == render(spec, kind) for kind in KINDS)


def test_tables_hold_the_numbers(page) -> None:
    """CSV and JSON of the onion have the counts that were found."""
    spec = make(page, "onion")
    rows = list(csv.DictReader(io.StringIO(table(spec))))
    assert [(row["class"], row["errors"]) for row in rows] == [("2-gram", "10"), ("0.5 boost", "30")]
    assert [row["errors"] for row in json.loads(render(spec, "json"))["rows"]] == [10, 30]


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@x", "\t=1", " =1"])
def test_no_text_becomes_a_formula(text: str) -> None:
    """What a spreadsheet would run gets an apostrophe in front; numbers stay numbers."""
    spec = Spec("x", text, "", [Panel("", "", "", [Series(text, [1], [1])])], (text, "number"), [(text, -1.5)])
    (head, row) = csv.reader(io.StringIO(table(spec)))
    assert head[0] == row[0] == f"'{text}"
    assert row[1] == "-1.5"


def test_hostile_names_are_only_text() -> None:
    """Markup, dollars and control characters in names are drawn and written as text."""
    spec = Spec(
        "x", "<script>$x", "$\\bad{", [Panel("\x1b<b>", "", "", [Series("$a", [1], [1])])], ("a",), [("</td>",)]
    )
    document = render(spec, "html").decode()
    assert "<script>" not in document
    assert "</td></td>" not in document
    assert render(spec, "png").startswith(b"\x89PNG")


def test_what_is_not_there_is_refused(page) -> None:
    """Unknown figures and formats are refused with the names of those there are."""
    with pytest.raises(InputError, match="the figures there are: curves"):
        make(page, "gates")
    with pytest.raises(InputError, match="names no format"):
        kind_of(Path("figure.gif"))
