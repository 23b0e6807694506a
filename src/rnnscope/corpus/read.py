"""Read any text: a file, a folder, standard input or a built-in name.

Bytes are decoded strictly and nothing is rewritten: newlines, byte-order marks and unnormalised characters stay. A
folder is all its ordinary, visible files in sorted order of their paths, one directly after another, with the
boundaries kept; files that are empty or do not decode are left out and counted.
"""

from __future__ import annotations

import hashlib
import os
import stat
import sys
from pathlib import Path
from typing import BinaryIO

import numpy as np

from rnnscope.corpus import builtin, decode, disk
from rnnscope.corpus.text import FileSpan, Kind, Text
from rnnscope.errors import InputError, MachineError


def load(
    source: str | Path,
    *,
    symbols: Kind | None = None,
    encoding: str = "utf-8",
    stdin: BinaryIO | None = None,
    download: bool = False,
) -> Text:
    """Read a text.

    Args:
        source: a file, a folder, `-` for standard input, or a built-in name (`builtin.BUILTIN`). A string that is a
            built-in name always means the built-in text; `./stdlib` or a `Path` means the file.
        symbols: what one symbol is; None for what the text is usually read as (bytes for warpeace and linux).
        encoding: how to decode characters; has no effect on bytes. Built-in texts are in UTF-8.
        stdin: where `-` reads from; None for the process's standard input.
        download: fetch warpeace or linux from their public address where they are not on this machine.

    Raises:
        InputError: nothing readable is there, it is empty, it does not decode, or a built-in text was asked for in
            another encoding.
        MachineError: the machine does not let us read it.
    """
    if isinstance(source, str) and source in builtin.BUILTIN:
        if decode.check_encoding(encoding) != "utf-8":
            raise InputError(
                tried="read the text",
                given=f"{source} --encoding {encoding}",
                why="built-in texts are read as UTF-8 or as bytes",
                todo="Leave --encoding out; a file of your own under this name is given by its path.",
            )
        return builtin.load(source, symbols, download=download)
    kind: Kind = symbols or "characters"
    encoding = "" if kind == "bytes" else decode.check_encoding(encoding)
    if source == "-":
        data = standard_input(stdin)
        return _text("standard input", "-", data, kind, encoding, raw=data)
    path = Path(source)
    try:
        str(path).encode("utf-8")
    except UnicodeEncodeError:
        raise InputError(
            tried="read the text",
            given=repr(str(path)),
            why="its name is not valid in the file system's encoding, so that a run could not note it down",
            todo="Rename it, or feed it in: rnnscope COMMAND - < FILE.",
        ) from None
    if stat.S_ISDIR(disk.status(path).st_mode):
        return _folder(path, kind, encoding)
    return _text(path.name, str(path.resolve()), disk.read_file(path), kind, encoding)


def _text(name: str, source: str, data: bytes, kind: Kind, encoding: str, raw: bytes | None = None) -> Text:
    shown = name if source == "-" else repr(source)
    if not data:
        raise InputError(
            tried="read the text",
            given=shown,
            why="it is empty",
            todo="Give a text with some symbols in it; 20 KB is enough to see something learned.",
        )
    warning = decode.odd_looking(data, encoding) if kind == "characters" else ""
    return Text(
        name=name,
        source=source,
        kind=kind,
        encoding=encoding,
        codes_N=decode.codes(data, kind, encoding, f"{shown}, {len(data):,} bytes"),
        sha256=hashlib.sha256(data).hexdigest(),
        byte_count=len(data),
        notes=(warning,) if warning else (),
        raw=raw,
    )


def _folder(folder: Path, kind: Kind, encoding: str) -> Text:
    paths, skipped = disk.walk(folder)
    pieces, spans, digest, byte_count, length = [], [], hashlib.sha256(), 0, 0
    for path in paths:
        data = disk.read_file(path)
        name = path.relative_to(folder).as_posix().encode("utf-8", "backslashreplace").decode()
        try:
            found = decode.codes(data, kind, encoding, name)
        except InputError:
            skipped["undecodable"] = skipped.get("undecodable", 0) + 1
            continue
        if not len(found):
            skipped["empty"] = skipped.get("empty", 0) + 1
            continue
        pieces.append(found)
        spans.append(FileSpan(name, length, length + len(found)))
        digest.update(data)
        byte_count += len(data)
        length += len(found)
    left_out = ", ".join(f"{number} {why}" for why, number in skipped.items())
    if not pieces:
        raise InputError(
            tried="read the texts in a folder",
            given=repr(str(folder.resolve())),
            why="it holds no file with symbols in it" + (f" (left out: {left_out})" if left_out else ""),
            todo="Give a folder with text files; --encoding names another encoding, --symbols bytes reads any file.",
        )
    joined = np.concatenate(pieces)
    joined.flags.writeable = False
    return Text(
        name=folder.resolve().name or "/",
        source=str(folder.resolve()),
        kind=kind,
        encoding=encoding,
        codes_N=joined,
        sha256=digest.hexdigest(),
        byte_count=byte_count,
        files=tuple(spans),
        notes=(f"Files read: {len(spans)}; left out: {left_out}.",) if left_out else (),
    )


def standard_input(stdin: BinaryIO | None) -> bytes:
    """Read all of a stream; None is the process's standard input.

    Raises:
        InputError: it is closed, or a device that may never end.
        MachineError: it cannot be read, or does not fit in memory.
    """
    stream = stdin if stdin is not None else getattr(sys.stdin, "buffer", None)
    if stream is None or stream.closed:
        raise InputError(
            tried="read the text",
            given="standard input",
            why="it is closed",
            todo="Give a file, or pipe a text in: rnnscope COMMAND - < FILE.",
        )
    if _is_endless(stream):
        raise InputError(
            tried="read the text",
            given="standard input",
            why="it is a device, which may never end",
            todo="Give a file, or pipe a text in: rnnscope COMMAND - < FILE.",
        )
    try:
        return stream.read()
    except OSError as error:
        raise disk.explain(error, Path("-")) from None
    except MemoryError:
        raise MachineError(
            tried="read the text",
            given="standard input",
            why="it does not fit in memory",
            todo="Use a part of the text, or a machine with more memory.",
        ) from None


def _is_endless(stream: BinaryIO) -> bool:
    """Tell a device such as /dev/zero, but neither a terminal nor the empty device, from what ends."""
    try:
        found = os.fstat(stream.fileno())
    except (OSError, ValueError):
        return False
    empty = os.path.exists(os.devnull) and os.path.samestat(found, os.stat(os.devnull))
    return stat.S_ISCHR(found.st_mode) and not stream.isatty() and not empty
