"""The numbers that times become: medians, ratios with their spread, geometric means, floating-point operations.

A ratio is formed within each repeat, because both sides of a repeat ran one after the other under the same conditions;
the median of these ratios is reported, with the lowest and the highest.

Operations of a training step are counted as 6 P B T: a multiplication and an addition for each of the P weights that
take part in a matrix product, once forward and twice back, for B lanes and T steps. P counts recurrent weights, input
weights above the first layer, full peephole matrices and the output weights. One-hot input is a look-up, and biases,
diagonal peepholes, activations, the softmax and the update are small beside the products: none of them is counted.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable, Sequence
from typing import Any

from rnnscope.cells.spec import CellSpec

LARGE_WIDTH = 256
"""Cells per layer from which a step should come near the speed of large products."""

FORMULA = "6 * P * B * T operations per step; P = weights in matrix products (one-hot input, biases not counted)"


def product_weights(spec: CellSpec, layers: int, hidden: int, vocabulary: int) -> int:
    """P, weights that take part in matrix products.

    >>> from rnnscope.cells.spec import SPECS
    >>> product_weights(SPECS["lstm"], 2, 128, 87)
    207744
    """
    square = len(spec.blocks) * hidden * hidden
    peepholes = len(spec.peepholes) * hidden * hidden if spec.variant == "full" else 0
    return layers * (square + peepholes) + (layers - 1) * square + vocabulary * hidden


def training_flops(spec: CellSpec, layers: int, hidden: int, vocabulary: int, batch: int, steps: int) -> int:
    """Operations of one training step: 6 P B T."""
    return 6 * product_weights(spec, layers, hidden, vocabulary) * batch * steps


def speed(seconds: Sequence[float], chars: int, flops: float = 0.0) -> dict[str, float]:
    """What one side did: the median time of a run over `chars` characters and the speeds that follow from it.

    Args:
        seconds: one time for each repeat, at least one.
        chars: characters of a run.
        flops: operations of a run; 0 if they are not counted.
    """
    middle = statistics.median(seconds)
    found = {
        "milliseconds": middle * 1e3,
        "low_milliseconds": min(seconds) * 1e3,
        "high_milliseconds": max(seconds) * 1e3,
        "chars_per_second": chars / middle,
    }
    return found | ({"gflops": flops / middle / 1e9} if flops else {})


def ratio(theirs: Sequence[float], ours: Sequence[float]) -> dict[str, float]:
    """How many times as long they take: median, lowest and highest over the repeats.

    >>> ratio([2.0, 4.0, 9.0], [1.0, 1.0, 3.0])
    {'median': 3.0, 'low': 2.0, 'high': 4.0}
    """
    ratios = [their / our for their, our in zip(theirs, ours, strict=True)]
    return {"median": statistics.median(ratios), "low": min(ratios), "high": max(ratios)}


def geometric_mean(values: Iterable[float]) -> float:
    """The number whose logarithm is the mean of the logarithms; of at least one positive number.

    >>> round(geometric_mean([1.0, 4.0]), 12)
    2.0
    """
    logs = [math.log(value) for value in values]
    return math.exp(statistics.fmean(logs))


def means(rows: Sequence[dict[str, Any]], by: Sequence[str], names: Sequence[str]) -> list[dict[str, Any]]:
    """Geometric means over the rows that agree in `by`, in the order in which the groups first appear.

    Args:
        rows: have the keys of `by`; a key of `names` holds what `ratio` gives, or is absent.
        by: what makes a group.
        names: which ratios; for each the mean of the medians, the lowest and how many rows have it.
    """
    groups: dict[tuple[Any, ...], list[dict[str, Any]]] = {}
    for row in rows:
        groups.setdefault(tuple(row[key] for key in by), []).append(row)
    found = []
    for key, members in groups.items():
        entry: dict[str, Any] = dict(zip(by, key, strict=True))
        for name in names:
            medians = [row[name]["median"] for row in members if name in row]
            if medians:
                entry[name] = {
                    "geometric_mean": geometric_mean(medians),
                    "lowest": min(medians),
                    "highest": max(medians),
                    "rows": len(medians),
                }
        found.append(entry)
    return found
