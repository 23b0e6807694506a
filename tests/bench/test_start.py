"""The process that measures: its environment, its answers, its end; and the verb around it."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from rnnscope.bench import output, start
from rnnscope.errors import Diverged, InputError, MachineError
from rnnscope.native.network import paths

from ..surface import call, check_refusal, done, nothing_left
from .conftest import MakeJob

pytestmark = pytest.mark.law
needs_library = pytest.mark.skipif(not paths(), reason="needs the compiled library")

QUICK = (
    *("--layers", "1", "--hidden", "8", "--batch", "2", "--vocabulary", "5"),
    *("--repeats", "1", "--seconds", "1", "--threads", "1"),
)


def test_the_environment_lets_torch_be_fast() -> None:
    """Settings that put waiting threads to sleep or hold back instructions do not reach the process."""
    around = {"OMP_WAIT_POLICY": "PASSIVE", "OMP_NUM_THREADS": "1", "ATEN_CPU_CAPABILITY": "default", "PATH": "p"}
    assert start.child_environment(around, "all") == {"PATH": "p"}
    assert start.child_environment(around, "avx2") == {"PATH": "p", **start.HELD_TO_AVX2}


def answering(monkeypatch: pytest.MonkeyPatch, program: str) -> None:
    """Let a small program answer in place of the process that measures."""
    real = start.subprocess.Popen

    def stand_in(command: list[str], **settings: Any) -> Any:
        assert command[1:] == ["-m", "rnnscope.bench"]
        return real([sys.executable, "-c", program], **settings)

    monkeypatch.setattr(start.subprocess, "Popen", stand_in)


def test_answers_come_line_by_line(job: MakeJob, monkeypatch: pytest.MonkeyPatch) -> None:
    """What it says is passed on, what it found is returned, and the job reaches it whole."""
    program = (
        "import json, sys; job = json.load(sys.stdin); print(json.dumps({'say': 'é' + job['what']}));"
        " print(json.dumps({'found': job}))"
    )
    answering(monkeypatch, program)
    lines: list[str] = []
    asked = job("train")
    assert start.run(asked, lines.append) == json.loads(asked.model_dump_json())
    assert lines == ["étrain"]


@pytest.mark.parametrize("kind", [InputError, MachineError, Diverged])
def test_refusals_cross_the_process(kind: Any, job: MakeJob, monkeypatch: pytest.MonkeyPatch) -> None:
    """An error arrives as the class and the four parts that it left with."""
    error = kind(tried="a", given="b", why="c", todo="D.")
    answering(monkeypatch, f"import json; print(json.dumps({{'error': {start.written(error)!r}}}))")
    with pytest.raises(kind, match=r"^cannot a: b: c\. D\.$"):
        start.run(job("train"), lambda line: None)


@pytest.mark.parametrize("program", ["import sys; sys.exit(7)", "print('{}')"])
def test_a_process_that_gives_no_answer(program: str, job: MakeJob, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its end is reported as what it is, even if it never read the job."""
    answering(monkeypatch, program)
    with pytest.raises(MachineError, match="the process that measures ended with code"):
        start.run(job("train"), lambda line: None)


def test_places_are_refused_before_anything_is_measured(tmp_path: Path) -> None:
    """A folder that is not there, or a link; a file and a folder that exist are fine."""
    (tmp_path / "link").symlink_to("nowhere")
    for place, why in (("no/x.md", "there is no folder"), ("link", "something that is no file")):
        with pytest.raises(InputError, match=why):
            output.refuse_place(tmp_path / place)
    for place in ("", "new.md"):
        output.refuse_place(tmp_path / place)


@pytest.mark.parametrize(
    ("line", "mentions"),
    [
        ("bench", ("requires an argument",)),
        ("bench fly", ("fly", "train")),
        ("bench train --hidden 0", ("--hidden 0",)),
        ("bench train --cell elman", ("--cell elman", "lstm-peephole")),
        ("bench train --threads 0", ("--threads",)),
        ("bench train --repeats 1.5", ("--repeats",)),
        ("bench train --seconds nan", ("--seconds",)),
        ("bench train --length 5", ("--length 5", "does not depend on it")),
        ("bench train --seed -1", ("--seed -1",)),
        ("bench train more", ("more",)),
    ],
)
def test_lines_that_mean_nothing(line: str, mentions: tuple[str, ...], tmp_path: Path) -> None:
    """A command that cannot be carried out is refused in one line of four parts, exit 2."""
    with nothing_left(tmp_path):
        check_refusal(call(*line.split()), 2, *mentions)


@needs_library
@pytest.mark.parametrize("what", ["train", "sample", "record"])
def test_the_verb_measures(what: str, tmp_path: Path) -> None:
    """In a process of its own, through the compiled library: one JSON document, and a page in the folder."""
    extra = ("--steps", "5", "--matrix", "16") if what == "train" else ("--length", "200")
    found = json.loads(done("bench", what, *QUICK, *extra, "--json", "-q", "--out", tmp_path))
    (page,) = tmp_path.iterdir()
    assert page.name.startswith(f"{what}_")
    assert "| lstm | 1 | 8 | 2 |" in page.read_text("utf-8")
    assert found["job"]["command"].startswith(f"rnnscope bench {what} --layers 1 --hidden 8")
    assert len(found["rows"]) == len(found["job"]["precisions"])
