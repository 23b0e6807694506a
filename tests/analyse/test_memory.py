from __future__ import annotations

import numpy as np
import pytest

from rnnscope.analyse.memory import context_buckets, context_curve, gradient_curves, stays_below


@pytest.mark.planted
def test_an_exponential_decay_is_measured() -> None:
    """Norms that shrink by 0.9 a symbol: half-life 7, horizons 44 and 66, decay 0.9, whatever their size."""
    random = np.random.default_rng(0)
    sizes = random.lognormal(0, 2, 80)
    norms = (0.9 ** np.arange(100))[:, None] * sizes
    events = {"all": np.ones(80, bool), "few": np.arange(80) < 3, "none": np.zeros(80, bool)}
    curves = gradient_curves({"h": norms[None].astype(np.float32)}, events)
    assert [(curve.event, curve.layer, curve.cases, curve.enough) for curve in curves] == [
        ("all", 1, 80, True),
        ("few", 1, 3, False),
    ]
    first = curves[0]
    assert (first.half_life, first.horizons) == (7, {"0.01": 44, "0.001": 66})
    assert first.decay_per_step == pytest.approx(0.9, abs=1e-3)
    assert first.underflow == 0
    assert first.median[0] == pytest.approx(np.median(sizes), rel=1e-5)


@pytest.mark.law
def test_gradients_that_never_fade_or_are_all_zero_have_no_horizon_or_are_said_to_underflow() -> None:
    """A constant norm has no half-life; zeros have one at once and are counted."""
    constant, zero = gradient_curves(
        {"h": np.stack([np.ones((30, 60)), np.zeros((30, 60))]).astype(np.float32)}, {"all": np.ones(60, bool)}
    )
    assert (constant.half_life, constant.horizons["0.001"]) == (None, None)
    assert (zero.half_life, zero.underflow, zero.decay_per_step) == (0, 1.0, None)


@pytest.mark.golden
def test_where_values_stay_below() -> None:
    """The last value at or above the level decides; a last value above means never."""
    assert stays_below(np.array([0.1, 0.1]), 0.5) == 0
    assert stays_below(np.array([0.1, 0.9, 0.1]), 0.5) == 2
    assert stays_below(np.array([0.1, 0.5]), 0.5) is None
    assert context_buckets(0) == [(0, 0)]
    assert context_buckets(600)[-2:] == [(300, 499), (500, 600)]


@pytest.mark.planted
def test_the_context_that_is_needed_is_found() -> None:
    """A planted memory of 30 symbols: excess 0.5 nats below it and none from there on; the event is told apart."""
    random = np.random.default_rng(4)
    whole = -random.exponential(1.0, (101, 400)).astype(np.float32)
    lost = np.where(np.arange(101)[:, None] < 30, 0.5, 0.0) + random.normal(0, 0.02, whole.shape)
    limited = (whole - lost).astype(np.float32)
    event = random.random(whole.shape) < 0.3
    limited[event] -= 1.0
    everything = context_curve(limited, whole, "replaced", "all", ~event)
    assert everything.reach == 30
    by_context = {point.contexts: point for point in everything.points}
    assert by_context[(10, 14)].excess_nats == pytest.approx(0.5, abs=0.01)
    low, high = by_context[(10, 14)].interval_nats or (0, 0)
    assert low < by_context[(10, 14)].excess_nats < high
    assert sum(point.cases for point in everything.points) == (~event).sum()
    special = context_curve(limited, whole, "replaced", "event", event)
    assert special.reach is None
    assert special.points[-1].excess_nats == pytest.approx(1.0, abs=0.05)
