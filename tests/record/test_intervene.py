from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor

from rnnscope.cells.dispatch import reference_step
from rnnscope.cells.hold import Clamp
from rnnscope.cells.inputs import input_term
from rnnscope.config import RecurrentConfig, WindowConfig
from rnnscope.corpus.lanes import Piece, reading_lanes
from rnnscope.corpus.split import Segment
from rnnscope.errors import InputError
from rnnscope.model.build import build
from rnnscope.model.char_rnn import CharRNN
from rnnscope.model.network import Network
from rnnscope.model.read import score
from rnnscope.record import edits, intervene
from rnnscope.record.edits import Edit
from rnnscope.record.intervene import log_odds, next_log_probs, outgoing_weights
from rnnscope.record.moments import Moments, replay

from .cases import CELLS, draw_ids, network

IDS = draw_ids(400)
PIECES = reading_lanes([Segment(100, 380)], lanes=4, warm=30)
POSITIONS = np.array([100, 113, 239, 240, 301, 379])
SYMBOLS = (2, 5)
Set = Callable[[int, int, str, Tensor], Tensor]
"""(step, layer, quantity, value [H]) -> the value to go on with."""


def moments(net: Network, **options: Any) -> Moments:
    return replay(net, IDS, PIECES, POSITIONS, **options)


@torch.no_grad()
def by_hand(net: Network, found: Moments, p: int, change: Set) -> NDArray[np.float64]:
    """One position, one edit, one step and one layer after the other: distributions [R, V]."""
    assert isinstance(net, CharRNN)
    states = [
        {name: torch.from_numpy(found.entering[name][layer, p]) for name in net.spec.states}
        for layer in range(net.depth)
    ]
    rows = []
    for number in range(found.steps):
        below = torch.tensor(found.ids[number, p])
        for layer in range(net.depth):
            own = dict(net.layers[layer].items())  # type: ignore[operator]  # a ParameterDict
            x = input_term(below, own["weight_ih"], own["bias_ih"])
            states[layer], _ = reference_step(net.spec)(
                x, states[layer], own, lambda name, value, n=number, at=layer: change(n, at, name, value.clone())
            )
            below = states[layer]["h"]
        rows.append(torch.log_softmax(net.logits(below), -1).double().numpy())
    return np.stack(rows[found.window - 1 :])


def odds(log_probs_RV: NDArray[np.float64]) -> NDArray[np.float64]:
    inside_R = np.exp(log_probs_RV[:, SYMBOLS]).sum(1)
    result: NDArray[np.float64] = np.log(inside_R) - np.log1p(-inside_R)
    return result


def unchanged(number: int, layer: int, name: str, value: Tensor) -> Tensor:
    return value


def setting(edit: Edit, p: int) -> Set:
    def change(number: int, layer: int, name: str, value: Tensor) -> Tensor:
        if (layer, name) == (edit.layer, edit.quantity) and (edit.steps is None or number < edit.steps):
            for row, cell in enumerate(edit.cells):
                values_SP = edit.values[min(row, len(edit.values) - 1)]
                values_P = values_SP[min(number, len(values_SP) - 1)]
                value[cell] = float(values_P[min(p, len(values_P) - 1)])
        return value

    return change


@pytest.mark.oracle
@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize(("window", "beyond"), [(1, 0), (3, 2)])
def test_edits_are_what_a_plain_loop_computes(cell: str, window: int, beyond: int) -> None:
    """Every kind of edit, on states and gates of every layer, equals one position after the other, edited by itself."""
    net = network(cell)
    found = moments(net, window=window, beyond=beyond, quantities=net.spec.quantities)
    random = np.random.default_rng(1)
    tried: list[Edit] = []
    for layer in range(net.depth):
        for quantity in net.spec.quantities:
            tried.append(edits.clamp(layer, quantity, 3, 0.4))
            tried.append(edits.freeze(found, layer, quantity, (1, 4)))
            tried.append(edits.shuffle(found, layer, quantity, 2, random.normal(size=100), seed=5))
            tried.append(edits.interchange(layer, quantity, (0, 2), random.normal(size=(2, len(POSITIONS)))))
        tried.append(edits.ablate(layer, (0, 3), steps=2))
    after_KRP, true_KRP = log_odds(net, found, tried, SYMBOLS), next_log_probs(net, found, tried)
    for k, edit in enumerate(tried):
        for p in range(len(POSITIONS)):
            wanted_RV = by_hand(net, found, p, setting(edit, p))
            np.testing.assert_allclose(after_KRP[k, :, p], odds(wanted_RV), atol=2e-5)
            true_R = found.ids[window:, p]
            np.testing.assert_allclose(true_KRP[k, :, p], wanted_RV[np.arange(len(true_R)), true_R], atol=2e-5)


@pytest.mark.oracle
def test_a_turn_reaches_its_projection_along_its_direction_only() -> None:
    """With a direction the state moves along it until the projection is reached, in the plain loop too."""
    net, chosen = network("lstm"), [4, 0, 2]
    found = moments(net, window=2, beyond=1)
    direction_C, wanted_P = np.array([0.5, -2.0, 1.0], np.float32), np.linspace(-1, 1, len(POSITIONS))
    edit = edits.turn(0, "c", direction_C, wanted_P, steps=2, cells=chosen)
    whole_H = np.zeros(net.hidden, np.float32)
    whole_H[chosen] = direction_C
    after_KRP = log_odds(net, found, [edit, edits.turn(0, "c", whole_H, wanted_P, steps=2)], SYMBOLS)
    for p, wanted in enumerate(wanted_P):

        def change(number: int, layer: int, name: str, value: Tensor, wanted: float = float(wanted)) -> Tensor:
            if (layer, name) == (0, "c") and number < 2:
                along_H = torch.from_numpy(whole_H)
                value += (wanted - value @ along_H) * along_H / (along_H @ along_H)
                assert abs(float(value @ along_H) - wanted) < 1e-5
            return value

        for k in range(2):
            np.testing.assert_allclose(after_KRP[k, :, p], odds(by_hand(net, found, p, change)), atol=2e-5)


@pytest.mark.law
@pytest.mark.parametrize("cell", CELLS)
def test_its_own_value_changes_nothing(cell: str) -> None:
    """A cell that gets the value it has anyway, or a turn to the projection it has, leaves all odds as they are."""
    net = network(cell)
    after = replay(net, IDS, [Piece(start, stop, warm) for start, stop, warm in PIECES], POSITIONS[:-1] + 1)
    found = replay(net, IDS, PIECES, POSITIONS[:-1])
    free_1RP = log_odds(net, found, None, SYMBOLS)
    memory, weights_H = net.spec.memory, np.linspace(-1, 1, net.hidden)
    own_LPH = after.entering[memory]
    # 240 begins another lane, whose states are not those of the lane of 239
    same_P = np.array([position not in {piece.stop - 1 for piece in PIECES} for position in found.positions])
    assert same_P.sum() == 4
    tried = [
        edit
        for layer in range(net.depth)
        for edit in (
            edits.interchange(layer, memory, (0, 3), own_LPH[layer][:, [0, 3]].T),
            edits.turn(layer, memory, weights_H, own_LPH[layer] @ weights_H),
        )
    ]
    np.testing.assert_allclose(
        log_odds(net, found, tried, SYMBOLS)[..., same_P], np.repeat(free_1RP, len(tried), 0)[..., same_P], atol=2e-5
    )


@pytest.mark.law
@pytest.mark.parametrize("cell", ["lstm", "gru"])
def test_a_lasting_clamp_is_the_clamp_of_recordings(cell: str) -> None:
    """Held from a lane's first step on, an edit gives the scores of reading under the same clamp."""
    net, ids = network(cell), IDS[:30]
    clamp = Clamp(1, net.spec.memory, 2, -0.3)
    wanted_N = score(net, ids, [Piece(0, 30, 0)], clamps=[clamp])
    found = replay(net, ids, [Piece(0, 30, 0)], np.array([0]), beyond=28)
    after_1RP = next_log_probs(net, found, [edits.clamp(clamp.layer, clamp.quantity, clamp.cell, clamp.value)])
    np.testing.assert_allclose(after_1RP[0, :, 0], wanted_N[1:], atol=1e-5)


@pytest.mark.law
def test_batches_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """However many edits are tried at once, and whichever edits stand beside one, its effect is the same."""
    net = network("lstm-peephole", peephole="full")
    found = moments(net, beyond=1)
    tried = [
        edits.clamp(layer, quantity, cell, value)
        for cell in range(5) for value in (0.1, -0.4) for layer in (1, 0) for quantity in ("c", "o", "h")
    ]  # fmt: skip
    together = log_odds(net, found, tried, SYMBOLS)
    monkeypatch.setattr(intervene, "NUMBERS", 1)
    np.testing.assert_allclose(log_odds(net, found, tried, SYMBOLS), together, atol=1e-5)
    assert np.ptp(together, axis=0).min() > 1e-3, "the edits differ"


@pytest.mark.law
def test_edits_are_grouped_to_fit_into_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """However many edits there are, only as many copies are made at once as fit; every edit is tried once."""
    net = network("lstm")
    assert isinstance(net, CharRNN)
    found = moments(net)
    lane = 4 * net.hidden  # more than the symbols
    monkeypatch.setattr(intervene, "NUMBERS", 7 * lane * len(found))
    tried = [edits.clamp(number % 2, "c", number % 5, 0.1 * number) for number in range(100)]
    groups = list(intervene._groups(net, found, tried))
    assert max(len(group) for _, group in groups) == 7
    assert sorted(number for numbers, _ in groups for number in numbers) == list(range(100))
    assert all(tried[number] is edit for numbers, group in groups for number, edit in zip(numbers, group, strict=True))
    assert all(len({edit.layer for edit in group}) == 1 for _, group in groups)


@pytest.fixture
def adder() -> CharRNN:
    """Two relu cells: the first adds up symbols 0, the second is the first one's last value plus 1 at symbol 1.

    Logits are the two values, so the log-odds of symbol 1 are their difference.
    """
    net = build(RecurrentConfig(cell="rnn", activation="relu", layers=1, hidden=2), 2, seed=0, kernel="naive")
    assert isinstance(net, CharRNN)
    weights: dict[str, Any] = {
        "layers.0.weight_ih": [[1, 0], [0, 1]],
        "layers.0.weight_hh": [[1, 0], [1, 0]],
        "layers.0.bias_ih": [0, 0],
        "layers.0.bias_hh": [0, 0],
        "output.weight": [[1, 0], [0, 1]],
        "output.bias": [0, 0],
    }
    net.load_state_dict({name: torch.tensor(value, dtype=torch.float32) for name, value in weights.items()})
    return net


@pytest.mark.golden
def test_what_the_kinds_mean(adder: CharRNN) -> None:
    """Worked out by hand: symbols 0 0 1 0 give the states (1, 0), (2, 1), (2, 3), (3, 2); edits begin at the third."""
    ids = np.array([0, 0, 1, 0, 0])
    found = replay(adder, ids, [Piece(0, 5, 0)], np.array([2]), beyond=1)
    np.testing.assert_array_equal(found.entering["h"], [[[2, 1]]])
    np.testing.assert_array_equal(found.ids[:, 0], [1, 0, 0])

    def effect(edit: Edit | None) -> list[float]:
        after_1R1 = log_odds(adder, found, None if edit is None else [edit], [1])
        return [round(float(value), 5) for value in after_1R1[0, :, 0]]

    assert effect(None) == [1, -1]
    assert effect(edits.ablate(0, 0)) == [3, 0]  # (0, 3), (0, 0)
    assert effect(edits.freeze(found, 0, "h", 0)) == [1, 0]  # (2, 3), (2, 2)
    assert effect(edits.freeze(found, 0, "h", 1)) == [-1, -2]  # (2, 1), (3, 1)
    assert effect(edits.freeze(found, 0, "h", 1, steps=1)) == [-1, -1]  # (2, 1), (3, 2)
    assert effect(edits.interchange(0, "h", 0, 5.0)) == [-2, -1]  # (5, 3), (6, 5)
    assert effect(edits.clamp(0, "h", 0, 5.0)) == [-2, 0]  # (5, 3), (5, 5)
    assert effect(edits.clamp(0, "h", (0, 1), (5.0, 1.0))) == [-4, -4]
    assert effect(edits.ablate(0, (0, 1))) == [0, 0]
    assert effect(edits.turn(0, "h", np.array([1.0, 1.0]), 9.0)) == [1, -1]  # (4, 5), (5, 4)
    assert effect(edits.shuffle(found, 0, "h", 0, np.array([7.0, 7.0]), seed=1)) == [-4, 0]  # (7, 3), (7, 7)


@pytest.mark.law
def test_a_shuffle_keeps_the_values() -> None:
    """Shuffled values are the cell's own, each used at most once while there are enough; cells keep their company."""
    found = moments(network("gru"), window=2, beyond=3)
    series = np.arange(2 * 40).reshape(2, 40)
    drawn = edits.shuffle(found, 0, "h", (1, 3), series, seed=4).values
    assert drawn.shape == (2, found.steps, len(POSITIONS)) == (2, 5, 6)
    assert len(np.unique(drawn[0])) == 30
    np.testing.assert_array_equal(drawn[1], drawn[0] + 40)
    assert (drawn != edits.shuffle(found, 0, "h", (1, 3), series, seed=5).values).any()


@pytest.mark.law
def test_symbols_may_be_of_any_integer_type() -> None:
    """Ids as an alphabet gives them, in bytes, are ids and no mask."""
    net = network("gru")
    found = moments(net)
    wanted = log_odds(net, found, None, [1, 0])
    for dtype in (np.uint8, np.int32):
        np.testing.assert_array_equal(log_odds(net, found, None, np.array([1, 0], dtype).tolist()), wanted)
        np.testing.assert_array_equal(log_odds(net, found, None, list(np.array([1, 0], dtype))), wanted)


@pytest.mark.golden
def test_impossible_edits_are_refused() -> None:
    """A layer, quantity or cell that is not there and a value that is no number are refused; window networks too."""
    net = network("gru")
    found = moments(net)
    for edit, said in (
        (edits.clamp(2, "h", 0, 0.0), "the network has 2 layers"),
        (edits.clamp(0, "c", 0, 0.0), "gru has no such quantity"),
        (edits.clamp(0, "h", 5, 0.0), "the layer has 5 cells"),
        (edits.clamp(0, "h", 0, np.nan), "no value of the network lies beyond"),
        (edits.clamp(0, "h", (1, 1), 0.0), "already has a value"),
    ):
        with pytest.raises(InputError, match=said):
            log_odds(net, found, [edit], SYMBOLS)
    with pytest.raises(InputError, match="keeps nothing from step to step"):
        outgoing_weights(build(WindowConfig(window=2, hidden=4), 9, seed=1))


@pytest.mark.golden
def test_outgoing_weights_are_what_others_hear(adder: CharRNN) -> None:
    """The adder's first cell is heard by the second and by the output, sqrt(2); the second by the output alone."""
    np.testing.assert_allclose(outgoing_weights(adder), [[2**0.5, 1.0]])
    deep = network("lstm")
    assert isinstance(deep, CharRNN)
    above, own = deep.get_parameter("layers.1.weight_ih")[:, 2], deep.get_parameter("layers.0.weight_hh")[:, 2]
    total = (above**2).sum() + sum((own[row] ** 2).sum() for row in range(20) if row % 5 != 2)
    np.testing.assert_allclose(outgoing_weights(deep)[0, 2], float(total.sqrt().detach()), rtol=1e-5)
