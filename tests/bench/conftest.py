"""Small jobs, and networks that are computed by the readable steps where no library was built."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch

from rnnscope.bench import check, recording, sampling, training
from rnnscope.bench.options import Job, cases
from rnnscope.config import CellName, RecurrentConfig
from rnnscope.model.build import build
from rnnscope.model.network import Network

MakeJob = Callable[..., Job]


@pytest.fixture
def job() -> MakeJob:
    """Makes a job of two small networks, with other settings where they are given."""

    def make(what: str, cell: str = "lstm", **settings: Any) -> Job:
        fields: dict[str, Any] = {
            "what": what, "cases": cases(cell, "1,2", "5", "3", 7), "vocabulary": 7, "steps": 4, "length": 40,
            "threads": 1, "precisions": ("float32",), "path": "portable", "instructions": "all", "repeats": 1,
            "seconds": 1.0, "matrix": 0, "seed": 1, "command": "rnnscope bench",
        }  # fmt: skip
        return Job(**(fields | settings))

    return make


def readable(cell: CellName, layers: int, hidden: int, job: Job, precision: str = "float32") -> Network:
    """A network of the readable steps, whatever path the job names."""
    return build(RecurrentConfig(cell=cell, layers=layers, hidden=hidden), job.vocabulary, job.seed, "naive")


@pytest.fixture
def readable_networks(monkeypatch: pytest.MonkeyPatch) -> None:
    """The benchmarks measure the readable steps, which every machine has, and leave torch's threads as they were."""
    for module in (check, recording, sampling, training):
        monkeypatch.setattr(module, "network_of", readable)
    threads = torch.get_num_threads()
    monkeypatch.setattr(torch, "set_num_threads", lambda count: None)
    assert torch.get_num_threads() == threads
