"""The compiled library and its Python twin describe the same processor."""

from __future__ import annotations

from pathlib import Path

import pytest

from rnnscope import native
from rnnscope.native import vectors as module

CPUINFO = """\
processor\t: 0
vendor_id\t: SomeMaker
model name\t: Some Processor 9000
flags\t\t: fpu avx2 sse4_2 avx made_up

processor\t: 1
model name\t: another
"""


@pytest.fixture
def python_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RNNSCOPE_NATIVE", "0")


@pytest.mark.oracle
@pytest.mark.skipif(not Path("/proc/cpuinfo").exists(), reason="needs Linux' /proc/cpuinfo")
def test_library_and_kernel_agree(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the library reads from the processor is what the kernel lists."""
    if native.load() is None:
        pytest.skip(f"compiled library {native.why()}")
    compiled = native.processor()
    monkeypatch.setenv("RNNSCOPE_NATIVE", "0")
    listed = native.processor()
    assert (compiled.source, listed.source) == ("compiled library", "/proc/cpuinfo")
    assert compiled.vector_sets == listed.vector_sets
    assert compiled.vector_sets
    assert compiled.model == listed.model


@pytest.mark.golden
@pytest.mark.usefixtures("python_only")
def test_cpuinfo_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Known names are reported in the fixed order, unknown ones are not, and the first processor speaks."""
    file = tmp_path / "cpuinfo"
    file.write_text(CPUINFO)
    monkeypatch.setattr(module, "_CPUINFO", file)
    found = native.processor()
    assert found.model == "Some Processor 9000"
    assert found.vector_sets == ("sse4_2", "avx", "avx2")
    assert found.source == str(file)


@pytest.mark.golden
@pytest.mark.usefixtures("python_only")
def test_arm_spelling_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Arm kernels call the line Features."""
    file = tmp_path / "cpuinfo"
    file.write_text("BogoMIPS\t: 50.00\nFeatures\t: fp asimd sve\n")
    monkeypatch.setattr(module, "_CPUINFO", file)
    assert native.processor().vector_sets == ("asimd", "sve")


@pytest.mark.law
@pytest.mark.usefixtures("python_only")
def test_nothing_is_guessed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the library and without /proc/cpuinfo the list is empty and says so."""
    monkeypatch.setattr(module, "_CPUINFO", tmp_path / "absent")
    found = native.processor()
    assert (found.vector_sets, found.source) == ((), "unknown")
    assert found.model
