from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from rnnscope.artifacts import commit, files
from rnnscope.artifacts.lock import exclusive
from rnnscope.artifacts.run import RunFolder
from rnnscope.artifacts.verify import verify_run
from rnnscope.config import CorpusConfig, RunConfig, WindowConfig
from rnnscope.errors import DamagedArtifact, InputError, MachineError

from .cases import complete, config, create, save, weights


@pytest.mark.law
def test_a_run_is_read_back_as_it_was_written(tmp_path: Path) -> None:
    """Settings, alphabet, environment, text, status, arrays and facts come back equal, through a link too."""
    path = tmp_path / "new" / "folders" / "run"
    made = create(path)
    (tmp_path / "link").symlink_to(path)
    run = RunFolder.open(tmp_path / "link")
    assert (run.id, run.config, run.text()) == (made.id, config(), b"abba")
    assert run.alphabet == {"codes": [97, 98]}
    assert run.environment["versions"] == {"numpy": "2"}
    assert run.status() == dict.fromkeys(("best_step", "best_valid_loss_nats", "last_step")) | {
        "state": "new",
        "step": 0,
        "epoch": 0.0,
        "epochs": 1,
    }
    assert run.read_log("metrics.jsonl") == []
    with exclusive(run.path):
        run.sweep()
        save(run, 7)
    checkpoint = RunFolder.open(path).read_checkpoint("best")
    assert {name: array.tolist() for name, array in checkpoint.tensors.items()} == {
        name: array.tolist() for name, array in weights(7).items()
    }
    assert checkpoint.facts["step"] == checkpoint.step == 7
    verify_run(tmp_path / "link")


@pytest.mark.law
def test_two_runs_with_the_same_contents_have_the_same_id_and_others_do_not(tmp_path: Path) -> None:
    """The id is a function of settings, alphabet, environment and text, not of the path or the clock."""
    assert create(tmp_path / "a").id == create(tmp_path / "b").id
    assert create(tmp_path / "c", seed=2).id != create(tmp_path / "d", seed=3).id


@pytest.mark.law
def test_every_kind_of_settings_survives_the_file(tmp_path: Path) -> None:
    """Settings of a window network, and text names with quotes, newlines and emoji, come back equal."""
    settings = RunConfig(
        corpus=CorpusConfig(text='a "b"\n\U0001f600\\.txt'), model=WindowConfig(window=3), train=config().train
    )
    run = RunFolder.create(tmp_path / "run", config=settings, alphabet={}, environment={})
    assert RunFolder.open(tmp_path / "run").config == settings
    assert run.text() is None


@pytest.mark.law
def test_only_two_training_states_are_kept(tmp_path: Path) -> None:
    """Older training states go as newer ones come; the newest is the one that is read."""
    run = create(tmp_path / "run")
    assert run.newest_resume() is None
    for step in (1, 2, 3, 1_000_000):
        run.write_resume(step, weights(step), {"logs": run.log_prefix()})
    assert run.resume_steps() == [3, 1_000_000]
    newest = run.newest_resume()
    assert newest is not None
    assert newest.step == 1_000_000


@pytest.mark.law
def test_a_checkpoint_of_the_same_step_replaces_the_one_before(tmp_path: Path) -> None:
    """A run that was killed and computes a step again may save it again, damaged or not, with other facts or not."""
    run = create(tmp_path / "run")
    for value in (5, 5, 6):
        run.write_checkpoint(5, weights(value), {"logs": run.log_prefix()})
        assert run.read_checkpoint(5).tensors["b"] == value
    (tmp_path / "run" / "checkpoints" / "step-000005" / "manifest.json").write_bytes(b"")
    run.write_checkpoint(5, weights(7), {"logs": run.log_prefix()})
    assert run.read_checkpoint(5).tensors["b"] == 7
    assert os.listdir(tmp_path / "run" / "checkpoints") == ["step-000005"]
    run.drop_checkpoint(5)
    assert run.checkpoint_steps() == []


def nothing(path: Path) -> None:
    """Leave the name free."""


@pytest.mark.law
@pytest.mark.parametrize(
    ("name", "prepare", "kind", "message"),
    [
        ("file", lambda path: path.write_bytes(b""), InputError, "a file or a link has this name. Choose another name"),
        ("full", lambda path: (path / "x").mkdir(parents=True), InputError, "a folder that is not empty has this name"),
        ("run", create, InputError, "it holds a run already. Add --resume"),
        ("link", lambda path: path.symlink_to("nowhere"), InputError, "a file or a link has this name"),
        ("n" * 250, nothing, MachineError, "Choose a shorter name"),
        ("n" * 300 + "/run", nothing, MachineError, "Choose a shorter name"),
        ("file/run", lambda path: path.parent.write_bytes(b""), MachineError, "A part of this path is a file"),
    ],
)
def test_a_name_that_cannot_be_a_new_run_is_refused_without_a_trace(
    tmp_path: Path, name: str, prepare: Any, kind: type[Exception], message: str
) -> None:
    """Taken, impossible and too long names are refused, each by its own message, and nothing in the folder changes."""
    path = tmp_path / name
    prepare(path)
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(kind, match=message) as caught:
        create(path)
    assert str(tmp_path) in str(caught.value)
    assert ".tmp-" not in str(caught.value)
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.law
def test_the_folder_one_is_in_is_not_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`-o .` is refused, empty or not; an empty folder elsewhere becomes the run."""
    monkeypatch.chdir(tmp_path)
    for path in (Path("."), tmp_path):
        with pytest.raises(InputError, match="this is the folder you are in"):
            create(path)
    (tmp_path / "empty").mkdir()
    assert verify_run(create(Path("empty")).path).status()["state"] == "new"


@pytest.mark.law
@pytest.mark.parametrize("number", [errno.EACCES, errno.EROFS])
def test_parents_that_cannot_be_written_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    """Where no folder can be made the message has the system's reason and the way out, and no parent stays behind."""

    def refuse(path: Path, mode: int = 0o777) -> None:
        if ".run.tmp-" in str(path):
            raise OSError(number, os.strerror(number))
        real(path, mode)

    real = os.mkdir
    monkeypatch.setattr(os, "mkdir", refuse)
    with pytest.raises(MachineError, match=f"{errno.errorcode[number]}.*[Cc]hoose a folder") as caught:
        create(tmp_path / "a" / "b" / "run")
    assert caught.value.exit_code == 3
    assert list(tmp_path.iterdir()) == []


@pytest.mark.law
def test_a_text_name_that_is_no_unicode_is_refused(tmp_path: Path) -> None:
    """A file name of undecodable bytes cannot stand in the settings; the message says what to do."""
    settings = config().model_copy(update={"corpus": config().corpus.model_copy(update={"text": "a\udcff"})})
    with pytest.raises(InputError, match="not valid Unicode"):
        RunFolder.create(tmp_path / "run", config=settings, alphabet={}, environment={})
    assert list(tmp_path.iterdir()) == []


@pytest.mark.law
def test_what_is_no_run_is_told_from_a_broken_one(tmp_path: Path) -> None:
    """Missing, foreign and other committed folders are bad input; a run that lacks something is damaged."""
    (tmp_path / "file").write_bytes(b"")
    with commit.commit(tmp_path / "trace", kind="trace") as draft:
        draft.write("a.bin", b"")
    for name, why in (("missing", "nothing has this name"), ("file", "not a run"), ("trace", "not a run")):
        with pytest.raises(InputError, match=why):
            RunFolder.open(tmp_path / name)
    run = create(tmp_path / "run")
    (run.path / "manifest.json").unlink()
    with pytest.raises(DamagedArtifact, match=r"manifest\.json: this file is missing"):
        RunFolder.open(run.path)


@pytest.mark.law
def test_weights_that_were_never_saved_are_refused(tmp_path: Path) -> None:
    """`best` of a new run is bad input; a step that is gone is damage."""
    run = create(tmp_path / "run")
    with pytest.raises(InputError, match="has not saved any yet"):
        run.read_checkpoint("best")
    with pytest.raises(DamagedArtifact, match="step-000003: this folder is missing"):
        run.read_checkpoint(3)


@pytest.mark.law
def test_results_are_bound_to_what_they_were_made_from(tmp_path: Path) -> None:
    """A result is found again with its files; missing and stale ones name the command that makes them."""
    run = complete(tmp_path / "run")
    assert run.results() == [("record", "states"), ("cells", "test")]
    result = run.read_result("cells", "test", {"text": "1" * 64})
    assert result.read("table.bin") == b"\1" * 50
    assert result.made_from == {"text": "1" * 64, "run": run.id}
    with pytest.raises(InputError, match=r"stale: text has changed .*Run `rnnscope cells "):
        run.read_result("cells", "test", {"text": "2" * 64})
    with pytest.raises(InputError, match=r"not been made yet. Run `rnnscope gates "):
        run.read_result("gates", "test")
    with pytest.raises(DamagedArtifact, match=r"it lists no file 'other\.bin'"):
        result.read("other.bin")


@pytest.mark.law
def test_programming_mistakes_are_caught(tmp_path: Path) -> None:
    """Unknown states, keys, stages and file names, and going on with an old log blindly, are assertions."""
    run = complete(tmp_path / "run")
    for mistake in (
        lambda: run.set_status(state="done"),
        lambda: run.set_status(speed=1),
        lambda: run.write_result("other", "test", {}, {}),
        lambda: run.write_result("cells", "../x", {}, {}),
        lambda: run.write_result("cells", "x", {}, {}, {"manifest.json": b""}),
        lambda: RunFolder.open(run.path).append_log("metrics.jsonl", [{}]),
        lambda: RunFolder.open(run.path).log_prefix(),
    ):
        with pytest.raises((AssertionError, ValidationError)):
            mistake()
    verify_run(run.path)
    assert not [path for path in run.path.rglob("*") if files.LITTER.fullmatch(path.name)]


@pytest.mark.law
def test_a_log_that_shrinks_under_the_writer_is_noticed(tmp_path: Path) -> None:
    """Rows are not written behind a hole."""
    run = create(tmp_path / "run")
    run.append_log("metrics.jsonl", [{"step": 1}])
    (run.path / "metrics.jsonl").write_bytes(b"")
    with pytest.raises(DamagedArtifact, match="cut while it was being written"):
        run.append_log("metrics.jsonl", [{"step": 2}])
