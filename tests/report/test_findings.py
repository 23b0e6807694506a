"""Errors and memories on a page: numbers as found, and nothing of other models."""

from __future__ import annotations

from pathlib import Path

import pytest

from rnnscope.artifacts import sealed
from rnnscope.corpus.builtin import BUILTIN
from rnnscope.report.findings import build_errors, build_memory
from rnnscope.report.kept import ERRORS_FILE, ERRORS_KIND, errors_of

from . import findings_data

pytestmark = pytest.mark.law


def test_classes_are_those_that_were_found() -> None:
    """Counts sum to the errors, and the paper's shares are there for War and Peace alone."""
    page = build_errors(findings_data.errors())
    assert [(one.name, one.errors) for one in page.onions[0].classes] == [("2-gram", 10), ("0.5 boost", 30)]
    assert [one.threshold for one in page.overlaps] == [0.3, 0.5]
    assert (page.paper, page.onions[0].classes[0].paper) == (None, [])
    assert (page.gain[0].memory, page.gain[0].smoothing) == pytest.approx((0.1386, 0.0), abs=1e-3)
    assert page.dynamics is not None
    assert (page.dynamics.epochs, page.dynamics.rivals[0].closest) == ([0.0, 1.0], 1.0)
    assert page.dynamics.rivals[0].ahead == pytest.approx([-0.5878, 0.0], abs=1e-3)
    beside = build_errors(findings_data.errors(BUILTIN["warpeace"].sha256))
    assert beside.onions[0].classes[0].paper == pytest.approx([0.0286, 0.0254])


def test_horizons_are_those_that_were_found() -> None:
    """A factor of 0.4 halves within 1 symbol and falls below 1/100 at 6; excess ends at a context of 5."""
    page = build_memory("lstm", findings_data.memory())
    curve = page.gradients[0]
    assert (curve.half_life, curve.horizon_hundredth, curve.horizon_thousandth) == (1, 6, 8)
    assert page.context[0].reach == 5
    assert [(stage.step, stage.gradients[0].horizon_hundredth) for stage in page.training] == [
        (0, 2),
        (100, 3),
        (3200, 6),
    ]
    older = {key: value for key, value in findings_data.memory().items() if key != "training"}
    assert build_memory("lstm", older).training == []


def test_errors_of_other_models_are_left_out(tmp_path: Path) -> None:
    """A document made from models that are not these gives no facts and a warning."""
    assert errors_of(tmp_path, []) == (None, [])
    (tmp_path / ERRORS_FILE).write_bytes(sealed.dump(ERRORS_KIND, {"lstm": "0" * 64}, {"chars": 1}))
    facts, warnings = errors_of(tmp_path, [])
    assert facts is None
    assert "Run `rnnscope errors` again" in warnings[0]
    (tmp_path / ERRORS_FILE).write_bytes(sealed.dump(ERRORS_KIND, {}, {"chars": 1}))
    assert errors_of(tmp_path, []) == ({"chars": 1}, [])
