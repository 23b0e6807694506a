"""The proofs can fail: each of these faults, compiled into the library, is caught by one of them."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from . import test_network_laws as laws
from . import test_network_memory as memory
from . import test_network_proofs as proofs
from . import test_network_sample as sample
from . import test_network_updates as updates
from . import test_window as window
from .faults import FAULTS
from .stacks import ROUTES
from .workshop import Fault, Workshop, planted, sources, using, workshop

SOME = FAULTS[:: len(FAULTS) // 8]
"""A few, so that the mechanism and the worst of all gaps are seen at once."""

COMPUTING = (
    "network.cpp",
    "weights.cpp",
    "forward.cpp",
    "back.cpp",
    "gradients.cpp",
    "sampling.cpp",
    "products.h",
    "rows.h",
    "vector.h",
)


def every_proof(fault: Fault) -> list[Callable[[], object]]:
    """What must hold for a network, the quickest first."""
    path = fault.path
    if fault.name == "window":
        proven: list[Callable[[], object]] = [
            partial(window.test_everything_equals_the_reference, path, fault.precision, route) for route in ROUTES
        ]
        for fact in (
            window.test_threads_change_nothing,
            window.test_rows_do_not_see_each_other,
            window.test_a_smaller_chunk_leaves_no_trace,
        ):
            proven.append(partial(fact, path, fault.precision))
        return proven
    whole = (fault.name, path, fault.precision)
    found: list[Callable[[], object]] = [
        partial(proofs.test_everything_equals_the_reference, *whole, route) for route in ROUTES
    ]
    for law in (
        laws.test_a_text_may_be_cut_anywhere,
        memory.test_a_smaller_chunk_leaves_no_trace,
        laws.test_threads_change_nothing,
        laws.test_lanes_do_not_see_each_other,
        laws.test_weights_are_those_loaded_last,
        laws.test_nan_is_never_swallowed,
        laws.test_what_is_asked_changes_nothing_else,
        laws.test_any_choice_of_quantities_and_layers_may_be_recorded,
        laws.test_nothing_asked_is_a_loss_of_zero,
        sample.test_draws_are_those_made_by_hand,
        sample.test_lanes_are_drawn_each_for_itself,
        sample.test_a_text_may_be_drawn_in_parts,
    ):
        found.append(partial(law, *whole))
    for case in (
        laws.test_scores_are_of_what_is_asked_alone,
        sample.test_draws_follow_the_edges,
        sample.test_of_equals_the_first_is_taken,
    ):
        found.append(partial(case, *whole[1:]))
    for scale, limit in updates.LIMITS:
        found.append(partial(updates.test_rmsprop, path, scale, limit))
        found.append(partial(updates.test_adam, path, scale, limit, 2))
    return [*found, partial(updates.test_square_sum, path)]


def caught(fault: Fault, folder: Path) -> bool:
    """Whether a proof fails on the library of this folder."""
    with using(folder):
        for proof in every_proof(fault):
            try:
                proof()
            except AssertionError:
                return True
    return False


def assert_sound_passes_and_fault_fails(fault: Fault, made: Workshop) -> None:
    """The proofs pass with the sources as they are and one fails with the fault, or the test is skipped."""
    if fault.path not in made.paths:
        pytest.skip(f"no {fault.path} path here")
    assert made.passes(fault.name, fault.precision, lambda: not caught(fault, made.sound))
    assert caught(fault, made.build(fault)), "no proof has seen it"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Workshop:
    return workshop(tmp_path_factory.mktemp("workshop"), SOME)


@pytest.mark.planted
@pytest.mark.parametrize("fault", SOME, ids=str)
def test_a_fault_is_caught(fault: Fault, made: Workshop) -> None:
    """The library with the fault does not pass what the library without it passes; the campaign plants the others."""
    assert_sound_passes_and_fault_fails(fault, made)


@pytest.mark.law
def test_there_are_faults_enough() -> None:
    """Every cell and every source that computes has its faults, all different, and each fits its source."""
    assert len(FAULTS) >= 60
    assert len(set(FAULTS)) == len(FAULTS)
    faulty = {fault.source for fault in FAULTS}
    cells = {source for source in sources() if source.startswith("cells/")}
    assert faulty >= cells | {f"native/{name}" for name in COMPUTING}
    assert {fault.precision for fault in FAULTS} == {"float32", "bfloat16"}
    misfits = [(fault.source, fault.old) for fault in FAULTS if planted(fault) is None]
    assert misfits == []
