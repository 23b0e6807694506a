"""The pages say what is there."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("src/rnnscope/**/*.md"), ROOT / "dev/LOG.md"])


@pytest.mark.law
@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    """Every relative link and picture of a page is a file of the repository."""
    targets = re.findall(r"\]\(([^)#\s]+)[^)]*\)", page.read_text(encoding="utf-8"))
    missing = [t for t in targets if not t.startswith(("http", "mailto")) and not (page.parent / t).exists()]
    assert missing == []


@pytest.mark.law
def test_the_lecture_names_source_that_exists() -> None:
    """Every source of the lecture's table is a definition in that file."""
    named = re.findall(r"`(src/\S+\.py): (\w+)`", (ROOT / "docs/lecture.md").read_text(encoding="utf-8"))
    assert len(named) > 25
    for file, name in named:
        tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
        defined = {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.ClassDef)}
        assert name in defined, f"{file}: {name}"


@pytest.mark.law
def test_every_stage_has_its_page() -> None:
    """A verb of the program is explained on a page, and the front door leads to every page."""
    from rnnscope.cli import VERBS

    text = {page.stem: page.read_text(encoding="utf-8") for page in ROOT.glob("docs/*.md")}
    for verb in VERBS:
        assert any(f"rnnscope {verb}" in page for name, page in text.items() if name != "cli"), verb
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    for name in text:
        assert f"docs/{name}.md" in readme or any(f"({name}.md" in page for page in text.values()), name


@pytest.mark.law
def test_settings_are_on_the_pages() -> None:
    """Every setting has a flag on the page of commands, and every kind of message its exit code."""
    from rnnscope.config import CorpusConfig, NgramConfig, RecurrentConfig, TrainConfig, WindowConfig

    page = (ROOT / "docs/cli.md").read_text(encoding="utf-8")
    for stage in (CorpusConfig, NgramConfig, RecurrentConfig, WindowConfig, TrainConfig):
        for name in stage.model_fields:
            if name not in ("kind", "text"):
                assert f"--{name.replace('_', '-')}" in page, name
