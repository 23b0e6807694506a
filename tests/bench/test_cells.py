"""Scoring cells beside other ways: both must agree, and everything that was measured is shown. No time is asserted."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from rnnscope.analyse.cells.columns import Columns
from rnnscope.analyse.cells.labels import Feature, Labels, score
from rnnscope.bench import cells, clock, scanning, tables
from rnnscope.bench.cells import Stored
from rnnscope.bench.clock import Measured
from rnnscope.bench.options import BenchOptions, Job, cases, resolve
from rnnscope.corpus.split import Segment
from rnnscope.errors import InputError, MachineError
from rnnscope.model.network import Network

from .conftest import MakeJob, readable

LENGTH, CELLS = 3000, 12


def given(network: Network) -> scanning.Given:
    """Random symbols, a binary feature, one that is valid at two thirds of them, and a graded one."""
    random = np.random.default_rng(4)
    hypotheses = [Feature("a"), Feature("b"), Feature("g", graded=True)]
    values = [random.random(LENGTH) < 0.3, random.random(LENGTH) < 0.5, random.integers(0, 9, LENGTH)]
    everywhere = np.ones(LENGTH, bool)
    valid = [everywhere, random.random(LENGTH) < 2 / 3, everywhere]
    labels = Labels(hypotheses, values, valid, [Segment(0, LENGTH)])
    return scanning.Given(network, random.integers(0, 7, LENGTH), labels)


@pytest.fixture
def _small(job: MakeJob, monkeypatch: pytest.MonkeyPatch) -> None:
    """A network of the readable steps, a text without a file, one run a turn, no process of its own."""

    class Alone(clock.Others):
        def share(self) -> float | None:
            return None

    def quick(runs: Any, *, repeats: int, seconds: float) -> Measured:
        return clock.interleave(runs, repeats=repeats, seconds=seconds, pause_seconds=0, turn_seconds=0, others=Alone)

    monkeypatch.setattr(cells, "interleave", quick)
    monkeypatch.setattr(scanning, "prepare", lambda asked: given(readable("lstm", 1, CELLS, job("cells"))))
    monkeypatch.setattr(cells, "run", scanning.scan)
    for module in (cells, scanning):
        monkeypatch.setattr(module, "use_threads", lambda count: None)


def asked(job: MakeJob, **settings: Any) -> Job:
    return job("cells", cases=cases("lstm", "1", str(CELLS), "1", 7), texts=("stdlib",), longer=2, **settings)


@pytest.mark.usefixtures("_small")
@pytest.mark.law
def test_everything_is_measured_and_shown(job: MakeJob) -> None:
    """The search on both texts, scipy beside it, the extrapolated regressions: in the document and on the page."""
    found = cells.measure(asked(job), lambda line: None)
    assert json.loads(json.dumps(found, allow_nan=False)) == found
    (row,) = found["rows"]
    assert (row["scan"]["columns"], row["scan"]["features"], row["scan"]["groups"]) == (2 * CELLS, 3, 2)
    assert row["compared"] == 2 * CELLS
    assert row["regression"]["pairs"] == 2 * CELLS * 2
    assert row["regression"]["all_seconds"] == pytest.approx(row["regression"]["each_seconds"] * 2 * CELLS * 2)
    assert row["scipy_ratio"]["median"] > 0
    assert row["difference"] <= cells.SCORE_LIMIT
    machine = {
        "versions": {}, "processor": "x", "architecture": "y", "threads_available": 1, "platform": "z",
        "load_before": [], "load_after": [], "began": "2026-01-01", "ended": "2026-01-01", "torch_instructions": "",
    }  # fmt: skip
    whole = {"bench": "cells", "job": asked(job).model_dump(mode="json"), "machine": machine} | found
    for shown in (tables.page(whole), tables.text(whole)):
        for said in ("stdlib: lstm, 1 x 12", "24 x 3", "peak memory of the search", "extrapolated to 48 pairs"):
            assert said in shown
    assert tables.file_name(whole) == "cells_stdlib_x_2026-01-01.md"


@pytest.mark.oracle
def test_the_exact_way_is_exact() -> None:
    """What ours is compared with are the scores by definition, cell by cell and feature by feature."""
    random = np.random.default_rng(2)
    labels = given(None).labels  # type: ignore[arg-type]  # no network is asked here
    values = np.round(random.standard_normal((4, LENGTH)), 1).astype(np.float32)
    stored = Stored(Columns(("h",), 1, 4), values, labels)
    found = cells.exact(stored)
    for f, feature in enumerate(labels.features):
        valid_n = labels.valid[f]
        for k in range(4):
            wanted = score(values[k][valid_n], labels.values[f][valid_n], graded=feature.graded)
            assert found[k, f] == pytest.approx(wanted, abs=1e-6)
    assert cells.ours(stored) == pytest.approx(found, abs=cells.SCORE_LIMIT)


@pytest.mark.law
def test_a_wrong_score_ends_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a score differs from the exact one, no speed is reported."""
    values = np.random.default_rng(2).standard_normal((4, LENGTH)).astype(np.float32)
    stored = Stored(Columns(("h",), 1, 4), values, given(None).labels)  # type: ignore[arg-type]  # as above
    assert cells.compare(stored) < cells.SCORE_LIMIT
    right = cells.exact(stored)
    monkeypatch.setattr(cells, "exact", lambda stored: right + 0.002)
    with pytest.raises(MachineError, match=r"differs from the exact one by 0\.002"):
        cells.compare(stored)


@pytest.mark.law
def test_a_short_text_is_refused(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A text that is shorter than what is asked for is refused by both numbers."""
    path = tmp_path / "short.txt"
    path.write_text("ab " * 10)
    with pytest.raises(InputError, match="it has 30"):
        scanning.prepare({"text": str(path), "length": 31})


@pytest.mark.law
def test_options(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three layers of 512, 300,000 symbols and ten times as many; lanes mean nothing here, --longer only here."""
    from rnnscope.native import network

    monkeypatch.setattr(network, "paths", lambda: tuple(reversed(network.PATHS)))
    found = resolve("cells", BenchOptions())
    assert [(case.layers, case.hidden) for case in found.cases] == [(3, 512)]
    assert (found.texts, found.length, found.longer) == (("stdlib",), 300_000, 10)
    with pytest.raises(InputError, match="--batch 3"):
        resolve("cells", BenchOptions(batch="3"))
    with pytest.raises(InputError, match="--longer 2"):
        resolve("record", BenchOptions(longer=2))
