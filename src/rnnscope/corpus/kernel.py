"""Build the text `linux` from a kernel source tree or tarball, with a manifest that says how.

All `kernel/**/*.{c,h}`, sorted by path, shuffled with a fixed seed, bytes outside ASCII dropped, joined and cut to the
length of the paper's text (6,206,996). A tarball is read in memory and nothing is unpacked.
"""

from __future__ import annotations

import hashlib
import json
import lzma
import random
import re
import stat
import tarfile
import zlib
from pathlib import Path
from typing import Any

from rnnscope.corpus import disk, fetch
from rnnscope.errors import InputError, RnnscopeError
from rnnscope.units import bytes_text

LENGTH = 6_206_996
SEED = 2015

# The whole of kernel/ is about 12 MB; more than this is not a kernel.
_LARGEST_BYTES = 256 * 1024 * 1024
_WANTED = re.compile(r"kernel/(?:.*/)?[^/]*\.[ch]|Makefile")
_NOT_ASCII = bytes(range(0x80, 0x100))


def linux_source(source: Path, out: Path, length: int = LENGTH) -> dict[str, Any]:
    """Write a kernel text and, beside it, its manifest (`out` with the ending .json).

    Args:
        source: the root of a kernel tree, or a tarball of one (.tar, .tar.gz, .tar.bz2, .tar.xz).
        out: the text file to write.
        length: bytes to cut it to.

    Returns:
        The manifest: format, kind, version, source, selection, order, ascii_dropped_bytes, pool_bytes, cut,
        sha256, and files as a list of name, start and stop.

    Raises:
        InputError: the source holds no kernel files or is not a readable tarball, or `out` or the manifest's name is
            taken.
        MachineError: the source may not be read or `out` may not be written.
    """
    manifest_path = out.with_suffix(".json")
    if out == manifest_path:
        raise InputError(
            tried="build a kernel text",
            given=repr(str(out)),
            why="the manifest beside the text would have the same name",
            todo="Choose a name with another ending, such as .txt.",
        )
    for path in (out, manifest_path):
        if path.exists() or path == source:
            raise InputError(
                tried="build a kernel text",
                given=repr(str(path)),
                why="there is a file of this name already",
                todo="Choose another name, ending in .txt, or remove it.",
            )
    in_folder = stat.S_ISDIR(disk.status(source).st_mode)
    found = _from_folder(source) if in_folder else _from_tarball(source)
    version = _version(found.pop("Makefile", b""))
    if not found:
        raise _no_kernel(source, "it holds no kernel/**/*.c or *.h")
    order = sorted(found)
    random.Random(SEED).shuffle(order)
    kept = {name: found[name].translate(None, _NOT_ASCII) for name in order}
    pool = b"".join(kept.values())
    data = pool[:length]
    files, start = [], 0
    for name, content in kept.items():
        stop = min(start + len(content), length)
        if stop > start:
            files.append({"name": name, "start": start, "stop": stop})
        start = stop
    manifest = {
        "format": 1,
        "kind": "linux-source",
        "version": version,
        "source": source.name,
        "selection": "kernel/**/*.{c,h}",
        "order": f"sorted paths, then random.Random({SEED}).shuffle",
        "ascii_dropped_bytes": sum(map(len, found.values())) - len(pool),
        "pool_bytes": len(pool),
        "cut": len(data),
        "sha256": hashlib.sha256(data).hexdigest(),
        "files": files,
    }
    fetch.keep(out, data)
    fetch.keep(manifest_path, (json.dumps(manifest, indent=1) + "\n").encode())
    return manifest


def _from_folder(folder: Path) -> dict[str, bytes]:
    paths = disk.walk(folder / "kernel")[0] if (folder / "kernel").is_dir() else []
    if (folder / "Makefile").is_file():
        paths.append(folder / "Makefile")
    names = {path.relative_to(folder).as_posix(): path for path in paths}
    return {name: disk.read_file(path) for name, path in names.items() if _WANTED.fullmatch(name)}


def _from_tarball(source: Path) -> dict[str, bytes]:
    disk.refuse_special(source, disk.status(source))
    found: dict[str, bytes] = {}
    total = 0
    try:
        with tarfile.open(source, "r:*") as archive:
            for member in archive:
                # The first folder is the kernel's own, such as linux-6.1/.
                name = member.name.removeprefix("./").partition("/")[2]
                if not (member.isreg() and _WANTED.fullmatch(name)):
                    continue
                total += member.size
                if total > _LARGEST_BYTES:
                    raise _no_kernel(source, f"its kernel/ holds more than {bytes_text(_LARGEST_BYTES)}")
                content = archive.extractfile(member)
                assert content is not None
                found[name] = content.read()
    except RnnscopeError:
        raise
    except PermissionError as error:
        raise disk.explain(error, source) from None
    except (tarfile.TarError, lzma.LZMAError, zlib.error, EOFError, OSError) as error:
        raise _no_kernel(source, f"it is not a whole tarball: {error}") from None
    return found


def _version(makefile: bytes) -> str:
    numbers = [re.search(rb"(?m)^%s *= *(\d+)" % key, makefile) for key in (b"VERSION", b"PATCHLEVEL", b"SUBLEVEL")]
    return ".".join(match.group(1).decode() for match in numbers if match) or "unknown"


def _no_kernel(source: Path, why: str) -> InputError:
    return InputError(
        tried="build a kernel text",
        given=repr(str(source)),
        why=why,
        todo="Give the root of a Linux source tree, or its tarball (Debian: package linux-source).",
    )
