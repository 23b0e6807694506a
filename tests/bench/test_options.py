"""From what was typed to a job, and everything that is refused on the way."""

from __future__ import annotations

from typing import Any

import pytest

from rnnscope.bench.options import BUDGETS, CELLS, BenchOptions, cases, resolve
from rnnscope.errors import InputError
from rnnscope.model.budget import width
from rnnscope.native import network

pytestmark = pytest.mark.law


@pytest.fixture(autouse=True)
def _every_path(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is asked here does not depend on the machine that asks."""
    monkeypatch.setattr(network, "paths", lambda: tuple(reversed(network.PATHS)))


def test_defaults_are_the_whole_table() -> None:
    """Without options: an LSTM of 64 to 512 cells in 1 to 3 layers, both precisions, the fastest path."""
    job = resolve("train", BenchOptions())
    assert [(case.layers, case.hidden) for case in job.cases] == [(L, H) for L in (1, 2, 3) for H in BUDGETS]
    assert {(case.cell, case.batch, case.budget) for case in job.cases} == {("lstm", 100, None)}
    assert (job.precisions, job.path, job.steps, job.vocabulary) == (("float32", "bfloat16"), "avx512bf16", 100, 87)
    assert (job.command, job.matrix, job.threads >= 1) == ("rnnscope bench train", 4096, True)
    record = resolve("record", BenchOptions())
    assert [(case.layers, case.hidden) for case in record.cases] == [(2, 128)]
    assert (record.length, record.precisions) == (300_000, ("float32",))
    assert resolve("sample", BenchOptions()).length == 2000


def test_paper_widths_belong_to_each_cell_and_depth() -> None:
    """`paper` stands for the widths that spend four budgets, in every cell and depth; none comes twice."""
    found = cases("lstm,rnn", "1,2", "paper", "100", 87)
    assert [case.hidden for case in found] == [
        width(budget, cell, layers, 87) for cell in ("lstm", "rnn") for layers in (1, 2) for budget in BUDGETS
    ]
    assert [case.hidden for case in cases("lstm", "2", "paper", "100", 87)][:2] == [45, 84]
    assert len(cases("lstm", "1", "64,128,256,512,paper", "100", 87)) == 4
    assert len(cases("lstm", "1,1", "64,64", "1,2", 87)) == 2


def test_all_cells() -> None:
    """`all` names the six of them."""
    assert tuple(case.cell for case in cases("all", "1", "8", "1", 87)) == CELLS


def test_avx2_chooses_the_path() -> None:
    """Holding both sides to AVX2 takes our AVX2 path, in float32."""
    job = resolve("train", BenchOptions(instructions="avx2"))
    assert (job.path, job.precisions) == ("avx2", ("float32",))
    assert resolve("train", BenchOptions(kernel="fused:avx512", precision="float32")).path == "avx512"
    assert resolve("train", BenchOptions(precision="bfloat16")).precisions == ("bfloat16",)


REFUSED: list[tuple[str, dict[str, Any], str]] = [
    ("sample", {"precision": "float32"}, "--precision float32: bench sample does not depend on it"),
    ("sample", {"steps": 3}, "--steps 3"),
    ("train", {"length": 3}, "--length 3"),
    ("record", {"matrix": 0}, "--matrix 0"),
    ("train", {"cell": "lstm,elman"}, "'elman' is no cell"),
    ("train", {"cell": "lstm,"}, "an entry of the list is empty"),
    ("train", {"hidden": "64,x"}, "'x' is not a whole number from 1 to 16384"),
    ("train", {"hidden": "0"}, "'0' is not"),
    ("train", {"hidden": "1.5"}, "'1.5' is not"),
    ("train", {"hidden": "٣"}, "is not a whole number"),
    ("train", {"layers": "17"}, "from 1 to 16"),
    ("train", {"layers": "paper"}, "'paper' is not"),
    ("train", {"batch": "9" * 30}, "from 1 to 65536"),
    ("train", {"kernel": "torch"}, "only the compiled kernels"),
    ("train", {"kernel": "fused:sse"}, "avx512bf16"),
    ("train", {"kernel": "fused:"}, "only the compiled kernels"),
    ("train", {"kernel": "fused:avx512", "instructions": "avx2"}, "holds both sides to AVX2"),
    ("train", {"kernel": "fused:avx2", "precision": "both"}, "the path avx2 has no bfloat16"),
]


@pytest.mark.parametrize(("what", "options", "mention"), REFUSED)
def test_what_makes_no_sense_is_refused(what: Any, options: dict[str, Any], mention: str) -> None:
    """By name, before anything is measured."""
    with pytest.raises(InputError, match="cannot measure speed") as caught:
        resolve(what, BenchOptions(**options))
    assert mention in str(caught.value)


def test_seeds_have_a_range() -> None:
    """A seed beyond 32 bits, or below 0, is refused."""
    for seed in (-1, 2**32):
        with pytest.raises(InputError, match=f"--seed {seed}"):
            resolve("train", BenchOptions(), seed)


def test_a_machine_without_the_library_or_the_path(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without compiled paths nothing is measured; one that the processor lacks is named."""
    monkeypatch.setattr(network, "paths", lambda: ("portable",))
    with pytest.raises(InputError, match="fused:avx2: this processor"):
        resolve("train", BenchOptions(kernel="fused:avx2"))
    assert resolve("train", BenchOptions()).precisions == ("float32",)
    monkeypatch.setattr(network, "paths", lambda: ())
    with pytest.raises(InputError, match="there is no compiled library"):
        resolve("train", BenchOptions())
