"""Decoding: every byte is accounted for, and the advice where one cannot be."""

from __future__ import annotations

from pathlib import Path

import pytest

from rnnscope.corpus import decode
from rnnscope.corpus.read import load
from rnnscope.errors import InputError

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
    with pytest.raises(InputError, match="not valid utf-16: truncated data") as error:
        load(put(tmp_path, "жжж".encode("utf-16")[:-1]), encoding="utf-16")
    assert "utf-16" not in error.value.todo


@pytest.mark.golden
def test_equal_readings_are_named_once(tmp_path: Path) -> None:
    """Where cp1252 reads the same as latin-1 only latin-1 is named."""
    with pytest.raises(InputError) as error:
        load(put(tmp_path, FRENCH.encode("latin-1")))
    assert "cp1252" not in error.value.todo


@pytest.mark.oracle
def test_decoding_in_blocks_equals_decoding_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """With blocks of 3 bytes every encoding gives what Python gives for the whole."""
    monkeypatch.setattr(decode, "_BLOCK", 3)
    for encoding in ["utf-8", "utf-16", "utf-32", "shift_jis", "gb18030", "utf-7", "utf-8-sig"]:
        string = "日本 text" * 20
        codes = decode.codes(string.encode(encoding), "characters", decode.check_encoding(encoding), "a test")
        assert codes.tolist() == [ord(character) for character in string]
