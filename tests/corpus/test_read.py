"""Reading files, folders and standard input: what is kept, and what is refused in which words."""

from __future__ import annotations

import hashlib
import io
import os
import socket
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rnnscope.corpus import decode, disk
from rnnscope.corpus.read import load
from rnnscope.corpus.text import FileSpan
from rnnscope.errors import InputError, MachineError

RUSSIAN = "Все счастливые семьи похожи друг на друга, каждая несчастливая семья несчастлива по-своему.\n" * 40
FRENCH = (
    "Longtemps, je me suis couché de bonne heure. Parfois, à peine ma bougie éteinte, mes yeux se fermaient.\n" * 40
)


def put(folder: Path, data: bytes, name: str = "text.txt") -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


@pytest.mark.law
@pytest.mark.parametrize(
    "data",
    [
        b"a",
        b"a" * 1_000_000,
        b"\n\n\n",
        b"no newline at the end",
        b"\xef\xbb\xbfmark at the start and \xef\xbb\xbf in the middle",
        b"dos\r\nmac\runix\n\x0c\x0b\x00",
        "line\u2028paragraph\u2029next\u0085line".encode(),
        "e\u0301 is not \u00e9; \u200b\u202e \U0001f469\u200d\U0001f469".encode(),
        b"\x1b[2J\x07 </script><script>alert(1)</script>",
        RUSSIAN.encode(),
    ],
)
def test_nothing_is_rewritten(tmp_path: Path, data: bytes) -> None:
    """What is read, written again in the same encoding, is the file byte for byte; hash and size are the file's."""
    path = put(tmp_path, data)
    text = load(str(path))
    assert text.slice(0, len(text)).encode("utf-8") == data
    assert (text.sha256, text.byte_count) == (hashlib.sha256(data).hexdigest(), len(data))
    assert (text.name, text.source, text.raw) == ("text.txt", str(path.resolve()), None)
    assert load(path, symbols="bytes").codes_N.tobytes() == data


@pytest.mark.law
@settings(max_examples=200)
@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1), st.sampled_from(["utf-8", "utf-16", "utf-32-be"]))
def test_any_string_in_any_wide_encoding(string: str, encoding: str) -> None:
    """Standard input in an encoding gives the string that was encoded."""
    text = load("-", encoding=encoding, stdin=io.BytesIO(string.encode(encoding)))
    assert text.slice(0, len(text)) == string
    assert text.raw == string.encode(encoding)


@pytest.mark.law
def test_one_text_in_two_encodings_has_the_same_symbols(tmp_path: Path) -> None:
    """Russian in UTF-8, cp1251 and koi8-r is read as the same characters."""
    texts = [load(put(tmp_path, RUSSIAN.encode(name)), encoding=name) for name in ("utf-8", "cp1251", "koi8-r")]
    assert texts[0].codes_N.tolist() == texts[1].codes_N.tolist() == texts[2].codes_N.tolist()
    assert len({text.sha256 for text in texts}) == 3


@pytest.mark.law
@pytest.mark.parametrize("at", [(1 << 20) - 1, (1 << 20) - 2, (1 << 20) + 1])
def test_characters_across_blocks(tmp_path: Path, at: int) -> None:
    """A character of four bytes may lie across the blocks in which a long text is decoded."""
    data = b"a" * at + "\U0001f600".encode() + b"b" * 100
    codes = load(put(tmp_path, data)).codes_N
    assert len(codes) == at + 101
    assert codes[at] == 0x1F600


@pytest.mark.golden
@pytest.mark.parametrize(
    ("data", "offset", "byte"),
    [
        (b"abc\xe9def", 3, "E9"),
        (b"abc\xc0\x80def", 3, "C0"),
        (b"abcd\xed\xa0\x80", 4, "ED"),
        (b"ab\xf4\x90\x80\x80", 2, "F4"),
        (b"\x80", 0, "80"),
        ("é".encode() * 5 + b"\xc3", 10, "C3"),
        ("é".encode() * 5 + b"\xf0\x9f\x98", 10, "F0"),
        (b"a" * 3_000_001 + b"\xff" + b"a" * 9, 3_000_001, "FF"),
    ],
)
def test_invalid_utf8_names_the_byte(tmp_path: Path, data: bytes, offset: int, byte: str) -> None:
    """Latin-1, overlong forms, surrogates, too large code points, cut characters: refused with offset and encodings."""
    with pytest.raises(InputError) as error:
        load(put(tmp_path, data))
    assert f"byte {offset} (0x{byte}) is not valid utf-8" in error.value.why
    assert "--symbols bytes" in error.value.todo


@pytest.mark.golden
@pytest.mark.parametrize("data", ["é".encode() * 5 + b"\xc3", b"a\xf0\x9f\x98"])
def test_cut_off_character_is_recognised(tmp_path: Path, data: bytes) -> None:
    """A file that stops inside its last character is called cut, not wrongly encoded."""
    with pytest.raises(InputError, match="The last character is cut off"):
        load(put(tmp_path, data))


@pytest.mark.planted
@pytest.mark.parametrize(
    ("string", "encoding", "first"),
    [
        (RUSSIAN, "cp1251", "cp1251"),
        (RUSSIAN, "koi8-r", "koi8-r"),
        (FRENCH, "latin-1", "latin-1"),
        (FRENCH.replace(",", "\u2019"), "cp1252", "cp1252"),
        (RUSSIAN, "utf-16", "utf-16"),
        (FRENCH, "utf-16", "utf-16"),
        (FRENCH, "utf-32", "utf-32"),
        (FRENCH, "utf-16-be", "utf-16-be"),
    ],
)
def test_the_right_encoding_is_advised_first(tmp_path: Path, string: str, encoding: str, first: str) -> None:
    """For a text in another encoding the advice begins with the one that reads it, and following it works."""
    path = put(tmp_path, string.encode(encoding))
    with pytest.raises(InputError, match=f"Try --encoding {first} "):
        load(path)
    assert load(path, encoding=first).slice(0, len(string)) == string


@pytest.mark.planted
@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_ascii_in_utf16_without_mark_is_pointed_out(tmp_path: Path, encoding: str) -> None:
    """Zeros in every second byte are valid UTF-8, so the text is read as asked and the encoding is advised."""
    path = put(tmp_path, b"".join(bytes([n % 50 + 60]) for n in range(100)).decode().encode(encoding))
    assert load(path).notes == (
        f"Every second byte is 0, as in UTF-16; if it is that, read it with --encoding {encoding}.",
    )
    assert load(path, encoding=encoding).notes == ()
    assert load(put(tmp_path, b"plain")).notes == ()


@pytest.mark.planted
@pytest.mark.parametrize(
    "data", [b"\x7fELF\x02\x01\x01" + bytes(range(256)) * 9, b"\x1f\x8b\x08" + bytes(600) + b"\xff\xfe\xfd"]
)
def test_binary_files_are_called_binary(tmp_path: Path, data: bytes) -> None:
    """A program or a packed file is refused as characters with advice to read bytes, which works."""
    path = put(tmp_path, data)
    with pytest.raises(InputError, match="looks like a binary file: read it with --symbols bytes"):
        load(path)
    assert load(path, symbols="bytes").codes_N.tolist() == list(data)


@pytest.mark.law
@pytest.mark.parametrize(
    "name", ["no-such", "", "zlib", "rot13", "base64", "unicode_escape", "idna", "undefined", "a\0b"]
)
def test_names_that_are_no_encoding(tmp_path: Path, name: str) -> None:
    """Unknown encodings, byte transforms and escape notations are refused by name; with bytes no encoding is used."""
    path = put(tmp_path, b"abc")
    with pytest.raises(InputError, match="no such text encoding"):
        load(path, encoding=name)
    assert len(load(path, encoding=name, symbols="bytes")) == 3


@pytest.mark.golden
def test_wrong_encoding_for_a_text(tmp_path: Path) -> None:
    """An encoding that was asked for and does not fit is refused with its own offset and other names."""
    with pytest.raises(InputError) as error:
        load(put(tmp_path, b"abc\x98"), encoding="cp1251")
    assert "byte 3 (0x98) is not valid cp1251" in error.value.why
    assert "--encoding cp1251" not in error.value.todo


@pytest.mark.golden
@pytest.mark.parametrize("symbols", ["characters", "bytes"])
def test_empty_file(tmp_path: Path, symbols: str) -> None:
    """An empty text is refused before anything else."""
    with pytest.raises(InputError, match="it is empty"):
        load(put(tmp_path, b""), symbols=symbols)  # type: ignore[arg-type]
    with pytest.raises(InputError, match="it is empty"):
        load("-", symbols=symbols, stdin=io.BytesIO(b""))  # type: ignore[arg-type]


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


@pytest.mark.golden
def test_built_in_names_win_over_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`planted` is the built-in text even where a file has that name; ./planted is the file."""
    monkeypatch.chdir(tmp_path)
    put(tmp_path, b"mine", "planted")
    assert load("planted").byte_count == 1_000_000
    assert load("./planted").byte_count == 4


@pytest.mark.golden
def test_folder_is_its_files_in_order(tmp_path: Path) -> None:
    """Files are joined in order of their paths; hidden, empty and undecodable ones and broken links are counted."""
    for name, data in {
        "b.txt": b"BB",
        "a/z.txt": "жж".encode(),
        "a.txt": b"A",
        ".hidden": b"no",
        ".git/config": b"no",
        "empty": b"",
        "picture": b"\xff\xd8\xff",
    }.items():
        put(tmp_path, data, name)
    (tmp_path / "broken").symlink_to("nothing")
    (tmp_path / "around").symlink_to(tmp_path)
    os.mkfifo(tmp_path / "fifo")
    text = load(str(tmp_path))
    assert text.slice(0, 9) == "AжжBB"
    assert text.files == (FileSpan("a.txt", 0, 1), FileSpan("a/z.txt", 1, 3), FileSpan("b.txt", 3, 5))
    assert text.sha256 == hashlib.sha256("AжжBB".encode()).hexdigest()
    assert (text.name, text.source, text.byte_count) == (tmp_path.name, str(tmp_path), 7)
    for part in ["2 hidden", "1 empty", "1 undecodable", "1 links to folders", "2 not ordinary files or broken links"]:
        assert part in text.notes[0]
    assert load(str(tmp_path), symbols="bytes").byte_count == 10


@pytest.mark.golden
def test_folder_without_a_text(tmp_path: Path) -> None:
    """A folder with nothing to read is refused, saying what was left out."""
    with pytest.raises(InputError, match="no file with symbols"):
        load(tmp_path)
    put(tmp_path, b"\xff\xff", "picture")
    with pytest.raises(InputError, match="left out: 1 undecodable"):
        load(tmp_path)


class Closed(io.BytesIO):
    """A closed standard input."""

    closed = True


@pytest.mark.planted
def test_standard_input_that_cannot_be_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """Closed input, none at all and an endless device are refused; the empty device is an empty text."""
    with pytest.raises(InputError, match="it is closed"):
        load("-", stdin=Closed(b"abc"))
    monkeypatch.setattr("sys.stdin", None)
    with pytest.raises(InputError, match="it is closed"):
        load("-")
    with open("/dev/zero", "rb") as endless, pytest.raises(InputError, match="may never end"):
        load("-", stdin=endless)
    with open(os.devnull, "rb") as nothing, pytest.raises(InputError, match="it is empty"):
        load("-", stdin=nothing)


@pytest.mark.planted
def test_standard_input_that_fails() -> None:
    """A read error and a text larger than memory are the machine's."""

    class Failing(io.BytesIO):
        def __init__(self, error: Exception) -> None:
            super().__init__()
            self.error = error

        def read(self, _: int | None = None) -> bytes:
            raise self.error

    with pytest.raises(MachineError, match="Input/output error"):
        load("-", stdin=Failing(OSError(5, "Input/output error")))
    with pytest.raises(MachineError, match="does not fit in memory"):
        load("-", stdin=Failing(MemoryError()))


@pytest.mark.oracle
def test_decoding_in_blocks_equals_decoding_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """With blocks of 3 bytes every encoding gives what Python gives for the whole."""
    monkeypatch.setattr(decode, "_BLOCK", 3)
    for encoding in ["utf-8", "utf-16", "utf-32", "shift_jis", "gb18030", "utf-7", "utf-8-sig"]:
        string = "日本 text" * 20
        codes = decode.codes(string.encode(encoding), "characters", decode.check_encoding(encoding), "a test")
        assert codes.tolist() == [ord(character) for character in string]
