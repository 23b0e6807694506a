"""Building the kernel text from a source tree or a tarball."""

from __future__ import annotations

import hashlib
import io
import json
import os
import random
import tarfile
from pathlib import Path

import pytest

from rnnscope.corpus.kernel import linux_source
from rnnscope.errors import InputError, MachineError

TREE = {
    "Makefile": b"# SPDX\nVERSION = 6\nPATCHLEVEL = 1\nSUBLEVEL = 192\nEXTRAVERSION =\n",
    "kernel/audit.c": b"// SPDX-License-Identifier: GPL-2.0\nint audit;\n",
    "kernel/sched/core.c": b"int core; /* \xc2\xa9 */\n",
    "kernel/sched/sched.h": b"#define SCHED\n",
    "kernel/Makefile": b"obj-y = no\n",
    "kernel/notes.txt": b"no\n",
    "fs/kernel/inode.c": b"no\n",
    "tools/kernel.c": b"no\n",
}


def tree(folder: Path) -> Path:
    for name, data in TREE.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    return folder


def tarball(path: Path, prefix: str = "linux-6.1/") -> Path:
    with tarfile.open(path, f"w:{path.suffix[1:].replace('tar', '')}") as archive:
        for name, data in TREE.items():
            member = tarfile.TarInfo(prefix + name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
        link = tarfile.TarInfo(prefix + "kernel/link.c")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(link)
    return path


@pytest.mark.law
def test_text_and_manifest_need_two_names(tmp_path: Path) -> None:
    """A text that ends in .json would be overwritten by its own manifest, so it is refused and nothing is written."""
    with pytest.raises(InputError, match="manifest beside the text"):
        linux_source(tree(tmp_path / "linux-6.1"), tmp_path / "linux.json")
    assert [path.name for path in tmp_path.iterdir()] == ["linux-6.1"]


@pytest.mark.oracle
def test_tree_gives_text_and_manifest(tmp_path: Path) -> None:
    """Sources of kernel/ alone, sorted, shuffled and without foreign bytes; the manifest says so file by file."""
    out = tmp_path / "linux.txt"
    manifest = linux_source(tree(tmp_path / "linux-6.1"), out)
    names = ["kernel/audit.c", "kernel/sched/core.c", "kernel/sched/sched.h"]
    random.Random(2015).shuffle(names)
    data = b"".join(TREE[name] for name in names).replace(b"\xc2\xa9", b"")
    assert out.read_bytes() == data
    assert manifest == json.loads((tmp_path / "linux.json").read_text())
    assert manifest["version"] == "6.1.192"
    assert manifest["sha256"] == hashlib.sha256(data).hexdigest()
    assert (manifest["ascii_dropped_bytes"], manifest["pool_bytes"], manifest["cut"]) == (2, len(data), len(data))
    assert [row["name"] for row in manifest["files"]] == names
    for row in manifest["files"]:
        assert data[row["start"] : row["stop"]] == TREE[row["name"]].replace(b"\xc2\xa9", b"")


@pytest.mark.law
@pytest.mark.parametrize("ending", ["tar", "gz", "bz2", "xz"])
@pytest.mark.parametrize("prefix", ["linux-6.1/", "./linux-source-6.1/"])
def test_tarball_gives_what_the_tree_gives(tmp_path: Path, ending: str, prefix: str) -> None:
    """However it is packed, and without unpacking or following links, the text is that of the tree."""
    from_tree = linux_source(tree(tmp_path / "linux-6.1"), tmp_path / "a.txt")
    from_tarball = linux_source(tarball(tmp_path / f"linux.{ending}", prefix), tmp_path / "b.txt")
    assert {**from_tarball, "source": ""} == {**from_tree, "source": ""}
    assert (tmp_path / "a.txt").read_bytes() == (tmp_path / "b.txt").read_bytes()


@pytest.mark.golden
def test_cut(tmp_path: Path) -> None:
    """The text ends at the asked length, inside a file where it must; files beyond are not listed."""
    manifest = linux_source(tree(tmp_path / "linux"), tmp_path / "cut.txt", 20)
    assert (tmp_path / "cut.txt").stat().st_size == manifest["cut"] == manifest["files"][-1]["stop"] == 20


@pytest.mark.golden
def test_sources_that_hold_no_kernel(tmp_path: Path) -> None:
    """An empty folder, a text, a cut tarball, a FIFO and nothing at all are refused, and nothing is written."""
    (tmp_path / "empty").mkdir()
    (tmp_path / "text").write_bytes(b"no tarball")
    whole = tarball(tmp_path / "whole.xz").read_bytes()
    (tmp_path / "cut").write_bytes(whole[: len(whole) // 2])
    os.mkfifo(tmp_path / "fifo")
    for name, why in {
        "empty": "no kernel/",
        "text": "not a whole tarball",
        "cut": "not a whole tarball",
        "fifo": "FIFO",
        "missing": "no such file",
    }.items():
        with pytest.raises(InputError, match=why):
            linux_source(tmp_path / name, tmp_path / "out.txt")
    assert not list(tmp_path.glob("out*"))


@pytest.mark.planted
def test_bombs_and_denied_tarballs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A tarball whose kernel/ is beyond all measure is refused before reading it, a denied one as the machine's."""
    path = tarball(tmp_path / "linux.gz")
    with monkeypatch.context() as patch:
        patch.setattr("rnnscope.corpus.kernel._LARGEST_BYTES", 50)
        with pytest.raises(InputError, match="holds more than 50 bytes"):
            linux_source(path, tmp_path / "out.txt")

    def denied(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(tarfile, "open", denied)
    with pytest.raises(MachineError, match="permission denied"):
        linux_source(path, tmp_path / "out.txt")


@pytest.mark.golden
@pytest.mark.parametrize("taken", ["out.txt", "out.json"])
def test_nothing_is_written_over(tmp_path: Path, taken: str) -> None:
    """An existing text or manifest stays as it is."""
    (tmp_path / taken).write_bytes(b"mine")
    with pytest.raises(InputError, match="a file of this name already"):
        linux_source(tree(tmp_path / "linux"), tmp_path / "out.txt")
    assert (tmp_path / taken).read_bytes() == b"mine"
