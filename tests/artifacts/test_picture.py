from __future__ import annotations

import csv
import io
import xml.etree.ElementTree as ET
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnnscope.artifacts.colours import Range, Scale
from rnnscope.artifacts.picture import Picture
from rnnscope.errors import InputError

SVG = "{http://www.w3.org/2000/svg}"
HOSTILE = '<script>alert(1)</script>&lt;img src=x onerror="a()">\x00\x1b\u202e]]>--><!--\ud800\uffff\'"'


def picture(text: str, values: list[float] | None = None, bounds: Range = (-1.0, 1.0), **more: object) -> Picture:
    numbers = np.linspace(-1, 1, len(text)) if values is None else np.array(values)
    codes = [ord(character) for character in text]
    arguments = {"title": "a cell", "quantity": "h", "kind": "characters", "bounds": bounds} | more
    return Picture(codes=codes, values=numbers.astype(np.float32), **arguments)


def boxes(drawn: Picture) -> list[ET.Element]:
    """The boxes of the symbols, in the order of the text: rectangles with a hover text."""
    return [box for box in ET.fromstring(drawn.svg()).iter(f"{SVG}rect") if box.find(f"{SVG}title") is not None]


class Elements(HTMLParser):
    """Counts elements as a browser would see them."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.names: list[str] = []
        self.attributes: set[str] = set()
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.append(tag)
        self.attributes |= {name for name, _ in attrs}


@pytest.mark.law
@given(st.text(st.characters(), min_size=1, max_size=40))
def test_one_box_per_symbol_whatever_the_text(text: str) -> None:
    """Any text gives well-formed XML with exactly one box per symbol."""
    assert len(boxes(picture(text))) == len(text)


@pytest.mark.planted
def test_hostile_text_is_inert() -> None:
    """Markup in the text, the title or the quantity adds no element and no attribute to the drawing."""
    harmless = picture("x" * len(HOSTILE), title="y", quantity="z")
    hostile = picture(HOSTILE, title=HOSTILE, quantity=HOSTILE, values=list(harmless.values))
    for one, other in ((harmless.svg(), hostile.svg()), (harmless.html(), hostile.html())):
        expected, found = Elements(one), Elements(other)
        assert sorted(found.names) == sorted(expected.names)
        assert found.attributes <= expected.attributes | {"fill-opacity", "dy"}
        assert "script" not in found.names
    ET.fromstring(hostile.svg())


@pytest.mark.golden
def test_boxes_have_the_colours_of_their_values() -> None:
    """c is coloured as tanh(c), h on [-1, 1], gates on [0, 1]; NaN is grey."""
    values = [-3.0, 0.0, 0.5, float("nan")]
    for bounds, scale in (
        ((None, None), Scale("tanh")),
        ((-1.0, 1.0), Scale("signed")),
        ((0.0, 1.0), Scale("unit")),
    ):
        drawn = boxes(picture("abcd", values, bounds))
        assert [box.get("fill") for box in drawn] == [scale.colour(value) for value in values]
    assert boxes(picture("a", [0.0]))[0].get("fill") == "#ffffff"


@pytest.mark.golden
def test_hover_gives_symbol_position_and_raw_value() -> None:
    """The text under the pointer names the symbol, its position in the text, the raw value, and tanh for c only."""
    hover = boxes(picture(" ", [2.0], (None, None), quantity="c", first=41))[0].findtext(f"{SVG}title")
    assert hover == "position 41: U+0020 space\nc = 2.00000, tanh = 0.96403"
    assert "tanh" not in str(boxes(picture("a", [0.5]))[0].findtext(f"{SVG}title"))


@pytest.mark.golden
@pytest.mark.parametrize(
    ("text", "kind", "widths"),
    [
        ("a漢\r\n", "characters", [10, 20, 10, 10]),
        ("\u200b\u202e\u0085\uf8ff", "characters", [20, 20, 20, 30]),
        ("Ж漢🙂", "bytes", [10] * 9),
        ("\x80", "bytes", [20] * 2),
    ],
)
def test_boxes_have_room_for_their_sign(text: str, kind: str, widths: list[int]) -> None:
    """Wide characters take two columns, names of invisible ones a column for two small letters, bytes one each."""
    codes = list(text.encode()) if kind == "bytes" else [ord(character) for character in text]
    drawn = Picture("t", "h", codes, kind, np.zeros(len(codes), np.float32), (-1.0, 1.0))
    assert [float(box.get("width") or 0) for box in boxes(drawn)] == widths


@pytest.mark.golden
def test_signs_of_the_invisible_look_unlike_letters() -> None:
    """A blank's sign is fainter than the same sign as a letter, and the name of a control is smaller."""
    shown = {}
    for character in "\t→\rC":
        part = ET.fromstring(picture(character).svg()).find(f"{SVG}g/{SVG}text")
        assert part is not None
        shown[character] = (part.text, part.get("fill-opacity"), part.get("font-size"))
    assert shown == {
        "\t": ("→", "0.45", None),
        "→": ("→", None, None),
        "\r": ("CR", None, "8"),
        "C": ("C", None, None),
    }


@pytest.mark.law
@given(st.text(st.sampled_from("ab\n"), min_size=1, max_size=60), st.integers(2, 9))
def test_lines_end_at_newlines_and_at_the_width(text: str, width: int) -> None:
    """Boxes form lines that end after each newline, and nowhere hold more than `width` symbols."""
    rows: dict[float, list[str]] = {}
    for box, character in zip(boxes(picture(text, width=width)), text, strict=True):
        rows.setdefault(float(box.get("y") or 0), []).append(character)
    expected = [line[i : i + width] for line in text.splitlines(keepends=True) for i in range(0, len(line), width)]
    assert ["".join(row) for _, row in sorted(rows.items())] == expected


@pytest.mark.law
@given(st.text(st.characters(), min_size=1, max_size=120), st.sampled_from(["characters", "bytes"]))
def test_everything_lies_inside_the_drawing(text: str, kind: str) -> None:
    """No box and no sign stands outside the area that the picture claims."""
    codes = list(text.encode("utf-8", "surrogatepass")) if kind == "bytes" else [ord(character) for character in text]
    drawn = Picture("t", "h", codes, kind, np.zeros(len(codes), np.float32), (-1.0, 1.0))
    root = ET.fromstring(drawn.svg())
    width, height = float(root.get("width") or 0), float(root.get("height") or 0)
    for part in root.iter():
        if part.tag in (f"{SVG}rect", f"{SVG}text"):
            x, y = float(part.get("x", 0)), float(part.get("y", 0))
            assert x >= 0
            assert x + float(part.get("width", 0)) <= width + 1e-6
            assert y >= 0
            assert y + float(part.get("height", 0)) <= height + 1e-6


@pytest.mark.golden
def test_the_legend_has_numbers_and_the_title_its_facts() -> None:
    """The drawing says what it shows: title, quantity, range, the values' own range, and ticks with numbers."""
    drawn = picture("abc", [-2.0, 0.0, 1.5], (None, None), title="lstm, layer 2 of 2, cell 17 of 128: c", quantity="c")
    texts = [str(part.text) for part in ET.fromstring(drawn.svg()).iter(f"{SVG}text")]
    assert texts[0] == "lstm, layer 2 of 2, cell 17 of 128: c"
    assert texts[1] == "c is any real number, coloured as tanh(c); here from -2.000 to 1.500; 3 symbols"
    assert texts[-8:] == ["-2", "-1", "-0.5", "0", "0.5", "1", "2", "c"]


@pytest.mark.law
@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=40))
def test_csv_holds_the_exact_numbers(text: str) -> None:
    """Reading the CSV back gives every position, code and float32 value."""
    drawn = picture(text, first=5)
    rows = list(csv.DictReader(io.StringIO(drawn.csv(), newline="")))
    assert [int(row["position"]) for row in rows] == list(range(5, 5 + len(text)))
    assert "".join(chr(int(row["code"])) for row in rows) == text
    assert (np.array([float(row["h"]) for row in rows], np.float32) == drawn.values).all()


@pytest.mark.law
def test_save_writes_what_the_suffix_names(tmp_path: Path) -> None:
    """.svg is a whole XML file, .html a whole page, .csv the table; an older file is replaced, no litter stays."""
    drawn = picture("a <b>\n")
    for name, expected in (("x.svg", drawn.svg()), ("x.html", drawn.html()), ("x.CSV", drawn.csv())):
        for _ in range(2):
            assert drawn.save(tmp_path / name) == tmp_path / name
        assert (tmp_path / name).read_text("utf-8").endswith(expected)
    assert ET.parse(tmp_path / "x.svg").getroot().tag == f"{SVG}svg"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["x.CSV", "x.html", "x.svg"]


@pytest.mark.golden
def test_unknown_suffixes_and_narrow_lines_are_refused(tmp_path: Path) -> None:
    """A suffix that names no format, and a line too narrow for any text, are refused with what to do."""
    with pytest.raises(InputError, match=r"'\.png' names no format\. Use a name that ends in \.svg, \.html or \.csv"):
        picture("a").save(tmp_path / "x.png")
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(InputError, match=r"width=1: a line needs at least 2 boxes"):
        picture("a", width=1)


@pytest.mark.law
def test_notebooks_get_the_same_drawing() -> None:
    """What a notebook shows is the SVG itself, with nothing that runs."""
    shown = picture("abc")._repr_html_()
    assert picture("abc").svg() in shown
    assert set(Elements(shown).names) <= {
        "div",
        "svg",
        "title",
        "rect",
        "text",
        "g",
        "defs",
        "lineargradient",
        "stop",
        "line",
    }
