from __future__ import annotations

from pathlib import Path

import pytest

from rnnscope.api import Run, train

TEXT = "int main(void) {\n\treturn f(a, b);\n}\n" * 90


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file that was trained on."""
    path = tmp_path_factory.mktemp("corpus") / "program.c"
    path.write_text(TEXT)
    return path


@pytest.fixture(scope="module")
def run(corpus: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A tiny trained network: two layers of six LSTM cells, two epochs."""
    out = tmp_path_factory.mktemp("runs") / "run"
    return train(
        str(corpus), out, hidden=6, layers=2, epochs=2, batch=5, steps=20, seed=3, sample_length=20, init_scale=0.5
    )
