"""What a measurement returns and how it is shown. Small networks of the readable steps; no time is asserted."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest

from rnnscope.bench import __main__ as child
from rnnscope.bench import limit, tables
from rnnscope.bench.clock import Measured
from rnnscope.bench.limit import numpy_environment
from rnnscope.bench.options import Job
from rnnscope.errors import InputError
from rnnscope.terminal import shown

from .conftest import MakeJob

pytestmark = [pytest.mark.law, pytest.mark.usefixtures("readable_networks")]


@pytest.fixture(autouse=True)
def _short_turns(monkeypatch: pytest.MonkeyPatch) -> None:
    """A turn is one run, and other tests on this machine disturb nothing."""
    from rnnscope.bench import clock, recording, sampling, training

    class Alone(clock.Others):
        def share(self) -> float | None:
            return None

    def quick(runs: Any, *, repeats: int, seconds: float) -> Measured:
        return clock.interleave(runs, repeats=repeats, seconds=seconds, pause_seconds=0, turn_seconds=0, others=Alone)

    for module in (recording, sampling, training):
        monkeypatch.setattr(module, "interleave", quick)


def measure(job: Job) -> tuple[dict[str, Any], list[str]]:
    lines: list[str] = []
    found = child.measure(job, lines.append)
    assert json.loads(json.dumps(found, allow_nan=False)) == found
    assert set(found) >= {"bench", "job", "machine", "rows", "means"}
    assert len(found["machine"]["load_before"]) in (0, 3)
    return found, lines


def positive(values: dict[str, Any]) -> bool:
    return all(value > 0 and math.isfinite(value) for value in values.values() if isinstance(value, int | float))


def test_training_rows(job: MakeJob) -> None:
    """A row for each network and precision: three sides of the same step, ratios, and the share of the limit."""
    found, lines = measure(job("train", "lstm", matrix=8, precisions=("float32", "bfloat16")))
    assert [(row["layers"], row["precision"]) for row in found["rows"]] == [
        (layers, precision) for layers in (1, 2) for precision in ("float32", "bfloat16")
    ]
    for row in found["rows"]:
        for side in ("ours", "torch", "autocast"):
            assert positive(row[side]), side
        chars = row["ours"]["chars_per_second"] * row["ours"]["milliseconds"] / 1000
        assert chars == pytest.approx(3 * 4)
        assert row["of_limit"] == pytest.approx(row["ours"]["gflops"] / found["limit"][row["precision"]])
        for side in ("torch", "autocast"):
            times = [row[name]["milliseconds"] for name in (side, "ours")]
            assert row[f"{side}_ratio"]["median"] == pytest.approx(times[0] / times[1])
        assert "plain" not in row
        assert (row["repeats"], row["noisy"]) == (1, False)
    assert len(found["products"]) == 2
    assert [(row["cell"], row["precision"], row["torch_ratio"]["rows"]) for row in found["means"]] == [
        ("lstm", "float32", 2), ("lstm", "bfloat16", 2),
    ]  # fmt: skip
    assert any(line.startswith("2/2 lstm 2 x 5: float32") for line in lines)


def test_cells_without_a_peer_are_held_against_their_nearest(job: MakeJob) -> None:
    """torch has no peepholes, no coupled gates and no reset before the product: their time is told in plain cells."""
    found, _ = measure(job("train", "lstm-peephole,lstm-coupled,gru"))
    for row in found["rows"]:
        assert row["plain"]["cell"] == ("gru-torch" if row["cell"] == "gru" else "lstm")
        times = [row[side]["milliseconds"] for side in ("ours", "plain")]
        assert row["plain_ratio"]["median"] == pytest.approx(times[0] / times[1])
        assert not {"torch", "autocast", "of_limit"} & set(row)
    assert found["limit"] == {}
    assert "time to gru-torch" in tables.text(found)


def test_sides_held_to_avx2_leave_autocast_out(job: MakeJob) -> None:
    """Without bfloat16 instructions autocast computes by emulation, which is no peer."""
    found, _ = measure(job("train", "rnn", instructions="avx2"))
    assert all("autocast" not in row and "torch" in row for row in found["rows"])


def test_sampling_rows(job: MakeJob) -> None:
    """Characters per second of both sides; the ratio is against the faster number of torch's threads."""
    found, _ = measure(job("sample", "lstm,rnn"))
    for row in found["rows"]:
        fastest = max(row["torch_by_threads"].values())
        assert row["torch"]["chars_per_second"] == fastest
        assert row["torch_ratio"]["median"] == pytest.approx(row["ours"]["chars_per_second"] / fastest)
    assert [row["cell"] for row in found["means"]] == ["lstm", "rnn"]


def test_recording_rows(job: MakeJob) -> None:
    """The same text read three ways; the warm-up is read but not counted."""
    found, _ = measure(job("record", length=2000))
    for row in found["rows"]:
        assert (row["chars"], row["read"] > 2000) == (2000, True)
        for side in ("eval", "record", "torch"):
            assert row[side]["chars_per_second"] * row[side]["milliseconds"] == pytest.approx(2000 * 1000)
        assert positive(row["record_ratio"])


@pytest.mark.parametrize("what", ["sample", "record"])
def test_cells_that_torch_lacks_are_refused(what: str, job: MakeJob) -> None:
    """Where torch is all there is to compare with, a cell it does not have is named."""
    with pytest.raises(InputError, match=f"bench {what} --cell gru: PyTorch has no such cell"):
        measure(job(what, "gru"))


def test_more_lanes_than_are_read_side_by_side_are_refused(job: MakeJob) -> None:
    """Both sides shall read the same lanes in one go."""
    wide = job("record").cases[0].model_copy(update={"batch": 101})
    with pytest.raises(InputError, match="--batch 101"):
        measure(job("record", cases=(wide,)))


@pytest.mark.parametrize("what", ["train", "sample", "record"])
def test_pages_hold_every_row(what: str, job: MakeJob) -> None:
    """The Markdown page has a table row for each row, the machine and the command; the text has them too."""
    found, _ = measure(job(what, **({"matrix": 8} if what == "train" else {})))
    page, text = tables.page(found), tables.text(found)
    assert shown(page) == page
    assert sum(line.startswith("| lstm |") for line in page.splitlines()) == len(found["rows"]) + len(found["means"])
    assert sum(line.split()[:1] == ["lstm"] for line in text.splitlines()) == len(found["rows"]) + len(found["means"])
    widths = {line.count("|") for line in page.split("## Geometric means")[0].splitlines() if line.startswith("|")}
    assert len(widths) == 1
    for fact in ("command: `rnnscope bench`", "processor: ", "torch ", "load: ", "threads: 1"):
        assert fact in page
    if what == "train":
        assert "6 * P * B * T" in page
        assert "Large-matrix limit, float32" in page


def test_noise_is_said(job: MakeJob) -> None:
    """Discarded repeats and rows that were measured on a busy machine are counted on the page."""
    found, _ = measure(job("sample"))
    found["rows"][0] |= {"discarded": 4}
    found["rows"][1] |= {"noisy": True}
    assert "4 repeats discarded; 1 rows, marked noisy" in tables.page(found)
    assert "1 (-4)" in tables.text(found)


@pytest.mark.golden
def test_pages_have_names_of_their_own(job: MakeJob) -> None:
    """Topic, processor and date; whatever a processor is called, the name is a plain one."""
    found = {
        "bench": "train",
        "job": {"instructions": "avx2"},
        "machine": {"processor": "Intel(R) Core/TM ../i7", "began": "2026-11-23T10:00:00+00:00"},
    }
    assert tables.file_name(found) == "train-avx2_intel-r-core-tm-i7_2026-11-23.md"


def test_the_limit_is_numpy_set_free(job: MakeJob) -> None:
    """NumPy's process is told the threads and nothing else; held to AVX2 only where everybody is."""
    around = {"OPENBLAS_CORETYPE": "Prescott", "OPENBLAS_L2_SIZE": "512", "PATH": "p", "OMP_NUM_THREADS": "7"}
    found = numpy_environment(around, job("train", threads=2))
    assert "OPENBLAS_L2_SIZE" not in found
    assert "OPENBLAS_CORETYPE" not in found
    assert (found["PATH"], found["OPENBLAS_NUM_THREADS"], found["OMP_NUM_THREADS"]) == ("p", "2", "2")
    assert numpy_environment(around, job("train", instructions="avx2"))["OPENBLAS_CORETYPE"] == "Haswell"
    speeds = limit.large_products(job("train", matrix=16))
    assert set(speeds["float32"]) == {"torch", "numpy"}
    assert positive(speeds["float32"])
