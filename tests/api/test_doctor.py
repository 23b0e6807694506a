"""What `doctor` says of an installation."""

from __future__ import annotations

from typing import get_args

import pytest

from rnnscope import api
from rnnscope.cells.dispatch import LARGE_ALPHABET, choose
from rnnscope.config import CellName, RecurrentConfig
from rnnscope.native.network import paths


@pytest.mark.oracle
def test_each_cell_has_the_kernel_that_training_would_take() -> None:
    """Kernel and reason are those chosen for an alphabet of ordinary size."""
    facts = api.doctor()
    assert set(facts["kernels"]) == set(get_args(CellName))
    for cell, said in facts["kernels"].items():
        assert said == str(choose(RecurrentConfig(cell=cell), 100, "auto"))
    assert facts["native_paths"] == list(paths())


@pytest.mark.law
def test_without_the_library_nothing_is_compiled(monkeypatch: pytest.MonkeyPatch) -> None:
    """RNNSCOPE_NATIVE=0 gives the reference path for every cell, says why, and where torch's kernels end."""
    monkeypatch.setenv("RNNSCOPE_NATIVE", "0")
    facts = api.doctor()
    assert facts["native_paths"] == []
    assert all("switched off by RNNSCOPE_NATIVE=0" in said for said in facts["kernels"].values())
    assert not any(said.startswith("fused") for said in facts["kernels"].values())
    assert f"{LARGE_ALPHABET} different symbols" in facts["notes"]["kernel"]


@pytest.mark.golden
def test_versions_and_what_the_machine_offers() -> None:
    """Versions of everything that decides a number, the processor, threads, disk and the graphics card are named."""
    facts = api.doctor()
    assert {"python", "torch", "numpy", "rnnscope"} <= {name.lower() for name in facts["versions"]}
    assert facts["processor"]
    assert set(facts["notes"]) == {"kernel", "threads", "disk", "gpu"}
    assert int(facts["notes"]["threads"].split()[0]) >= 1
    assert float(facts["notes"]["disk"].split()[0]) >= 0
