"""dev.py decides rightly what to install and what to run; nothing here installs or runs anything."""

from __future__ import annotations

import importlib.util
import subprocess
from collections.abc import Callable
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parent.parent
PIN = "2.13.0"


@pytest.fixture
def dev(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> ModuleType:
    """A fresh dev.py at home in an empty repository, with its processes replaced by a list of what they were asked."""
    spec = importlib.util.spec_from_file_location("dev", ROOT / "dev.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    (tmp_path / "src/rnnscope/native").mkdir(parents=True)
    for name in ("pyproject.toml", "constraints.txt", "dev.py"):
        (tmp_path / name).write_text(f"\ntorch=={PIN}\n")
    places = {"ROOT": tmp_path, "VENV": tmp_path / ".venv", "NATIVE": tmp_path / "src/rnnscope/native"}
    places |= {"PYTHON": tmp_path / ".venv/bin/python", "LOG": tmp_path / ".venv/set-up.log"}
    for name, place in places.items():
        monkeypatch.setattr(module, name, place)
    (tmp_path / ".venv").mkdir()
    monkeypatch.chdir(tmp_path)
    return module


Answer = Callable[[list[str]], int | str]


@pytest.fixture
def asked(dev: ModuleType, monkeypatch: pytest.MonkeyPatch) -> Callable[[Answer], list[list[str]]]:
    """Answer every process that dev.py would start: a number is an exit code, a text is output."""

    def install(answer: Answer) -> list[list[str]]:
        calls: list[list[str]] = []

        def fake(command: list[Any], **_: Any) -> SimpleNamespace:
            words = [str(word) for word in command]
            calls.append(words)
            said = answer(words)
            text, code = (said, 0) if isinstance(said, str) else ("", said)
            return SimpleNamespace(returncode=code, stdout=text, stderr="")

        monkeypatch.setattr(subprocess, "run", fake)
        return calls

    return install


def installs(calls: list[list[str]]) -> list[str]:
    return [" ".join(words[words.index("install") + 1 :]) for words in calls if "install" in words]


def absent_torch(visible: str) -> Answer:
    """A machine without torch, whose index shows these versions, and without an NVIDIA driver."""

    def answer(words: list[str]) -> int | str:
        if "index" in words:
            return visible
        return 1 if "version('torch')" in words[-1] or words[0] == "nvidia-smi" else 0

    return answer


@pytest.mark.law
@pytest.mark.parametrize(("build", "visible"), [("", True), ("cpu", True), ("cpu", False)])
def test_cpu_build_by_name(
    dev: ModuleType,
    asked: Callable[[Answer], list[list[str]]],
    monkeypatch: pytest.MonkeyPatch,
    build: str,
    visible: bool,
) -> None:
    """On Linux the CPU build is asked for by its full version where pip sees it, or where it was insisted on."""
    monkeypatch.setenv("RNNSCOPE_TORCH", build)
    monkeypatch.setattr(dev.sys, "platform", "linux")
    calls = asked(absent_torch(f"torch ({PIN}+cpu)" if visible else f"torch ({PIN})"))
    dev.install_torch()
    (line,) = installs(calls)
    assert f"torch=={PIN}+cpu" in line
    assert "--no-deps" in line


@pytest.mark.law
def test_no_cpu_build_in_sight(
    dev: ModuleType,
    asked: Callable[[Answer], list[list[str]]],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Where pip sees no CPU build the large one is taken, with its dependencies, and said aloud with the way out."""
    monkeypatch.setattr(dev.sys, "platform", "linux")
    calls = asked(absent_torch(f"torch ({PIN})"))
    dev.install_torch()
    (line,) = installs(calls)
    assert f"torch=={PIN} " in line
    assert "--no-deps" not in line
    told = capsys.readouterr().err
    assert "several GB" in told
    assert "PIP_EXTRA_INDEX_URL" in told


@pytest.mark.law
@pytest.mark.parametrize(("build", "platform"), [("cuda", "linux"), ("", "darwin"), ("", "win32")])
def test_plain_build(
    dev: ModuleType,
    asked: Callable[[Answer], list[list[str]]],
    monkeypatch: pytest.MonkeyPatch,
    build: str,
    platform: str,
) -> None:
    """CUDA on request, and everything outside Linux, is the plain version."""
    monkeypatch.setenv("RNNSCOPE_TORCH", build)
    monkeypatch.setattr(dev.sys, "platform", platform)
    calls = asked(absent_torch(""))
    dev.install_torch()
    (line,) = installs(calls)
    assert f"torch=={PIN} " in line


@pytest.mark.law
def test_torch_is_left_alone(
    dev: ModuleType, asked: Callable[[Answer], list[list[str]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A torch that is there stays, `skip` installs none, and another word is refused before anything happens."""
    calls = asked(lambda _: 0)
    dev.install_torch()
    monkeypatch.setenv("RNNSCOPE_TORCH", "skip")
    dev.install_torch()
    assert installs(calls) == []
    monkeypatch.setenv("RNNSCOPE_TORCH", "gpu")
    with pytest.raises(SystemExit):
        dev.install_torch()


@pytest.mark.law
@pytest.mark.parametrize(("compiler", "failures", "lines"), [(True, 0, 1), (True, 1, 2), (False, 0, 1)])
def test_compiled_library_is_optional(
    dev: ModuleType,
    asked: Callable[[Answer], list[list[str]]],
    monkeypatch: pytest.MonkeyPatch,
    compiler: bool,
    failures: int,
    lines: int,
) -> None:
    """Without a compiler the build is not tried; where it fails, the installation is tried once more without it."""
    monkeypatch.setattr(dev, "has_compiler", lambda: compiler)
    left = [failures]

    def answer(words: list[str]) -> int:
        if "install" in words and left[0]:
            left[0] -= 1
            return 1
        return 0

    calls = asked(answer)
    dev.install_project(".[test]")
    got = installs(calls)
    assert len(got) == lines
    assert all("-c constraints.txt -e .[test]" in line for line in got)
    assert ("wheel.cmake=false" in got[-1]) == (not compiler or failures > 0)


@pytest.mark.law
def test_failed_installation_ends_with_its_log(
    dev: ModuleType, asked: Callable[[Answer], list[list[str]]], capsys: pytest.CaptureFixture[str]
) -> None:
    """When pip cannot install, the end of its log is shown and the exit code says that the machine refused."""
    dev.LOG.write_text("what pip said\n")
    asked(lambda words: 1 if "install" in words else 0)
    with pytest.raises(SystemExit) as stopped:
        dev.pip("install", "something")
    assert stopped.value.code == 3
    assert "what pip said" in capsys.readouterr().err


@pytest.mark.law
def test_stale_library_is_removed(dev: ModuleType, asked: Callable[[Answer], list[list[str]]]) -> None:
    """A library of an earlier build never survives a set-up that cannot build it, and sources are not touched."""
    for name in ("rnnscope_native.so", "CMakeCache.txt", ".ninja_log", "CMakeLists.txt", "processor.cpp", "library.py"):
        (dev.NATIVE / name).touch()
    (dev.NATIVE / "CMakeFiles").mkdir()
    asked(lambda _: 0)
    dev.install_project(".")
    assert sorted(path.name for path in dev.NATIVE.iterdir()) == ["CMakeLists.txt", "library.py", "processor.cpp"]


@pytest.mark.law
def test_set_up_happens_once(dev: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    """A second call installs nothing; tests' packages serve the core too, but not the other way round."""
    done: list[str] = []
    monkeypatch.setattr(dev, "make_venv", lambda: None)
    monkeypatch.setattr(dev, "install_torch", lambda: None)
    monkeypatch.setattr(dev, "install_project", done.append)
    for extra in ("core", "core", "test", "test", "core"):
        dev.set_up(extra)
    assert done == [".", ".[test]"]


@pytest.mark.law
@pytest.mark.parametrize("name", ["pyproject.toml", "constraints.txt", "dev.py", "src/rnnscope/native/new.cpp"])
def test_set_up_follows_its_sources(dev: ModuleType, name: str) -> None:
    """Whatever decides the environment changes its fingerprint."""
    before = dev.fingerprint()
    assert dev.fingerprint() == before
    (dev.ROOT / name).write_text("other")
    assert dev.fingerprint() != before


@pytest.mark.law
def test_set_up_follows_the_folder(dev: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Moving the repository changes the fingerprint, because an installation in place points into it."""
    before = dev.fingerprint()
    moved = tmp_path / "moved"
    moved.mkdir()
    for name in ("pyproject.toml", "constraints.txt", "dev.py"):
        (moved / name).write_bytes((dev.ROOT / name).read_bytes())
    monkeypatch.setattr(dev, "ROOT", moved)
    assert dev.fingerprint() != before


@pytest.mark.law
@pytest.mark.parametrize(
    ("given", "tail"),
    [
        ([], ["-o", "runs/study"]),
        (["a.txt"], ["a.txt", "-o", "runs/study"]),
        (["-o", "x"], ["-o", "x"]),
        (["-ox"], ["-ox"]),
        (["--out=x"], ["--out=x"]),
    ],
)
def test_study_has_a_default_folder(
    dev: ModuleType, monkeypatch: pytest.MonkeyPatch, given: list[str], tail: list[str]
) -> None:
    """`study` writes to runs/study unless a folder is named, and becomes the program."""
    monkeypatch.setattr(dev, "set_up", lambda extra: None)
    became: list[str] = []

    def become(*arguments: str) -> None:
        became.extend(arguments)
        raise SystemExit(0)

    monkeypatch.setattr(dev, "become", become)
    with pytest.raises(SystemExit):
        dev.main(["study", *given])
    assert became == ["-m", "rnnscope", "study", *tail]


@pytest.mark.law
@pytest.mark.parametrize("failing", ["ruff", "mypy", "pytest", None])
def test_any_failing_check_fails(
    dev: ModuleType, monkeypatch: pytest.MonkeyPatch, asked: Callable[[Answer], list[list[str]]], failing: str | None
) -> None:
    """`test` runs every check whatever the others say, pytest last, and fails when one fails."""
    monkeypatch.setattr(dev, "set_up", lambda extra: None)
    monkeypatch.delenv("CI", raising=False)
    calls = asked(lambda words: 1 if failing in words else 0)
    assert dev.main(["test"]) == (failing is not None)
    assert calls[-1][1:3] == ["-m", "pytest"]
    assert {"ruff", "mypy", "pytest"} <= {word for words in calls for word in words}


@pytest.mark.law
@pytest.mark.parametrize(
    ("ci", "chromium", "user"), [("true", "", 0), ("true", "", 1000), ("true", "there", 0), ("", "", 0)]
)
def test_browser_is_fetched_for_ci_alone(
    dev: ModuleType,
    asked: Callable[[Answer], list[list[str]]],
    monkeypatch: pytest.MonkeyPatch,
    ci: str,
    chromium: str,
    user: int,
) -> None:
    """CI requires a browser, and root on Debian without chromium installs one; nobody else's machine is touched."""
    monkeypatch.setenv("CI", ci)
    monkeypatch.setattr(dev.os, "geteuid", lambda: user)
    found = {"chromium": chromium, "npm": None}
    monkeypatch.setattr(dev.shutil, "which", lambda name: found.get(name, f"bin/{name}"))
    calls = asked(lambda _: 0)
    monkeypatch.setenv("RNNSCOPE_REQUIRE_BROWSER", "")
    dev.tools_for_ci()
    assert dev.os.environ["RNNSCOPE_REQUIRE_BROWSER"] == ("1" if ci else "")
    wanted = ["update", "install"] if ci and not chromium and user == 0 else []
    assert [words[2] for words in calls] == wanted


@pytest.mark.law
@pytest.mark.parametrize(
    ("ci", "npm", "code"), [("1", "there", 0), ("true", "there", 1), ("1", None, 0), ("", "there", 0)]
)
def test_the_page_is_tested_where_ci_has_npm(
    dev: ModuleType,
    asked: Callable[[Answer], list[list[str]]],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    ci: str,
    npm: str | None,
    code: int,
) -> None:
    """CI with npm fetches the page's tools once; where that fails it is said, and what is half there is removed."""
    monkeypatch.setenv("CI", ci)
    monkeypatch.setenv("RNNSCOPE_REQUIRE_BROWSER", "")
    monkeypatch.setattr(dev.shutil, "which", lambda name: npm if name == "npm" else name)
    (dev.ROOT / "web/node_modules/half").mkdir(parents=True)
    calls = asked(lambda _: code)
    dev.tools_for_ci()
    assert calls == ([["there", "--prefix", "web", "ci", "--no-audit", "--no-fund"]] if ci and npm else [])
    assert ("npm ci failed" in capsys.readouterr().err) == (code != 0)
    assert (dev.ROOT / "web/node_modules").exists() == (code == 0)


@pytest.mark.law
@pytest.mark.parametrize(("version", "words"), [((3, 10, 0), ["study"]), (None, ["nonsense"]), (None, ["lint", "x"])])
def test_refusals(
    dev: ModuleType,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    version: tuple[int, ...] | None,
    words: list[str],
) -> None:
    """An old Python, an unknown verb or a stray argument is refused in one line with exit code 2."""
    if version:
        monkeypatch.setattr(dev.sys, "version_info", version)
    assert dev.main(words) == 2
    assert len(capsys.readouterr().err.splitlines()) == 1
