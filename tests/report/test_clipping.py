from __future__ import annotations

import numpy as np
import pytest

from rnnscope.report.clipping import clipping


def row(step: int, norm: float | None, clipped: int | None = None) -> dict[str, float | int | None]:
    return {"step": step, "gradient_norm": norm, "clipped_updates": clipped}


@pytest.mark.golden
def test_what_was_counted_is_told_exactly() -> None:
    """30 of 120 updates are a quarter, whichever rows are left in between."""
    rows = [row(0, None, 0), row(10, 2.0, 1), row(120, 9.0, 30)]
    for kept in (rows, rows[::2]):
        found = clipping(kept, 5.0)
        assert found is not None
        assert (found.norm, found.share, found.at_most) == (5.0, 0.25, 0.25)


@pytest.mark.law
def test_what_was_not_counted_is_bounded() -> None:
    """The bound from mean norms is never below the true share, and reaches it where norms are 0 or just the limit."""
    random = np.random.default_rng(0)
    for spread in (0.5, 1.0, 2.0):
        norms_RU = random.lognormal(0, spread, (200, 10))
        found = clipping([row(10 * (r + 1), float(mean)) for r, mean in enumerate(norms_RU.mean(axis=1))], 2.0)
        assert found is not None
        assert found.share is None
        assert (norms_RU > 2.0).mean() <= found.at_most <= 1
    tight = clipping([row(10, 0.5), row(20, 100.0)], 2.0)
    assert tight is not None
    assert tight.at_most == pytest.approx((0.25 + 1) / 2)


@pytest.mark.law
def test_without_clipping_or_updates_there_is_nothing_to_tell() -> None:
    """No limit, or no row with an update behind it."""
    assert clipping([row(10, 1.0, 0)], 0.0) is None
    assert clipping([row(0, None, 0)], 5.0) is None
