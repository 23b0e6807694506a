from __future__ import annotations

import hashlib
import math
from pathlib import Path

import pytest

from rnnscope.artifacts import log
from rnnscope.artifacts.log import Log
from rnnscope.errors import DamagedArtifact

ROWS = [{"step": 1, "loss": 0.1 + 0.2}, {"text": "a\nb\u2028\ud800", "step": 2}]


@pytest.mark.golden
def test_the_form_to_the_byte(tmp_path: Path) -> None:
    """One line of canonical JSON per row; the pin is length and SHA-256 of all of them."""
    path = tmp_path / "metrics.jsonl"
    writer = Log(path)
    for row in ROWS:
        writer.append([row])
    expected = b'{"loss":0.30000000000000004,"step":1}\n{"step":2,"text":"a\\nb\\u2028\\ud800"}\n'
    assert path.read_bytes() == expected
    assert writer.prefix() == {"bytes": len(expected), "sha256": hashlib.sha256(expected).hexdigest()}
    assert log.read(path, writer.prefix()) == ROWS


@pytest.mark.law
def test_a_log_goes_on_where_it_was_pinned(tmp_path: Path) -> None:
    """Rows and halves of rows behind the pin disappear; what follows is what one writer would have written."""
    path = tmp_path / "metrics.jsonl"
    writer = Log(path)
    writer.append(ROWS[:1])
    pin = writer.prefix()
    writer.append(ROWS)
    with path.open("ab") as file:
        file.write(b'{"step":')
    resumed = Log(path)
    resumed.truncate(pin)
    resumed.append(ROWS[1:])
    assert log.read(path, resumed.prefix(), whole=True) == ROWS
    with pytest.raises(DamagedArtifact, match="bytes that its run does not vouch for"):
        log.read(path, pin, whole=True)
    resumed.truncate(log.NOTHING)
    assert path.read_bytes() == b""


@pytest.mark.law
def test_no_rows_need_no_file(tmp_path: Path) -> None:
    """The pin of nothing fits a log that does not exist."""
    writer = Log(tmp_path / "samples.jsonl")
    assert writer.prefix() == log.NOTHING
    writer.truncate(log.NOTHING)
    assert log.read(tmp_path / "samples.jsonl", log.NOTHING, whole=True) == []
    assert not (tmp_path / "samples.jsonl").exists()


@pytest.mark.law
@pytest.mark.parametrize("content", [b"1\n", b'{"a":1}\n[]\n', b"{\n", b"\xff\n", b"[" * 100_000])
def test_rows_that_are_no_objects_are_refused(tmp_path: Path, content: bytes) -> None:
    """A pin that fits does not make other content a log."""
    path = tmp_path / "metrics.jsonl"
    path.write_bytes(content)
    with pytest.raises(DamagedArtifact, match="a row is not a JSON object"):
        log.read(path, {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()})


@pytest.mark.law
@pytest.mark.parametrize("pin", [{}, {"bytes": -1, "sha256": ""}, {"bytes": "x", "sha256": ""}, {"bytes": 10**18}])
def test_pins_that_make_no_sense_are_refused(tmp_path: Path, pin: log.Pin) -> None:
    """Missing, negative, huge and textual lengths are damage, not crashes."""
    path = tmp_path / "metrics.jsonl"
    Log(path).append(ROWS)
    with pytest.raises(DamagedArtifact):
        log.read(path, pin)
    with pytest.raises(DamagedArtifact, match="it does not pin"):
        log.pin_of({"logs": [pin]}, path.name, path)


@pytest.mark.law
def test_a_row_that_could_not_be_read_is_not_written(tmp_path: Path) -> None:
    """NaN is refused before the file is touched."""
    with pytest.raises(ValueError, match="not JSON compliant"):
        Log(tmp_path / "metrics.jsonl").append([{"loss": math.nan}])
    assert list(tmp_path.iterdir()) == []
