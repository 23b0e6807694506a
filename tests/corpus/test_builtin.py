"""Texts known by name."""

from __future__ import annotations

import hashlib
import io
import sysconfig
import urllib.error
import urllib.request
from pathlib import Path

import numpy as np
import pytest

from rnnscope.config import CorpusConfig
from rnnscope.corpus import builtin, fetch
from rnnscope.corpus.read import load
from rnnscope.corpus.split import make
from rnnscope.errors import DamagedArtifact, InputError, MachineError


@pytest.fixture(autouse=True)
def _own_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No text is found by chance: an empty working folder and an empty cache."""
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def serve(monkeypatch: pytest.MonkeyPatch, answer: bytes | Exception) -> list[str]:
    """Answer downloads with bytes or an error; returns the addresses that were asked."""
    asked: list[str] = []

    def urlopen(url: str, timeout: float) -> io.BytesIO:
        asked.append(url)
        assert timeout > 0
        if isinstance(answer, Exception):
            raise answer
        return io.BytesIO(answer)

    monkeypatch.setattr(urllib.request, "urlopen", urlopen)
    return asked


@pytest.mark.golden
def test_stdlib_is_four_million_characters_of_source() -> None:
    """The standard library gives exactly 4,000,000 characters of whole files in order, the last one cut."""
    text = load("stdlib")
    assert len(text) == 4_000_000
    assert (text.name, text.source, text.kind) == ("stdlib", "stdlib", "characters")
    names = [span.name for span in text.files]
    assert names == sorted(names)
    assert (text.files[0].start, text.files[-1].stop) == (0, 4_000_000)
    assert not any(
        part in ("test", "tests", "site-packages", "encodings") for name in names for part in name.split("/")
    )
    folder = Path(sysconfig.get_path("stdlib"))
    for span in (text.files[0], text.files[100], text.files[-2]):
        assert text.slice(span.start, span.stop) == (folder / span.name).read_bytes().decode("utf-8")
    assert make(len(text), CorpusConfig(text="stdlib", split="files"), text.files).size("test") > 300_000


@pytest.mark.law
def test_stdlib_is_the_same_each_time_and_as_bytes() -> None:
    """Two readings agree, and as bytes it is the same text with its boundaries at the same places."""
    first, again, as_bytes = load("stdlib"), load("stdlib"), load("stdlib", symbols="bytes")
    assert np.array_equal(first.codes_N, again.codes_N)
    assert first.sha256 == again.sha256 == as_bytes.sha256 == hashlib.sha256(as_bytes.codes_N.tobytes()).hexdigest()
    assert as_bytes.codes_N.tobytes().decode() == first.slice(0, len(first))
    for span, in_bytes in zip(first.files, as_bytes.files, strict=True):
        assert as_bytes.slice(in_bytes.start, in_bytes.stop) == first.slice(span.start, span.stop)


@pytest.mark.planted
def test_stdlib_leaves_out_what_it_should(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a small library tests, packages, hidden, compiled, local, empty and undecodable files are left out."""
    library = tmp_path / "library"
    for name, data in {
        "a.py": "# é\n",
        "b/c.py": "c = 1\n",
        "b/tests/test_c.py": "no",
        "test/d.py": "no",
        "site-packages/e.py": "no",
        "b/__pycache__/f.py": "no",
        "_sysconfigdata__linux.py": "no",
        "config-3.11/g.py": "no",
        "encodings/cp1251.py": "no",
        "empty.py": "",
        "h.txt": "no",
        ".i.py": "no",
    }.items():
        (library / name).parent.mkdir(parents=True, exist_ok=True)
        (library / name).write_text(data, "utf-8")
    (library / "latin.py").write_bytes(b"# -*- coding: latin-1 -*- \xe9\n")
    monkeypatch.setattr(sysconfig, "get_path", lambda _: str(library))
    text = load("stdlib")
    assert text.slice(0, len(text)) == "# é\nc = 1\n"
    assert [(span.name, span.start, span.stop) for span in text.files] == [("a.py", 0, 4), ("b/c.py", 4, 10)]
    assert "1 undecodable" in text.notes[0]
    monkeypatch.setattr(builtin, "STDLIB_CHARACTERS", 3)
    assert load("stdlib").slice(0, 9) == "# é"


@pytest.mark.planted
def test_python_without_source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the library has no source files, that is said, with another text to use."""
    monkeypatch.setattr(sysconfig, "get_path", lambda _: str(tmp_path / "python311.zip"))
    with pytest.raises(MachineError, match="no source files"):
        load("stdlib")


@pytest.mark.golden
def test_a_text_that_is_not_here() -> None:
    """Without a download a missing text is refused, naming the places searched, the option and the address."""
    with pytest.raises(InputError) as error:
        load("warpeace")
    assert "RNNSCOPE_DATA, ../shared/data" in error.value.given
    assert "--download" in error.value.todo
    assert "https://cs.stanford.edu/people/karpathy/char-rnn/warpeace_input.txt" in error.value.todo


@pytest.mark.golden
@pytest.mark.parametrize("place", ["RNNSCOPE_DATA", "../shared/data", "cache"])
def test_places_where_texts_are_looked_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str) -> None:
    """A file under the known name is found in each place and read as bytes, saying that it is another text."""
    folder = {"RNNSCOPE_DATA": tmp_path / "data", "../shared/data": tmp_path / "shared" / "data"}.get(
        place, fetch.cache_folder()
    )
    folder.mkdir(parents=True)
    (folder / "warpeace.txt").write_bytes(b"\xef\xbb\xbfWar\r\n")
    monkeypatch.setenv("RNNSCOPE_DATA", str(tmp_path / "data"))
    text = load("warpeace")
    assert (text.kind, text.codes_N.tobytes(), text.source) == ("bytes", b"\xef\xbb\xbfWar\r\n", "warpeace")
    assert "is not the known text" in text.notes[0]
    assert load("warpeace", symbols="characters").codes_N[0] == 0xFEFF


@pytest.mark.planted
def test_download_of_the_known_text(monkeypatch: pytest.MonkeyPatch) -> None:
    """A downloaded file with the known hash is kept under its plain name and found there the next time."""
    data = b"the known text"
    known = builtin.Builtin("Known.", "bytes", sha256=hashlib.sha256(data).hexdigest(), url="https://example.org/k.txt")
    monkeypatch.setitem(builtin.BUILTIN, "warpeace", known)
    asked = serve(monkeypatch, data)
    assert load("warpeace", download=True).notes == ()
    assert asked == ["https://example.org/k.txt"]
    assert [path.name for path in fetch.cache_folder().iterdir()] == ["warpeace.txt"]
    assert load("warpeace").codes_N.tobytes() == data
    load("warpeace", download=True)
    assert len(asked) == 1


@pytest.mark.planted
def test_download_of_another_text(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another file is kept under its own hash and reported, then and later; once it is damaged it is refused."""
    serve(monkeypatch, b"something else")
    digest = hashlib.sha256(b"something else").hexdigest()
    first = load("linux", download=True)
    again = load("linux")
    assert [path.name for path in fetch.cache_folder().iterdir()] == [f"linux-{digest[:16]}.txt"]
    assert first.notes == again.notes
    assert digest in first.notes[0]
    next(fetch.cache_folder().iterdir()).write_bytes(b"something worse")
    with pytest.raises(DamagedArtifact, match="Delete it"):
        load("linux")


@pytest.mark.planted
@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (urllib.error.URLError("no route"), "no route"),
        (TimeoutError("timed out"), "timed out"),
        (b"", "it sent nothing"),
        (bytes(101), "more than 100 bytes"),
    ],
)
def test_downloads_that_fail(monkeypatch: pytest.MonkeyPatch, answer: bytes | Exception, why: str) -> None:
    """No connection, an empty answer and an endless one end in one message with exit code 3, and nothing is kept."""
    monkeypatch.setattr(fetch, "LARGEST_BYTES", 100)
    serve(monkeypatch, answer)
    with pytest.raises(MachineError, match=why) as error:
        load("warpeace", download=True)
    assert "RNNSCOPE_DATA" in error.value.todo
    assert not fetch.cache_folder().exists()


@pytest.mark.planted
@pytest.mark.parametrize("call", ["os.fsync", "os.replace"])
def test_a_full_disk_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str) -> None:
    """Where writing fails, the message says why and neither the file nor a draft is left."""

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(call, full)
    with pytest.raises(MachineError, match="No space left"):
        fetch.keep(tmp_path / "folder" / "text.txt", b"abc")
    assert list((tmp_path / "folder").iterdir()) == []


@pytest.mark.golden
def test_files_of_kernel_source() -> None:
    """Files begin at licence lines of both comment styles; a beginning without one is a file of its own."""
    one = b"// SPDX-License-Identifier: GPL-2.0\nint a;\n"
    two = b"/* SPDX-License-Identifier: MIT */\n/* see // SPDX-License-Identifier: x */\n"
    assert builtin.source_files(one + two) == (("file 1", 0), ("file 2", len(one)))
    assert builtin.source_files(b"int b;\n" + two) == (("file 1", 0), ("file 2", 7))
    assert builtin.source_files(b"int b;\n") == (("file 1", 0),)


@pytest.mark.golden
@pytest.mark.parametrize("name", ["warpeace", "linux"])
def test_the_known_texts(name: str, full_text_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The full texts have the lengths and alphabets they are known by, and Linux 248 files with a licence line."""
    monkeypatch.setenv("RNNSCOPE_DATA", str(full_text_folder))
    text = load(name)
    assert text.notes == ()
    facts = (len(text), len(np.unique(text.codes_N)), len(text.files))
    assert facts == {"warpeace": (3_258_246, 87, 0), "linux": (6_206_996, 97, 248)}[name]
