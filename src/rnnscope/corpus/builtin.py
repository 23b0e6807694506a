"""Texts known by name: stdlib, planted, warpeace, linux.

`stdlib` is the source of the Python standard library on this machine; `planted` is generated. `warpeace` and `linux`
are the two texts of Karpathy, Johnson and Fei-Fei (2015): found in the folder `RNNSCOPE_DATA`, in `../shared/data` or
in the cache, or downloaded when asked. A file under their name with other content is used as it is, and said so.
"""

from __future__ import annotations

import hashlib
import os
import platform
import re
import sysconfig
from dataclasses import dataclass
from itertools import accumulate, pairwise
from pathlib import Path
from typing import Any

from rnnscope.corpus import decode, disk, fetch, planted
from rnnscope.corpus.text import FileSpan, Kind, Text
from rnnscope.errors import InputError, MachineError

STDLIB_CHARACTERS = 4_000_000
PLANTED_SEED, PLANTED_LENGTH = 1, 1_000_000

_ADDRESS = "https://cs.stanford.edu/people/karpathy/char-rnn/"


@dataclass(frozen=True)
class Builtin:
    """What is known about a built-in text.

    Args:
        what: one sentence for help and reports.
        symbols: what it is read as unless asked otherwise.
        fractions: its usual shares of training, validation and test, in percent.
        sha256: of the known file; "" where the text is made here.
        url: its public address; "" where the text is made here.
    """

    what: str
    symbols: Kind = "characters"
    fractions: tuple[float, float, float] = (80.0, 10.0, 10.0)
    sha256: str = ""
    url: str = ""


BUILTIN = {
    "stdlib": Builtin("The source of this Python's standard library: 4,000,000 characters, no download."),
    "planted": Builtin("A generated text whose quotes, brackets, comments, lines and counts are known exactly."),
    "warpeace": Builtin(
        "Tolstoy, War and Peace, with byte-order mark and CRLF: the paper's text.",
        symbols="bytes",
        sha256="fb66ba999dafe24017cdd59e04c56d385a9c8466993d374fd4c6f08b2142985e",
        url=_ADDRESS + "warpeace_input.txt",
    ),
    "linux": Builtin(
        "C source of the Linux kernel in the length of the paper's text.",
        symbols="bytes",
        fractions=(90.0, 5.0, 5.0),
        sha256="4b0a51df5d758cc8dffeda8ca6f8c2d2dd972ac60dd7858eb71d88111b0fa677",
        url=_ADDRESS + "linux_input.txt",
    ),
}

# Folders that hold tests, other people's packages, compiled files, or generated code pages: the tables of
# encodings/ are a fifth of the first 4,000,000 characters, and being together they would fill the held-out parts.
_NOT_STDLIB = frozenset({"test", "tests", "idle_test", "site-packages", "dist-packages", "__pycache__", "encodings"})
# Modules that differ from machine to machine.
_LOCAL_MODULE = re.compile(r"(^|/)(config-[^/]*/.*|_sysconfigdata[^/]*)$")


def usual(source: str) -> dict[str, Any]:
    """Settings of the corpus with which a built-in text is read and cut unless others are asked for."""
    known = BUILTIN.get(source)
    return {} if known is None else {"symbols": known.symbols, "fractions": known.fractions}


def load(name: str, symbols: Kind | None = None, *, download: bool = False) -> Text:
    """Read a built-in text.

    Args:
        name: a key of `BUILTIN`.
        symbols: what one symbol is; None for what the text is usually read as.
        download: fetch warpeace or linux where they are not on this machine.

    Raises:
        InputError: the text is not on this machine and no download was asked.
        MachineError: the download failed, or this Python has no source of its library.
    """
    kind = symbols or BUILTIN[name].symbols
    if name == "stdlib":
        return _stdlib(kind)
    if name == "planted":
        string = planted.planted(PLANTED_SEED, PLANTED_LENGTH).text
        return _text(name, kind, string.encode("ascii"), (), ())
    path, notes = _find(name) or (None, ())
    if path is None and not download:
        raise InputError(
            tried=f"read the built-in text {name}",
            given=f"no {name}.txt in RNNSCOPE_DATA, ../shared/data or {fetch.cache_folder()}",
            why="it is not part of the package",
            todo=f"Add --download to fetch it from {BUILTIN[name].url}, or put the file into a folder RNNSCOPE_DATA.",
        )
    if path is None:
        path, notes = fetch.download(name, BUILTIN[name].url, BUILTIN[name].sha256)
    data = disk.read_file(path)
    if hashlib.sha256(data).hexdigest() != BUILTIN[name].sha256 and not notes:
        notes = (f"{path} is not the known text of this name (its SHA-256 differs); it is used as it is.",)
    return _text(name, kind, data, source_files(data) if name == "linux" else (), notes)


def source_files(data: bytes) -> tuple[tuple[str, int], ...]:
    """Find where files of kernel source begin: at lines with an SPDX licence identifier.

    Args:
        data: concatenated C sources, each opening with its licence line.

    Returns:
        (name, byte offset) of each file, the first at 0; names are numbers, since the text does not hold them.
    """
    found = [match.start() for match in re.finditer(rb"^(?://|/\*|#) ?SPDX-License-Identifier:", data, re.MULTILINE)]
    starts = found if found and found[0] == 0 else [0, *found]
    return tuple((f"file {number}", start) for number, start in enumerate(starts, 1))


def _find(name: str) -> tuple[Path, tuple[str, ...]] | None:
    folders = [Path(folder) for folder in (os.environ.get("RNNSCOPE_DATA"), "../shared/data") if folder]
    for folder in folders:
        if (path := folder / f"{name}.txt").is_file():
            return path, ()
    return fetch.cached(name)


def _stdlib(kind: Kind) -> Text:
    folder = Path(sysconfig.get_path("stdlib"))
    # `walk` has sorted them by path.
    names = [
        name
        for path in (disk.walk(folder, _NOT_STDLIB)[0] if folder.is_dir() else [])
        if path.suffix == ".py" and not _LOCAL_MODULE.search(name := path.relative_to(folder).as_posix())
    ]
    pieces: list[bytes] = []
    starts: list[tuple[str, int]] = []
    characters = byte_count = undecodable = 0
    for name in names:
        try:
            string = disk.read_file(folder / name).decode("utf-8")
        except UnicodeDecodeError:
            undecodable += 1
            continue
        string = string[: STDLIB_CHARACTERS - characters]
        if string:
            starts.append((name, byte_count))
            pieces.append(string.encode("utf-8"))
            characters += len(string)
            byte_count += len(pieces[-1])
        if characters == STDLIB_CHARACTERS:
            break
    if not pieces:
        raise MachineError(
            tried="read the built-in text stdlib",
            given=repr(str(folder)),
            why="this Python has no source files of its standard library",
            todo="Give a text of your own, or use the built-in text planted.",
        )
    note = f"Standard library of Python {platform.python_version()}: {len(starts)} files, tests and code pages left out"
    note += f", {undecodable} undecodable." if undecodable else "."
    return _text("stdlib", kind, b"".join(pieces), tuple(starts), (note,))


def _text(name: str, kind: Kind, data: bytes, starts: tuple[tuple[str, int], ...], notes: tuple[str, ...]) -> Text:
    """Make a text of bytes in UTF-8 and the byte offsets at which its files begin."""
    encoding = "" if kind == "bytes" else "utf-8"
    codes = decode.codes(data, kind, encoding, f"the built-in text {name}")
    offsets = [start for _, start in starts] + [len(data)]
    if kind == "characters" and len(codes) != len(data):
        # Files begin at whole characters, so their lengths in characters can be counted one by one.
        lengths = [len(data[low:high].decode("utf-8")) for low, high in pairwise(offsets)]
        offsets = [0, *accumulate(lengths)]
    files = tuple(
        FileSpan(file, low, high)
        for (file, _), (low, high) in zip(starts, pairwise(offsets), strict=False)
        if high > low
    )
    return Text(
        name=name,
        source=name,
        kind=kind,
        encoding=encoding,
        codes_N=codes,
        sha256=hashlib.sha256(data).hexdigest(),
        byte_count=len(data),
        files=files,
        notes=notes,
    )
