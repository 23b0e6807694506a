from __future__ import annotations

import errno
import hashlib
import os
from pathlib import Path

import pytest

from rnnscope.artifacts import commit, files, sealed
from rnnscope.artifacts.log import Log
from rnnscope.errors import DamagedArtifact, InputError, MachineError

from .faults import FaultyOs


def write(folder: Path, value: bytes = b"abc", overwrite: bool = False) -> commit.Manifest:
    """A folder of one file and one fact."""
    with commit.commit(folder, kind="thing", made_from={"text": "1"}, overwrite=overwrite) as draft:
        draft.write("a.bin", value)
        draft.facts["value"] = value.decode()
    return commit.verify(folder, "thing")


@pytest.mark.law
def test_a_folder_is_read_back_as_it_was_written(tmp_path: Path) -> None:
    """Files, facts and origins come back; nothing else stands in the parent, made for the occasion."""
    folder = tmp_path / "new" / "parents" / "thing"
    manifest = write(folder)
    assert commit.read(folder, manifest, "a.bin") == b"abc"
    assert (manifest.facts, manifest.made_from, manifest.kind) == ({"value": "abc"}, {"text": "1"}, "thing")
    assert os.listdir(folder.parent) == ["thing"]


@pytest.mark.golden
def test_the_manifest_to_the_byte(tmp_path: Path) -> None:
    """The manifest is a sealed document of the facts and of length and SHA-256 of each piece of each file."""
    with commit.commit(tmp_path / "thing", kind="thing") as draft:
        stream = draft.stream("b.f32")
        stream.write(b"12")
        stream.write(b"")
        draft.write("a.bin", b"abc")
        stream.write(b"3")
        draft.facts["value"] = 1
    rows = {name: [[len(p), hashlib.sha256(p).hexdigest()] for p in pieces] for name, pieces in PIECES.items()}
    expected = sealed.dump("thing", {}, {"about": {"value": 1}, "files": rows})
    assert (tmp_path / "thing" / "manifest.json").read_bytes() == expected


PIECES = {"a.bin": [b"abc"], "b.f32": [b"12", b"", b"3"]}


@pytest.mark.golden
def test_everything_is_on_the_disk_before_it_is_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The order of system calls: file, manifest, folder, rename, parent, each waited for before the next begins."""
    watched = FaultyOs()
    monkeypatch.setattr(files, "os", watched)
    written = ["open", "write", "fsync", "close"]
    synced = ["open", "fsync", "close"]
    write(tmp_path / "thing")
    calls = [name for name in watched.names if name not in ("lstat", "listdir", "read")]
    assert calls[:-2] == ["mkdir", *written, *written, *synced, "rename", *synced]  # then the manifest is read
    watched.names.clear()
    write(tmp_path / "new" / "parents" / "thing")
    assert watched.names[: 2 * 4] == ["mkdir", *synced, "mkdir", *synced]
    watched.names.clear()
    commit.commit_file(tmp_path / "status.json", b"{}")
    assert watched.names == [*written, "replace", *synced]
    watched.names.clear()
    log = Log(tmp_path / "metrics.jsonl")
    log.append([{"step": 1}])
    log.prefix()
    assert watched.names == ["open", "ftruncate", "write", "close", *synced, *synced]


@pytest.mark.law
def test_pieces_are_verified_alone(tmp_path: Path) -> None:
    """A damaged piece is refused, the others of its file are still read; so is a file of another length."""
    folder = tmp_path / "thing"
    with commit.commit(folder, kind="thing") as draft:
        stream = draft.stream("b.f32")
        for piece in (b"12", b"345"):
            stream.write(piece)
    (folder / "b.f32").write_bytes(b"x2345")
    manifest = commit.verify(folder, "thing")
    assert commit.read_piece(folder, manifest, "b.f32", 1) == b"345"
    with pytest.raises(DamagedArtifact, match=r"b\.f32: its content does not match its SHA-256"):
        commit.read_piece(folder, manifest, "b.f32", 0)
    (folder / "b.f32").write_bytes(b"12")
    with pytest.raises(DamagedArtifact, match=r"b\.f32: it ends 3 bytes early"):
        commit.read_piece(folder, manifest, "b.f32", 1)
    with pytest.raises(DamagedArtifact, match=r"b\.f32: it does not have the 5 bytes that were written"):
        commit.verify(folder, "thing")


@pytest.mark.law
@pytest.mark.parametrize("error", [KeyError, KeyboardInterrupt, AssertionError])
def test_nothing_is_left_of_a_block_that_fails(tmp_path: Path, error: type[BaseException]) -> None:
    """Errors of any kind within the block remove the draft, its open streams and the parents made for it."""

    def fail() -> None:
        with commit.commit(tmp_path / "a" / "b" / "thing", kind="thing") as draft:
            draft.write("a.bin", b"abc")
            draft.stream("b.f32").write(b"1")
            raise error

    with pytest.raises(error):
        fail()
    assert os.listdir(tmp_path) == []


@pytest.mark.law
def test_only_who_asks_replaces(tmp_path: Path) -> None:
    """An existing folder is refused before anything is written, or replaced whole; files and links never are."""
    folder = tmp_path / "thing"
    write(folder)
    with pytest.raises(InputError, match="Choose another name"):
        write(folder, b"new")
    assert commit.verify(folder, "thing").facts == {"value": "abc"}
    assert write(folder, b"new", overwrite=True).facts == {"value": "new"}
    (tmp_path / "file").write_bytes(b"mine")
    (tmp_path / "link").symlink_to(folder)
    for name in ("file", "link"):
        with pytest.raises(InputError, match="a file or a link has this name"):
            write(tmp_path / name, overwrite=True)
    assert sorted(os.listdir(tmp_path)) == ["file", "link", "thing"]


@pytest.mark.law
def test_a_replacement_that_fails_puts_the_older_version_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """When the new folder cannot take the name, the old one has it again at once, and nothing else is left."""
    folder = tmp_path / "thing"
    write(folder)
    watched = FaultyOs()
    monkeypatch.setattr(files, "os", watched)
    write(folder, b"new", overwrite=True)
    second = [at for at, name in enumerate(watched.names, start=1) if name == "rename"][1]
    monkeypatch.setattr(files, "os", FaultyOs(second, errno.EIO))
    with pytest.raises(MachineError, match="The disk reports a fault"):
        write(folder, b"newer", overwrite=True)
    assert os.listdir(tmp_path) == ["thing"]
    assert commit.verify(folder, "thing").facts == {"value": "new"}


@pytest.mark.law
def test_a_file_is_replaced_in_one_step(tmp_path: Path) -> None:
    """The new content is there and the old is not; a link is replaced, not written through."""
    path = tmp_path / "status.json"
    commit.commit_file(path, b"old")
    (tmp_path / "link").symlink_to(path)
    commit.commit_file(tmp_path / "link", b"new")
    assert (path.read_bytes(), (tmp_path / "link").read_bytes()) == (b"old", b"new")
    assert not (tmp_path / "link").is_symlink()


@pytest.mark.law
def test_a_sweep_takes_only_what_was_named_by_us(tmp_path: Path) -> None:
    """Unfinished, removed and replaced versions go, one set aside comes back, all else survives."""
    outside = tmp_path / "outside"
    write(outside)
    folder = tmp_path / "folder"
    kept = [
        "thing",
        ".thing.tmp-1-xyz",
        ".tmp-1-00000000",
        "thing.tmp-1-00000000",
        ".thing.bak-1-00000000",
        "notes.txt",
    ]
    for name in kept[1:]:
        (folder / name).mkdir(parents=True)
    for name in (".thing.tmp-1-00000000", ".gone.del-1-00000000", ".thing.old-1-00000000", ".back.old-2-00000000"):
        write(folder / name, b"aside")
    write(folder / "thing")
    (folder / ".status.json.tmp-12-abcdef01").write_bytes(b"half")
    (folder / ".link.tmp-12-abcdef01").symlink_to(outside)
    commit.sweep(folder)
    assert sorted(os.listdir(folder)) == sorted([*kept, "back", ".link.tmp-12-abcdef01"])
    assert commit.verify(folder / "back", "thing").facts == {"value": "aside"}
    assert commit.verify(folder / "thing", "thing").facts == {"value": "abc"}
    assert commit.verify(outside, "thing").facts == {"value": "abc"}


@pytest.mark.law
def test_removing_a_folder_follows_no_link(tmp_path: Path) -> None:
    """A link within a folder that is discarded is removed, what it points to is not."""
    write(tmp_path / "outside")
    write(tmp_path / "thing")
    (tmp_path / "thing" / "link").symlink_to(tmp_path / "outside")
    commit.discard(tmp_path / "thing")
    assert os.listdir(tmp_path) == ["outside"]
    assert commit.verify(tmp_path / "outside", "thing")


@pytest.mark.law
def test_further_files_are_allowed_where_that_is_said(tmp_path: Path) -> None:
    """`exact=False` is for folders that later stages add to."""
    write(tmp_path / "thing")
    (tmp_path / "thing" / "more").mkdir()
    assert commit.verify(tmp_path / "thing", "thing", exact=False).facts == {"value": "abc"}
    with pytest.raises(DamagedArtifact, match=r"more: it does not belong to this folder\. Move it elsewhere"):
        commit.verify(tmp_path / "thing", "thing")
    with pytest.raises(DamagedArtifact, match="of the kind 'thing', not 'other'"):
        commit.verify(tmp_path / "thing", "other", exact=False)
