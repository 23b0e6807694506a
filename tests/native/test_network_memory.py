"""Buffers of the compiled network: nothing old is read from them, nothing is written beside them, none is shared."""

from __future__ import annotations

import ctypes
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from rnnscope.errors import MachineError
from rnnscope.native import load, network

from .stacks import CONFIGS, KERNELS, Precision, Sizes, Stack, assert_same, compiled, forward, make, require, stack

pytestmark = pytest.mark.law

EVERY_KERNEL = pytest.mark.parametrize(("path", "precision"), KERNELS)
EVERY_CELL = pytest.mark.parametrize("name", CONFIGS)


@EVERY_KERNEL
@EVERY_CELL
def test_a_smaller_chunk_leaves_no_trace(name: str, path: network.Path, precision: Precision) -> None:
    """After a full chunk of NaN, and after one of huge numbers, a small one is as if read by a handle of its size."""
    given, full = Stack(name, Sizes(4, 5, 17, 7, 2)), Stack(name, Sizes(9, 13, 17, 7, 2))
    expected = compiled(given, make(given, path, precision))
    made = make(given, path, precision, capacity=(9, 13), threads=2)
    assert_same(compiled(given, made), expected)
    sound = full.parameters
    for value in (np.float32(np.nan), np.float32(1e30)):
        full.parameters = [np.full_like(values, value) for values in sound]
        full.state = {key: np.full_like(values, value) for key, values in full.state.items()}
        full.d_logits = np.full_like(full.d_logits, value)
        made.load(network.Arrays(full.parameters))
        compiled(full, made)
        compiled(full, made, "loss")
        made.load(network.Arrays(given.parameters))
        assert_same(compiled(given, made), expected)


@pytest.fixture
def dirty_memory() -> Iterator[None]:
    """What malloc returns is full of a number near the greatest."""
    libc = ctypes.CDLL(None)
    if not sys.platform.startswith("linux") or not hasattr(libc, "gnu_get_libc_version"):
        pytest.skip("needs glibc, which can fill what it returns")
    perturb = -6
    libc.mallopt(perturb, 0x80)
    yield
    libc.mallopt(perturb, 0)


@EVERY_KERNEL
@EVERY_CELL
def test_fresh_memory_may_hold_anything(
    name: str, path: network.Path, precision: Precision, request: pytest.FixtureRequest
) -> None:
    """Nothing is read from a new handle's memory before it was written."""
    given = stack(name, 3, 7, 21, 10, 2)
    expected = compiled(given, make(given, path, precision))
    request.getfixturevalue("dirty_memory")
    for gradients in (True, False):
        made = make(given, path, precision, capacity=(4, 9), gradients=gradients)
        assert_same(forward(given, made), forward(given, make(given, path, precision)))
    assert_same(compiled(given, make(given, path, precision, capacity=(4, 9))), expected)


@EVERY_KERNEL
def test_handles_share_nothing(path: network.Path, precision: Precision) -> None:
    """Networks at work at the same time, each with threads of its own, compute what each computes alone."""
    stacks = [stack(name, 5, 7, 33, 9, 2) for name in CONFIGS]
    expected = [compiled(given, make(given, path, precision)) for given in stacks]
    handles = [make(given, path, precision, threads=2) for given in stacks]

    def run(index: int) -> list[bytes]:
        given, made = stacks[index], handles[index]
        gradients = [np.empty_like(values) for values in given.parameters]
        for _ in range(5):
            made.run(
                given.ids, given.state, d_logits=given.d_logits, d_state=given.d_state,
                gradients=network.Arrays(gradients), **given.options,
            )  # fmt: skip
        return [values.tobytes() for values in gradients]

    with ThreadPoolExecutor(len(stacks)) as pool:
        for given, wanted, found in zip(stacks, expected, pool.map(run, range(len(stacks))), strict=True):
            assert found == [wanted[f"gradient {key}"].tobytes() for key in given.names]


@pytest.mark.parametrize("path", network.PATHS)
def test_more_needs_more_memory(path: network.Path) -> None:
    """The memory a handle tells of grows with each size, and with the way back."""
    require(path)
    least = make(stack("lstm", 4, 4, 16, 16, 1), path).bytes
    assert least > 0
    for sizes in ((64, 4, 16, 16, 1), (4, 64, 16, 16, 1), (4, 4, 64, 16, 1), (4, 4, 16, 500, 1), (4, 4, 16, 16, 2)):
        given = stack("lstm", *sizes)
        assert make(given, path).bytes > least
        assert make(given, path, gradients=False).bytes < make(given, path).bytes


@pytest.mark.parametrize("path", network.PATHS)
def test_memory_that_cannot_be_had_is_an_error(path: network.Path) -> None:
    """A network of 16 TB is refused in words, not by the end of the process."""
    require(path)
    row = stack("lstm", 1, 1, 1, 1, 1).spec
    with pytest.raises(MachineError, match=r"of memory or 0 further threads cannot be had.*Use a smaller --batch"):
        network.NativeNetwork(network.Shape("lstm", "", row.states, row.quantities, 1, 10**6, 10, 1, 1), path)


THREADS_THAT_CANNOT_START = """
import resource
from pathlib import Path
from rnnscope.errors import MachineError
from rnnscope.native import network
shape = network.Shape("lstm", "", ("h", "c"), ("h", "c", "i", "f", "g", "o"), 1, 8, 8, 2, 4)
network.NativeNetwork(shape, "portable", threads=2)
used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (used + (400 << 20),) * 2)
try:
    network.NativeNetwork(shape, "portable", threads=500)
except MachineError as error:
    print(error)
"""


@pytest.mark.skipif(not Path("/proc/self/statm").is_file(), reason="the limit is set from /proc")
def test_threads_that_cannot_be_started_are_an_error() -> None:
    """Where the system gives no more threads, those that did start end and the network is refused in words."""
    require("portable")
    done = subprocess.run(
        [sys.executable, "-c", THREADS_THAT_CANNOT_START], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "499 further threads cannot be had" in done.stdout


@pytest.mark.parametrize(
    ("cell", "variant", "layers", "window"),
    [
        ("no", "", 1, 1), ("lstm", "full", 1, 1), ("rnn", "", 1, 1), ("lstm-peephole", "", 1, 1),
        ("window", "tanh", 1, 1), ("lstm", "", 1, 2), ("window", "", 2, 3),
    ],
)  # fmt: skip
def test_unknown_cells_are_refused(cell: str, variant: str, layers: int, window: int) -> None:
    """The library makes nothing for a cell or variant that the gate table does not have, for cells with a window of
    several symbols, and for windows in layers.
    """
    library = load()
    require("portable")
    assert library is not None
    names = cell.encode(), variant.encode()
    assert library.calls.rnnscope_create(*names, layers, 4, 4, window, 1, 1, 1, 0, 0, 1) is None


def test_paths_are_fastest_first() -> None:
    """The portable path runs on every machine and is the last of the list."""
    found = network.paths()
    if not found:
        pytest.skip("no compiled library")
    assert found[-1] == "portable"
    assert list(found) == sorted(found, key=network.PATHS.index, reverse=True)
