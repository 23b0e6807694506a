"""Times the product of two large matrices in NumPy: `python -m rnnscope.bench.product SIDE REPEATS` prints seconds.

A process of its own, because NumPy's library of matrix products reads its settings when it is loaded.
"""

from __future__ import annotations

import statistics
import sys
import time

import numpy as np


def main(side: int, repeats: int) -> None:
    """Print the median time of a product in float32."""
    random = np.random.default_rng(1)
    left, right, out = (random.random((side, side), np.float32) for _ in range(3))
    np.matmul(left, right, out=out)
    seconds = []
    for _ in range(repeats):
        began = time.perf_counter()
        np.matmul(left, right, out=out)
        seconds.append(time.perf_counter() - began)
    sys.stdout.write(f"{statistics.median(seconds)}\n")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
