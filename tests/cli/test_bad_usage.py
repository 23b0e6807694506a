"""Options, settings files and folders that are bad or borderline, through every command that takes them."""

from __future__ import annotations

import contextlib
import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from rnnscope.artifacts import sealed
from rnnscope.artifacts.lock import exclusive

from ..surface import TEXT, TINY, call, check_refusal, done, nothing_left, tree

pytestmark = [
    pytest.mark.law,
    pytest.mark.skipif(sys.platform == "win32", reason="some of these names and limits do not exist on Windows"),
]


FITTING = ("--batch=4", "--steps=16", "--epochs=1", "--threads=1")

# Options of train beside TEXT and --out -> what the refusal mentions.
TRAIN_OPTIONS: dict[str, tuple[str, ...]] = {
    "--hiden 3": ("--hiden", "Did you mean --hidden?"),
    "--hidden": ("--hidden requires an argument",),
    "--hidden -1": ("--hidden = -1", "greater than or equal to 1"),
    "--hidden 0": ("--hidden = 0",),
    "--hidden 1.5": ("--hidden", "1.5"),
    "--hidden 1e3": ("--hidden", "1e3"),
    "--hidden 999999999999999999999999": ("--hidden", "less than or equal to 16384"),
    "--hidden nan": ("--hidden", "nan"),
    "--hidden 8 --hidden 9": ("--hidden", "multiple times"),
    "--hidden 8 --budget 8": ("--hidden 8 --budget 8", "Give one of the two"),
    "--budget 0": ("--budget = 0",),
    "--layers 0": ("--layers = 0",),
    "--layers 17": ("--layers = 17",),
    "--layers true": ("--layers", "true"),
    "--cell elman": ("elman", "lstm-peephole"),
    "--layers 16 --hidden 16384": ("parameters", "fewer --layers"),
    "--cell": ("--cell requires an argument",),
    "--peephole full": ("--peephole full", "--cell lstm-peephole"),
    "--activation relu": ("--activation relu", "--cell rnn"),
    "--cell gru --kernel torch": ("gru", "kernel"),
    "--window 3 --cell lstm": ("--cell", "leave --window out"),
    "--window 0": ("--window = 0",),
    "--window 65": ("--window = 65",),
    "--epochs -1": ("--epochs = -1",),
    "--epochs nan": ("--epochs 'nan'", "auto"),
    "--epochs 1e400": ("--epochs '1e400'", "auto"),
    "--batch 0": ("--batch = 0",),
    "--batch 100 --steps 100": ("--batch 100 --steps 100", "--batch 100 --steps 3 or --batch 3 --steps 100"),
    "--steps 65537": ("--steps = 65537",),
    "--learning-rate 0": ("--learning-rate = 0",),
    "--learning-rate nan": ("--learning-rate = nan", "finite"),
    "--learning-rate inf": ("--learning-rate = inf", "finite"),
    "--learning-rate 1e400": ("--learning-rate = inf", "finite"),
    "--learning-rate -0.1": ("--learning-rate = -0.1",),
    "--learning-rate x": ("--learning-rate 'x'", "number"),
    "--dropout 1": ("--dropout = 1.0",),
    "--clip -1": ("--clip = -1.0",),
    "--init-scale 0": ("--init-scale = 0.0",),
    "--forget-bias inf": ("--forget-bias = inf",),
    "--optimiser adagrad": ("adagrad", "adam"),
    "--seed -1": ("--seed = -1",),
    "--seed 4294967296": ("--seed = 4294967296",),
    "--seed x": ("--seed", "'x' is not a whole number"),
    "--patience -1": ("--patience = -1",),
    "--threads 0": ("--threads = 0",),
    "--save-every 0": ("--save-every = 0",),
    "--sample-length -1": ("--sample-length = -1",),
    "--checkpoints sometimes": ("--checkpoints = 'sometimes'",),
    "--checkpoints 99": ("--checkpoints 99", "Name steps from 0 to"),
    "--checkpoints -3": ("--checkpoints",),
    "--fractions 80/10": ("--fractions 80/10", "80/10/10"),
    "--fractions 80/10/10/0": ("--fractions", "80/10/10"),
    "--fractions a/b/c": ("--fractions a/b/c", "80/10/10"),
    "--fractions nan/10/10": ("--fractions", "finite"),
    "--fractions 50/10/10": ("sum to 100",),
    "--fractions 120/-10/-10": ("at least 0",),
    "--fractions 0/50/50": ("training share must be above 0",),
    "--fold 10": ("fold 10",),
    "--fold -1": ("--fold = -1",),
    "--fold 1 --split streams": ("contiguous split only",),
    "--split streams": ("--split streams",),
    "--split files": ("at least 3 files",),
    "--split words": ("words", "contiguous"),
    "--encoding klingon": ("--encoding 'klingon'", "cp1251"),
    "--encoding rot13": ("--encoding 'rot13'",),
    "--encoding unicode_escape": ("--encoding 'unicode_escape'",),
    "--symbols words": ("words", "bytes"),
    "--unseen ignore": ("ignore", "reserve"),
    "--json yes": ("yes",),
    "another": ("another",),
    "another --config": ("--config without a file",),
    "--config=": ("--config without a file",),
}


@pytest.mark.parametrize("options", TRAIN_OPTIONS)
def test_options_that_mean_nothing(options: str, text: Path, tmp_path: Path) -> None:
    """An option that is unknown, out of range, contradicts another or does not fit the text is refused, exit 2."""
    with nothing_left(tmp_path):
        words = [*(word for word in FITTING if word.partition("=")[0] not in options), *options.split()]
        code = 3 if "16384" in options else 2
        check_refusal(call("train", text, "-o", tmp_path / "run", *words), code, *TRAIN_OPTIONS[options])


# Commands on a sound run -> what the refusal mentions.
OTHER_OPTIONS: dict[str, tuple[str, ...]] = {
    "eval RUN --part half": ("half", "valid"),
    "eval RUN --lanes 0": ("--lanes 0",),
    "eval RUN --lanes -5": ("--lanes -5",),
    "eval RUN --checkpoint 5": ("checkpoint '5'", "kept are: 0, 6"),
    "eval RUN --checkpoint -1": ("checkpoint '-1'",),
    "eval RUN --checkpoint worst": ("checkpoint 'worst'", "Name best, last"),
    "eval RUN --temperature 1": ("--temperature",),
    "eval": ("requires an argument",),
    "sample RUN --length -1": ("length -1",),
    "sample RUN --length 1.5": ("--length", "1.5"),
    "sample RUN --temperature -1": ("temperature -1.0",),
    "sample RUN --temperature nan": ("temperature nan",),
    "sample RUN --temperature inf": ("temperature inf",),
    "sample RUN --temperature warm": ("--temperature", "warm"),
    "sample RUN --count 0": ("--count 0",),
    "sample RUN --count -2": ("--count -2",),
    "sample RUN --seed -1": ("seed -1",),
    "sample RUN more": ("more",),
    "record RUN --part": ("--part requires an argument",),
    "record RUN --clamp 1:1": ("--clamp 1:1", "LAYER:CELL=VALUE"),
    "record RUN --clamp 1:1=nan": ("--clamp 1:1=nan", "finite"),
    "record RUN --clamp 1:1=1e400": ("--clamp 1:1=1e400", "finite"),
    "record RUN --clamp 0:1=0": ("--clamp 0:1=0", "layers 1 to 1"),
    "record RUN --clamp 2:1=0": ("--clamp 2:1=0", "layers 1 to 1"),
    "record RUN --clamp 1:9=0": ("--clamp 1:9=0", "cells 1 to 8"),
    "record RUN --clamp 1:1=0 --clamp 1:1=1": ("--clamp 1:1=1", "already has a value"),
    "record RUN --clamp x": ("--clamp x",),
    "record RUN --name ../x": ("'../x'",),
    "record RUN --name Test": ("'Test'",),
    "record RUN --name ": ("''",),
    "record RUN --checkpoint 3": ("checkpoint '3'",),
    "report RUN": ("--out requires an argument",),
    "report RUN -o .": ("a folder has this name",),
    "report RUN -o no/report.html": ("there is no folder no",),
    "report RUN -o /dev/null/x": ("there is no folder /dev/null",),
    "corpus": ("requires an argument",),
    "corpus TEXT --cell gru": ("--cell",),
    "corpus TEXT --fold -1": ("--fold = -1",),
    "corpus TEXT --fractions 1/1/1": ("sum to 100",),
    "corpus TEXT --encoding x": ("--encoding 'x'",),
    "corpus TEXT --source x": ("--source x", "rnnscope corpus linux"),
    "corpus linux --source nowhere -o linux.txt": ("nowhere",),
    "study TEXT": ("--out requires an argument",),
    "study TEXT -o DIR --preset huge": ("huge", "demo"),
    "study TEXT -o DIR --seed -1": ("--seed = -1",),
    "study TEXT -o DIR --hidden 3": ("--hidden",),
    "study TEXT -o DIR --fractions 1/1/1": ("sum to 100",),
    "doctor now": ("now",),
    "doctor --json=5": ("--json",),
    "trian": ("trian", "train"),
    "--jsno": ("--jsno",),
}


@pytest.mark.parametrize("line", OTHER_OPTIONS)
def test_lines_that_mean_nothing(line: str, text: Path, run: Path, tmp_path: Path) -> None:
    """The same for all other commands, on a sound run, which stays as it is."""
    places = {"RUN": run, "TEXT": text, "DIR": tmp_path / "study"}
    with contextlib.chdir(tmp_path), nothing_left(tmp_path), nothing_left(run):
        check_refusal(call(*(places.get(word, word) for word in line.split(" "))), 2, *OTHER_OPTIONS[line])


# Content of a settings file -> what the refusal mentions.
FILES: dict[bytes, str] = {
    b"epochs": "Expected '=' after a key",
    b"epochs = 3\nepochs = 4\n": "at line 2",
    b"[train]\nepochz = 3\n": "epochz",
    b"[corpus]\nsplit = 3\n": "split",
    b"hidden = 1.5\n": "hidden",
    b"hidden = true\n": "hidden",
    b"hidden = [8, 9]\n": "hidden",
    b"hidden = {a = 8}\n": "[a]",
    b"cell = 'elman'\n": "elman",
    b"clip = nan\n": "--clip = nan",
    b"clip = inf\n": "--clip = inf",
    b"clip = -1\n": "--clip = -1",
    b"learning_rate = 1e400\n": "--learning-rate = inf",
    b"fractions = [50, 10, 10]\n": "sum to 100",
    b"fractions = [80, 20]\n": "80/10/10",
    b"seed = 1979-05-27\n": "seed",
    b'encoding = "a\\u0000b"\n': "the character with number 0",
    b"quiet = 'maybe'\n": "maybe",
    b"\xff\xfe": "byte 0xff",
    b"a = " + b"[" * 5000: "",
    b"\0": "line 1",
}


@pytest.mark.parametrize("content", FILES)
def test_settings_files_that_mean_nothing(content: bytes, text: Path, tmp_path: Path) -> None:
    """A file of --config that is no TOML, or holds what no option would accept, is refused by name."""
    (tmp_path / "s.toml").write_bytes(content)
    with nothing_left(tmp_path):
        words = ("train", text, "-o", tmp_path / "run", "--config", tmp_path / "s.toml")
        check_refusal(call(*words, *TINY[-2:]), 2, FILES[content])


@pytest.mark.parametrize("path", ["absent.toml", ".", "/dev/null/x", "/dev/zero", "x" * 300])
def test_settings_files_that_cannot_be_read(path: str, text: Path, tmp_path: Path) -> None:
    """So is one that is not there, for every command."""
    with contextlib.chdir(tmp_path), nothing_left(tmp_path):
        for words in (("train", text, "-o", "run"), ("corpus", text), ("doctor",)):
            check_refusal(call(*words, "--config", path), 2, f"--config {path}", "Give a TOML file")


def _in_the_way(path: Path) -> None:
    path.mkdir()
    (path / "letter.txt").write_text("dear")


# name -> what stands at the place of the output, exit code, what train's refusal mentions.
OUTPUTS: dict[str, tuple[Callable[[Path], object], str, int, str]] = {
    "file": (lambda path: path.write_text("dear"), "", 2, "a file or a link has this name"),
    "folder with other things": (_in_the_way, "", 2, "a folder that is not empty has this name"),
    "link to a folder": (lambda path: path.symlink_to("."), "", 2, "a file or a link has this name"),
    "link to nothing": (lambda path: path.symlink_to("nowhere"), "", 2, "a file or a link has this name"),
    "below a file": (lambda path: path.write_text("dear"), "run", 3, "ENOTDIR"),
    "name that is too long": (lambda path: None, "x" * 256, 3, "ENAMETOOLONG"),
}


@pytest.mark.parametrize("name", OUTPUTS)
def test_outputs_that_are_taken(name: str, text: Path, tmp_path: Path) -> None:
    """Train never writes over, into or through what it did not make."""
    make, below, code, mention = OUTPUTS[name]
    make(tmp_path / "out")
    with nothing_left(tmp_path):
        check_refusal(call("train", text, "-o", tmp_path / "out" / below, *TINY), code, mention)


def test_studies_do_not_move_in(text: Path, run: Path, tmp_path: Path) -> None:
    """A study refuses a folder with other things, a run, and a file."""
    _in_the_way(tmp_path / "home")
    (tmp_path / "file").write_text("dear")
    with nothing_left(tmp_path), nothing_left(run):
        check_refusal(call("study", text, "-o", tmp_path / "home"), 2, "it holds other things (letter.txt)")
        check_refusal(call("study", text, "-o", run), 2, "it holds other things")
        check_refusal(call("study", text, "-o", tmp_path / "file"), 3, "A part of this path is a file")


def test_an_empty_folder_is_a_place_for_a_run(text: Path, tmp_path: Path) -> None:
    """An empty folder, and parents that do not exist, are no hindrance; an existing run names --resume."""
    (tmp_path / "run").mkdir()
    for out in (tmp_path / "run", tmp_path / "a" / "b" / "c"):
        done("train", text, "-o", out, *TINY)
        check_refusal(call("train", text, "-o", out, *TINY), 2, "it holds a run already", "--resume")


def _only(path: Path, keep: str) -> None:
    for entry in path.iterdir():
        if entry.name != keep:
            shutil.rmtree(entry) if entry.is_dir() else entry.unlink()


def _flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(bytes(data))


def _newest(path: Path, pattern: str) -> Path:
    return max(path.glob(pattern))


def _newer_format(path: Path) -> None:
    path.write_bytes(path.read_bytes().replace(b'"format":1', b'"format":2'))


# name -> damage, exit code of eval, sample, record and report (None: report alone finds it), of train --resume.
FOLDERS: dict[str, tuple[Callable[[Path], object], int | None, int, str]] = {
    "absent": (lambda run: shutil.rmtree(run), 2, 0, "nothing has this name"),
    "empty": (lambda run: _only(run, ""), 2, 2, "this is not a run folder"),
    "somebody else's": (lambda run: (_only(run, ""), (run / "letter").touch()), 2, 2, "this is not a run folder"),
    "a file": (lambda run: (shutil.rmtree(run), run.write_text("dear")), 2, 2, "this is not a run folder"),
    "settings alone": (lambda run: _only(run, "config.toml"), 4, 4, "manifest.json"),
    "status alone": (lambda run: _only(run, "status.json"), 4, 4, "manifest.json"),
    "no settings": (lambda run: (run / "config.toml").unlink(), 4, 4, "config.toml"),
    "no manifest": (lambda run: (run / "manifest.json").unlink(), 4, 4, "manifest.json"),
    "no status": (lambda run: (run / "status.json").unlink(), 4, 4, "status.json"),
    "no weights": (lambda run: shutil.rmtree(run / "checkpoints"), 4, 4, "checkpoints"),
    "no log": (lambda run: (run / "metrics.jsonl").unlink(), None, 4, "metrics.jsonl"),
    "empty status": (lambda run: (run / "status.json").write_bytes(b""), 4, 4, "status.json"),
    "flipped settings": (lambda run: _flip(run / "config.toml"), 4, 4, "config.toml"),
    "flipped alphabet": (lambda run: _flip(run / "alphabet.json"), 4, 4, "alphabet.json"),
    "flipped environment": (lambda run: _flip(run / "environment.json"), 4, 4, "environment.json"),
    "flipped weights": (lambda run: _flip(_newest(run, "checkpoints/*/weights.safetensors")), 4, 4, "safetensors"),
    "flipped training state": (lambda run: _flip(_newest(run, "resume/*/state.safetensors")), 0, 4, "safetensors"),
    "flipped log": (lambda run: _flip(run / "metrics.jsonl"), None, 4, "metrics.jsonl"),
    "linked settings": (
        lambda run: (run / "config.toml").rename(run / "c") and (run / "config.toml").symlink_to("c"),
        4,
        4,
        "config.toml",
    ),
    "newer manifest": (lambda run: _newer_format(run / "manifest.json"), 4, 4, "its format is 2"),
    "newer status": (lambda run: _newer_format(run / "status.json"), 4, 4, "its format is 2"),
    "status of another run": (
        lambda run: (run / "status.json").write_bytes(sealed.dump("status", {"run": "0" * 64}, {})),
        4,
        4,
        "status.json",
    ),
}


@pytest.mark.parametrize("name", FOLDERS)
def test_run_folders_that_are_none(name: str, text: Path, run: Path, tmp_path: Path) -> None:
    """A folder that is no run is refused with exit 2, a broken run with exit 4 and the file, by all commands."""
    damage, code, resumed, mention = FOLDERS[name]
    broken = tmp_path / "run"
    shutil.copytree(run, broken)
    damage(broken)
    report = ("report", broken, "-o", tmp_path / "report.html")
    for words in (("eval", broken), ("sample", broken, "--length", "3"), ("record", broken), report):
        if code == 0 or (code is None and words != report):
            done(*words)
        elif code is None:
            check_refusal(call(*words, "-q"), 4, mention)
        else:
            with nothing_left(tmp_path):
                check_refusal(call(*words), code, mention)
    with nothing_left(tmp_path) if resumed else contextlib.nullcontext():
        outcome = call("train", text, "-o", broken, "--resume", *(() if resumed else TINY))
        if resumed:
            check_refusal(outcome, resumed, mention)
        else:
            assert outcome.code == 0


def test_reports_of_studies_that_are_none(run: Path, tmp_path: Path) -> None:
    """A study without runs, and one with a run that is broken, are refused; no report is written."""
    (tmp_path / "runs").mkdir()
    words = ("report", tmp_path, "-o", tmp_path / "report.html")
    check_refusal(call(*words), 2, "its folder runs/ holds no run")
    shutil.copytree(run, tmp_path / "runs" / "a")
    shutil.copytree(run, tmp_path / "runs" / "b")
    (tmp_path / "runs" / "b" / "config.toml").unlink()
    check_refusal(call(*words, "-q"), 4, "b/config.toml")
    assert not (tmp_path / "report.html").exists()


def test_another_text_or_setting_is_another_run(text: Path, run: Path, tmp_path: Path) -> None:
    """Resuming with another setting or text is refused with both values, and the run is as it was."""
    (tmp_path / "other").write_bytes(TEXT[::-1])
    with nothing_left(run):
        words = ("train", text, "-o", run, "--resume")
        check_refusal(call(*words, "--hidden", "9"), 2, "--hidden 9", "begun with --hidden 8")
        check_refusal(call(*words, "--seed", "7"), 2, "--seed 7", "begun with --seed 1")
        check_refusal(call("train", tmp_path / "other", *words[2:]), 2, "begun on a text with SHA-256")
        check_refusal(call(*words, "--epochs", "-1"), 2, "--epochs = -1")
        check_refusal(call(*words, "--epochs", "9" * 20), 2, "--epochs = 9")
        check_refusal(call(*words, "--epochs", "0"), 2, "--epochs 0", "seen 1.00 epochs already")


def test_a_text_that_is_gone(tmp_path: Path) -> None:
    """What needs the run's own text says that it is not there or another one; what does not need it works."""
    text, run = tmp_path / "text", tmp_path / "run"
    text.write_bytes(TEXT)
    done("train", text, "-o", run, *TINY)
    report = ("report", run, "-o", tmp_path / "report.html", "-q")
    for change, mention in ((text.unlink, "no such file"), (lambda: text.write_bytes(TEXT[1:]), "SHA-256")):
        change()
        with nothing_left(tmp_path):
            for words in (("eval", run), ("record", run), report):
                check_refusal(call(*words), 2, "find the text that", mention)
        done("sample", run, "--length", "3")
        (tmp_path / "same").write_bytes(TEXT)
        done("eval", run, tmp_path / "same")


def test_two_writers(text: Path, run: Path, tmp_path: Path) -> None:
    """While another process holds a run, whatever writes is refused with exit 6 and the holder; readers go on."""
    held = tmp_path / "run"
    shutil.copytree(run, held)
    before = tree(held)
    with exclusive(held):
        for words in (
            ("train", text, "-o", held, "--resume", "-q"),
            ("record", held, "-q"),
            ("report", held, "-o", tmp_path / "report.html"),
        ):
            check_refusal(call(*words), 6, f"process {os.getpid()}", "Wait until it is done")
        done("eval", held)
        done("sample", held, "--length", "3")
    assert tree(held) == before
    assert not (tmp_path / "report.html").exists()
