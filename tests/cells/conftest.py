"""Every test of the cells runs with poisoned memory: what `torch.empty` returns is NaN until it is written."""

from __future__ import annotations

from typing import Any

import pytest
import torch


@pytest.fixture(autouse=True)
def _poisoned_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    empty = torch.empty

    def poisoned(*args: Any, **kwargs: Any) -> torch.Tensor:
        made = empty(*args, **kwargs)
        return made.fill_(float("nan")) if made.is_floating_point() and not made.requires_grad else made

    monkeypatch.setattr(torch, "empty", poisoned)
