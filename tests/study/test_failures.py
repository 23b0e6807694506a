"""What failed once and what never comes: isolated, told, and forgotten when it is put right."""

from __future__ import annotations

from pathlib import Path

import pytest

from rnnscope.study import book, tasks
from rnnscope.study.tasks import FAILED, Record

from .cases import study, table

pytestmark = pytest.mark.law

FAILURE = {"kind": "MachineError", "tried": "do it", "given": "a study", "why": "a kill", "todo": "Try again."}


@pytest.mark.parametrize("name", ["errors", "report", "table", "gates-lstm"])
def test_a_failure_that_was_put_right_leaves_no_trace(name: str, text: Path, plan: Path, tmp_path: Path) -> None:
    """A task of an earlier start that failed and is done now is in no row, no list and no record."""
    out = tmp_path / "study"
    study(text, out, plan)
    calm = table(out)
    found = book.read(out)
    assert found is not None
    task = found.tasks()[name]
    tasks.write_record(out, task, Record(FAILED, 1.0, FAILURE))
    assert study(text, out, plan).error() is None
    assert table(out) == calm
    record = tasks.read_record(out, task)
    assert record is None or record.state == tasks.DONE
