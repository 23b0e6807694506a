"""Compiles the library's own sources a second time, whole or with one planted fault, and lets tests use the result."""

from __future__ import annotations

import functools
import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import pytest

from rnnscope.native import loading, network

from .stacks import Precision

PACKAGE = Path(network.__file__).parent.parent

FLAGS = ["-std=c++20", "-O1", "-fPIC", "-fvisibility=hidden", "-fno-strict-aliasing", "-w"]
BFLOAT16 = ["-mavx512f", "-mavx512bw", "-mavx512dq", "-mavx512vl", "-mfma", "-mavx512bf16"]
PATH_FLAGS: dict[network.Path, list[str]] = {"portable": [], "avx512bf16": BFLOAT16}
"""Paths that are compiled; all others would take longer and show no more, so they are left empty."""


MISSING = "native/missing.cpp"
"""Made by the workshop: what stands for the paths that it leaves out."""


class Fault(NamedTuple):
    """One wrong piece of source.

    Args:
        source: the file, below the package.
        old: what stands there exactly once.
        new: what is planted in its place.
        name: the stack whose proofs must fail.
        precision: in which they must.
    """

    source: str
    old: str
    new: str
    name: str = "lstm"
    precision: Precision = "float32"

    def __str__(self) -> str:
        return f"{self.source}: {self.new or 'nothing'}"

    @property
    def path(self) -> network.Path:
        """The path whose kernels get it."""
        return "portable" if self.precision == "float32" else "avx512bf16"


class Unit(NamedTuple):
    """One compilation: a source, below the package, for one path or for all."""

    source: str
    path: network.Path | None


@dataclass
class Workshop:
    """A copy of the sources, and the objects made from it so far.

    Args:
        folder: where everything is put.
        compiler: a C++ compiler.
        paths: which paths the libraries shall have.
    """

    folder: Path
    compiler: str
    paths: tuple[network.Path, ...]
    objects: dict[Unit, Path] = field(default_factory=dict)
    verdicts: dict[tuple[str, str], bool] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for source in sources():
            (self.folder / source).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(PACKAGE / source, self.folder / source)
        missing = ", ".join(f"kernels_{path}{{}}" for path in network.PATHS if path not in self.paths)
        (self.folder / MISSING).write_text(f'#include "kernels.h"\nnamespace rnnscope {{ const Kernels {missing}; }}\n')
        self.objects = {unit: self._compile(unit, "sound") for unit in units(self.paths)}
        self.sound = self.build()

    def passes(self, name: str, precision: str, prove: Callable[[], bool]) -> bool:
        """Whether the sound library passes for a stack, asked once."""
        if (name, precision) not in self.verdicts:
            self.verdicts[name, precision] = prove()
        return self.verdicts[name, precision]

    def build(self, fault: Fault | None = None) -> Path:
        """A folder with the library, as it is or with a fault planted.

        Raises:
            AssertionError: the fault does not fit the source, or does not compile.
        """
        objects = dict(self.objects)
        out = self.folder / "libraries" / str(len(list((self.folder / "libraries").glob("*"))))
        out.mkdir(parents=True)
        if fault:
            sound, changed = (self.folder / fault.source).read_text("utf-8"), planted(fault, self.folder)
            assert changed, f"{fault.source} does not have exactly once {fault.old!r}"
            (self.folder / fault.source).write_text(changed, "utf-8")
            for unit in objects:
                if unit.path in (None, fault.path) and fault.source in read_by(unit.source):
                    objects[unit] = self._compile(unit, f"faulty-{out.name}")
            (self.folder / fault.source).write_text(sound, "utf-8")
        self._run("-shared", "-pthread", "-o", out / "rnnscope_native.so", *objects.values())
        return out

    def _compile(self, unit: Unit, kind: str) -> Path:
        out = self.folder / f"{unit.source.replace('/', '-')}-{unit.path}-{kind}.o"
        of_path = [*PATH_FLAGS[unit.path], f"-DRNNSCOPE_PATH={unit.path}"] if unit.path else []
        have = ["-DRNNSCOPE_X86_PATHS"] if len(self.paths) > 1 else []
        self._run(*FLAGS, *of_path, *have, "-I", self.folder / "native", "-c", self.folder / unit.source, "-o", out)
        return out

    def _run(self, *words: str | Path) -> None:
        done = subprocess.run([self.compiler, *map(str, words)], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr


def planted(fault: Fault, folder: Path = PACKAGE) -> str | None:
    """The source with the fault; None if its place is not there, or not only once."""
    sound = (folder / fault.source).read_text("utf-8")
    return sound.replace(fault.old, fault.new) if sound.count(fault.old) == 1 else None


def sources() -> list[str]:
    """Every C++ file of the package."""
    found = [path for kind in ("h", "cpp") for path in PACKAGE.rglob(f"*.{kind}")]
    return sorted(path.relative_to(PACKAGE).as_posix() for path in found)


def units(paths: tuple[network.Path, ...]) -> list[Unit]:
    """What is compiled: cells and path.cpp once for each path, the rest once."""
    found = [Unit(MISSING, None)]
    for source in sources():
        if source.endswith(".cpp"):
            of_path = source.startswith("cells/") or source == "native/path.cpp"
            found += [Unit(source, path) for path in (paths if of_path else (None,))]
    return found


@functools.cache
def read_by(source: str) -> frozenset[str]:
    """The file and all that it includes from the package, at any depth."""
    if source == MISSING:
        return frozenset({source})
    names = re.findall(r'^#include "(\w+\.h)"', (PACKAGE / source).read_text("utf-8"), re.MULTILINE)
    beside = [f"{source.rpartition('/')[0]}/{name}" for name in names]
    found = [near if (PACKAGE / near).is_file() else f"native/{near.rpartition('/')[2]}" for near in beside]
    return frozenset({source}.union(*map(read_by, found)))


def workshop(folder: Path, faults: Iterable[Fault]) -> Workshop:
    """A workshop for the paths of these faults, as far as they run here; skips without a compiler."""
    compiler = next(filter(None, map(shutil.which, (os.environ.get("CXX", ""), "c++", "g++", "clang++"))), None)
    if compiler is None:
        pytest.skip("needs a C++ compiler")
    if not network.paths():
        pytest.skip("no compiled library")
    wanted = {fault.path for fault in faults}
    return Workshop(folder, compiler, tuple(path for path in PATH_FLAGS if path in wanted & {*network.paths()}))


@contextmanager
def using(folder: Path) -> Iterator[None]:
    """Inside, networks are made by the library of a folder."""
    library, reason = loading._attempt(True, folder)
    assert library is not None, reason
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(network, "load", lambda: library)
        yield
