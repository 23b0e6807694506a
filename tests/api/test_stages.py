from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import rnnscope as rs
from rnnscope import api
from rnnscope.api import Run
from rnnscope.artifacts.lock import exclusive
from rnnscope.corpus import split
from rnnscope.errors import InputError, Locked

from .conftest import TEXT


@pytest.mark.oracle
def test_evaluation_is_the_mean_of_the_scores(run: Run) -> None:
    """One lane over the whole text gives minus the mean log p of the text, in nats and bits."""
    found = api.evaluate(run.path, part="all", lanes=1)
    expected = -run.score(TEXT).mean()
    assert found["loss_nats"] == pytest.approx(expected, abs=1e-6)
    assert found["bits_per_char"] == pytest.approx(expected / np.log(2), abs=1e-6)
    assert found["chars"] == len(TEXT)
    assert found["what"] == "all of program.c"
    assert found["chars_per_second"] > 0


@pytest.mark.law
def test_parts_are_those_of_the_split(run: Run) -> None:
    """Each part has the size of the split, test is the default, and the parts' losses average to the whole's."""
    parts = split.make(len(TEXT), run.config.corpus, run.text().files)
    found = {part: run.eval(part) for part in ("train", "valid", "test")}
    assert {part: one.chars for part, one in found.items()} == {part: parts.size(part) for part in found}
    assert run.eval().loss_nats == found["test"].loss_nats
    assert run.eval().what == "the test part of program.c"
    total = sum(one.loss_nats * one.chars for one in found.values()) / len(TEXT)
    assert run.eval("all", lanes=1).loss_nats == pytest.approx(total, abs=0.02)


@pytest.mark.law
def test_another_text_is_read_whole(run: Run, tmp_path: Path) -> None:
    """A text that is named is scored from its first to its last symbol, or in the part that is named too."""
    (tmp_path / "other.c").write_text(TEXT[:700])
    whole = api.evaluate(run.path, tmp_path / "other.c", lanes=1)
    assert (whole["chars"], whole["what"]) == (700, "all of other.c")
    assert whole["loss_nats"] == pytest.approx(-run.score(TEXT[:700]).mean(), abs=1e-6)
    assert api.evaluate(run.path, tmp_path / "other.c", part="valid")["chars"] == 70
    (tmp_path / "odd.c").write_text("int X;")
    with pytest.raises(InputError, match=r"U\+0058 \(X\) at offset 4"):
        api.evaluate(run.path, tmp_path / "odd.c")


@pytest.mark.law
def test_evaluation_under_a_clamp(run: Run) -> None:
    """A clamp changes the loss, and holding nothing changes nothing."""
    assert run.eval(clamp="2:1=9").loss_nats != run.eval().loss_nats
    assert run.eval(clamp=()).loss_nats == run.eval().loss_nats


@pytest.mark.golden
def test_senseless_requests_are_refused(run: Run, tmp_path: Path, corpus: Path) -> None:
    """No lanes, an empty part, a missing text: each is refused with what to do."""
    with pytest.raises(InputError, match=r"--lanes 0: a part is cut into at least one lane"):
        run.eval(lanes=0)
    with pytest.raises(InputError, match=r"absent"):
        run.eval(text=tmp_path / "absent")
    bare = rs.train(
        str(corpus), tmp_path / "bare", fractions=(100, 0, 0), hidden=4, layers=1, epochs=0, batch=2, steps=10
    )
    with pytest.raises(InputError, match=r"read the test part: program\.c: it was set up with a test share of 0"):
        bare.eval()


@pytest.mark.law
def test_a_recording_is_made_and_found_again(run: Run) -> None:
    """`record` announces its size first, writes below the run, and what it wrote opens with the same numbers."""
    said: list[str] = []
    found = api.record(run.path, announce=lambda line: said.append(f"{line} {list(run.path.glob('record/*'))}"))
    assert len(said) == 1
    assert said[0].startswith("recording the test part of program.c: 324 positions, 91.1 KiB in ")
    assert said[0].endswith("[]")
    recording = run.recording("test")
    assert found["recording"] == str(run.path / "record" / "test") == str(recording.folder)
    assert (found["name"], found["positions"], found["clamps"]) == ("test", 324, [])
    assert found["bytes"] == recording.bytes
    assert found["loss_nats"] == pytest.approx(run.eval().loss_nats, abs=1e-5)
    assert found["what"] == "the test part of program.c"
    assert len(recording) == 324
    assert recording.facts["part"] == "test"
    assert recording.facts["step"] == run.weights_step
    assert recording.made_from == {
        "run": run.made_from["run"],
        "checkpoint": run.made_from["checkpoint"],
        "text": run.text().sha256,
    }
    symbols = run.alphabet.text(recording.scores.ids)
    assert symbols == "".join(TEXT[at] for at in recording.scores.positions)
    assert repr(recording) == f"<Recording {recording.folder}: 2 layers x 324 symbols; h, c, i, f, g, o>"


@pytest.mark.law
def test_recording_again_replaces(run: Run) -> None:
    """A second recording of the same name takes the place of the first; another name stands beside it."""
    api.record(run.path, name="mine")
    api.record(run.path, name="mine", clamps=["1:1=0"])
    assert run.recording("mine").facts["clamps"] == ["1:1=0"]
    assert not [path.name for path in (run.path / "record").iterdir() if path.name.startswith(".")]


@pytest.mark.golden
def test_names_of_recordings(run: Run, tmp_path: Path) -> None:
    """Clamps and other texts have default names of their own, so that nothing is overwritten unasked."""
    (tmp_path / "Other Text.c").write_text(TEXT[:300])
    plain = api.record(run.path)["name"]
    clamped = api.record(run.path, clamps=["1:1=0"])["name"]
    harder = api.record(run.path, clamps=["1:1=1"])["name"]
    other = api.record(run.path, tmp_path / "Other Text.c")["name"]
    fewer = api.record(run.path, quantities=["c", "f"], layers=[2])["name"]
    assert plain == "test"
    assert fewer.startswith("test-only-")
    assert clamped.startswith("test-clamped-")
    assert other.startswith("other-text-c-")
    assert len({plain, clamped, harder, other, fewer}) == 5
    recording = run.recording(fewer)
    assert (recording.layers, list(recording.quantities)) == ((1,), ["c", "f"])
    with pytest.raises(InputError, match=r"--layer 3.*layers 1 to 2"):
        api.record(run.path, layers=[1, 3])


@pytest.mark.golden
@pytest.mark.parametrize("name", ["", "../x", "A", "-x", "a b", "é", "x" * 65, "a/b"])
def test_impossible_names_are_refused(run: Run, name: str) -> None:
    """A name that is no plain folder name is refused before anything is read."""
    before = sorted(run.path.rglob("*"))
    with pytest.raises(InputError, match="cannot name a recording"):
        api.record(run.path, name=name)
    assert sorted(run.path.rglob("*")) == before


@pytest.mark.law
def test_one_writer_at_a_time(run: Run) -> None:
    """While another process writes to the run, recording is refused; reading is not."""
    with exclusive(run.path), pytest.raises(Locked):
        api.record(run.path, name="late")
    assert not (run.path / "record" / "late").exists()
    with exclusive(run.path):
        assert rs.open(run.path).eval().chars == 324


@pytest.mark.golden
def test_absent_recordings_are_refused(run: Run) -> None:
    """A recording that was not made is named, with the command that makes it."""
    with pytest.raises(InputError, match=r"absent: it has not been made yet\. Run `rnnscope record"):
        run.recording("absent")


@pytest.mark.law
def test_window_networks_go_the_same_way(corpus: Path, tmp_path: Path) -> None:
    """An n-NN is evaluated, sampled, stepped and recorded by the same functions; its one quantity is h."""
    options: dict[str, Any] = {"window": 3, "hidden": 5, "epochs": 1, "batch": 5, "steps": 20}
    run = rs.train(str(corpus), tmp_path / "run", **options)
    assert "window of 3" in repr(run)
    assert run.record("int", clamp="1:2=0.5").h[0, :, 1].tolist() == [0.5] * 3
    assert list(run.step("i").quantities) == ["h"]
    assert api.record(run.path)["loss_nats"] == pytest.approx(run.eval().loss_nats, abs=1e-5)
    assert run.recording().quantities == {"h": 5}
    assert len(run.sample(10)) == 10
