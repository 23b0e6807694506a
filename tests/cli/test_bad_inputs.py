"""Texts, paths, options, settings and folders that are bad or borderline, through every command that takes them."""

from __future__ import annotations

import contextlib
import gzip
import json
import os
import random
import socket
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ..surface import TEXT, TINY, WINDOW, call, check_refusal, done, nothing_left, printable

pytestmark = [
    pytest.mark.law,
    pytest.mark.skipif(sys.platform == "win32", reason="FIFOs, sockets and these names do not exist on Windows"),
]

_RANDOM = random.Random(4).randbytes(600)
_BYTES = ("--symbols", "bytes")
_ALL = ("--fractions", "100/0/0")

# name -> bytes, options that train and corpus need for it.
TRAINS: dict[str, tuple[bytes, tuple[str, ...]]] = {
    "one symbol repeated": (b"a" * 200, ()),
    "two symbols": (b"ab" * 100, ()),
    "exactly a window": (TEXT[:WINDOW], ()),
    "one more than a window": (TEXT[: WINDOW + 1], ()),
    "a window and no held-out part": (TEXT[:64], _ALL),
    "only newlines": (b"\n" * 200, ()),
    "no newline at the end": (TEXT[:-1], ()),
    "zero characters": (b"a\0b\0\0" * 40, ()),
    "carriage returns and newlines": (TEXT.replace(b"\n", b"\r\n"), ()),
    "carriage returns alone": (TEXT.replace(b"\n", b"\r"), ()),
    "all kinds of line ends": ("a\nb\rc\r\nd\u2028e\u2029f\x85g\x0bh\x0c".encode() * 12, ()),
    "mark at the start": (b"\xef\xbb\xbf" + TEXT, ()),
    "mark in the middle": (TEXT + b"\xef\xbb\xbf" + TEXT, ()),
    "escape codes": (b"\x1b[2J\x1b]0;title\x07\x1b[31m\x9b"[:-1] * 20, ()),
    "script": (b"</script><script>alert(1)</script><!-- --><img src=x onerror=alert(1)>&amp;'\"" * 5, ()),
    "direction changes": ("a\u202eb\u202cc\u2066d\u2069\u200fe".encode() * 20, ()),
    "combining marks": ("e\u0301n\u0303o\u0308\u0301".encode() * 30, ()),
    "composed and not": ("\u00e9e\u0301\u00f1n\u0303".encode() * 30, ()),
    "nothing visible": ("\u200b\u200d\ufeff\u00ad\u2060 \u00a0\u3000".encode() * 20, ()),
    "joined emoji": ("\U0001f468\u200d\U0001f469\u200d\U0001f467 \U0001f1e9\U0001f1ea".encode() * 20, ()),
    "many code points": ("".join(map(chr, range(0x4E00, 0x4E00 + 900))).encode(), ()),
    "noncharacters and private use": ("\uffff\ufdd0\ue000\U0010ffffa".encode() * 30, ()),
    "looks like UTF-16": (TEXT.decode().encode("utf-16-le"), ()),
    "UTF-16": (TEXT.decode().encode("utf-16"), ("--encoding", "utf-16")),
    "Latin-1": ("d\u00e9j\u00e0 vu \u00fcber ".encode("latin-1") * 20, ("--encoding", "latin-1")),
    "all bytes": (bytes(range(256)), _BYTES),
    "random bytes": (_RANDOM, _BYTES),
    "invalid UTF-8 as bytes": (b"ab\xff\xfe\xc0\x80" * 30, _BYTES),
}

# name -> bytes, what the refusal mentions. Through train, study, corpus, eval and record.
REFUSED: dict[str, tuple[bytes, str]] = {
    "empty": (b"", "it is empty"),
    "PNG": (b"\x89PNG\r\n\x1a\n" + _RANDOM, "byte 0 (0x89) is not valid utf-8"),
    "ELF": (b"\x7fELF\x02\x01\x01" + b"\0" * 9 + _RANDOM, "--symbols bytes"),
    "gzip": (gzip.compress(_RANDOM, mtime=0), "byte 1 (0x8B) is not valid utf-8"),
    "all bytes": (bytes(range(256)), "byte 128 (0x80) is not valid utf-8"),
    "invalid at a place": (TEXT[:100] + b"\xff" + TEXT, "byte 100 (0xFF) is not valid utf-8"),
    "cut at the end": (TEXT + "\u20ac".encode()[:2], "byte 480 (0xE2) is not valid utf-8: unexpected end of data"),
    "overlong": (TEXT + b"\xc0\x80", "byte 480 (0xC0) is not valid utf-8"),
    "lone surrogate": (TEXT + b"\xed\xa0\x80", "byte 480 (0xED) is not valid utf-8"),
    "beyond Unicode": (TEXT + b"\xf4\x90\x80\x80", "byte 480 (0xF4) is not valid utf-8"),
    "Latin-1": ("d\u00e9j\u00e0 vu ".encode("latin-1") * 20, "byte 1 (0xE9) is not valid utf-8"),
    "Russian in cp1251": ("Быть или не быть. ".encode("cp1251") * 20, "--encoding cp1251"),
    "UTF-16": (TEXT.decode().encode("utf-16"), "--encoding utf-16"),
}

# name -> bytes, what the refusal mentions. Refused by train alone: they can be described, and read by a network.
TOO_SMALL: dict[str, tuple[bytes, str]] = {
    "one symbol": (b"t", "the train part would be empty"),
    "less than a window": (TEXT[: WINDOW - 2], "--batch 4 --steps 15 or --batch 3 --steps 16"),
    "one line": (b"the cat\n", "The largest settings that fit"),
}


@pytest.mark.parametrize("name", TRAINS)
def test_borderline_texts_train_and_go_all_the_way(name: str, tmp_path: Path) -> None:
    """What can be read trains, and then every command works on it and prints nothing that could act on a terminal."""
    data, options = TRAINS[name]
    text, run = tmp_path / "text", tmp_path / "run"
    text.write_bytes(data)
    parts = () if options == _ALL else ("test", "valid")
    printed = done("train", text, "-o", run, *TINY, *options)
    printed += done("corpus", text, *options) + done("ngram", text, "-o", tmp_path / "ngram", *options)
    printed += done("eval", tmp_path / "ngram", "--part", "train") + done("eval", tmp_path / "ngram", text)
    for part in (*parts, "train"):
        printed += done("eval", run, "--part", part)
    printed += done("eval", run, text) + done("record", run, text) + done("record", run, "--part", "train")
    assert printable(printed), printed
    assert len(json.loads(done("sample", run, "--length", "9", "--json"))["samples"][0]) >= 9
    done("report", run, "-o", tmp_path / "report.html")
    page = (tmp_path / "report.html").read_text("utf-8")
    assert page.count("</script>") == page.count("<script")
    assert not [path for path in tmp_path.rglob(".*") if path.name != ".lock"]


@pytest.mark.parametrize("name", REFUSED)
def test_unreadable_texts_are_refused_by_all(name: str, run: Path, tmp_path: Path) -> None:
    """What cannot be read is refused by every command that takes a text, from a file and from standard input."""
    data, mention = REFUSED[name]
    (tmp_path / "text").write_bytes(data)
    out = tmp_path / "out"
    for text, stdin, whence in ((tmp_path / "text", b"", "text'"), ("-", data, "standard input")):
        for words in (
            *(("train", text, "-o", out), ("ngram", text, "-o", out), ("study", text, "-o", out), ("corpus", text)),
            *(("eval", run, text), ("record", run, text)),
        ):
            with nothing_left(tmp_path), nothing_left(run):
                check_refusal(call(*words, stdin=stdin), 2, "cannot read the text", whence, mention)


@pytest.mark.parametrize("name", TOO_SMALL)
def test_small_texts_are_described_but_not_trained_on(name: str, run: Path, tmp_path: Path) -> None:
    """A text that is too small is refused before training, naming the largest settings that fit, and read otherwise."""
    data, mention = TOO_SMALL[name]
    (tmp_path / "text").write_bytes(data)
    with nothing_left(tmp_path):
        check_refusal(call("train", tmp_path / "text", "-o", tmp_path / "out", *TINY), 2, mention)
    assert "too small for training" in done("corpus", tmp_path / "text")
    assert json.loads(done("eval", run, tmp_path / "text", "--json"))["chars"] == len(data)
    done("record", run, tmp_path / "text")


def test_the_settings_a_refusal_names_do_train(tmp_path: Path) -> None:
    """Each of the largest settings that fit, taken at its word, trains."""
    (tmp_path / "text").write_bytes(TEXT[: WINDOW - 2])
    for number, settings in enumerate((("4", "15"), ("3", "16"), ("auto", "auto"))):
        words = (*TINY[:4], "--epochs", "1", "--batch", settings[0], "--steps", settings[1])
        done("train", tmp_path / "text", "-o", tmp_path / f"run{number}", *words)


def test_symbols_that_a_network_does_not_know(run: Path, tmp_path: Path) -> None:
    """An unknown symbol is named with its place; with --unseen reserve it is read like any other."""
    (tmp_path / "other").write_text("the cat\N{BULLET}", encoding="utf-8")
    known = ("it is not among the 12 symbols", "--unseen reserve")
    for words in (("eval", run, tmp_path / "other"), ("record", run, tmp_path / "other")):
        with nothing_left(run):
            check_refusal(call(*words), 2, "U+2022", "at offset 7", *known)
    check_refusal(call("sample", run, "--prime", "the dog \x1b"), 2, "U+0064 (d) at offset 4", *known)
    check_refusal(call("sample", run, "--prime", "\x1b"), 2, "U+001B", *known)
    (tmp_path / "text").write_bytes(TEXT)
    done("train", tmp_path / "text", "-o", tmp_path / "run", *TINY, "--unseen", "reserve")
    assert json.loads(done("eval", tmp_path / "run", tmp_path / "other", "--json"))["chars"] == 8
    assert done("sample", tmp_path / "run", "--prime", "dog \x07", "--length", "5").startswith("dog \x07")
    done("report", tmp_path / "run", "-o", tmp_path / "report.html")


def _folder(path: Path, **contents: bytes) -> None:
    path.mkdir()
    for name, data in contents.items():
        (path / name).write_bytes(data)


def _socket(path: Path) -> None:
    # The path of a socket must be short, which that of a temporary folder may not be.
    with contextlib.chdir(path.parent), socket.socket(socket.AF_UNIX) as listening:
        listening.bind(path.name)


def _circle(path: Path) -> None:
    path.symlink_to(path.with_name("other"))
    path.with_name("other").symlink_to(path)


# name -> what makes it at a path (None: a path as it is), what the refusal mentions.
PATHS: dict[str, tuple[Callable[[Path], object] | str, str]] = {
    "empty folder": (_folder, "it holds no file with symbols in it"),
    "folder of empty files": (lambda path: _folder(path, a=b"", b=b""), "left out: 2 empty"),
    "folder of binary files": (lambda path: _folder(path, a=b"\xff\0" * 9, b=_RANDOM), "left out: 2 undecodable"),
    "FIFO": (os.mkfifo, "it is a FIFO"),
    "socket": (_socket, "it is a socket"),
    "endless device": ("/dev/zero", "it is a device"),
    "nothing there": (lambda path: None, "there is no such file or folder"),
    "below a file": ("/dev/null/text", "there is no such file or folder"),
    "circle of links": (_circle, "its links lead in a circle"),
    "link to nothing": (lambda path: path.symlink_to("nowhere"), "there is no such file or folder"),
    "name that is too long": ("x" * 256, "the name is too long"),
    "zero character": ("te\0xt", "it holds the character with number 0"),
    "no name": ("", "it holds no file"),
    "misspelt option": ("--hiden", "No option has this name"),
    "misspelt name": ("stdlibb", "there is no such file or folder"),
}


@pytest.mark.parametrize("name", PATHS)
def test_what_is_no_file_is_refused(name: str, run: Path, tmp_path: Path) -> None:
    """Whatever a path leads to that is no readable text, every command that takes a text refuses it and never waits."""
    made, mention = PATHS[name]
    text: str | Path = made if isinstance(made, str) else tmp_path / "text"
    if callable(made):
        made(tmp_path / "text")
    (tmp_path / "empty").mkdir()
    with contextlib.chdir(tmp_path / "empty"), nothing_left(tmp_path), nothing_left(run):
        for words in (
            *(("train", text, "-o", "out"), ("ngram", text, "-o", "out"), ("study", text, "-o", "out")),
            *(("corpus", text), ("eval", run, text), ("record", run, text)),
        ):
            check_refusal(call(*words), 2, mention)


@pytest.mark.parametrize(
    "name", ["-text", "te\nxt", "te\x1b[2Jxt", "\N{CAT FACE} \N{RIGHT-TO-LEFT OVERRIDE}txt", "é" * 127 + "x", " ", "@x"]
)
def test_odd_names_train(name: str, tmp_path: Path) -> None:
    """A name with a hyphen in front, controls, emoji or 255 bytes is read, and shown so that it cannot act."""
    (tmp_path / name).write_bytes(TEXT)
    with contextlib.chdir(tmp_path):
        printed = done("train", f"./{name}", "-o", "run", *TINY) + done("eval", "run") + done("corpus", f"./{name}")
        printed += done("ngram", f"./{name}", "-o", "ngram") + done("report", "ngram", "-o", "ngram.html")
        printed += done("eval", "run", f"./{name}") + done("record", "run", f"./{name}")
        assert printable(printed)
        assert json.loads(done("eval", "run", "--json"))["what"] == f"the test part of {name}"
        done("report", "run", "-o", "report.html")
        done("train", f"./{name}", "-o", f"./{name[:100]}.run", *TINY, "-q")


def test_a_name_that_is_no_text_is_refused(run: Path, tmp_path: Path) -> None:
    """A name that is not valid in the file system's encoding could not be noted down: it is refused, and shown."""
    name = os.fsdecode(b"te\xffxt")
    (tmp_path / name).write_bytes(TEXT)
    with contextlib.chdir(tmp_path), nothing_left(tmp_path):
        for words in (("train", name, "-o", "out", *TINY), ("corpus", name), ("eval", run, name)):
            check_refusal(call(*words), 2, "its name is not valid", "\\udcff")


@pytest.fixture
def closed(run: Path, tmp_path: Path) -> Iterator[Path]:
    """A folder that may not be written, with a text that may not be read, also where the superuser runs the tests."""
    folder = tmp_path / "closed"
    _folder(folder, text=TEXT)
    (folder / "text").chmod(0)
    folder.chmod(0o500)
    call("study", tmp_path / "absent", "-o", tmp_path / "out")  # imports everything while that is allowed
    superuser = os.geteuid() == 0
    if superuser:
        os.seteuid(65534)
    yield folder
    if superuser:
        os.seteuid(0)
    folder.chmod(0o700)


def test_no_permission(closed: Path) -> None:
    """What may not be read or written is a refusal of the machine, exit 3, with what to do; nothing is left."""
    out = closed / "a" / "b"
    for words in (
        ("train", closed / "text", "-o", out),
        ("ngram", closed / "text", "-o", out),
        ("study", closed / "text", "-o", out),
        ("corpus", closed / "text"),
    ):
        check_refusal(call(*words), 3, "cannot read the text", "permission denied", "Change its permissions")
    for words in (("train", "-", "-o", out, *TINY), ("ngram", "-", "-o", out, "-q"), ("study", "-", "-o", out)):
        check_refusal(call(*words, stdin=TEXT), 3, "EACCES", "may write to")


def test_standard_input(run: Path, tmp_path: Path) -> None:
    """Standard input trains and can be resumed, closed or empty it is refused, by every command that takes a text."""
    done("train", "-", "-o", tmp_path / "run", *TINY, stdin=TEXT)
    done("train", "-", "-o", tmp_path / "run", "--resume", "--epochs", "2", stdin=TEXT)
    done("report", tmp_path / "run", "-o", tmp_path / "report.html")
    same = [done("eval", tmp_path / "run", *words, stdin=TEXT) for words in (("-",), ("--part", "all"))]
    assert same[0] == same[1]
    for words in (
        *(("train", "-", "-o", tmp_path / "out"), ("study", "-", "-o", tmp_path / "out"), ("corpus", "-")),
        *(("eval", run, "-"), ("record", run, "-")),
    ):
        with nothing_left(tmp_path), nothing_left(run):
            check_refusal(call(*words, stdin=b""), 2, "standard input", "it is empty")
            check_refusal(call(*words, stdin=None), 2, "standard input", "it is closed")
