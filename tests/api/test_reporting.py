"""Getting runs ready for their report: what is computed, when it is computed again, and when it is refused."""

from __future__ import annotations

import hashlib
import math
import shlex
import shutil
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import rnnscope as rs
from rnnscope import api
from rnnscope.analyse.stats import block_bootstrap_mean
from rnnscope.api import reporting
from rnnscope.artifacts.lock import exclusive
from rnnscope.artifacts.run import RunFolder
from rnnscope.artifacts.scores import Scores
from rnnscope.artifacts.trace import Trace
from rnnscope.corpus import builtin
from rnnscope.errors import InputError, Locked
from rnnscope.model.char_rnn import CharRNN

from ..surface import done

TEXT = "".join(f"line {n}: {n * n % 997} = f(a{n % 7}, 'b');\n" for n in range(560))
TINY: dict[str, Any] = {"hidden": 4, "layers": 1, "epochs": 0, "batch": 5, "steps": 20, "sample_length": 0}

Make = Callable[..., Path]


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """Train a tiny network in a folder below the test's own, on the same file each time."""

    def make_(name: str = "run", text: str = TEXT, **options: Any) -> Path:
        source = tmp_path / "text.txt"
        source.write_text(text, encoding="utf-8")
        rs.train(str(source), tmp_path / name, **(TINY | options))
        return tmp_path / name

    return make_


def prepare(path: Path) -> list[str]:
    """Get a run ready; what was said to be computed, without the name of the run."""
    said: list[str] = []
    api.prepare(rs.open(path), announce=said.append)
    return [line.removesuffix(f" with {path.name}").removesuffix(f" from {path.name}") for line in said]


def about(path: Path) -> dict[str, Any]:
    return RunFolder.open(path).read_result("report", "about").facts


@pytest.fixture
def readings(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """One entry for each chunk that any network reads."""
    found: list[int] = []
    read = CharRNN.read

    def counted(self: CharRNN, inputs: Any, *arguments: Any, **named: Any) -> Any:
        found.append(len(inputs))
        return read(self, inputs, *arguments, **named)

    monkeypatch.setattr(CharRNN, "read", counted)
    return found


PASSAGE = ["recording a passage", "following losses of the passage back"]
EVERYTHING = ["scoring the test part", "scoring the valid part", "sampling", *PASSAGE]


@pytest.mark.law
def test_only_other_weights_are_computed_again(make: Make, tmp_path: Path, readings: list[int]) -> None:
    """A second report reads nothing with the network; after more training everything is made anew, once."""
    path = make()
    assert prepare(path) == EVERYTHING
    assert readings
    page = api.report(path, tmp_path / "one.html").read_bytes()
    readings.clear()
    assert prepare(path) == []
    assert api.report(path, tmp_path / "two.html").read_bytes() == page
    assert readings == []

    weights = rs.open(path).made_from["checkpoint"]
    rs.train(str(tmp_path / "text.txt"), path, resume=True, epochs=1)
    assert rs.open(path).made_from["checkpoint"] != weights
    readings.clear()
    assert prepare(path) == EVERYTHING
    assert readings
    assert prepare(path) == []


@pytest.mark.law
def test_only_what_is_missing_is_made(make: Make) -> None:
    """A result that was removed is made again, and the others are kept."""
    path = make()
    prepare(path)
    for folder, said in (("eval/valid", "scoring the valid part"), ("report/passage", "recording a passage")):
        shutil.rmtree(path / folder)
        assert prepare(path) == [said]


@pytest.mark.oracle
def test_losses_and_intervals_are_those_of_the_scores(make: Make) -> None:
    """The loss is that of `eval`; the interval is the block bootstrap of the same symbols in blocks of 500."""
    path = make(init_scale=0.5)
    prepare(path)
    for part in ("test", "valid"):
        result = RunFolder.open(path).read_result("eval", part)
        scores = Scores.read(result.folder, result.manifest)
        assert result.facts["loss_nats"] == pytest.approx(rs.open(path).eval(part).loss_nats, abs=1e-6)
        assert result.facts["block"] == 500
        assert 1000 < len(scores) == result.facts["chars"]
        low, high = result.facts["interval_nats"]
        assert (low, high) == block_bootstrap_mean(-scores.log_probs, 500)
        assert low < result.facts["loss_nats"] < high


@pytest.mark.law
def test_a_part_of_one_block_has_no_interval(make: Make) -> None:
    """Where the part has fewer symbols than two blocks, no interval is claimed."""
    path = make(text=TEXT[:3000])
    prepare(path)
    assert RunFolder.open(path).read_result("eval", "test").facts["interval_nats"] is None


@pytest.mark.oracle
def test_the_frequency_reference_by_hand(make: Make) -> None:
    """Knowing how frequent symbols are costs the mean of -log((n + 1) / (N + V)), counted here with a dictionary."""
    path = make(text=TEXT[:10_000] + "Z")
    prepare(path)
    text, cut = TEXT[:10_000] + "Z", RunFolder.open(path).environment["split"]
    train, test = text[: cut["train"]], text[len(text) - cut["test"] :]
    counts, V = Counter(train), len(set(text))
    assert "Z" in test
    assert "Z" not in train
    by_hand = -sum(math.log((counts[symbol] + 1) / (len(train) + V)) for symbol in test) / len(test)
    assert about(path)["frequency_loss_nats"] == pytest.approx(by_hand, abs=1e-12)


@pytest.mark.oracle
def test_the_passage_is_the_beginning_of_the_test_part(make: Make) -> None:
    """The recorded passage is the first 1,500 symbols of the test part, in states warmed up by the 1,000 before."""
    path = make(init_scale=0.5)
    prepare(path)
    run = rs.open(path)
    result = RunFolder.open(path).read_result("report", "passage")
    trace, facts = Trace.read(result.folder, result.manifest), result.facts
    start, stop = facts["start"], facts["stop"]
    assert (facts["part"], stop - start) == ("test", 1500)
    cut = RunFolder.open(path).environment["split"]
    assert start == cut["train"] + cut["valid"]
    assert "".join(map(chr, trace.codes)) == TEXT[start:stop]
    warm = run.record(TEXT[start - 1000 : stop])
    np.testing.assert_allclose(trace.quantities["c"], warm.quantities["c"][:, 1000:], atol=1e-6)


@pytest.mark.law
@pytest.mark.parametrize(
    ("fractions", "made", "part"),
    [
        ((90, 10, 0), ["scoring the valid part", "sampling", *PASSAGE], "valid"),
        ((100, 0, 0), ["sampling", *PASSAGE], "train"),
        ((90, 0, 10), ["scoring the test part", "sampling", *PASSAGE], "test"),
    ],
)
def test_runs_without_a_part(make: Make, tmp_path: Path, fractions: Any, made: list[str], part: str) -> None:
    """What there is of the parts is scored and shown; without a test part there is no frequency reference."""
    path = make(fractions=fractions)
    assert prepare(path) == made
    assert RunFolder.open(path).read_result("report", "passage").facts["part"] == part
    assert (about(path)["frequency_loss_nats"] is None) == (fractions[2] == 0)
    assert api.report(path, tmp_path / "x.html").stat().st_size > 50_000


@pytest.mark.law
def test_window_networks_have_no_passage(make: Make, tmp_path: Path) -> None:
    """An n-NN is scored and sampled, but nothing is recorded."""
    shape = {name: value for name, value in TINY.items() if name != "layers"}
    (tmp_path / "text.txt").write_text(TEXT)
    rs.train(str(tmp_path / "text.txt"), tmp_path / "nn", window=3, **shape)
    assert prepare(tmp_path / "nn") == EVERYTHING[:3]
    page = api.report(tmp_path / "nn", tmp_path / "x.html").read_text(encoding="utf-8")
    assert "a window network of 4 units over the last 3 symbols" in page


@pytest.mark.law
def test_the_streams_split_has_its_rows_as_blocks(make: Make) -> None:
    """With the split of the paper a block of the bootstrap is a row's share of the part."""
    path = make(text=(TEXT * 9)[:100_000], split="streams")
    prepare(path)
    facts = RunFolder.open(path).read_result("eval", "test").facts
    assert (facts["block"], facts["chars"]) == (100, 10_000)
    assert facts["interval_nats"] is not None


@pytest.mark.law
def test_samples_of_bytes_are_text(make: Make) -> None:
    """In byte mode samples are text all the same, whatever the network draws."""
    path = make(text="Пусть\tбудет 漢字 🙂\r\n" * 300, symbols="bytes")
    assert prepare(path) == EVERYTHING
    assert [row["temperature"] for row in about(path)["temperatures"]] == [0.0, 0.5, 1.0, 1.2]
    assert all(isinstance(row["text"], str) and row["text"] for row in about(path)["temperatures"])


@pytest.mark.golden
def test_a_text_that_changed_is_refused_with_both_hashes(make: Make, tmp_path: Path) -> None:
    """The message names the hash that is there and the one that was trained on; nothing is written."""
    path = make()
    old = RunFolder.open(path).environment["text"]["sha256"]
    (tmp_path / "text.txt").write_text(TEXT + "!")
    with pytest.raises(InputError, match=r"cannot find the text that .*run was made from") as caught:
        api.report(path, tmp_path / "x.html")
    assert old in str(caught.value)
    assert hashlib.sha256((TEXT + "!").encode()).hexdigest() in str(caught.value)
    assert not (tmp_path / "x.html").exists()
    assert RunFolder.open(path).results() == []


@pytest.mark.golden
def test_a_text_that_is_gone_is_refused_with_its_hash(make: Make, tmp_path: Path) -> None:
    """The message says which text to put back; once a run is ready its text is not needed any more."""
    path = make()
    old = RunFolder.open(path).environment["text"]["sha256"]
    (tmp_path / "text.txt").rename(tmp_path / "away.txt")
    with pytest.raises(InputError, match=rf"Put the text with SHA-256 {old} back there"):
        api.report(path, tmp_path / "x.html")
    (tmp_path / "away.txt").rename(tmp_path / "text.txt")
    prepare(path)
    (tmp_path / "text.txt").unlink()
    assert api.report(path, tmp_path / "x.html").exists()


@pytest.mark.law
def test_one_writer_at_a_time(make: Make, tmp_path: Path) -> None:
    """While another process writes to the run it cannot be made ready."""
    path = make()
    with exclusive(path), pytest.raises(Locked):
        api.report(path, tmp_path / "x.html")


@pytest.mark.golden
def test_places_that_can_hold_no_report(make: Make, tmp_path: Path, readings: list[int]) -> None:
    """A folder in the place of the file, and a folder that is not there, are refused before anything is computed."""
    path = make()
    readings.clear()
    with pytest.raises(InputError, match="a folder has this name"):
        api.report(path, tmp_path)
    with pytest.raises(InputError, match="there is no folder"):
        api.report(path, tmp_path / "absent" / "x.html")
    assert readings == []


@pytest.mark.law
@pytest.mark.parametrize(
    "options",
    [
        {},
        {"hidden": 5, "layers": 2, "epochs": 3, "seed": 7, "dropout": 0.25, "learning_rate": 0.01, "fold": 2},
        {"cell": "rnn", "activation": "relu", "clip": 0.0, "clip_value": 1.5, "optimiser": "adam", "kernel": "naive"},
        {"cell": "lstm-peephole", "peephole": "full", "init": "orthogonal", "forget_bias": 1.0, "checkpoints": "early"},
        {"cell": "gru", "budget": 6, "hidden": None, "fractions": (70.5, 19.5, 10), "unseen": "reserve"},
        {"window": 3, "hidden": None, "layers": None, "symbols": "bytes", "validate_every": 9, "patience": 2},
        {"window": 2, "hidden": 128, "layers": None, "steps": 100, "batch": 10},
    ],
    ids=["plain", "many", "rnn", "peephole", "budget", "window", "window 128"],
)
def test_the_command_line_trains_the_same_again(
    make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, options: dict[str, Any]
) -> None:
    """The command that a page prints, typed into another folder, makes a run of exactly the same settings."""
    config = RunFolder.open(make(**options)).config
    again = _typed(tmp_path / "run", tmp_path, monkeypatch)
    assert again.config == config


@pytest.mark.law
def test_the_command_line_of_a_built_in_text(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a built-in text is usually cut otherwise, shares that are everybody else's default are written down."""
    cut = replace(builtin.BUILTIN["planted"], fractions=(90.0, 5.0, 5.0))
    monkeypatch.setitem(builtin.BUILTIN, "planted", cut)
    for name, options in (("usual", {}), ("asked", {"fractions": (80, 10, 10)})):
        rs.train("planted", tmp_path / name, **(TINY | options))
        command = reporting._command(RunFolder.open(tmp_path / name))
        assert ("--fractions" in command) == bool(options)
        if options:
            again = _typed(tmp_path / name, tmp_path, monkeypatch)
            assert again.config == RunFolder.open(tmp_path / name).config


def _typed(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> RunFolder:
    """Type the command line of a run in an empty folder."""
    words = shlex.split(reporting._command(RunFolder.open(path)))
    assert words[0] == "rnnscope"
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    done(*words[1:], "-q")
    return RunFolder.open(tmp_path / "elsewhere" / path.name)
