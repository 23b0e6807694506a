"""A library is used only if it is there, whole, and of the interface that this version speaks."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from rnnscope import native
from rnnscope.errors import InputError
from rnnscope.native import loading as module

HEADER = Path(module.__file__).with_name("rnnscope.h")


def compiled() -> Path:
    library = native.load()
    if library is None:
        pytest.skip(f"compiled library {native.why()}")
    return library.path


@pytest.mark.law
def test_reason_matches_library() -> None:
    """There is always a reason, and it speaks of a compiled library exactly when there is one."""
    assert native.why().startswith("compiled") == (native.load() is not None)


@pytest.mark.law
def test_switched_off(monkeypatch: pytest.MonkeyPatch) -> None:
    """RNNSCOPE_NATIVE=0 wins over a library that is there."""
    monkeypatch.setenv("RNNSCOPE_NATIVE", "0")
    assert native.load() is None
    assert native.why() == "switched off by RNNSCOPE_NATIVE=0"


@pytest.mark.law
@pytest.mark.parametrize("value", ["", "yes", "2", "01"])
def test_other_values_are_refused(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    """Any value but 0 and 1 is an error that names the variable and both legal values."""
    monkeypatch.setenv("RNNSCOPE_NATIVE", value)
    with pytest.raises(InputError, match=f"RNNSCOPE_NATIVE={value!r}: it must be 0 .* or 1"):
        native.load()


@pytest.mark.law
def test_absent_library_is_named(tmp_path: Path) -> None:
    """An installation without a compiler has no library and says why."""
    library, reason = module._attempt(True, tmp_path)
    assert library is None
    assert "without a C++ compiler" in reason


@pytest.mark.law
@pytest.mark.parametrize("content", [b"", b"not a library", b"\x7fELF\x02\x01\x01"])
def test_broken_library_is_not_fatal(tmp_path: Path, content: bytes) -> None:
    """A file that is no library is reported with the loader's own words."""
    (tmp_path / "rnnscope_native.so").write_bytes(content)
    library, reason = module._attempt(True, tmp_path)
    assert library is None
    assert reason.startswith("rnnscope_native.so cannot be loaded: ")


@pytest.mark.law
def test_other_interface_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A library of another version is never called."""
    shutil.copy(compiled(), tmp_path)
    monkeypatch.setattr(module, "INTERFACE", module.INTERFACE + 1)
    library, reason = module._attempt(True, tmp_path)
    assert library is None
    assert f"has interface {module.INTERFACE - 1}, this version needs {module.INTERFACE}" in reason


@pytest.mark.golden
def test_interface_numbers_agree() -> None:
    """The header and the loader name the same interface."""
    assert re.findall(r"#define RNNSCOPE_INTERFACE (\d+)", HEADER.read_text()) == [str(module.INTERFACE)]


@pytest.mark.law
def test_declared_functions_exist() -> None:
    """Every function of the header is in the library, and a buffer that is too small is left alone."""
    library = native.load()
    if library is None:
        pytest.skip(f"compiled library {native.why()}")
    names = re.findall(r"^RNNSCOPE_API \w+ (\w+)\(", HEADER.read_text(), re.MULTILINE)
    assert len(names) >= 2
    for name in names:
        assert hasattr(library.calls, name)
    buffer = b"#" * 4
    needed = library.calls.rnnscope_processor(buffer, 4)
    assert needed > 4
    assert buffer == b"####"
