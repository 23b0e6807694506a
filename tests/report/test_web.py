"""The bundle: what its source may not do, and that it is what the source gives."""

from __future__ import annotations

import importlib.util
import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from rnnscope.web import load_bundle

WEB = Path(__file__).resolve().parents[2] / "web"
BANNED = re.compile(
    r"innerHTML|outerHTML|dangerouslySetInnerHTML|insertAdjacentHTML|document\.write|\beval\b|\bFunction\(|javascript:"
    r"|createContextualFragment|\bfetch\(|XMLHttpRequest|WebSocket|https?://|setAttribute\(\s*[\"'](?:on|style)"
)
SOURCES = [path for kind in ("*.ts", "*.tsx", "*.css") for path in sorted((WEB / "src").rglob(kind))]


def npm(*words: str) -> str:
    """Run one of the tools in web/node_modules, or skip."""
    if shutil.which("node") is None:
        pytest.skip("needs node")
    if not (WEB / "node_modules").is_dir():
        pytest.skip("needs `npm ci` in web/")
    result = subprocess.run(["npx", "--no-install", *words], cwd=WEB, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


@pytest.mark.law
@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.name)
def test_source_makes_no_markup_from_text(path: Path) -> None:
    """No source file turns text into markup or code, or names an address."""
    assert not BANNED.findall(path.read_text(encoding="utf-8"))


@pytest.mark.planted
@pytest.mark.parametrize(
    "line",
    [
        "box.innerHTML = text",
        "<p dangerouslySetInnerHTML={{ __html: text }} />",
        "eval(text)",
        "new Function('x')",
        "<a href='javascript:go()'>",
        "element.setAttribute('onclick', text)",
        "fetch('https://example.org')",
    ],
)
def test_banned_words_are_seen(line: str) -> None:
    """The rule above finds each construct when it is there."""
    assert BANNED.search(line)


@pytest.mark.law
def test_contract_is_in_step() -> None:
    """The TypeScript types are those of the page models; `web/contract.py` writes them anew."""
    found = importlib.util.spec_from_file_location("contract", WEB / "contract.py")
    assert found is not None
    assert found.loader is not None
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    for name, text in module.typescript().items():
        assert (module.DATA / name).read_text(encoding="utf-8") == text, name


@pytest.mark.law
def test_bundle_is_small_and_inlinable() -> None:
    """Script and style together stay under 250 kB and cannot end the elements they are put in."""
    bundle = load_bundle()
    assert sum(len(text.encode()) for text in bundle) < 250_000
    assert "\r" not in "".join(bundle)
    assert not re.search(r"</(script|style)|<!--", "".join(bundle), re.IGNORECASE)


@pytest.mark.law
def test_lock_names_no_registry() -> None:
    """package-lock.json pins every package by hash and names no address to fetch it from."""
    lock = json.loads((WEB / "package-lock.json").read_text(encoding="utf-8"))
    packages = {name: entry for name, entry in lock["packages"].items() if name}
    assert all("integrity" in entry and "resolved" not in entry for entry in packages.values())


@pytest.mark.golden
def test_bundle_is_what_the_source_gives(tmp_path: Path) -> None:
    """Two builds are equal byte for byte, and equal to the bundle in the package."""
    for name in ("one", "two"):
        npm("vite", "build", "--outDir", str(tmp_path / name), "--logLevel", "error")
    for file, installed in zip(("app.js", "app.css"), load_bundle(), strict=True):
        one, two = ((tmp_path / name / file).read_text(encoding="utf-8") for name in ("one", "two"))
        assert one == two
        assert one == installed, "run `npm run build` in web/"


@pytest.mark.law
def test_source_is_sound() -> None:
    """The TypeScript compiler accepts the source, and its own tests pass."""
    npm("tsc", "--noEmit")
    npm("vitest", "run")
