"""Counting beside KenLM: what is measured, what is said where its programs are missing. No time is asserted."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from rnnscope.bench import clock, counting, kenlm, ngrams, tables
from rnnscope.bench.clock import Measured
from rnnscope.bench.ngrams import Texts
from rnnscope.bench.options import BenchOptions, Job, resolve
from rnnscope.errors import InputError, MachineError
from rnnscope.ngram.kneser_ney import KneserNey

from .conftest import MakeJob

pytestmark = pytest.mark.law

TEXT = np.random.default_rng(1).integers(0, 4, 1500).astype(np.uint8)
GIVEN = Texts(TEXT[:1000], TEXT, 1200, 4)


class Peer:
    """Stands for a process of KenLM: the same numbers, unless told to be wrong."""

    off = 0.0

    def __init__(self, program: str, model: Any, ids: Any, vocabulary: int) -> None:
        self.model = KneserNey.fit([GIVEN.train], 4, 5, marks=True)
        self.asked: list[tuple[int, int, int]] = []

    def compute(self, start: int, count: int, threads: int) -> float:
        self.asked.append((start, count, threads))
        return 1.0

    def log10_probs_of_true(self, start: int, count: int) -> Any:
        found = self.model.log_probs_of_true(GIVEN.read, [(start, start + count)], [4])[0]
        return (found / np.log(10) + self.off).astype(np.float32)

    def close(self) -> None:
        self.asked.clear()


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    """A small text, one run a turn, and nothing of KenLM but what a test puts there."""

    class Alone(clock.Others):
        def share(self) -> float | None:
            return None

    def quick(runs: Any, *, repeats: int, seconds: float) -> Measured:
        return clock.interleave(runs, repeats=repeats, seconds=seconds, pause_seconds=0, turn_seconds=0, others=Alone)

    monkeypatch.setattr(ngrams, "interleave", quick)
    monkeypatch.setattr(ngrams, "texts", lambda name: GIVEN)
    monkeypatch.setattr(kenlm, "programs", dict)
    monkeypatch.setattr(
        ngrams.counting, "run", lambda job: getattr(counting, job["do"])(job) | {"process_seconds": 1.0}
    )


def job_of(job: MakeJob, **settings: Any) -> Job:
    return job("ngram", cases=(), texts=("warpeace",), context=5, length=200, **settings)


def with_kenlm(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kenlm, "programs", lambda: dict.fromkeys(kenlm.PROGRAMS, "there"))
    built = kenlm.Built(8.0, {"lmplz": 3 << 20, "build_binary": 1 << 20}, 5 << 20)
    monkeypatch.setattr(kenlm, "build", lambda *args: built)
    monkeypatch.setattr(kenlm, "Rows", Peer)


def test_this_side_alone(job: MakeJob) -> None:
    """Without KenLM's programs our side is measured, and what is missing is named in words."""
    found = ngrams.measure(job_of(job), lambda line: None)
    assert json.loads(json.dumps(found, allow_nan=False)) == found
    assert found["missing"] == list(kenlm.PROGRAMS)
    (row,) = found["rows"]
    assert row["positions"] == 200
    assert row["load_process"]["model_bytes"] >= row["fit_process"]["model_bytes"] > 0
    assert not any("probing" in name for name in row)
    assert "lmplz, build_binary, kenlm_rows not on the PATH" in " ".join(tables.ngram_table.notes(found))


def test_both_sides(job: MakeJob, monkeypatch: pytest.MonkeyPatch) -> None:
    """Fits, sizes, memory and distributions of both sides, with ratios above 1 where ours takes less."""
    with_kenlm(monkeypatch)
    (row,) = ngrams.measure(job_of(job), lambda line: None)["rows"]
    for side in kenlm.STRUCTURES:
        assert row[f"{side}_bytes"] == 5 << 20
        assert row[f"fit_{side}_ratio"]["median"] == pytest.approx(
            row[f"fit_{side}"]["milliseconds"] / row["fit_ours"]["milliseconds"]
        )
        assert row[f"{side}_log10_difference"]["largest"] < 1e-6
        assert row[f"rows_{side}_1_ratio"]["median"] > 0


def test_a_wrong_number_ends_it(job: MakeJob, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where log10 p differs from KenLM's, no speed is reported."""
    with_kenlm(monkeypatch)
    monkeypatch.setattr(Peer, "off", 0.001)
    with pytest.raises(MachineError, match=r"differs from KenLM's by 0\.001"):
        ngrams.measure(job_of(job), lambda line: None)


def test_pages(job: MakeJob, monkeypatch: pytest.MonkeyPatch) -> None:
    """A page and a text have a table for each text, with every line of it."""
    with_kenlm(monkeypatch)
    asked = job_of(job)
    machine = {
        "versions": {}, "processor": "x", "architecture": "y", "threads_available": 1, "platform": "z",
        "load_before": [], "load_after": [], "began": "2026-01-01", "ended": "2026-01-01", "torch_instructions": "",
    }  # fmt: skip
    found = {"bench": "ngram", "job": asked.model_dump(mode="json"), "machine": machine}
    found |= ngrams.measure(asked, lambda line: None)
    page, text = tables.page(found), tables.text(found)
    for line in ("order 5 there", "200 distributions, threads: 1", "size of the model", "peak memory", "log10 p(true)"):
        assert line in page
        assert line in text
    assert len({line.count("|") for line in page.splitlines() if line.startswith("|")}) == 1


@pytest.mark.golden
def test_words_are_different_and_hold_no_blank() -> None:
    """Every symbol of the largest alphabet has a word of its own that no program takes apart."""
    words = kenlm.words(40_000)
    assert len(set(words)) == 40_000
    assert all(byte > 0x20 for word in words for byte in word)
    assert max(map(len, words)) == 2


def test_options_of_networks_mean_nothing_here() -> None:
    """Cells, lanes and kernels are refused for n-grams, and texts for networks."""
    asked = resolve("ngram", BenchOptions())
    assert (asked.texts, asked.context, asked.length, asked.cases) == (("warpeace", "linux"), 20, 300_000, ())
    for options in ({"cell": "rnn"}, {"batch": "3"}, {"kernel": "fused"}, {"text": "nowhere"}):
        with pytest.raises(InputError, match=f"--{next(iter(options))}"):
            resolve("ngram", BenchOptions(**options))  # type: ignore[arg-type]  # what a caller may type
    with pytest.raises(InputError, match="--text linux"):
        resolve("train", BenchOptions(text="linux"))
