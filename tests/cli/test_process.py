"""The program as a process: signals, readers that leave, full disks, old terminals."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from rnnscope import api
from rnnscope.artifacts.run import RunFolder

from ..surface import TINY, done

pytestmark = pytest.mark.law


@contextlib.contextmanager
def program(*words: str | Path, **how: Any) -> Iterator[subprocess.Popen[bytes]]:
    """The program in a process of its own."""
    command = [sys.executable, "-m", "rnnscope", *map(str, words)]
    source = str(Path(api.__file__).parents[2])
    how = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE} | how
    with subprocess.Popen(command, env=os.environ | {"PYTHONPATH": source} | how.pop("env", {}), **how) as process:
        try:
            yield process
        finally:
            process.kill()


@pytest.mark.skipif(sys.platform == "win32", reason="there are no such signals on Windows")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_in_good_order(number: signal.Signals, text: Path, tmp_path: Path) -> None:
    """SIGINT exits with 130 and SIGTERM with 143, the last line says how to go on, and that works."""
    at = TINY.index("--epochs")
    words = ("train", text, "-o", tmp_path / "run", *TINY[:at], *TINY[at + 2 :], "--epochs", "100000")
    with program(*words) as process:
        assert process.stderr is not None
        # Raises where the program ends without ever saying so.
        next(line for line in process.stderr if line.startswith(b"step 0/"))
        process.send_signal(number)
        out, err = process.communicate(timeout=60)
    assert process.returncode == 128 + number
    assert out == b""
    assert err.decode().splitlines()[-1].startswith(f"rnnscope: cannot finish training: {number.name} at step ")
    assert b"--resume" in err
    status = RunFolder.open(tmp_path / "run").status()
    assert status["state"] == "interrupted"
    done("train", text, "-o", tmp_path / "run", "--resume", "--epochs", str(int(status["epoch"]) + 1), "-q")
    assert RunFolder.open(tmp_path / "run").status()["state"] == "complete"


@pytest.mark.skipif(sys.platform == "win32", reason="there are no such pipes on Windows")
def test_a_reader_that_leaves(run: Path) -> None:
    """When whoever reads the output is gone, the program ends with 141 and says nothing."""
    with program("sample", run, "--length", "1000000") as process:
        assert process.stdout is not None
        assert process.stdout.read(5)
        process.stdout.close()
        assert process.stderr is not None
        assert process.stderr.read() == b""
        assert process.wait() == 141


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no device that is always full")
def test_a_full_disk_behind_stdout() -> None:
    """Output that cannot be written is a failure: one line, exit 3."""
    with open("/dev/full", "wb") as full, program("corpus", "planted", stdout=full) as process:
        _, err = process.communicate()
    assert process.returncode == 3
    assert err.decode().splitlines() == [
        "rnnscope: cannot print the result: standard output: No space left on device. "
        "Check where it leads: a full disk, for instance."
    ]


@pytest.mark.skipif(sys.platform == "win32", reason="names are Unicode on Windows")
def test_an_old_terminal(tmp_path: Path) -> None:
    """Where stdout is not UTF-8, what it cannot write is escaped, and JSON stays JSON."""
    (tmp_path / "text").write_text("Быть или не быть é. " * 20, encoding="utf-8")
    for encoding in ("ascii", "latin-1"):
        env = {"PYTHONIOENCODING": encoding, "PYTHONUTF8": "0", "LC_ALL": "C"}
        with program("corpus", tmp_path / "text", env=env) as process:
            out, err = process.communicate()
        assert (process.returncode, err) == (0, b"")
        assert b"\\u0442" in out
        with program("corpus", tmp_path / "text", "--json", env=env) as process:
            out, err = process.communicate()
        assert (process.returncode, err) == (0, b"")
        assert "т" in {row["name"] for row in json.loads(out)["most_frequent"]}
