"""What `doctor` says of an installation."""

from __future__ import annotations

from typing import get_args

import pytest

from rnnscope import api
from rnnscope.cells.dispatch import LARGE_ALPHABET, choose
from rnnscope.config import CellName, RecurrentConfig


@pytest.mark.oracle
def test_each_cell_has_the_kernel_that_training_would_take() -> None:
    """Kernel and reason are those chosen for an alphabet of ordinary size; the note says where that ends."""
    facts = api.doctor()
    assert set(facts["kernels"]) == set(get_args(CellName))
    for cell, said in facts["kernels"].items():
        assert said == str(choose(RecurrentConfig(cell=cell), 100, "auto"))
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
