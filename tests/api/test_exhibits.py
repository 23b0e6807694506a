"""What a reader is shown of the cells that were found: chosen by rule, and what the network really did."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from rnnscope import api
from rnnscope.analyse.cells.labels import Feature, Labels
from rnnscope.api import Run
from rnnscope.api.search.exhibits import EACH, KINDS, choose, histogram, passages
from rnnscope.artifacts import tensors
from rnnscope.corpus.split import Segment
from rnnscope.report.kept import EXHIBITS_FILE

pytestmark = pytest.mark.law


@pytest.fixture
def other_text(tmp_path: Path) -> Path:
    path = tmp_path / "other.c"
    path.write_text("int main(void) {\n\treturn f(a, b);\n}\n\nint f(int a) {\n\treturn a;\n}\n" * 480)
    return path


def test_passages_show_what_the_cell_did(run: Run, other_text: Path) -> None:
    """Symbols of passages are those of the text at their starts, and histograms count every position with a label."""
    found = api.cells(run, other_text, features=["round-depth", "last-blank"])
    shown = found["exhibits"]
    (name,) = (name for stage, name in run.folder("read").results() if stage == "cells")
    result = run.folder("read").read_result("cells", name)
    arrays = tensors.decode(result.read(EXHIBITS_FILE), result.folder / EXHIBITS_FILE)
    length, codes = shown["length"], np.frombuffer(other_text.read_bytes(), np.uint8)
    ids_N = run.alphabet.encode(codes.astype(np.uint32))
    assert arrays["values"].shape == (len(shown["cells"]), len(KINDS) * EACH, len(shown["quantities"]), length)
    for k, cell in enumerate(shown["cells"]):
        for p, start in enumerate(cell["starts"]):
            assert arrays["ids"][k, p].tolist() == ids_N[start : start + length].tolist()
    blank_k = next(k for k, cell in enumerate(shown["cells"]) if cell["feature"] == "last-blank")
    blanks = [run.alphabet.encode_text(" ")[0], run.alphabet.encode_text("\t")[0]]
    assert np.array_equal(arrays["track"][blank_k] == 1, np.isin(arrays["ids"][blank_k], blanks))
    counted = {sum(map(sum, one["counts"])) for cell in shown["cells"] for one in cell["histograms"]}
    assert max(counted) == found["parts"]["confirm"]["symbols"]


def test_passages_are_the_highest_the_middling_and_random_ones() -> None:
    """The first three lie around the highest values, the next around the median, and none overlaps another."""
    values_N = np.zeros(1000)
    values_N[[110, 510, 910]] = (3, 5, 4)
    values_N[300:] += 0.1
    allowed_N = np.arange(1000) <= 980
    starts = passages(values_N, allowed_N, 20, seed=1)
    assert starts[:3] == [500, 900, 100]
    assert len(starts) == len(KINDS) * EACH
    assert np.abs(np.subtract.outer(starts, starts))[~np.eye(len(starts), dtype=bool)].min() >= 20
    assert all(abs(values_N[start + 10] - 0.1) < 1e-9 for start in starts[3:6])


def test_values_by_label() -> None:
    """Values where a feature holds are counted apart from those where it does not; invalid positions not at all."""
    holds_N = np.array([True, True, False, False, False])
    valid_N = np.array([True, True, True, True, False])
    labels = Labels([Feature("quotes")], [holds_N], [valid_N], [Segment(0, 5)])
    found = histogram(np.array([1.0, 0.9, -1.0, -1.0, 0.0]), labels, "quotes")
    assert [sum(counts) for counts in found["counts"]] == [2, 2]
    assert (found["low"], found["high"]) == (-1.0, 1.0)
    assert (found["counts"][0][-1], found["counts"][1][0]) == (1, 2)


def test_every_feature_shows_its_trackers_or_its_best_candidate() -> None:
    """At most four trackers of a feature are shown, its best candidate where there is none, and the idle cell."""
    tracker = {"layer": 1, "quantity": "c", "feature": "quotes", "verdict": "confirmed", "score": -0.9, "discovered": 0}
    claims = [tracker | {"cell": cell} for cell in range(1, 7)]
    claims += [tracker | {"cell": cell, "feature": "depth", "verdict": "observed"} for cell in (8, 9)]
    found = {"claims": claims, "features": {"quotes": "", "depth": ""}}
    least = {"layer": 2, "cell": 3, "quantity": "h"}
    shown = choose(found | {"least": least})
    assert [(one.layer, one.cell, one.feature) for one in shown] == [
        (0, 0, "quotes"),
        (0, 1, "quotes"),
        (0, 2, "quotes"),
        (0, 3, "quotes"),
        (0, 7, "depth"),
        (1, 2, None),
    ]
    assert {one.sign for one in shown[:5]} == {-1}
