from __future__ import annotations

import random
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from rnnscope.artifacts import commit, sealed
from rnnscope.artifacts.lock import exclusive
from rnnscope.artifacts.run import RunFolder
from rnnscope.artifacts.verify import verify_run
from rnnscope.errors import DamagedArtifact

from .cases import complete, save, snapshot

FLIPS_AND_CUTS = 2000


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Two whole runs that differ by their seed; tests restore what they change."""
    folder = tmp_path_factory.mktemp("damage")
    return complete(folder / "one", 1).path, complete(folder / "two", 2).path


def all_files(run: Path) -> list[Path]:
    """Every file of a run but the lock."""
    return sorted(path for path in run.rglob("*") if path.is_file() and path.name != ".lock")


def refused(run: Path, path: Path) -> None:
    """Demand that the run is refused and that the message names the file."""
    with pytest.raises(DamagedArtifact) as caught:
        verify_run(run)
    assert path.name in str(caught.value), f"{path}: {caught.value}"


def with_bytes(path: Path, data: bytes, check: Callable[[], None]) -> None:
    """Run a check while a file holds something else."""
    sound = path.read_bytes()
    path.write_bytes(data)
    try:
        check()
    finally:
        path.write_bytes(sound)


@pytest.mark.law
def test_every_kind_of_file_is_there(runs: tuple[Path, Path]) -> None:
    """The run that the other tests damage has every kind of file that a run can have, and is sound."""
    names = {str(path.relative_to(runs[0])) for path in all_files(runs[0])}
    assert names == {
        *("config.toml", "alphabet.json", "environment.json", "text.bin", "manifest.json", "status.json"),
        *("metrics.jsonl", "samples.jsonl"),
        *(f"checkpoints/step-0000{n}/{file}" for n in (20, 30) for file in ("manifest.json", "weights.safetensors")),
        *(f"resume/step-0000{n}/{file}" for n in (20, 30) for file in ("manifest.json", "state.safetensors")),
        *(f"cells/test/{file}" for file in ("manifest.json", "table.bin")),
        *(f"record/states/{file}" for file in ("manifest.json", "layer1-h.f32", "layer2-h.f32")),
    }
    assert snapshot(runs[0])["status"]["state"] == "complete"


@pytest.mark.law
def test_no_flipped_bit_and_no_cut_is_loaded(runs: tuple[Path, Path]) -> None:
    """2,000 random bit flips and cuts over all files of a run: each is refused by a message that names the file."""
    run, files, rng = runs[0], all_files(runs[0]), random.Random(5)
    for index in range(FLIPS_AND_CUTS):
        path = files[index % len(files)]
        data = bytearray(path.read_bytes())
        if index % 4 == 3:
            del data[rng.randrange(len(data)) :]
        else:
            data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
        with_bytes(path, bytes(data), lambda path=path: refused(run, path))
    verify_run(run)


@pytest.mark.law
def test_no_missing_grown_or_linked_file_is_loaded(runs: tuple[Path, Path], tmp_path: Path) -> None:
    """A file that is gone, has one byte more, or is a link to its own content is refused by name."""
    run = runs[0]
    for path in all_files(run):
        with_bytes(path, path.read_bytes() + b"\0", lambda path=path: refused(run, path))
        aside = tmp_path / "aside"
        path.rename(aside)
        refused(run, path)
        path.symlink_to(aside)
        refused(run, path)
        path.unlink()
        path.mkdir()
        refused(run, path)
        path.rmdir()
        aside.rename(path)
    verify_run(run)


@pytest.mark.law
def test_no_file_of_another_run_is_loaded(runs: tuple[Path, Path]) -> None:
    """Any file swapped with its namesake in another sound run is refused, unless the two are equal."""
    run, other = runs
    swapped = 0
    for path in all_files(run):
        foreign = (other / path.relative_to(run)).read_bytes()
        if foreign != path.read_bytes():
            with_bytes(path, foreign, lambda: refused(run, run))
            swapped += 1
    assert swapped > 10


@pytest.mark.law
@pytest.mark.parametrize("folder", ["checkpoints/step-000030", "resume/step-000030", "cells/test", "record/states"])
def test_no_folder_of_another_place_is_loaded(runs: tuple[Path, Path], tmp_path: Path, folder: str) -> None:
    """A committed folder from another run, of another step or name, linked, or with one file more is refused."""
    run, path = runs[0], runs[0] / folder
    neighbour = path.with_name("step-000020" if "step" in folder else "other")
    (path / "extra.bin").write_bytes(b"")
    refused(run, path / "extra.bin")
    (path / "extra.bin").unlink()
    path.rename(tmp_path / "aside")
    for source in (runs[1] / folder, neighbour):
        if source.exists():
            shutil.copytree(source, path)
            refused(run, path)
            shutil.rmtree(path)
    path.symlink_to(tmp_path / "aside")
    refused(run, path)
    path.unlink()
    (tmp_path / "aside").rename(path)
    path.parent.rename(tmp_path / "parent")
    path.parent.symlink_to(tmp_path / "parent")
    refused(run, path.parent)
    opened = RunFolder.open(run)
    direct: dict[str, Callable[[], object]] = {
        "checkpoints": lambda: opened.read_checkpoint(30),
        "resume": lambda: opened.read_resume(30),
        "cells": lambda: opened.read_result("cells", "test"),
        "record": lambda: opened.read_result("record", "states"),
    }
    with pytest.raises(DamagedArtifact, match="this is not a folder"):
        direct[path.parent.name]()
    path.parent.unlink()
    (tmp_path / "parent").rename(path.parent)
    verify_run(run)


@pytest.mark.law
def test_rows_behind_the_pin_are_never_read(tmp_path: Path) -> None:
    """A row that no checkpoint vouches for is not read, and resuming cuts it off."""
    run = complete(tmp_path / "run")
    run.set_status(state="running")
    with exclusive(run.path):
        before = run.read_log("metrics.jsonl")
        run.append_log("metrics.jsonl", [{"step": 31}])
        assert RunFolder.open(run.path).read_log("metrics.jsonl") == before
        again = RunFolder.open(run.path)
        resume = again.newest_resume()
        assert resume is not None
        again.truncate_logs(resume.facts["logs"])
        save(again, 40)
    assert [row["step"] for row in verify_run(run.path).read_log("metrics.jsonl")] == [0, 10, 20, 30, 40]


@pytest.mark.law
def test_a_damaged_training_state_offers_the_one_before(tmp_path: Path) -> None:
    """The message says which folder to remove, and removing it leads to the state before."""
    run = complete(tmp_path / "run")
    newest = run.path / "resume" / "step-000030"
    (newest / "state.safetensors").write_bytes(b"")
    with pytest.raises(DamagedArtifact, match=r"remove .*step-000030 to go on from step 20"):
        run.newest_resume()
    shutil.rmtree(newest)
    resume = run.newest_resume()
    assert resume is not None
    assert resume.step == 20


@pytest.mark.law
def test_an_unknown_format_is_named(tmp_path: Path) -> None:
    """A file of a later format version is refused with both versions in the message."""
    data = sealed.dump("status", {}, {}).replace(b'"format":1', b'"format":2')
    with pytest.raises(DamagedArtifact, match="its format is 2, this version reads 1"):
        sealed.load(data, "status", tmp_path)


@pytest.mark.law
@pytest.mark.parametrize("name", ["../x", "/etc/passwd", "a/b", "..", ".hidden", "con:", "x\\y", "a\n", "é", "a" * 99])
def test_no_path_in_a_manifest_is_followed(tmp_path: Path, name: str) -> None:
    """A manifest whose seal is right but whose names are no plain file names is refused."""
    folder = tmp_path / "folder"
    folder.mkdir()
    listing = {"about": {}, "files": {name: [[0, "0" * 64]]}}
    (folder / "manifest.json").write_bytes(sealed.dump("trace", {}, listing))
    with pytest.raises(DamagedArtifact, match="its list of files is malformed"):
        commit.verify(folder, "trace")
