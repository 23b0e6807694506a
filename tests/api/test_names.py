"""The public names of the package."""

from __future__ import annotations

import subprocess
import sys

import pytest

import rnnscope as rs

PUBLIC = ["Ngram", "Run", "Trace", "__version__", "errors", "figure", "from_torch", "ngram", "open", "train"]


def python(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.mark.golden
def test_the_public_names_are_these() -> None:
    """The list of names is a promise; each is there, and nothing else is listed."""
    assert rs.__all__ == PUBLIC
    assert dir(rs) == PUBLIC
    assert all(getattr(rs, name) for name in PUBLIC)
    with pytest.raises(AttributeError, match="has no attribute 'nonsense'"):
        _ = rs.nonsense


@pytest.mark.law
@pytest.mark.parametrize("names", [[], PUBLIC], ids=["import", "every name"])
def test_importing_loads_nothing_heavy(names: list[str]) -> None:
    """Neither the import nor looking up any public name loads torch or scikit-learn."""
    code = (
        "import sys, rnnscope as rs\n"
        f"found = [getattr(rs, name) for name in {names}]\n"
        "print(sorted({'torch', 'sklearn', 'scipy', 'pandas'} & set(sys.modules)))"
    )
    assert python(code) == "[]"


@pytest.mark.law
@pytest.mark.parametrize(("name", "module"), [("train", "optimiser"), ("ngram", "seams")])
def test_the_stage_does_not_take_the_place_of_the_function(name: str, module: str) -> None:
    """`rs.train` and `rs.ngram` are the functions before and after modules of those stages are imported."""
    code = (
        "import rnnscope as rs\n"
        f"from rnnscope.{name} import {module}\n"
        f"from rnnscope import {name}\n"
        f"print(callable(rs.{name}), callable({name}), {module}.__name__)"
    )
    assert python(code) == f"True True rnnscope.{name}.{module}"
