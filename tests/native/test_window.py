"""The compiled window network computes what one-hot vectors give; rows, threads and old buffers change no bit."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rnnscope.native import network

from .stacks import (
    KERNELS,
    ROUTES,
    Named,
    Precision,
    Route,
    assert_close,
    assert_same,
    is_gradient,
    joined,
    poisoned,
    recorded_places,
)
from .windows import SIZES, Window, WindowSizes, compiled, make, reference, window

EVERY_KERNEL = pytest.mark.parametrize(("path", "precision"), KERNELS)


def assert_equals_reference(chunk: Window, path: network.Path, precision: Precision, route: Route) -> None:
    """All that the library gives for a chunk is close to the reference."""
    few = chunk.sizes.H < 8 or chunk.sizes.V < 2 or chunk.sizes.R < 8
    bound = 6e-6 if precision == "float32" else 3e-2
    assert_close(compiled(chunk, make(chunk, path, precision), route), reference(chunk, route), bound, together=few)


@pytest.mark.oracle
@pytest.mark.parametrize("route", ROUTES)
@EVERY_KERNEL
def test_everything_equals_the_reference(path: network.Path, precision: Precision, route: Route) -> None:
    """Logits, losses, units and all gradients, with absent symbols, from cotangents of logits or the mean loss."""
    for sizes in SIZES:
        assert_equals_reference(window(*sizes), path, precision, route)


@pytest.mark.oracle
@EVERY_KERNEL
@settings(max_examples=50)
@given(
    sizes=st.tuples(*(st.integers(1, most) for most in (8, 150, 80, 70))),
    route=st.sampled_from(ROUTES),
    seed=st.integers(0, 5),
)
def test_any_sizes_will_do(
    path: network.Path, precision: Precision, sizes: tuple[int, ...], route: Route, seed: int
) -> None:
    """No combination of window, rows, units and symbols is special."""
    assert_equals_reference(window(*sizes, seed=seed), path, precision, route)


@pytest.mark.law
@EVERY_KERNEL
def test_threads_change_nothing(path: network.Path, precision: Precision) -> None:
    """One, two and three threads give the same bits, gradients included, also with fewer rows than threads."""
    for sizes in (WindowSizes(3, 101, 70, 20), WindowSizes(7, 1, 17, 9), WindowSizes(2, 2, 1, 2)):
        chunk = window(*sizes)
        for route in ROUTES:
            alone = compiled(chunk, make(chunk, path, precision), route)
            for threads in (2, 3):
                assert_same(compiled(chunk, make(chunk, path, precision, threads=threads), route), alone)


@pytest.mark.law
@EVERY_KERNEL
def test_rows_do_not_see_each_other(path: network.Path, precision: Precision) -> None:
    """A row alone, a few, and all in another order: each row's bits stay what they were."""
    chunk = window(3, 90, 18, 9)
    made = make(chunk, path, precision, gradients=False)
    all_h = recorded_places(made.shape, chunk.targets.shape)
    whole = made.run(chunk.ids, {}, logits=True, recorded=all_h)
    assert whole.logits is not None
    for rows in ([0], [89], [3, 4], list(range(90))[::-1]):
        with poisoned():
            some_h = recorded_places(made.shape, (1, len(rows)))
            part = made.run(np.ascontiguousarray(chunk.ids[..., rows]), {}, logits=True, recorded=some_h)
        assert part.logits is not None
        assert_same(
            {"logits": part.logits, "h": some_h[0]["h"]},
            {"logits": whole.logits[:, rows], "h": all_h[0]["h"][:, rows]},
        )


@pytest.mark.law
@EVERY_KERNEL
def test_a_smaller_chunk_leaves_no_trace(path: network.Path, precision: Precision) -> None:
    """After a full chunk of NaN, and after one of huge numbers, a small one is as if read by a handle of its size."""
    chunk, full = Window(WindowSizes(3, 20, 17, 7)), Window(WindowSizes(3, 117, 17, 7))
    expected = {route: compiled(chunk, make(chunk, path, precision), route) for route in ROUTES}
    made = make(chunk, path, precision, capacity=117, threads=2)
    sound = full.parameters
    for value in (np.float32(np.nan), np.float32(1e30)):
        full.parameters = [np.full_like(values, value) for values in sound]
        made.load(network.Arrays(full.parameters))
        for route in ROUTES:
            compiled(full, made, route)
        made.load(network.Arrays(chunk.parameters))
        for route in ROUTES:
            assert_same(compiled(chunk, made, route), expected[route])


@pytest.mark.law
@EVERY_KERNEL
def test_what_is_asked_changes_nothing_else(path: network.Path, precision: Precision) -> None:
    """Each output is the same whether others are asked for or not, and whether the handle can go back or not."""
    chunk = window(4, 70, 18, 9)
    everything = compiled(chunk, make(chunk, path, precision))
    for gradients in (True, False):
        made = make(chunk, path, precision, gradients=gradients)
        places = recorded_places(made.shape, chunk.targets.shape)
        for asked in ({"logits": True}, {"log_probs": True}, {"recorded": places}, {"targets": chunk.targets}):
            with poisoned():
                result = made.run(chunk.ids, {}, **asked)
            found: Named = {
                **({} if result.logits is None else {"logits": result.logits}),
                **({} if result.log_probs is None else {"log_probs": result.log_probs}),
                **({"recorded h": joined(places)["h"]} if "recorded" in asked else {}),
            }
            if "targets" in asked:
                found = {"loss": np.array(result.loss_nats_sum), "count": np.array(result.count)}
            assert_same(found, {key: everything[key] for key in found})
            assert found


@pytest.mark.law
@EVERY_KERNEL
def test_nan_is_never_swallowed(path: network.Path, precision: Precision) -> None:
    """One NaN in any parameter makes the loss NaN; a symbol's row counts at its own place of the window alone."""
    chunk = Window(WindowSizes(3, 5, 17, 5))
    chunk.ids, chunk.targets = np.arange(15).reshape(3, 1, 5) % 4, np.abs(chunk.targets)
    chunk.ids[0, 0, 0] = 4  # the last symbol of the alphabet enters once, as the newest
    made = make(chunk, path, precision)
    places = [(0, 4, -1), (-1,), (-1, -1), (-1,)]
    for values, place in zip(chunk.parameters, places, strict=True):
        sound, values[place] = values[place].copy(), np.nan
        made.load(network.Arrays(chunk.parameters))
        assert np.isnan(compiled(chunk, made, "loss")["loss"])
        values[place] = sound
    chunk.parameters[0][1:, 4] = np.nan
    made.load(network.Arrays(chunk.parameters))
    assert np.isfinite(compiled(chunk, made, "loss")["loss"])


@pytest.mark.law
@EVERY_KERNEL
def test_nothing_asked_is_a_loss_of_zero(path: network.Path, precision: Precision) -> None:
    """Where every target is -1 the loss is 0 of 0, and gradients are zeros, not 0/0."""
    chunk = Window(WindowSizes(2, 15, 6, 7))
    chunk.targets = np.full_like(chunk.targets, -1)
    found = compiled(chunk, make(chunk, path, precision), "loss")
    assert (found["loss"].item(), found["count"].item()) == (0, 0)
    assert not any(values.any() for key, values in found.items() if is_gradient(key))


@pytest.mark.oracle
@EVERY_KERNEL
def test_ten_training_losses(path: network.Path, precision: Precision) -> None:
    """Ten updates over one text give the losses that the reference gives with autograd."""
    chunk = Window(WindowSizes(3, 40, 20, 7))
    text = np.random.default_rng(3).integers(0, 7, 50) * np.arange(50) % 7
    chunk.ids = np.ascontiguousarray(np.lib.stride_tricks.sliding_window_view(text, 40)[2::-1][:, None])
    chunk.targets = text[None, 3:43].copy()
    slow = Window(chunk.sizes)
    slow.ids, slow.targets, slow.parameters = chunk.ids, chunk.targets, [v.copy() for v in chunk.parameters]
    made = make(chunk, path, precision)
    losses: dict[str, list[float]] = {"compiled": [], "reference": []}
    for _ in range(10):
        made.load(network.Arrays(chunk.parameters))
        for name, one, found in (
            ("compiled", chunk, compiled(chunk, made, "loss")),
            ("reference", slow, reference.__wrapped__(slow, "loss")),
        ):
            losses[name].append(float(found["loss"]) / int(found["count"]))
            for values, key in zip(one.parameters, (key for key in found if is_gradient(key)), strict=True):
                values -= np.float32(0.5) * found[key].astype(np.float32)
    assert losses["compiled"][-1] < 0.8 * losses["compiled"][0]
    np.testing.assert_allclose(losses["compiled"], losses["reference"], rtol=1e-6 if precision == "float32" else 1e-2)


@pytest.mark.law
def test_memory_is_what_rows_need() -> None:
    """Twice the rows take at most twice the memory, and a handle that only reads takes less."""
    chunk = window(2, 40, 64, 30)
    path = network.paths()[-1] if network.paths() else network.PATHS[0]
    sizes = [make(chunk, path, capacity=rows).bytes for rows in (4000, 8000)]
    assert sizes[0] < sizes[1] <= 2 * sizes[0]
    assert make(chunk, path, capacity=4000, gradients=False).bytes < sizes[0]
