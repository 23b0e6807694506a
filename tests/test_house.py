"""The rules of this repository that a machine can check."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

import rnnscope

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = Path(rnnscope.__file__).parent
KINDS = {"law", "oracle", "golden", "planted"}

# Readers of these formats run code from the file, or map a file that somebody else may be writing.
FORBIDDEN_MODULES = {"pickle", "_pickle", "cloudpickle", "dill", "shelve", "marshal", "joblib", "yaml", "mmap"}
FORBIDDEN_CALLS = {"eval", "exec"}
FORBIDDEN_ATTRIBUTES = {("torch", "load"), ("torch", "save"), ("np", "memmap"), ("numpy", "memmap")}
FORBIDDEN_KEYWORDS = {"allow_pickle", "mmap_mode"}


def tracked() -> list[Path]:
    """Files of the repository, new ones included, ignored ones not; without git there is nothing to go by."""
    command = ["git", "-C", str(ROOT), "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    try:
        listed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("needs a git checkout")
    return [path for name in listed.split("\0") if name and (path := ROOT / name).is_file()]


def python_files() -> list[Path]:
    return [path for path in tracked() if path.suffix == ".py"]


def every_test() -> Iterator[tuple[Path, ast.FunctionDef, ast.Module]]:
    """Every test function of the suite, with its file."""
    for path in python_files():
        if path.name.startswith("test_"):
            tree = ast.parse(path.read_text("utf-8"))
            for node in ast.walk(tree):
                if isinstance(node, ast.FunctionDef) and node.name.startswith("test"):
                    yield path, node, tree


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, *arguments], capture_output=True, text=True, cwd=ROOT, check=False)


@pytest.mark.law
def test_files_stay_short() -> None:
    """No source file is over 500 lines, and at most one in ten is over 300."""
    kinds = {".py", ".cpp", ".h", ".ts", ".tsx", ".css"}
    bundle = PACKAGE / "web" / "static"
    sources = [path for path in tracked() if path.suffix in kinds and bundle not in path.parents]
    lengths = {path.relative_to(ROOT): len(path.read_text("utf-8").splitlines()) for path in sources}
    assert {path: lines for path, lines in lengths.items() if lines > 500} == {}
    long = [path for path, lines in lengths.items() if lines > 300]
    assert len(long) <= 0.1 * len(lengths), long


def forbidden(tree: ast.Module) -> Iterator[str]:
    """Forbidden constructs of one file, each as line: what."""
    for node in ast.walk(tree):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names if alias.name.split(".")[0] in FORBIDDEN_MODULES]
        elif isinstance(node, ast.ImportFrom):
            module = node.module or ""
            names = [module] if module.split(".")[0] in FORBIDDEN_MODULES else []
            names += [f"{module}.{alias.name}" for alias in node.names if (module, alias.name) in FORBIDDEN_ATTRIBUTES]
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            names = [f"{node.value.id}.{node.attr}"] if (node.value.id, node.attr) in FORBIDDEN_ATTRIBUTES else []
        elif isinstance(node, ast.Call):
            names = [word.arg for word in node.keywords if word.arg in FORBIDDEN_KEYWORDS]
            if isinstance(node.func, ast.Name) and node.func.id in FORBIDDEN_CALLS:
                names.append(node.func.id)
        yield from (f"{getattr(node, 'lineno', 0)}: {name}" for name in names)


@pytest.mark.law
def test_nothing_runs_code_from_files() -> None:
    """No pickle in any dress, no eval or exec, no memory mapping, anywhere in the repository."""
    found = {
        str(path.relative_to(ROOT)): hits
        for path in python_files()
        if (hits := list(forbidden(ast.parse(path.read_text("utf-8")))))
    }
    assert found == {}


@pytest.mark.planted
@pytest.mark.parametrize(
    "line",
    [
        "import pickle",
        "from joblib.numpy_pickle import load",
        "import torch; torch.save(1, 'x')",
        "from torch import load",
        "import numpy as np; np.load('x', allow_pickle=False)",
        "import numpy as np; np.memmap('x')",
        "import numpy as np; np.load('x', mmap_mode='r')",
        "eval('1')",
    ],
)
def test_forbidden_constructs_are_seen(line: str) -> None:
    """The rule above finds each construct when it is there."""
    assert list(forbidden(ast.parse(line)))


@pytest.mark.law
def test_every_test_states_a_fact() -> None:
    """Every test has a docstring."""
    silent = [f"{path.relative_to(ROOT)}::{node.name}" for path, node, _ in every_test() if not ast.get_docstring(node)]
    assert silent == []


@pytest.mark.law
def test_every_test_is_of_a_kind() -> None:
    """Every test is marked as law, oracle, golden or planted, itself or through its module."""
    unmarked = []
    for path, node, tree in every_test():
        module_marks = [ast.unparse(part.value) for part in tree.body if isinstance(part, ast.Assign)]
        marks = " ".join([ast.unparse(mark) for mark in node.decorator_list] + module_marks)
        if not KINDS & set(re.findall(r"pytest\.mark\.(\w+)", marks)):
            unmarked.append(f"{path.relative_to(ROOT)}::{node.name}")
    assert unmarked == []


HEAVY = "{'torch', 'sklearn', 'scipy', 'pandas', 'matplotlib'} & set(__import__('sys').modules)"


@pytest.mark.law
@pytest.mark.parametrize(
    "module", ["rnnscope", "rnnscope.cli", "rnnscope.artifacts", "rnnscope.corpus", "rnnscope.native"]
)
def test_light_modules_stay_light(module: str) -> None:
    """Importing the package, or any part that works without torch, imports no heavy library."""
    result = run("-c", f"import {module}; print({HEAVY})")
    assert (result.stdout.strip(), result.stderr) == ("set()", "")


@pytest.mark.law
@pytest.mark.parametrize("words", [["--help"], ["--version"], ["study", "--help"], ["train", "--help"]])
def test_help_stays_light(words: list[str]) -> None:
    """Help and version import no heavy library and end with exit code 0."""
    program = f"""
import atexit, sys
atexit.register(lambda: print({HEAVY}, file=sys.stderr))
sys.argv = ["rnnscope", *{words}]
from rnnscope.cli import main
sys.exit(main())
"""
    result = run("-c", program)
    assert (result.returncode, result.stderr.strip()) == (0, "set()")
    assert result.stdout.strip()


@pytest.mark.law
def test_module_is_the_program() -> None:
    """`python -m rnnscope` is the program, with its exit codes."""
    assert "rnnscope" in run("-m", "rnnscope", "--help").stdout
    assert run("-m", "rnnscope", "no-such-verb").returncode == 2


@pytest.mark.law
def test_imports_go_downward() -> None:
    """import-linter keeps every contract of pyproject.toml."""
    result = run("-c", "from importlinter.cli import lint_imports_command as run; run()", "--no-logo", "--no-cache")
    assert result.returncode == 0, result.stdout


@pytest.mark.law
def test_no_path_of_a_machine() -> None:
    """No file names a folder of the machine it was written on."""
    here = [str(ROOT), str(Path(sys.prefix)), str(Path.home()), str(ROOT.parent)]
    # A parent such as / or /tmp says nothing about a machine.
    own = [re.escape(place) + r"(?=[/\s\"'`)]|$)" for place in here if len(Path(place).parts) > 2 or place in here[:2]]
    pattern = re.compile("|".join([*own, r"/home/\w+/", r"/Users/\w+/", r"[A-Z]:\\+Users\\+\w"]))
    found = {
        f"{path.relative_to(ROOT)}:{number}": line.strip()
        for path in tracked()
        if path != Path(__file__).resolve() and b"\0" not in path.read_bytes()
        for number, line in enumerate(path.read_text("utf-8", errors="replace").splitlines(), 1)
        if pattern.search(line)
    }
    assert found == {}


@pytest.mark.golden
def test_versions_agree() -> None:
    """pyproject.toml, CITATION.cff and the newest entry of CHANGELOG.md name one version."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"]
    citation = re.search(r"^version: (\S+)$", (ROOT / "CITATION.cff").read_text("utf-8"), re.MULTILINE)
    changelog = re.search(
        r"^## \[?v?(\d+\.\d+\.\d+\S*?)\]?(\s|$)", (ROOT / "CHANGELOG.md").read_text("utf-8"), re.MULTILINE
    )
    assert citation is not None
    assert changelog is not None
    assert {project, citation[1], changelog[1]} == {project}


@pytest.mark.golden
def test_requirements_are_pinned() -> None:
    """constraints.txt pins every direct requirement, torch without a build tag."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    asked = [*project["dependencies"], *project["optional-dependencies"]["test"]]
    names = {re.split(r"[<>=!~;\[ ]", line)[0].lower() for line in asked}
    pins = dict(
        line.lower().split("==")
        for line in (ROOT / "constraints.txt").read_text("utf-8").splitlines()
        if line and not line.startswith("#")
    )
    assert names - set(pins) == set()
    assert "+" not in "".join(pins.values())


@pytest.mark.golden
def test_command_page_is_current() -> None:
    """docs/cli.md says what the commands say."""
    result = run("docs/generate.py", "--check")
    assert result.returncode == 0, result.stderr


@pytest.mark.law
def test_make_repeats_the_verbs() -> None:
    """The Makefile offers exactly the verbs of dev.py."""
    listed = re.search(r"^VERBS = (.*)$", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)
    shown = re.findall(r"^    ([a-z]+) ", run("dev.py", "help").stdout, re.MULTILINE)
    assert listed is not None
    assert sorted(listed[1].split()) == sorted(set(shown))
