"""The built bundle that report and explorer share; its source is in `web/` at the root of the repository."""

from __future__ import annotations

from importlib import resources
from typing import NamedTuple


class Bundle(NamedTuple):
    """The page's script and style sheet, as text."""

    script: str
    style: str


def load_bundle() -> Bundle:
    """Read the bundle that is installed with the package."""
    static = resources.files(__name__) / "static"
    return Bundle(
        script=(static / "app.js").read_text(encoding="utf-8"), style=(static / "app.css").read_text(encoding="utf-8")
    )
