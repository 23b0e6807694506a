#!/usr/bin/env python3
"""Everything a developer does, behind one door: `python3 dev.py VERB [arguments]`.

    study [options]    read a text, train, write a report (rnnscope study; its default folder here is runs/study)
    test [arguments]   all checks and tests; with arguments, pytest alone with them
    lint               style, formatting and the direction of imports
    types              mypy
    campaign [args]    the long tests: kills, bit flips, fuzzing
    bench [NAME ...]   run benchmarks/NAME.py; without a name, list them
    networks [options] train the networks of results/networks.toml, or of another --plan; keep them small beside it
    docs               write docs/cli.md from the commands
    web                build the page bundle and run its own tests (needs node)
    setup              only make .venv with everything the other verbs need
    clean              remove .venv, caches and everything built; runs are kept

The first call makes .venv beside this file, which takes a minute or two; later calls start at once. Only Python >= 3.11
and pip are needed: a C++ compiler is used when there is one, and no activation is necessary. Standard library only.

RNNSCOPE_TORCH=cpu|cuda|skip chooses the build of torch (skip: whatever pip prefers); by default the CUDA build where
nvidia-smi answers and the CPU build elsewhere. pip's own settings (PIP_INDEX_URL, PIP_FIND_LINKS, ...) are respected.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import sysconfig
import time
from pathlib import Path
from typing import NoReturn

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
PYTHON = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
LOG = VENV / "set-up.log"
NATIVE = ROOT / "src" / "rnnscope" / "native"

# What an editable installation leaves beside the sources of the compiled library.
NATIVE_LITTER = ("rnnscope_native.*", "CMake[!L]*", "*.cmake", "*.ninja*", "Makefile", ".skbuild*")

NPM_CI = ("--prefix", "web", "ci", "--no-audit", "--no-fund")
WORKERS = "2"  # test processes

PROGRAMS = {  # verbs that are one program, run with everything installed
    "campaign": ("-m", "pytest", "-n", WORKERS, "-m", "slow"),
    "docs": ("docs/generate.py",),
    "networks": ("benchmarks/_networks.py",),
}
STARTED = time.monotonic()


def main(arguments: list[str]) -> int:
    """Run one verb and return the exit code."""
    if sys.version_info < (3, 11):  # noqa: UP036, the Python that is met here is not chosen by any package manager
        return fail(f"rnnscope needs Python 3.11 or newer, this is {sys.version.split()[0]}: run python3.11 dev.py")
    verb, rest = (arguments[0], arguments[1:]) if arguments else ("help", [])
    os.chdir(ROOT)
    if verb in ("help", "-h", "--help"):
        print(__doc__)
        return 0
    if verb == "study":
        set_up("core")
        named = any(word == "--out" or word.startswith("--out=") or word[:2] == "-o" for word in rest)
        become("-m", "rnnscope", "study", *rest, *([] if named else ["-o", "runs/study"]))
    if verb == "test":
        set_up("test")
        tools_for_ci()
        if rest:
            become("-m", "pytest", *rest)
        # pytest comes last, so that the last line printed is its summary.
        return worst(lint(), call(PYTHON, "-m", "mypy"), call(PYTHON, "-m", "pytest", "-n", WORKERS))
    if verb in PROGRAMS:
        set_up("test")
        become(*PROGRAMS[verb], *rest)
    if verb == "bench":
        return bench(rest)
    if verb in ("lint", "types", "setup") and not rest:
        set_up("test")
        return lint() if verb == "lint" else call(PYTHON, "-m", "mypy") if verb == "types" else 0
    if verb in ("web", "clean") and not rest:
        return web() if verb == "web" else clean()
    return fail(f"no such verb or argument: {' '.join(arguments)!r}. python3 dev.py help lists the verbs")


def lint() -> int:
    """Style, formatting, direction of imports."""
    style = call(PYTHON, "-m", "ruff", "check", ".")
    layout = call(PYTHON, "-m", "ruff", "format", "--check", ".")
    layers = call(PYTHON, "-c", "from importlinter.cli import lint_imports_command as run; run()", "--no-logo")
    return worst(style, layout, layers)


def bench(arguments: list[str]) -> int:
    """Run one benchmark by name, or list them."""
    names = sorted(path.stem for path in (ROOT / "benchmarks").glob("[!_]*.py"))
    if not arguments:
        print("\n".join(names))
        return 0
    if arguments[0] not in names:
        return fail(f"no benchmark {arguments[0]!r}; there are: {', '.join(names) or 'none'}")
    set_up("test")
    become(f"benchmarks/{arguments[0]}.py", *arguments[1:])


def web() -> int:
    """Build the page bundle from web/ and run its tests."""
    npm = shutil.which("npm")
    if npm is None:
        return fail("npm was not found; install Node.js 20.19 or newer. The built bundle is part of the repository")
    commands = (NPM_CI, ("--prefix", "web", "run", "build"), ("--prefix", "web", "test"))
    return next(filter(None, (call(npm, *words) for words in commands)), 0)


def clean() -> int:
    """Remove what set-up, builds and checks made; never runs/."""
    caches = (".pytest_cache", ".mypy_cache", ".ruff_cache", ".hypothesis", ".import_linter_cache")
    compiled = [path for folder in ("src", "tests", "benchmarks") for path in (ROOT / folder).rglob("__pycache__")]
    for path in [ROOT / name for name in (".venv", "build", "dist", *caches)] + compiled:
        remove(path)
    clean_native()
    return 0


def tools_for_ci() -> None:
    """On a continuous-integration machine make the tests of the page possible, and a missing browser a failure."""
    if os.environ.get("CI", "").lower() not in ("true", "1"):
        return
    npm = shutil.which("npm")
    if npm and call(npm, *NPM_CI, stdout=subprocess.DEVNULL):
        step("npm ci failed in web/, so the tests of the bundle are skipped")
        remove(ROOT / "web" / "node_modules")
    os.environ["RNNSCOPE_REQUIRE_BROWSER"] = "1"
    root = hasattr(os, "geteuid") and os.geteuid() == 0
    if shutil.which("chromium") or not (root and shutil.which("apt-get")):
        return
    step("installing chromium with apt-get for the browser tests")
    quiet = dict(os.environ, DEBIAN_FRONTEND="noninteractive")
    for words in (["update"], ["install", "-y", "--no-install-recommends", "chromium"]):
        subprocess.run(["apt-get", "-q", *words], env=quiet, stdout=subprocess.DEVNULL, check=False)


def set_up(extra: str) -> None:
    """Make .venv hold what `extra` ("core" or "test") needs; return at once when it already does."""
    wanted = fingerprint()
    done = [VENV / f".setup-done-{name}" for name in ("core", "test") if extra == "core" or name == "test"]
    if any(stamp.is_file() and stamp.read_text() == wanted for stamp in done):
        return
    step(f"set-up of {VENV} begins, log in {LOG}")
    make_venv()
    install_torch()
    install_project("." if extra == "core" else ".[test]")
    (VENV / f".setup-done-{extra}").write_text(wanted)
    step("set-up done")


def fingerprint() -> str:
    """Hash everything that decides what is installed and where it points."""
    sources = [ROOT / "pyproject.toml", ROOT / "constraints.txt", ROOT / "dev.py"]
    for pattern in ("*.cpp", "*.h", "CMakeLists.txt"):
        sources += sorted((ROOT / "src" / "rnnscope").rglob(pattern))
    digest = hashlib.sha256(f"{ROOT}\n{sys.version_info[:2]}".encode())
    for path in sources:
        digest.update(path.relative_to(ROOT).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


def make_venv() -> None:
    """Make .venv, with pip inside where ensurepip exists; keep one that works."""
    question = "import sys; sys.exit(sys.version_info < (3, 11))"
    if PYTHON.is_file() and subprocess.run([PYTHON, "-c", question], check=False).returncode == 0:
        return
    step(f"making the environment with Python {sys.version.split()[0]}")
    command = [sys.executable, "-m", "venv", "--clear"]
    # Debian ships ensurepip apart from Python; pip can then serve the environment from outside.
    if subprocess.run([*command, str(VENV)], capture_output=True, check=False).returncode:
        without = subprocess.run([*command, "--without-pip", str(VENV)], capture_output=True, text=True, check=False)
        if without.returncode:
            raise SystemExit(fail(f"python -m venv failed: {without.stdout}{without.stderr}"))


def install_torch() -> None:
    """Install the pinned torch first: resolved with the rest, it would be the CUDA build."""
    build = os.environ.get("RNNSCOPE_TORCH", "")
    if build not in ("", "cpu", "cuda", "skip"):
        raise SystemExit(fail(f"RNNSCOPE_TORCH={build!r} is none of cpu, cuda, skip"))
    question = "from importlib.metadata import version; print(version('torch'))"
    present = subprocess.run([PYTHON, "-c", question], capture_output=True, check=False).returncode == 0
    if build == "skip" or present:
        return
    pinned = (ROOT / "constraints.txt").read_text().partition("\ntorch==")[2].partition("\n")[0]
    gpu = shutil.which("nvidia-smi") is not None and call("nvidia-smi", "-L", stdout=subprocess.DEVNULL) == 0
    if build != "cpu" and (build == "cuda" or gpu or sys.platform != "linux"):
        step(f"installing torch {pinned}")
        pip("install", "--no-deps", f"torch=={pinned}")
        return
    answer = subprocess.run([*pip_command(), "index", "versions", "torch"], capture_output=True, text=True, check=False)
    if build == "cpu" or f"{pinned}+cpu" in answer.stdout:
        # The explicit +cpu makes pip fail where that build cannot be had, instead of fetching the CUDA build instead.
        step(f"installing torch {pinned}+cpu")
        pip("install", "--no-deps", f"torch=={pinned}+cpu")
        return
    step(f"installing torch {pinned}: pip sees no CPU build, so this is the CUDA build of several GB. To avoid it,")
    step("stop, set PIP_EXTRA_INDEX_URL to PyTorch's index of CPU builds (pytorch.org, 'Get started'), start again")
    pip("install", f"torch=={pinned}")


def install_project(target: str) -> None:
    """Install rnnscope in place with its dependencies, with the compiled library where that is possible."""
    step(f"installing rnnscope ({target}) and what it needs")
    clean_native()
    command = ["install", "-c", "constraints.txt", "-e", target]
    pure = "--config-settings=wheel.cmake=false"
    if not has_compiler():
        pip(*command, pure)
    elif pip(*command, may_fail=True):
        step("that failed; trying once more without the compiled library")
        pip(*command, pure)
    built = any(NATIVE.glob("rnnscope_native.*"))
    step("compiled library: " + ("built" if built else "not built (no working C++ compiler); Python does its work"))


def has_compiler() -> bool:
    """Whether anything that could be a C++ compiler is on the path."""
    configured = [os.environ.get("CXX", ""), sysconfig.get_config_var("CXX") or ""]
    names = [words.split()[0] for words in configured if words.split()]
    return os.name == "nt" or any(shutil.which(name) for name in [*names, "c++", "g++", "clang++"])


def pip_command() -> list[str]:
    """The pip of .venv, or this Python's pip directed at .venv."""
    if subprocess.run([PYTHON, "-m", "pip", "--version"], capture_output=True, check=False).returncode == 0:
        return [str(PYTHON), "-m", "pip"]
    return [sys.executable, "-m", "pip", "--python", str(PYTHON)]


def pip(*words: str, may_fail: bool = False) -> int:
    """Run pip quietly into the log; on failure show the end of the log and stop, unless the caller goes on."""
    # Compiling every module of torch to bytecode costs more than compiling what is imported.
    command = [*pip_command(), *words, "--no-compile", "--no-input", "--disable-pip-version-check"]
    with LOG.open("a", encoding="utf-8") as log:
        print("$", *command, file=log, flush=True)
        code = subprocess.run(command, stdout=log, stderr=subprocess.STDOUT, check=False).returncode
    if code and not may_fail:
        tail = LOG.read_text(encoding="utf-8", errors="replace").splitlines()[-20:]
        raise SystemExit(fail("\n".join([*tail, f"pip could not install; the whole log is {LOG}"]), code=3))
    return code


def call(*command: str | Path, stdout: int | None = None) -> int:
    """Run a command in the foreground and return its exit code."""
    return subprocess.run([str(word) for word in command], stdout=stdout, check=False).returncode


def become(*arguments: str) -> NoReturn:
    """Replace this process by .venv's Python, so that signals and the exit code need no passing on."""
    if os.name == "nt":
        raise SystemExit(call(PYTHON, *arguments))
    sys.stdout.flush()
    os.execv(PYTHON, [str(PYTHON), *arguments])


def worst(*codes: int) -> int:
    """The first exit code that is not 0."""
    return next((code for code in codes if code), 0)


def step(text: str) -> None:
    """Say on stderr what is being done and how long it has been."""
    print(f"[dev {time.monotonic() - STARTED:4.0f} s] {text}", file=sys.stderr, flush=True)


def fail(text: str, code: int = 2) -> int:
    """Say on stderr why not, and return the exit code for it."""
    print(f"dev.py: {text}", file=sys.stderr, flush=True)
    return code


def clean_native() -> None:
    """Remove the compiled library and its build files, so that a failed build cannot leave an old one in use."""
    for path in [path for pattern in NATIVE_LITTER for path in NATIVE.glob(pattern)]:
        remove(path)


def remove(path: Path) -> None:
    """Remove a file or a folder if it is there."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


if __name__ == "__main__":
    try:
        raise SystemExit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        raise SystemExit(130) from None
