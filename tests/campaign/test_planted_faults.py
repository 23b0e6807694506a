"""Every planted fault of the compiled library, some of which take a compiler long."""

from __future__ import annotations

import pytest

from ..native.faults import FAULTS
from ..native.test_planted_faults import assert_sound_passes_and_fault_fails
from ..native.workshop import Fault, Workshop, workshop


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Workshop:
    return workshop(tmp_path_factory.mktemp("workshop"), FAULTS)


@pytest.mark.planted
@pytest.mark.parametrize("fault", FAULTS, ids=str)
def test_every_fault_is_caught(fault: Fault, made: Workshop) -> None:
    """A proof passes with the sources as they are and fails with each fault in them."""
    assert_sound_passes_and_fault_fails(fault, made)
