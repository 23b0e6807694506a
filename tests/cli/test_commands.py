"""The command line as its users meet it: settings from four places, output, samples, exit codes."""

from __future__ import annotations

import contextlib
import io
import json
from pathlib import Path
from typing import Any

import pytest

from rnnscope import api, errors
from rnnscope.artifacts.run import RunFolder
from rnnscope.cli import main
from rnnscope.native.network import paths

from ..surface import TEXT, TINY, call, check_refusal, done, printable

pytestmark = pytest.mark.law


def document(*words: str | Path, stdin: bytes = b"") -> dict[str, Any]:
    """The one JSON document of a command, with nothing else on stdout."""
    out = done(*words, "--json", stdin=stdin)
    assert out.endswith("\n")
    found = json.loads(out)
    assert isinstance(found, dict)
    return found


def test_json_of_every_verb(text: Path, run: Path, tmp_path: Path) -> None:
    """--json prints exactly one document with the keys that are fixed, whether or not progress is shown."""
    with contextlib.chdir(tmp_path):
        trained = document("train", text, "-o", "run", *TINY)
        assert trained["run"] == "run"
        assert (trained["state"], trained["step"], trained["epochs"]) == ("complete", 6, 1)
        assert trained["best_valid_loss_nats"] > 0
        found = document("eval", run)
        assert set(found) == {"loss_nats", "bits_per_char", "chars", "chars_per_second", "what"}
        assert found["chars"] == 48
        assert found["bits_per_char"] == pytest.approx(found["loss_nats"] / 0.6931471805599453)
        assert document("eval", run, text)["chars"] == len(TEXT)
        assert document("eval", run, text, "--part", "valid")["chars"] == 48
        assert document("eval", run, "-", stdin=b"the cat")["chars"] == 7
        drawn = document("sample", run, "--length", "7", "--count", "3", "--prime", "the", "--seed", "5")
        assert [len(sample) for sample in drawn["samples"]] == [7, 7, 7]
        assert (drawn["prime"], drawn["seed"], drawn["temperature"]) == ("the", 5, 1.0)
        recorded = document("record", run)
        assert (recorded["positions"], recorded["clamps"]) == (48, [])
        assert recorded["loss_nats"] == pytest.approx(found["loss_nats"], abs=1e-5)
        assert document("record", run, "--clamp", "1:1=0", "--clamp", "1:2=-.5")["clamps"] == ["1:1=0", "1:2=-0.5"]
        report = document("report", run, "-o", "report.html")
        assert report == {"report": "report.html", "bytes": (tmp_path / "report.html").stat().st_size}
        assert document("doctor")["kernels"]["lstm"].startswith("fused (" if paths() else "torch (")


def test_corpus_speaks_to_people_and_programs(tmp_path: Path) -> None:
    """`corpus` prints one fact a line, symbols by names that cannot act; as JSON the same facts with their keys."""
    (tmp_path / "text").write_text("\x1b[2J a\t\u202eb\u0301\n" * 60, encoding="utf-8")
    printed = done("corpus", tmp_path / "text")
    assert printable(printed)
    for fact in ("660 characters (utf-8)", "alphabet  11 symbols", "U+001B 9.1%", "space 9.1%", "U+202E", "U+0301"):
        assert fact in printed, fact
    assert "too small for training: 528 symbols in the train part, at least 100,000 wanted" in printed
    found = document("corpus", tmp_path / "text")
    assert (found["symbols"], found["alphabet_size"], found["lines"]) == (660, 11, 60)
    assert found["parts"] == {"train": 528, "valid": 66, "test": 66}
    assert {row["name"] for row in found["analyses"]} >= {"training", "cells"}
    assert document("corpus", "planted")["name"] == "planted"


def test_doctor_says_what_runs() -> None:
    """`doctor` names versions, the processor, the compiled library with its paths, and each cell's kernel and why."""
    printed = done("doctor")
    kernel = "kernel of gru: fused (" if paths() else "kernel of gru: naive ("
    starts = (
        "python 3.",
        "torch ",
        "processor: ",
        "compiled library: ",
        "compiled paths, fastest first: ",
        "threads: ",
    )
    for start in (*starts, kernel):
        assert any(line.startswith(start) for line in printed.splitlines()), start


def _settings(out: Path) -> tuple[int, int, float]:
    config = RunFolder.open(out).config
    return config.model.hidden, config.train.seed, config.train.clip


def test_a_flag_beats_a_variable_beats_a_file_beats_the_default(
    text: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Settings come from four places, and for each one the nearest to the user wins."""
    (tmp_path / "s.toml").write_text("[model]\nhidden = 3\n[train]\nseed = 3\nclip = 3\n")
    file = ("--config", str(tmp_path / "s.toml"))
    rest = [word for word in TINY if word not in ("--hidden", "8")]
    monkeypatch.setenv("RNNSCOPE_UNRELATED", "x")
    done("train", text, "-o", tmp_path / "a", *rest, "--hidden", "2")
    assert _settings(tmp_path / "a") == (2, 1, 5.0)
    done("train", text, "-o", tmp_path / "b", *rest, *file)
    assert _settings(tmp_path / "b") == (3, 3, 3.0)
    monkeypatch.setenv("RNNSCOPE_HIDDEN", "4")
    monkeypatch.setenv("RNNSCOPE_SEED", "4")
    done("train", text, "-o", tmp_path / "c", *rest, *file)
    assert _settings(tmp_path / "c") == (4, 4, 3.0)
    done("train", text, "-o", tmp_path / "d", *rest, *file, "--hidden", "5")
    assert _settings(tmp_path / "d") == (5, 4, 3.0)
    monkeypatch.setenv("RNNSCOPE_CONFIG", file[1])
    done("train", text, "-o", tmp_path / "e", *rest, "--hidden=6")
    assert _settings(tmp_path / "e") == (6, 4, 3.0)
    monkeypatch.setenv("RNNSCOPE_SEED", "many")
    check_refusal(call("train", text, "-o", tmp_path / "f", *rest), 2, "RNNSCOPE_SEED", "'many' is not a whole number")


@pytest.mark.parametrize(
    "words",
    [
        ("--hidden", "5"),
        ("--budget", "5", "--cell", "gru", "--fractions", "70/20/10"),
        ("--cell", "rnn", "--activation", "relu", "--hidden", "5"),
        ("--cell", "lstm-peephole", "--peephole", "full", "--hidden", "5"),
        ("--window", "3", "--hidden", "5"),
    ],
)
def test_the_settings_of_a_run_make_the_same_run(words: tuple[str, ...], text: Path, tmp_path: Path) -> None:
    """A run's own config.toml, given as --config, trains the same network; a flag still beats it."""
    rest = [word for word in TINY if word not in ("--hidden", "8", *(("--layers", "1") if "--window" in words else ()))]
    if "--window" in words:
        rest = ["--batch", "4", "--steps", "16", "--epochs", "1"]
    one, two, other = tmp_path / "one", tmp_path / "two", tmp_path / "other"
    done("train", text, "-o", one, *rest, *words)
    done("train", "-o", two, "--config", one / "config.toml")
    assert RunFolder.open(two).config == RunFolder.open(one).config
    assert (
        RunFolder.open(two).read_checkpoint("last").tensors.keys()
        == RunFolder.open(one).read_checkpoint("last").tensors.keys()
    )
    assert document("eval", two)["loss_nats"] == document("eval", one)["loss_nats"]
    done("train", text, "-o", other, "--config", one / "config.toml", "--hidden", "7", "--seed", "2")
    assert _settings(other)[:2] == (7, 2)


def test_how_much_is_said(text: Path, tmp_path: Path) -> None:
    """Progress goes to stderr: nothing with -q, samples and decisions with -v; stdout is the same in all three."""
    words = [word for word in TINY if word not in ("--sample-length", "0")]
    outcomes = {}
    for flag in ("-q", "--seed=1", "-v"):
        (tmp_path / flag).mkdir()
        with contextlib.chdir(tmp_path / flag):
            outcomes[flag] = call("train", text, "-o", "run", *words, "--sample-length", "20", flag)
    assert {outcome.code for outcome in outcomes.values()} == {0}
    assert len({outcome.out for outcome in outcomes.values()}) == 1
    quiet, normal, verbose = (outcome.err for outcome in outcomes.values())
    assert quiet == ""
    assert "complete at step 6" in normal
    assert "sample at step" not in normal
    assert "sample at step 6" in verbose
    assert "weights and training state take at most" in verbose


def test_samples(run: Path) -> None:
    """The same seed writes the same text, another one another; a prompt of any length is continued and repeated."""
    words = ("sample", run, "--length", "60")
    once = done(*words)
    assert len(once) == 61
    assert once == done(*words, "--seed", "1") != done(*words, "--seed", "2")
    assert done(*words, "--temperature", "0") == done(*words, "--temperature", "0", "--seed", "2")
    prompt = "the cat sat. " * 400
    continued = done("sample", run, "--length", "5", "--prime", prompt)
    assert continued.startswith(prompt)
    assert len(continued) == len(prompt) + 6
    several = done(*words, "--count", "2").split("--- sample ")
    assert several[1].startswith("1 of 2\n" + once[:-1])
    assert len({sample[7:] for sample in several[1:]}) == 2


class _Watching(io.StringIO):
    """A stdout that remembers how much was visible at each flush."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[int] = []

    def flush(self) -> None:
        self.seen.append(len(self.getvalue()))


def test_samples_stream(run: Path) -> None:
    """Each symbol is shown as soon as it is drawn."""
    out = _Watching()
    with contextlib.redirect_stdout(out):
        assert main(["sample", str(run), "--length", "20", "--prime", "the"]) == 0
    assert [*range(3, 24)] == out.seen[:21]


def test_a_terminal_gets_only_what_cannot_act(tmp_path: Path) -> None:
    """Sampled text goes into a file as it is, and onto a terminal with its controls escaped."""
    (tmp_path / "text").write_bytes(b"\x1b[2J\x07\x9b"[:-1] * 40)
    done("train", tmp_path / "text", "-o", tmp_path / "run", *TINY)
    words = ["sample", str(tmp_path / "run"), "--length", "50"]
    piped = done(*words)
    assert "\x1b" in piped
    terminal = io.StringIO()
    terminal.isatty = lambda: True
    with contextlib.redirect_stdout(terminal):
        assert main(words) == 0
    assert printable(terminal.getvalue())
    assert terminal.getvalue() == piped.replace("\x1b", "\\x1b").replace("\x07", "\\x07")


def _parts(kind: type[errors.RnnscopeError], **more: Any) -> errors.RnnscopeError:
    return kind(tried="do it", given="this", why="it cannot be", todo="Do that.", **more)


@pytest.mark.parametrize(
    ("error", "code", "line"),
    [
        (_parts(errors.InputError), 2, "cannot do it: this: it cannot be. Do that."),
        (_parts(errors.MachineError), 3, "cannot do it: this: it cannot be. Do that."),
        (_parts(errors.DamagedArtifact), 4, "cannot do it: this: it cannot be. Do that."),
        (_parts(errors.Diverged), 5, "cannot do it: this: it cannot be. Do that."),
        (_parts(errors.Locked), 6, "cannot do it: this: it cannot be. Do that."),
        (_parts(errors.Stopped, signal_number=1), 129, "cannot do it: this: it cannot be. Do that."),
        (KeyboardInterrupt(), 130, "interrupted"),
        (MemoryError(), 3, "cannot go on: the machine's memory is full. Use a smaller text or network."),
        (
            RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 bytes."),
            3,
            "cannot go on: the machine's memory is full. Use a smaller text or network.",
        ),
        (
            OSError(28, "No space left on device", "/tmp/x"),
            3,
            "cannot use a file: /tmp/x: No space left on device. Check where it leads: a full disk, for instance.",
        ),
    ],
)
def test_exit_codes(error: BaseException, code: int, line: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every kind of failure has its exit code and one line on stderr."""

    def fail() -> None:
        raise error

    monkeypatch.setattr(api, "doctor", fail)
    assert call("doctor") == (code, "", f"rnnscope: {line}\n")


def test_mistakes_of_ours_are_not_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    """An error that no user can cause is shown with its traceback, not dressed up as one of theirs."""
    monkeypatch.setattr(api, "doctor", lambda: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        call("doctor")
