"""The report is one file that nothing it shows can take over."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest

from rnnscope.artifacts import files
from rnnscope.errors import MachineError
from rnnscope.report import Page, build_page, write_html
from rnnscope.report.write import content_security_policy, page_json, render_html
from rnnscope.web import load_bundle

from . import sample_data

PAYLOADS = [
    "<script>alert(1)</script>",
    "</script><script>alert(1)</script>",
    "</title></style></pre></textarea><svg onload=alert(1)>",
    "<!--",
    "<!--<script>",
    "]]>",
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='alert(1)",
    "{{ 7 * 7 }}{% raw %}",
    "&lt;script&gt;&#60;b&#62;",
    "\u2028\u2029\u202e\x00\ufeff",
    "\\u003cscript\\u003e",
    "javascript:alert(1)",
]


class Elements(HTMLParser):
    """Tags and attributes of a document, and the text of its scripts and styles."""

    def __init__(self, document: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.raw: list[tuple[dict[str, str | None], str]] = []
        self.open: dict[str, str | None] | None = None
        self.feed(document)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(f"{tag}.{name}", value) for name, value in attrs]
        self.open = dict(attrs) if tag in ("script", "style") else None

    def handle_data(self, data: str) -> None:
        if self.open is not None:
            self.raw.append((self.open, data))
            self.open = None


def page_with(text: str) -> Page:
    """A page on which a text stands in every place a text can stand."""
    given = sample_data.report_input(text, length=40, cells=3, layers=1)
    run = replace(given.runs[0], name=text, cell=text)
    passage = replace(run.passages[0], name=text, where=text)
    return build_page(
        replace(
            given,
            title=text,
            corpus=replace(given.corpus, name=text, parts=[(text, 1)]),
            runs=[replace(run, passages=[passage])],
            references=[(text, 1.0, text)],
            notes=[(text, False, text)],
            warnings=[text],
            provenance=[(text, text)],
            made_from=[(text, text)],
            commands=[text],
            method=[text],
        ),
        version="1",
    )


@pytest.fixture(scope="module")
def plain() -> Elements:
    return Elements(render_html(page_with("harmless"), load_bundle()))


@pytest.mark.law
@pytest.mark.parametrize("payload", PAYLOADS)
def test_text_stays_text(payload: str, plain: Elements) -> None:
    """A hostile text in every place gives exactly the elements and attributes of a harmless one."""
    hostile = Elements(render_html(page_with(payload), load_bundle()))
    assert hostile.tags == plain.tags
    assert hostile.attributes == plain.attributes


@pytest.mark.law
def test_data_survives_the_page() -> None:
    """What the page's script parses is the page data, whatever texts it holds."""
    for payload in PAYLOADS:
        page = page_with(payload)
        data = page_json(page)
        assert not re.search("[<>&\u2028\u2029]", data)
        assert Page.model_validate(json.loads(data)) == page
        [inlined] = [
            text for attrs, text in Elements(render_html(page, load_bundle())).raw if attrs.get("id") == "page-data"
        ]
        assert inlined == data


@pytest.mark.oracle
def test_policy_allows_the_bundle_and_nothing_else() -> None:
    """The hashes in the policy are those of the inlined script and style, and no other source is allowed."""
    elements = Elements(render_html(page_with("harmless"), load_bundle()))
    policies = [
        value for name, value in elements.attributes if name == "meta.content" and value and "default-src" in value
    ]
    assert policies == [content_security_policy(load_bundle())]
    inlined = [text for attrs, text in elements.raw if attrs.get("type") != "application/json"]
    sources = [f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'" for text in inlined]
    style, script = sources
    assert policies[0] == (
        f"default-src 'none'; script-src {script}; style-src {style}; img-src blob:; "
        "base-uri 'none'; form-action 'none'"
    )


@pytest.mark.law
def test_nothing_is_fetched() -> None:
    """No element of the file names another file or address."""
    elements = Elements(render_html(page_with("harmless"), load_bundle()))
    names = {name.split(".")[1] for name, _ in elements.attributes}
    assert not names & {"src", "href", "srcset", "action", "data", "poster", "background", "style"}
    assert not {name for name in names if name.startswith("on")}
    assert "url(" not in load_bundle().style
    assert "@import" not in load_bundle().style


@pytest.mark.law
def test_reads_without_scripts() -> None:
    """Summary, losses, notes and samples stand in the document itself."""
    document = render_html(build_page(sample_data.report_input(), version="1"), load_bundle())
    body = document[document.index("<body>") : document.index("<script")]
    for text in [
        "two-layer LSTM",
        "1.3500 nats = 1.9476 bits per character",
        "1.3400 to 1.3620 nats",
        "Too small for",
        "Large enough for",
        "temperature 0.5",
        "5f5f",
    ]:
        assert text in body


@pytest.mark.law
def test_same_page_same_bytes(tmp_path: Path) -> None:
    """Writing twice gives equal files; the size returned is the file's."""
    one, two = tmp_path / "one.html", tmp_path / "two.html"
    sizes = [write_html(build_page(sample_data.report_input(), version="1"), path) for path in (one, two)]
    assert one.read_bytes() == two.read_bytes()
    assert sizes == [one.stat().st_size] * 2


@pytest.fixture
def old_report(tmp_path: Path) -> Iterator[Path]:
    path = tmp_path / "report.html"
    path.write_text("the old report", encoding="utf-8")
    yield path
    assert path.read_text(encoding="utf-8") == "the old report"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.law
@pytest.mark.parametrize("call", ["replace", "NewFile"])
def test_failing_disk_keeps_the_old_report(old_report: Path, call: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """When the machine refuses, the old report stays whole, nothing else is left, and the error is the machine's."""

    def refuse(*arguments: object) -> None:
        raise MachineError(tried="write", given="x", why="disk full", todo="Make room.")

    monkeypatch.setattr(files, call, refuse)
    with pytest.raises(MachineError):
        write_html(page_with("harmless"), old_report)


@pytest.mark.law
def test_size_budget(tmp_path: Path) -> None:
    """A report of the demo's shape (2 layers of 128 cells, 1,500 characters) stays under 6 MB."""
    given = sample_data.report_input(length=1500, cells=128)
    assert write_html(build_page(given, version="1"), tmp_path / "report.html") < 6_000_000
