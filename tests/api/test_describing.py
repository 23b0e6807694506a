"""Describing a text, also one that is first built from kernel sources."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from rnnscope import api
from rnnscope.corpus import builtin
from rnnscope.errors import InputError


@pytest.mark.golden
def test_settings_reach_the_description(tmp_path: Path) -> None:
    """Symbols, split and fractions are those that were asked for; the defaults are characters, cut 80/10/10."""
    (tmp_path / "a.txt").write_text("Зима. " * 500, encoding="utf-8")
    plain = api.describe(str(tmp_path / "a.txt"))
    assert (plain.symbols, plain.kind, plain.parts) == (3000, "characters", {"train": 2400, "valid": 300, "test": 300})
    asked = api.describe(str(tmp_path / "a.txt"), symbols="bytes", fractions=(50, 25, 25))
    assert (asked.symbols, asked.kind, asked.parts["test"]) == (5000, "bytes", 1250)


@pytest.mark.law
def test_standard_input_is_described() -> None:
    """`-` reads the stream that is given."""
    assert api.describe("-", stdin=io.BytesIO(b"ab\n" * 40)).symbols == 120


@pytest.mark.law
def test_built_in_texts_have_their_usual_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """A built-in text is read and cut as it usually is, unless something else is asked for."""
    cut = replace(builtin.BUILTIN["planted"], symbols="bytes", fractions=(90.0, 5.0, 5.0))
    monkeypatch.setitem(builtin.BUILTIN, "planted", cut)
    usual = api.describe("planted")
    assert (usual.kind, usual.parts["test"]) == ("bytes", usual.symbols // 20)
    asked = api.describe("planted", symbols="characters", fractions=(80, 10, 10))
    assert (asked.kind, asked.parts["test"]) == ("characters", asked.symbols // 10)


@pytest.mark.planted
def test_kernel_sources_become_a_text(tmp_path: Path) -> None:
    """A kernel tree is written as one text with a manifest beside it, and described as `linux` would be."""
    tree = tmp_path / "linux-6.1"
    (tree / "kernel").mkdir(parents=True)
    (tree / "Makefile").write_text("VERSION = 6\nPATCHLEVEL = 1\nSUBLEVEL = 0\n")
    for name in ("a.c", "b.c"):
        (tree / "kernel" / name).write_text("// SPDX-License-Identifier: GPL-2.0\nint x;\n" * 50)
    out = tmp_path / "linux.txt"
    found = api.describe("linux", linux_source=tree, out=out)
    assert (found.kind, found.byte_count) == ("bytes", out.stat().st_size)
    assert found.parts["test"] == pytest.approx(found.symbols / 20, abs=1)
    manifest = next(path for path in tmp_path.iterdir() if path.suffix == ".json")
    assert json.loads(manifest.read_text(encoding="utf-8"))


@pytest.mark.golden
@pytest.mark.parametrize(
    ("source", "more"),
    [
        ("linux", {"linux_source": Path("tree")}),
        ("linux", {"out": Path("x.txt")}),
        ("planted", {"linux_source": Path("tree"), "out": Path("x.txt")}),
    ],
)
def test_building_needs_name_sources_and_file(
    source: str, more: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Sources without a file to write, a file without sources, or another text's name are refused, nothing is made."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match=r"the sources and the file to write\. Use: rnnscope corpus linux"):
        api.describe(source, **more)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.golden
def test_impossible_settings_are_refused() -> None:
    """A setting outside its range is named as the flag it is."""
    with pytest.raises(InputError, match=r"cannot use the settings: --split = 'diagonal'"):
        api.describe("planted", split="diagonal")
