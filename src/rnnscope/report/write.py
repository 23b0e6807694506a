"""Write a page as one HTML file that needs no network and opens from a folder.

The file holds the bundle, the data and a summary that can be read with scripts switched off. Its content security
policy allows exactly this one script and this one style sheet, by hash, pictures that the page itself has made to be
saved, and nothing else: no request can leave the page, whatever the text it shows contains. The data sits in a
`<script type="application/json">` whose `<`, `>`, `&`, U+2028 and U+2029 are escaped, so no text can end the element;
everything else is escaped by the template.
"""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined

from rnnscope.artifacts.commit import commit_file
from rnnscope.report.page import Page
from rnnscope.units import loss_text
from rnnscope.web import Bundle, load_bundle

_ESCAPES = {ord(char): f"\\u{ord(char):04x}" for char in "<>&\u2028\u2029"}


def write_html(page: Page, path: Path) -> int:
    """Write the report and return its size in bytes; an existing file is replaced whole or not at all."""
    document = render_html(page, load_bundle()).encode("utf-8")
    commit_file(path, document)
    return len(document)


def render_html(page: Page, bundle: Bundle) -> str:
    """The report as one HTML document."""
    assert not any(end in bundle.script.lower() for end in ("</script", "<!--")), "the bundle must be inlinable"
    assert "</style" not in bundle.style.lower(), "the style sheet must be inlinable"
    environment = Environment(
        loader=PackageLoader("rnnscope.report", "."), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    environment.filters["loss"] = loss_text
    return environment.get_template("report.html.jinja").render(
        page=page, data=page_json(page), bundle=bundle, policy=content_security_policy(bundle)
    )


def page_json(page: Page) -> str:
    """The page data as JSON that is safe inside a script element and is still plain JSON."""
    return page.model_dump_json().translate(_ESCAPES)


def content_security_policy(bundle: Bundle) -> str:
    """A policy under which only the bundle's own script and style run and nothing is ever requested."""
    script, style = (_sha256_source(text) for text in (bundle.script, bundle.style))
    sources = f"script-src {script}; style-src {style}; img-src blob:"
    return f"default-src 'none'; {sources}; base-uri 'none'; form-action 'none'"


def _sha256_source(text: str) -> str:
    digest = base64.b64encode(hashlib.sha256(text.encode("utf-8")).digest()).decode("ascii")
    return f"'sha256-{digest}'"
