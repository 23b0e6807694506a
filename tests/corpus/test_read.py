"""Reading files, folders and standard input: nothing is rewritten, and what holds no text is refused."""

from __future__ import annotations

import hashlib
import io
import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rnnscope.corpus.read import load
from rnnscope.corpus.text import FileSpan
from rnnscope.errors import InputError, MachineError

RUSSIAN = "Все счастливые семьи похожи друг на друга, каждая несчастливая семья несчастлива по-своему.\n" * 40


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


@pytest.mark.golden
@pytest.mark.parametrize("symbols", ["characters", "bytes"])
def test_empty_file(tmp_path: Path, symbols: str) -> None:
    """An empty text is refused before anything else."""
    with pytest.raises(InputError, match="it is empty"):
        load(put(tmp_path, b""), symbols=symbols)
    with pytest.raises(InputError, match="it is empty"):
        load("-", symbols=symbols, stdin=io.BytesIO(b""))


@pytest.mark.golden
def test_built_in_names_win_over_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`planted` is the built-in text even where a file has that name; ./planted is the file."""
    monkeypatch.chdir(tmp_path)
    put(tmp_path, b"mine", "planted")
    assert load("planted").byte_count == 1_000_000
    assert load("./planted").byte_count == 4


@pytest.mark.golden
def test_built_in_texts_have_one_encoding() -> None:
    """An encoding that would be passed over is refused; other spellings of the right one are not."""
    with pytest.raises(InputError, match="planted --encoding cp1251"):
        load("planted", encoding="cp1251")
    assert len(load("planted", encoding="UTF8")) == 1_000_000


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
