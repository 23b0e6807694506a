"""Reading from the disk: what is no ordinary file, what changes and what the machine forbids."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from rnnscope.corpus import disk
from rnnscope.corpus.read import load
from rnnscope.errors import InputError, MachineError


def put(folder: Path, data: bytes, name: str = "text.txt") -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


@pytest.mark.golden
@pytest.mark.skipif(not Path("/proc/version").exists(), reason="needs /proc")
def test_files_that_hide_their_length() -> None:
    """A file of the kernel that says it has no bytes and gives some is refused, not taken for empty."""
    with pytest.raises(InputError, match="0 bytes when opened"):
        load("/proc/version")


@pytest.mark.golden
@pytest.mark.parametrize(
    ("source", "why"),
    [
        ("no/such/file", "no such file or folder"),
        ("", "no file with symbols"),
        ("a\0b", "zero character"),
        ("x" * 300, "name is too long"),
        ("/dev/zero", "it is a device"),
        ("/dev/null/x", "no such file or folder"),
        ("stdlip", "no such file or folder"),
        ("bad\udcff", "not valid in the file system's encoding"),
    ],
)
def test_paths_that_lead_nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: str, why: str) -> None:
    """Wrong names and devices are refused at once with exit code 2 and something to do."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match=why) as error:
        load(source)
    assert error.value.exit_code == 2
    assert error.value.todo.endswith(".")
    assert "\n" not in str(error.value)


@pytest.mark.golden
def test_special_files_are_never_opened(tmp_path: Path) -> None:
    """A FIFO without a writer would block for ever; it, a socket and a circle of links are refused at once."""
    os.mkfifo(tmp_path / "fifo")
    with socket.socket(socket.AF_UNIX) as listener:
        monkey = tmp_path / "socket"
        listener.bind(str(monkey))
        for name, why in [("fifo", "FIFO"), ("socket", "socket")]:
            with pytest.raises(InputError, match=f"it is a {why}"):
                load(tmp_path / name)
    (tmp_path / "one").symlink_to("two")
    (tmp_path / "two").symlink_to("one")
    with pytest.raises(InputError, match="circle"):
        load(tmp_path / "one")


@pytest.mark.planted
def test_a_fifo_put_in_the_place_of_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """If the path turns into a FIFO between looking and opening, opening does not block and the FIFO is refused."""
    path = put(tmp_path, b"abc")
    found = path.stat()
    path.unlink()
    os.mkfifo(path)
    monkeypatch.setattr(disk, "status", lambda _: found)
    with pytest.raises(InputError, match="FIFO"):
        disk.read_file(path)


@pytest.mark.planted
@pytest.mark.parametrize("change", [b"more", None])
def test_file_that_changes_while_it_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: bytes | None
) -> None:
    """A file that grows or shrinks during the reading is refused."""
    path = put(tmp_path, b"abc" * 100)
    original = disk._read_up_to

    def meddle(descriptor: int, limit: int) -> bytes:
        if change:
            with path.open("ab") as file:
                file.write(change)
        else:
            os.truncate(path, 10)
        return original(descriptor, limit)

    monkeypatch.setattr(disk, "_read_up_to", meddle)
    with pytest.raises(InputError, match="changed while it was read"):
        load(path)


@pytest.mark.planted
def test_file_rewritten_in_the_same_length(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The time of the last change tells a file that was written over with as many bytes."""
    path = put(tmp_path, b"abc")
    original = disk._read_up_to

    def meddle(descriptor: int, limit: int) -> bytes:
        data = original(descriptor, limit)
        os.utime(path, ns=(1, 1))
        return data

    monkeypatch.setattr(disk, "_read_up_to", meddle)
    with pytest.raises(InputError, match="changed while it was read"):
        load(path)


@pytest.mark.planted
@pytest.mark.parametrize("place", ["os.open", "pathlib.Path.stat", "os.scandir"])
def test_no_permission_is_the_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str) -> None:
    """Where the system denies a file, its folder or a listing, that is the machine's fault: exit code 3."""
    path = put(tmp_path, b"abc")

    def denied(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    with monkeypatch.context() as patch:
        patch.setattr(place, denied)
        with pytest.raises(MachineError, match="permission denied") as error:
            load(tmp_path if place == "os.scandir" else path)
    assert error.value.exit_code == 3


@pytest.mark.planted
def test_read_errors_and_too_large_files_are_the_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A failing disk and a file that cannot fit in memory are refused as the machine's limits."""
    path = put(tmp_path, b"abc")
    with monkeypatch.context() as patch:
        patch.setattr(disk, "_read_up_to", lambda *_: (_ for _ in ()).throw(OSError(5, "Input/output error")))
        with pytest.raises(MachineError, match="Input/output error"):
            load(path)
    with path.open("wb") as file:
        file.truncate(1 << 43)
    with pytest.raises(MachineError, match=r"8\.0 TiB"):
        load(path)


@pytest.mark.golden
def test_odd_names(tmp_path: Path) -> None:
    """Files with a newline, a leading dash or 255 bytes in their names are read; messages escape the newline."""
    for name in ["a\nb", "-rf", "\U0001f600", "x" * 255, "stdlib"]:
        assert len(load(put(tmp_path, b"abc", name))) == 3
    with pytest.raises(InputError, match=r"a\\nb/c"):
        load(str(tmp_path / "a\nb" / "c"))
