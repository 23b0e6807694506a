"""How fast this machine multiplies large matrices: what the speed of a training step is compared with.

In float32 the faster of NumPy and PyTorch counts, in bfloat16 PyTorch; 2 n^3 operations for matrices of side n. NumPy's
library may have been told by environment variables to use less than the processor has, so it runs in a process of its
own without them.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Mapping

import torch

from rnnscope.bench.clock import PAUSE_SECONDS
from rnnscope.bench.options import Job

REPEATS = 5
TORCH = {"float32": torch.float32, "bfloat16": torch.bfloat16}
HELD_BACK = ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE")


def large_products(job: Job) -> dict[str, dict[str, float]]:
    """GFLOP/s of large products: precision -> library -> speed."""
    operations = 2 * job.matrix**3
    found: dict[str, dict[str, float]] = {}
    for precision in job.precisions:
        time.sleep(PAUSE_SECONDS)
        found[precision] = {"torch": operations / _torch_seconds(job.matrix, TORCH[precision]) / 1e9}
    if "float32" in found:
        time.sleep(PAUSE_SECONDS)
        found["float32"]["numpy"] = operations / _numpy_seconds(job) / 1e9
    return found


def limits(measurements: list[dict[str, dict[str, float]]]) -> dict[str, float]:
    """The highest speed of any measurement and library: precision -> GFLOP/s.

    >>> limits([{"float32": {"torch": 210.0, "numpy": 440.0}}, {"float32": {"torch": 230.0, "numpy": 430.0}}])
    {'float32': 440.0}
    """
    names = dict.fromkeys(name for measured in measurements for name in measured)
    return {name: max(max(measured[name].values()) for measured in measurements) for name in names}


def numpy_environment(environment: Mapping[str, str], job: Job) -> dict[str, str]:
    """The environment of NumPy's process: as many threads as everybody, no other limits than the job's."""
    kept = {name: value for name, value in environment.items() if name not in HELD_BACK}
    threads = {name: str(job.threads) for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")}
    return kept | threads | ({"OPENBLAS_CORETYPE": "Haswell"} if job.instructions == "avx2" else {})


def _torch_seconds(side: int, dtype: torch.dtype) -> float:
    generator = torch.Generator().manual_seed(1)
    left, right, out = (torch.rand(side, side, generator=generator).to(dtype) for _ in range(3))
    torch.mm(left, right, out=out)
    seconds = []
    for _ in range(REPEATS):
        began = time.perf_counter()
        torch.mm(left, right, out=out)
        seconds.append(time.perf_counter() - began)
    return statistics.median(seconds)


def _numpy_seconds(job: Job) -> float:
    command = [sys.executable, "-m", "rnnscope.bench.product", str(job.matrix), str(REPEATS)]
    environment = numpy_environment(os.environ, job)
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    return float(done.stdout)
