"""What must hold whatever the numbers are: threads, chunks, lanes and what else is asked change no bit."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from rnnscope.native import network

from .stacks import (
    CONFIGS,
    KERNELS,
    ROUTES,
    Named,
    Precision,
    Sizes,
    Stack,
    assert_close,
    assert_same,
    assert_scores,
    compiled,
    forward,
    is_gradient,
    make,
    poisoned,
    recorded_places,
    stack,
)  # fmt: skip

pytestmark = pytest.mark.law

EVERY_KERNEL = pytest.mark.parametrize(("path", "precision"), KERNELS)
EVERY_CELL = pytest.mark.parametrize("name", CONFIGS)


def lanes_of(found: Named, lanes: Any) -> Named:
    """Some lanes of what `forward` gives; B is the last axis but one of each."""
    return {key: np.ascontiguousarray(values[..., lanes, :]) for key, values in found.items()}


@EVERY_KERNEL
@EVERY_CELL
def test_threads_change_nothing(name: str, path: network.Path, precision: Precision) -> None:
    """One, two and three threads give the same bits, gradients included, also where there is less work than threads."""
    for sizes in (Sizes(5, 13, 17, 5, 3), Sizes(3, 1, 33, 87, 2), Sizes(2, 101, 20, 30, 1), Sizes(1, 2, 1, 2, 1)):
        given = stack(name, *sizes)
        for route in ROUTES:
            alone = compiled(given, make(given, path, precision), route)
            for threads in (2, 3):
                assert_same(compiled(given, make(given, path, precision, threads=threads), route), alone)


@EVERY_KERNEL
@EVERY_CELL
def test_a_text_may_be_cut_anywhere(name: str, path: network.Path, precision: Precision) -> None:
    """Chunks with carried state give what one long chunk gives: the same bits."""
    given = stack(name, 12, 3, 19, 9, 2)
    made = make(given, path, precision)
    whole = forward(given, made)
    part = Stack(name, given.sizes)
    found: list[Named] = []
    for start, stop in ((0, 5), (5, 6), (6, 12)):
        found.append(forward(part, made, steps=slice(start, stop)))
        part.state = {key: found[-1][f"state {key}"] for key in part.state}
    for key, values in whole.items():
        if key.startswith("state"):
            assert found[-1][key].tobytes() == values.tobytes(), key
        else:
            joined = np.concatenate([block[key] for block in found], axis=-3)
            assert joined.tobytes() == values.tobytes(), key


@EVERY_KERNEL
@EVERY_CELL
def test_lanes_do_not_see_each_other(name: str, path: network.Path, precision: Precision) -> None:
    """A lane alone, a few lanes, and lanes in another order: each lane's bits stay what they were."""
    given = stack(name, 4, 13, 18, 9, 2)
    made = make(given, path, precision)
    whole = forward(given, made)
    for lanes in ([0], [12], [5], [3, 4], [0, 1, 2, 3, 4, 5, 6], list(range(13))[::-1]):
        assert_same(forward(given, made, lanes=lanes), lanes_of(whole, lanes))


@EVERY_KERNEL
@EVERY_CELL
def test_order_of_lanes_does_not_matter_for_gradients(name: str, path: network.Path, precision: Precision) -> None:
    """Turning the lanes round turns the gradients of states round and leaves those of weights but for rounding."""
    given = stack(name, 4, 13, 18, 9, 2)
    turned = Stack(name, given.sizes)
    turned.ids, turned.targets = given.ids[:, ::-1].copy(), given.targets[:, ::-1].copy()
    turned.d_logits = given.d_logits[:, ::-1].copy()
    turned.state = {key: values[:, ::-1].copy() for key, values in given.state.items()}
    turned.d_state = {key: values[:, ::-1].copy() for key, values in given.d_state.items()}
    assert given.kept is not None
    turned.kept = given.kept[:, :, ::-1].copy()
    found = {route: compiled(turned, make(given, path, precision), route) for route in ROUTES}
    for route, arrays in found.items():
        expected = compiled(given, make(given, path, precision), route)
        for key in expected:
            if key.startswith("d_state"):
                assert arrays[key].tobytes() == np.ascontiguousarray(expected[key][:, ::-1]).tobytes(), key
        weights = [key for key in expected if key.startswith("gradient")]
        assert_close({k: arrays[k] for k in weights}, {k: expected[k] for k in weights}, 1e-5)


@EVERY_KERNEL
@EVERY_CELL
def test_what_is_asked_changes_nothing_else(name: str, path: network.Path, precision: Precision) -> None:
    """Each output is the same whether others are asked for or not, and whether the handle can go back or not."""
    given = stack(name, 4, 7, 18, 9, 2)
    everything = compiled(given, make(given, path, precision))
    for gradients in (True, False):
        made = make(given, path, precision, gradients=gradients)
        targets = {"targets": given.targets}
        for asked in ({"logits": True}, {"log_probs": True}, targets, targets | {"scores": True}, {}):
            with poisoned():
                result = made.run(given.ids, given.state, **given.options, **asked)
            found: Named = {f"state {key}": values for key, values in result.state.items()}
            if "scores" in asked:
                assert_scores(replace(result, log_probs=everything["log_probs"]), given.targets)
            if "targets" in asked:
                found |= {"loss": np.array(result.loss_nats_sum), "count": np.array(result.count)}
            found |= {
                **({} if result.logits is None else {"logits": result.logits}),
                **({} if result.log_probs is None else {"log_probs": result.log_probs}),
            }
            assert_same(found, {key: everything[key] for key in found})
            assert result.d_state is None


@EVERY_KERNEL
@EVERY_CELL
def test_any_choice_of_quantities_and_layers_may_be_recorded(
    name: str, path: network.Path, precision: Precision
) -> None:
    """Each quantity of each layer is the same alone, beside others and beside all; nothing else is written."""
    given = stack(name, 3, 13, 18, 9, 3)
    everything = compiled(given, make(given, path, precision))
    made = make(given, path, precision, gradients=False, threads=2)
    every = [(layer, key) for layer in range(3) for key in given.spec.quantities]
    for chosen in [[one] for one in every] + [every[::2], every[1::2]]:
        with poisoned():
            places = recorded_places(made.shape, given.ids.shape)
            recorded = [{key: of[key] for key in of if (layer, key) in chosen} for layer, of in enumerate(places)]
            made.run(given.ids, given.state, recorded=recorded, **given.options)
        for layer, key in every:
            if (layer, key) in chosen:
                assert places[layer][key].tobytes() == everything[f"recorded {key}"][layer].tobytes(), (layer, key)
            else:
                assert np.isnan(places[layer][key]).all(), (layer, key)


@EVERY_KERNEL
def test_scores_are_of_what_is_asked_alone(path: network.Path, precision: Precision) -> None:
    """With one target among many lanes its score is what it is among all targets; no other is given."""
    given = Stack("lstm", Sizes(3, 101, 18, 37, 2))
    given.targets[1] = 0  # the first symbol is one like any other
    made = make(given, path, precision, gradients=False, threads=2)
    whole = made.run(given.ids, given.state, targets=given.targets, scores=True, log_probs=True)
    assert_scores(whole, given.targets)
    for place in zip(*np.nonzero(given.targets[:, ::17] >= 0), strict=True):
        at = place[0], place[1] * 17
        targets = np.full_like(given.targets, -1)
        targets[at] = given.targets[at]
        with poisoned():
            result = made.run(given.ids, given.state, targets=targets, scores=True)
        assert result.count == 1
        assert_scores(replace(result, log_probs=whole.log_probs), targets)


@EVERY_KERNEL
@EVERY_CELL
def test_no_cotangents_of_states_mean_zeros(name: str, path: network.Path, precision: Precision) -> None:
    """Without d_state the gradients are those for zeros."""
    given = Stack(name, Sizes(4, 7, 18, 9, 2))
    given.d_state = {key: np.zeros_like(values) for key, values in given.d_state.items()}
    made = make(given, path, precision)
    expected = compiled(given, made, "loss")
    gradients = [np.full_like(values, np.nan) for values in given.parameters]
    made.run(given.ids, given.state, targets=given.targets, gradients=network.Arrays(gradients), **given.options)
    keys = [f"gradient {key}" for key in given.names]
    assert_same(dict(zip(keys, gradients, strict=True)), {key: expected[key] for key in keys})


@EVERY_KERNEL
@EVERY_CELL
def test_nothing_asked_is_a_loss_of_zero(name: str, path: network.Path, precision: Precision) -> None:
    """Where every target is -1 the loss is 0 of 0, and gradients are zeros, not 0/0."""
    given = Stack(name, Sizes(3, 5, 6, 7, 2))
    given.targets = np.full_like(given.targets, -1)
    given.d_state = {key: np.zeros_like(values) for key, values in given.d_state.items()}
    found = compiled(given, make(given, path, precision), "loss")
    assert (found["loss"].item(), found["count"].item()) == (0, 0)
    assert not any(values.any() for key, values in found.items() if is_gradient(key))


@EVERY_KERNEL
@EVERY_CELL
def test_weights_are_those_loaded_last(name: str, path: network.Path, precision: Precision) -> None:
    """A change of an array counts from the next load on, and then nothing is left of what was loaded before."""
    given, other = Stack(name, Sizes(3, 5, 17, 7, 2)), Stack(name, Sizes(3, 5, 17, 7, 2), seed=2)
    made = make(given, path, precision)
    before = compiled(given, made)
    for values, change in zip(given.parameters, other.parameters, strict=True):
        values[...] = change
    assert_same(compiled(given, made), before)
    made.load(network.Arrays(given.parameters))
    assert_same(compiled(given, made), compiled(given, make(given, path, precision)))


@EVERY_KERNEL
@EVERY_CELL
def test_nan_is_never_swallowed(name: str, path: network.Path, precision: Precision) -> None:
    """One NaN in any parameter, of any payload and sign, makes the loss NaN, and so does one in a state."""
    given = Stack(name, Sizes(2, 3, 17, 5, 2), dropout=False)
    given.ids, given.targets = np.abs(given.ids), np.abs(given.targets)
    made = make(given, path, precision)
    for bits in (0x7FC00000, 0x7FFFFFFF, 0xFFFFFFFF, 0x7F800001):
        nan = np.array(bits, np.uint32).view(np.float32)
        for key, values in zip(given.names, given.parameters, strict=True):
            place = (-1, int(given.ids[0, 0])) if key == "layers.0.weight_ih" else (-1,) * values.ndim
            sound, values.view(np.uint32)[place] = values[place].copy(), bits
            assert np.isnan(values[place])
            made.load(network.Arrays(given.parameters))
            assert np.isnan(compiled(given, made, "loss")["loss"]), (key, hex(bits))
            values[place] = sound
        made.load(network.Arrays(given.parameters))
        for key in given.state:
            state = {name: values.copy() for name, values in given.state.items()}
            state[key][-1, 0, -1] = nan
            assert np.isnan(made.run(given.ids, state, targets=given.targets).loss_nats_sum), (key, hex(bits))
    assert np.isfinite(compiled(given, made, "loss")["loss"])
