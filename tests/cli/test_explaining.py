from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from ..surface import TEXT, TINY, call, check_refusal, done

pytestmark = pytest.mark.law


@pytest.fixture(scope="module")
def copy(run: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run that may be written to."""
    path = tmp_path_factory.mktemp("copies") / "run"
    shutil.copytree(run, path)
    return path


def test_errors_explains_a_run(copy: Path, tmp_path: Path) -> None:
    """One document with its fixed keys, a table for people, and misuse in the documented form."""
    found = json.loads(done("errors", copy, "--json"))
    assert {"chars", "errors", "onion", "overlap", "brackets", "network", "predictors"} <= set(found)
    assert all({"class", "errors", "share"} <= set(row) for row in found["onion"])
    assert sum(row["errors"] for row in found["onion"]) == found["errors"]
    assert "0.5 boost" in done("errors", copy)
    (tmp_path / "empty").mkdir()
    check_refusal(call("errors", tmp_path / "empty", "-q"), 2, "cannot find models", "empty")
    check_refusal(call("errors", tmp_path / "absent", "-q"), 2, "absent")
    check_refusal(call("errors", copy, "--order", "luck", "-q"), 2, "families are")
    check_refusal(call("errors", copy, "--network", "other", "-q"), 2, "the networks here are")
    for threshold in ("0", "1.5", "nan"):
        check_refusal(call("errors", copy, "--threshold", threshold, "-q"), 2, "threshold")


def test_memory_measures_a_run(tmp_path: Path) -> None:
    """One document with its fixed keys, a table for people, and misuse in the documented form."""
    (tmp_path / "text").write_bytes(TEXT * 6)
    run = tmp_path / "run"
    done("train", tmp_path / "text", "-o", run, "-q", *TINY)
    few = ("--distances", "9", "--cases", "5", "--lanes", "7")
    found = json.loads(done("memory", run, *few, "--json"))
    assert {"gradients", "context", "steps", "distances", "older", "what"} <= set(found)
    assert [stage["step"] for stage in found["training"]] == [0, found["training"][-1]["step"]]
    told = done("memory", run, *few)
    assert "d loss / d state" in told
    assert "0 updates  h 1: " in told
    check_refusal(call("memory", run, "--distances", "0", "-q"), 2, "--distances 0")
    check_refusal(call("memory", run, "--distances", "999999", "-q"), 2, "fewer --distances")
