"""Every loss that was measured with KenLM, on both texts and all splits; what models and processes take."""

from __future__ import annotations

import os
import resource
import subprocess
import sys

import numpy as np
import pytest

from rnnscope.ngram.kneser_ney import KneserNey

from ..ngram.full import fed, folder

pytestmark = pytest.mark.oracle

# Text, split, whether as plain characters -> loss on the test part by context length. Each was measured with lmplz
# or with an independent exact program that equals lmplz to 1e-6 wherever both were run.
MEASURED = {
    ("warpeace", "contiguous", True): {
        0: 3.064612, 1: 2.438853, 2: 1.953933, 3: 1.568867, 4: 1.361461, 5: 1.289517, 6: 1.266777, 7: 1.264884,
        8: 1.266763, 9: 1.268041, 19: 1.268371,
    },
    ("warpeace", "contiguous", False): {0: 3.100310, 1: 2.394080, 3: 1.540978, 5: 1.264693, 9: 1.243217, 19: 1.244126},
    ("linux", "contiguous 80", False): {
        0: 3.677043, 1: 2.740300, 2: 2.064417, 3: 1.668624, 4: 1.522243, 5: 1.454837, 6: 1.420697, 7: 1.394570,
        8: 1.376799, 9: 1.364811, 19: 1.344226,
    },
    ("linux", "contiguous", False): {1: 2.762311, 5: 1.482679, 9: 1.383570, 19: 1.364449},
    ("linux", "streams", False): {
        0: 3.631259, 1: 2.690359, 2: 1.951517, 3: 1.446686, 5: 1.105581, 9: 0.930008, 14: 0.892959, 19: 0.884569,
    },
}  # fmt: skip


@pytest.mark.parametrize("kernel", ["native", "reference"])
@pytest.mark.parametrize(("case", "losses"), MEASURED.items(), ids=[f"{n}, {s}" for n, s, _ in MEASURED])
def test_losses_are_kenlms(case: tuple[str, str, bool], losses: dict[int, float], kernel: str) -> None:
    """Each loss is within 1e-5 nats of what was measured, compiled or in NumPy."""
    name, kind, plain = case
    text = fed(name, kind, plain=plain)
    model = KneserNey.fit([text.training], text.vocabulary, 19, marks=True, kernel=kernel, threads=2)
    found_KN = model.log_probs_of_true(text.scored, text.pieces, list(losses), threads=2)
    assert -found_KN.mean(axis=1, dtype=np.float64) == pytest.approx(list(losses.values()), abs=1e-5)


@pytest.mark.parametrize(("name", "model_bytes", "peak_bytes"), [("warpeace", 100e6, 400e6), ("linux", 150e6, 700e6)])
def test_memory(name: str, model_bytes: float, peak_bytes: float) -> None:
    """A process that fits all contexts up to 20 stays below 400 MB (War and Peace) or 700 MB (the kernel)."""
    # VmHWM belongs to this process alone; ru_maxrss begins with what the process that started it held.
    lines = (
        "from tests.ngram.full import fed; from rnnscope.ngram.kneser_ney import KneserNey;"
        f"text = fed({name!r}, 'streams');"
        "model = KneserNey.fit([text.training], text.vocabulary, 20, marks=True, threads=2);"
        "peak = next(line for line in open('/proc/self/status') if line.startswith('VmHWM'));"
        "print(model.bytes, int(peak.split()[1]) * 1024)"
    )
    fed(name, "streams")  # skips without the texts
    around = {**os.environ, "PYTHONPATH": ".", "RNNSCOPE_DATA": str(folder())}
    found = subprocess.run([sys.executable, "-c", lines], capture_output=True, text=True, check=True, env=around)
    taken, peak = map(int, found.stdout.split())
    assert resource.getpagesize() < taken < model_bytes
    assert peak < peak_bytes
